/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Model of one group of cells: insertion without duplicates, charging, reclaim of
 * idle cells, eviction with a floor.  A state word is a byte: a theoretical arrival
 * time (one unit costs one tick), or CELLS_TENTATIVE with the time of its
 * publication and a nonce.  A nonce is the lowest number that no cell holds and no
 * process remembers: the ideal of a number never used before, with finitely many
 * names.
 */
#ifndef TESTS_MODEL_CELLS_H
#define TESTS_MODEL_CELLS_H

#include "explore.h"

enum {
  CELLS_MAX = 4,
  CELLS_PROCESSES = 3,
  CELLS_PRINCIPALS = 3,
  CELLS_LIMITS = 2,
  CELLS_OPERATIONS = 4,
  CELLS_CLOCKS = 5
};

/* Tags.  A principal's is CELLS_OWN + principal * CELLS_LIMITS + limit. */
enum { CELLS_NEVER = 0, CELLS_DEAD = 1, CELLS_FLOOR = 2, CELLS_OWN = 8 };

/* Words: a time up to 0x3f, or TENTATIVE | time << 4 | nonce. */
enum { CELLS_TENTATIVE = 0x80, CELLS_NONE = 0x7f };

enum cells_change {
  NO_RESCAN = 1 << 0,           /* first free cell, committed without a second look  */
  NO_KILL = 1 << 1,             /* a second tentative is left alone                  */
  KILL_LOWER = 1 << 2,          /* the highest tentative survives                    */
  KILL_OTHERS = 1 << 3,         /* each kills what is not its own                    */
  FAILED_KILL_IGNORED = 1 << 4, /* commits although a kill failed                   */
  NO_NONCE = 1 << 5,            /* all tentatives of a tag look alike                */
  FLOOR_FIRST = 1 << 6,         /* floors read before the second look, not after it  */
  FLOOR_NOT_RAISED = 1 << 7,    /* victim taken, floor left as it is                 */
  FLOOR_RAISED_LATE = 1 << 8,   /* victim taken first, floor raised then             */
  NO_FLOOR = 1 << 9,            /* newcomer inherits its victim's debt and that is all */
  NO_CLOCK_AGAIN = 1 << 10,     /* commit by the time read at the beginning          */
  RECLAIM_BY_TAG = 1 << 11,     /* claim compares the tag alone                      */
  CHARGE_BY_STATE = 1 << 12,    /* charge compares the state alone                   */
  CHARGE_BY_STORE = 1 << 13,    /* charge is a plain store                           */
  COMMIT_BY_TAG = 1 << 14,      /* commit compares the tag alone                     */
  TENTATIVE_ANYONES = 1 << 15,  /* a foreign tentative is a free cell at once        */
  TENTATIVE_KEPT = 1 << 16,     /* a foreign tentative is never a free cell          */
  COMMIT_UNCHARGED = 1 << 17,   /* commit {T, floor or 0}, read the clock, then charge */
  COMMIT_CLOCK = 1 << 18,       /* with that: commit {T, max(floor, clock)}          */
  FLOOR_CHARGED = 1 << 19,      /* where there is no victim the floor is charged     */
  FLOOR_VERIFIED = 1 << 20,     /* with that: then looks for cells of its own        */
  LIVE_IGNORED = 1 << 21,       /* second look does not look for live cells          */
  TORN_DENY = 1 << 22,          /* deny by a pair of loads, tag not read again       */
  SCAN_ONCE_LIVE = 1 << 23,     /* own tentatives left standing beside the live cell */
  HELP_UNKNOWN = 1 << 24,       /* commits a tentative that its look did not start from */
  KILL_CLEARS = 1 << 26,        /* a kill writes {DEAD, 0}, not {DEAD, word}         */
  UNDO_KEEPS = 1 << 27,         /* undo of a charge that came with the commit leaves {T, 0} */
  FLOOR_UNCHECKED = 1 << 25     /* a floor that is high enough is not compared again  */
};

struct cells_operation {
  uint8_t principal, limit, cost;
  bool undone; /* another limit denies it after this one was charged              */
};

struct cells_scenario {
  const char *name;
  uint8_t cells, clock_max, deaths_max;
  uint8_t tau[CELLS_LIMITS];
  uint8_t age;     /* a tentative that old is a free cell                      */
  bool torn;       /* a cell is read as two loads                             */
  bool never_ends; /* a never used cell ends a look                            */
  bool totals;     /* check admitted totals alone: at most tau + elapsed time  */
  bool twins;      /* all processes have the same script                       */
  bool reasons;    /* check that each deny has its reason: no floor in play    */
  uint8_t first_tag[CELLS_MAX], first_word[CELLS_MAX];
  struct cells_operation script[CELLS_PROCESSES][CELLS_OPERATIONS]; /* cost 0: end */
};

struct cells_setup {
  const struct cells_scenario *scenario;
  unsigned changes;
};

struct cells_process {
  uint8_t at; /* next step                                        */
  uint8_t operation;
  uint8_t now;                          /* its last reading of the clock                    */
  uint8_t i, half, half_tag;            /* place in a look; between the two loads of a cell */
  uint8_t own;                          /* first look: a tentative of its own tag was seen   */
  uint8_t mine[CELLS_MAX];              /* words of cells of its own tag, CELLS_NONE         */
  uint8_t free_at, free_tag, free_word; /* free_at: place + 1; 0 none         */
  uint8_t victim_at, victim_tag, victim_word; /* likewise                           */
  uint8_t floor_at, floor_word;               /* likewise                           */
  uint8_t cell, word;          /* cell in hand: the tentative known when a look began,
                                  the survivor, or the live one                     */
  uint8_t start;               /* floor's word                                      */
  uint8_t undo_tag, undo_word; /* what an undo writes back                          */
};

struct cells_state {
  uint8_t clock, deaths;
  uint8_t tag[CELLS_MAX], word[CELLS_MAX];
  /* Units admitted, by the clock reading that they were decided by. */
  uint8_t log[CELLS_PRINCIPALS * CELLS_LIMITS][CELLS_CLOCKS];
  struct cells_process process[CELLS_PROCESSES];
};

/* cells.c */
struct explore_model cells_model(const struct cells_setup *setup);

/* cells_step.c */
bool cells_runs(const void *setup, const void *state, unsigned process);
const char *cells_step(const void *setup, void *state, unsigned process);
void cells_kill(struct cells_process *process);
const char *cells_step_name(const struct cells_process *process);

_Static_assert(sizeof(struct cells_state) <= EXPLORE_STATE_MAX, "fits the explorer");

/* Where a bucket that got exactly these units would be. */
static inline uint8_t cells_true_word(const uint8_t log[CELLS_CLOCKS])
{
  uint8_t word = 0;
  for (uint8_t at = 0; at < CELLS_CLOCKS; at++)
    if (log[at] > 0)
      word = (uint8_t)((word > at ? word : at) + log[at]);
  return word;
}

static inline uint8_t cells_own_tag(struct cells_operation operation)
{
  return (uint8_t)(CELLS_OWN + operation.principal * CELLS_LIMITS + operation.limit);
}

#endif
