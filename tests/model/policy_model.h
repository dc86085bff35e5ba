/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Model of a limit whose numbers change while requests are under way: the limit gets
 * a new id, the policy a new version, and a principal's cell of the old id is
 * converted where it is by whoever finds it.  One principal; a foreign cell's place
 * in the story is played by idle cells.  A word is a theoretical arrival time, and
 * converts to itself.  Insertion as in cells.c: publish, look, floors, clock, version,
 * commit with the charge.
 */
#ifndef TESTS_MODEL_POLICY_MODEL_H
#define TESTS_MODEL_POLICY_MODEL_H

#include "explore.h"

enum { CELLS = 3, PROCESSES = 4, APPLIER = 3, OPERATIONS = 2, CLOCKS = 5 };
enum { NEVER, DEAD, FLOOR_OLD, FLOOR_NEW, OLD, NEW }; /* tags                      */
enum { TENTATIVE = 0x80, NONE = 0x7f };

enum change {
  NO_VERSION_AGAIN = 1 << 0,   /* nobody reads the version again before committing */
  VERSION_EARLY = 1 << 1,      /* read again before publishing                      */
  VERSION_OWN_ONLY = 1 << 2,   /* who commits another's tentative does not read it  */
  OLD_NOT_SOUGHT = 1 << 3,     /* second look of a new insertion is for the new id  */
  OLD_TENTATIVE_LEFT = 1 << 4, /* tentatives of the old id are not killed          */
  OLD_KILL_IGNORED = 1 << 5,   /* a kill of one that failed does not matter         */
  OLD_FLOOR_IGNORED = 1 << 6,  /* floors of the old id are not read                 */
  CONVERT_STORE = 1 << 7       /* conversion is a plain store                       */
};

struct scenario {
  const char *name;
  uint8_t cells, tau, clock_max, deaths_max;
  uint8_t first_tag[CELLS], first_word[CELLS], debt;
  uint8_t script[PROCESSES][OPERATIONS]; /* units; 0: end                          */
};

struct setup {
  const struct scenario *scenario;
  unsigned changes;
};

enum at {
  BEGIN,
  VERSION,
  SCAN,
  EARLY,
  PUBLISH,
  LOOK,
  KILL,
  FLOORS,
  CLOCK,
  AGAIN,
  COMMIT,
  WITHDRAW,
  CHARGE,
  CONVERT,
  KILLED
};

struct process {
  uint8_t at, operation, now, version, i;
  uint8_t mine[CELLS], old[CELLS]; /* words of cells of the own and of the old id    */
  uint8_t free_at, free_tag, free_word;
  uint8_t cell, word, start, helps, denied;
};

struct state {
  uint8_t clock, deaths, version;
  uint8_t tag[CELLS], word[CELLS];
  uint8_t log[CLOCKS];
  struct process process[PROCESSES];
};

static inline bool policy_is_tentative(uint8_t word)
{
  return (word & TENTATIVE) != 0;
}

/* policy_step.c */
bool policy_runs(const void *setup, const void *state, unsigned process);
const char *policy_step(const void *setup, void *state, unsigned process);
const char *policy_step_name(uint8_t at);
void policy_forget(struct process *p);

#endif
