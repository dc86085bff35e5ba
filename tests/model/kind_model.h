/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Model of a limit that changes its kind while requests are under way: it was a bucket of N and
 * becomes a window of N, with other ids.  Nothing is converted: the window counts what the
 * bucket's cell says beside its own (lib/admit/standing.c), and takes no notice of a TENTATIVE
 * one.  One principal, and no time: never more than N in all.  A word is a sum of units.
 *
 * Whoever uses the bucket reads the version again after its charge, be it by a commit too
 * (S5 of lib/admit/admit.h): a window that has looked before it has read the new version first.
 */
#ifndef TESTS_MODEL_KIND_MODEL_H
#define TESTS_MODEL_KIND_MODEL_H

#include "suite.h"

enum { CELLS = 3, PROCESSES = 4, APPLIER = 3, OPERATIONS = 2 };
enum { NEVER, DEAD, BUCKET, WINDOW }; /* tags                                        */
enum { TENTATIVE = 0x80, NONE = 0x7f };

enum change {
  NO_VERSION_COMMIT = 1 << 0, /* not read again after a commit                              */
  NO_VERSION_CHARGE = 1 << 1, /* nor after a charge of a cell that is there                 */
  VERSION_BEFORE = 1 << 2,    /* before the commit or charge instead of after               */
  NO_VERSION_LOOK = 1 << 3,   /* not read in the second look                                */
  BUCKET_ONCE = 1 << 4,       /* the window looks for the bucket before its charge alone    */
  BUCKET_IGNORED = 1 << 5,    /* or not at all                                              */
  NO_UNDO = 1 << 6            /* who finds the version changed begins anew, and leaves it    */
};

struct scenario {
  const char *name;
  uint8_t limit, cells, deaths_max;
  uint8_t first; /* units in the bucket's cell; 0: there is none                           */
  uint8_t script[PROCESSES][OPERATIONS]; /* units; 0: end                                    */
};

struct setup {
  const struct scenario *scenario;
  unsigned changes;
};

enum at {
  VERSION,
  SCAN,
  PUBLISH,
  LOOK,
  LOOK_VERSION,
  KILL,
  GATHER,
  BEFORE,
  COMMIT,
  CHARGE,
  AFTER,
  VERIFY,
  UNDO,
  WITHDRAW,
  KILLED
};
struct process {
  uint8_t at, operation, version, i;
  uint8_t mine[CELLS]; /* words of cells of the own id                                      */
  uint8_t bucket;      /* units in the former bucket's                                      */
  uint8_t free_at, free_tag, free_word;
  uint8_t cell, word; /* in hand: known, or to be charged, or as written                    */
  uint8_t replaced;
  uint8_t made, again;
};

struct state {
  uint8_t version, deaths, admitted, left;
  uint8_t tag[CELLS], word[CELLS];
  struct process process[PROCESSES];
};

static inline bool kind_is_tentative(uint8_t word)
{
  return (word & TENTATIVE) != 0;
}

static inline uint8_t kind_units(const struct setup *setup, const struct process *p,
                                 unsigned process)
{
  return p->operation < OPERATIONS ? setup->scenario->script[process][p->operation] : 0;
}

/* kind_step.c */
bool kind_runs(const void *setup, const void *state, unsigned process);
const char *kind_step(const void *setup, void *state, unsigned process);
void kind_restart(struct process *p);

#endif
