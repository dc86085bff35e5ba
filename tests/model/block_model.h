/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Model of the kill switch (lib/guard/block.h): one principal's block, lifts with generations,
 * decisions that look and charge, the record of its name.  A limit is a word of units for each
 * generation, without time: how cells get their places is in cells.c.  An order's end is a number
 * above 0, each of one process alone, so that a word says who gave it.
 */
#ifndef TESTS_MODEL_BLOCK_MODEL_H
#define TESTS_MODEL_BLOCK_MODEL_H

#include "suite.h"

enum { PROCESSES = 4, OPERATIONS = 2, GENERATIONS = 6, RECORDS = 3 };

/* What a script asks for. */
enum { BLOCK1 = 1, BLOCK2 = 2, LIFT, TAKE, TAKE_UNDONE, WHY };

/* A block's word: end in the bits below; 0: there is no cell. */
enum { END = 0x03, THERE = 0x04, LIFTED = 0x08, GENERATION = 0x10 };

/* A record's claim: 0 never used, READY, or WRITING and whose. */
enum { READY = 1, WRITING = 0x80 };

enum change {
  FILTER_AFTER = 1 << 0,     /* the filter's bit follows the cell                          */
  LOWERED = 1 << 1,          /* a lift keeps the generation and lowers the word            */
  NOT_LOWERED = 1 << 2,      /* a lift keeps both                                          */
  BLOCK_STORES = 1 << 3,     /* a block is put without comparing                           */
  BLOCK_FORGETS = 1 << 4,    /* a block begins at generation 0                             */
  RECORD_AFTER = 1 << 5,     /* the record follows the cell                                */
  RECORD_ONCE = 1 << 6,      /* it is not written anew when the comparison fails           */
  FOUND_LATE = 1 << 7,       /* a record is claimed from what is read after it was chosen  */
  NO_CHECKSUM = 1 << 8,      /* a copy is not verified                                     */
  NO_LOOK_AGAIN = 1 << 9,    /* a block that finds the cell changed ends                   */
  GENERATION_LATE = 1 << 10, /* a decision reads the generation anew before its undo      */
  BY_ORDER = 1 << 11         /* a lift counts once, however often it finds a block          */
};

struct scenario {
  const char *name;
  uint8_t burst, deaths_max, records;
  bool denials; /* each must have its reason after the last lift                        */
  uint8_t script[PROCESSES][OPERATIONS]; /* 0: end                                      */
};

struct setup {
  const struct scenario *scenario;
  unsigned changes;
};

enum at {
  BEGIN,
  FIND,
  CHOOSE,
  FOUND,
  CLAIM,
  PUT_WORD,
  PUT_WHO,
  SUM,
  SWAP,
  MARK,
  LOWER,
  LOOK,
  READ,
  CHARGE,
  UNDO_LOOK,
  UNDO,
  COPY,
  COPY_WORD,
  COPY_WHO,
  KILLED
};

struct record {
  uint8_t claim;
  uint8_t sum_word, sum_who; /* what the checksum covers, where READY                     */
  uint8_t word, who;
};

struct process {
  uint8_t at, operation, i;
  uint8_t hit;     /* word of the block's cell as found                                 */
  uint8_t ordered; /* to be                                                             */
  uint8_t place;   /* of the record                                                     */
  struct record copy;
  uint8_t done;   /* a block: its record is written; a lift: it has swapped             */
  uint8_t lift;   /* a decision: how many lifts there had been                         */
  uint8_t value;  /* the limit's word as read                                          */
  uint8_t clean;  /* no opposite order since it began                                  */
  uint8_t must;   /* a decision: it began after a block of this end had returned, no lift
                   * since; 0: after none                                               */
  uint8_t passes; /* it began after a lift had returned, no block since                */
};

struct state {
  uint8_t filter, cell, deaths;
  uint8_t used[GENERATIONS];
  struct record record[RECORDS];
  /* What an observer knows: */
  uint8_t lifts; /* how often the cell was swapped by one                              */
  uint8_t log[GENERATIONS], charged[GENERATIONS]; /* admitted, charged after so many        */
  uint8_t must, passes;
  uint8_t nameless; /* a block found no record to be had                                   */
  struct process process[PROCESSES];
};

static inline uint8_t block_script(const struct setup *setup, const struct process *p,
                                   unsigned number)
{
  return p->operation < OPERATIONS ? setup->scenario->script[number][p->operation] : 0;
}

static inline bool block_in_force(uint8_t word)
{
  return (word & THERE) != 0 && (word & LIFTED) == 0;
}

static inline bool block_is_order(uint8_t script)
{
  return script == BLOCK1 || script == BLOCK2;
}

/* block_step.c */
bool block_runs(const void *setup, const void *state, unsigned process);
const char *block_step(const void *setup, void *state, unsigned process);

#endif
