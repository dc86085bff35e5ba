/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Model of a distinct limit (lib/admit/seen.h): how many different values within D.  A value's
 * cell is {part in which it was last used, nonce}; the window is a ring of two self-describing
 * words {part, units}: D is one part, so that a value counts in the part of its use and the next.
 * A clock's tick is a new part.  How a cell gets its place is in cells.c: here it is there in one
 * step.  A request whose second limit denies takes everything back.  Nonces as in the library:
 * one more with each use; a new cell's is always 0, the worst that a clock could choose.
 */
#ifndef TESTS_MODEL_SEEN_MODEL_H
#define TESTS_MODEL_SEEN_MODEL_H

#include "suite.h"

enum { VALUES = 3, EACH = 2, WORDS = 2, PROCESSES = 3, OPERATIONS = 3, PARTS = 8 };

/* A request's values, and whether its second limit denies; or a value whose cell is evicted. */
#define A 1u
#define B 2u
#define C 3u
#define THEN(value) ((unsigned)(value) << 2)
enum { UNDONE = 0x40, EVICTS = 0x80 };

enum change {
  SAME_SILENT = 1 << 0,   /* a `same` use writes nothing                              */
  UNITS_FIRST = 1 << 1,   /* taking back: the units, then the cells                   */
  NO_RELOOK = 1 << 2,     /* a failed compare-and-swap of a cell is overlooked        */
  NO_CLOCK = 1 << 3,      /* no look at the clock after the verification              */
  NO_CLOCK_SAME = 1 << 4, /* none where nothing was counted                           */
  SETTLE_EARLY = 1 << 5,  /* D4 before the rest is reserved                           */
  KILL_IGNORED = 1 << 6,  /* the unit goes though the cell was used meanwhile         */
  OLD_PART_LEFT = 1 << 7, /* of such a one that moved the older unit is left          */
  EVICTED_KNOWN = 1 << 8, /* a cell that is gone is made again without counting       */
  LIST_ORDER = 1 << 9,    /* cells are written in the order of the request            */
  UNDO_EXACT = 1 << 10,   /* what does not verify goes by exact value                 */
  NO_SETTLE = 1 << 11,    /* no D4                                                    */
  VERIFY_PLAIN = 1 << 12  /* D2 subtracts nothing for the moved                       */
};

struct scenario {
  const char *name;
  uint8_t limit, clock_max, deaths_max;
  bool passes; /* nothing is denied                                                     */
  uint8_t script[PROCESSES][OPERATIONS]; /* 0: end                                      */
};

struct setup {
  const struct scenario *scenario;
  unsigned changes;
};

enum at {
  BEGIN,
  READ,
  LOOK,
  RESERVE,
  VERIFY,
  CLOCK,
  UNRESERVE,
  WRITE,
  CLOCK_AFTER,
  SETTLE,
  SETTLE_SWAP,
  UNDO_CELL,
  OLD_PART,
  OLD_PART_SWAP,
  UNITS,
  UNITS_SWAP,
  KILLED
};

struct word {
  uint8_t part, units;
};

struct cell {
  uint8_t part, nonce; /* part 0: there is none                                         */
};

struct process {
  uint8_t at, operation, now, part, i;
  uint8_t again; /* after taking back: ask again, do not deny                           */
  uint8_t stay;  /* units of it that are relied on                                      */
  uint8_t settled;
  struct word seen[WORDS], replaced, written;
  struct cell hit[EACH], wrote[EACH];
};

struct state {
  uint8_t clock, deaths;
  uint8_t denied;
  uint8_t left;        /* units that may stay, of the dead                                       */
  uint8_t stay[PARTS]; /* values whose unit stayed behind when it was taken back, a bit each */
  struct word word[WORDS];
  struct cell cell[VALUES];
  uint8_t log[PARTS]; /* values admitted, a bit each                                      */
  struct process process[PROCESSES];
};

/* What a request would count of its value i: none, as new, or as moved. */
enum use { SAME, MOVED, FRESH };

static inline bool seen_lives(uint8_t part, uint8_t now)
{
  return part <= now && part + 1 >= now;
}

static inline enum use seen_use(const struct process *p, unsigned i)
{
  if (p->hit[i].part == 0 || !seen_lives(p->hit[i].part, p->part))
    return FRESH;
  return p->hit[i].part == p->part ? SAME : MOVED;
}

static inline uint8_t seen_script(const struct setup *setup, const struct process *p,
                                  unsigned number)
{
  return p->operation < OPERATIONS ? setup->scenario->script[number][p->operation] : 0;
}

/* The value that the request writes as number i, from 0 on. */
static inline unsigned seen_value(uint8_t script, unsigned i)
{
  return (i == 0 ? script & 3u : script >> 2 & 3u) - 1;
}

static inline unsigned seen_count(uint8_t script)
{
  return (script >> 2 & 3u) != 0 ? 2 : 1;
}

/* seen_step.c */
uint8_t seen_units(const struct process *p, uint8_t script);
bool seen_runs(const void *setup, const void *state, unsigned process);
const char *seen_step(const void *setup, void *state, unsigned process);

#endif
