/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A small explicit-state model checker: every interleaving of a few processes over
 * a packed state, each step of a process one access to shared memory.
 *
 * A model is a set of pure functions over a state of at most EXPLORE_STATE_MAX
 * bytes without padding (all uint8_t, so that equal states are equal bytes).  In
 * every state the explorer may let any process make its next step, kill any
 * process (it never steps again), or let the clock advance.  Memory is
 * sequentially consistent.
 *
 * Found states are kept whole and compared whole: no two states are ever taken
 * for one.  The search is breadth first, so the trace of a violation is one of the
 * shortest.
 *
 * Progress.  A model's processes have a finite script, its clock and its deaths
 * are bounded, and whatever counts up for ever is renamed by canon().  A cycle in
 * the graph of states is then a schedule in which processes step for ever and no
 * operation ends: a livelock.  A graph without cycles, in which a process that has
 * not ended can always step, is lock-free, and each process running alone ends.
 */
#ifndef TESTS_MODEL_EXPLORE_H
#define TESTS_MODEL_EXPLORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define EXPLORE_STATE_MAX 160u
#define EXPLORE_PROCESSES_MAX 4u
#define EXPLORE_TEXT_MAX 256u

/* Every function gets the model's own setup: sizes, scripts, what is left out. */
struct explore_model {
  const void *setup;
  unsigned state_bytes;
  unsigned processes;
  void (*start)(const void *setup, void *state);
  /* Whether the process has a step to make. */
  bool (*runs)(const void *setup, const void *state, unsigned process);
  /* Make one; returns what was violated by it, or NULL. */
  const char *(*step)(const void *setup, void *state, unsigned process);
  /* Kill a process; false: no more deaths. */
  bool (*kill)(const void *setup, void *state, unsigned process);
  /* Let time pass; false: no more time.  NULL: time stands still. */
  bool (*tick)(const void *setup, void *state);
  /* What is wrong with a state, or NULL; `ended`: no process runs any more.  NULL: nothing is. */
  const char *(*check)(const void *setup, const void *state, bool ended);
  /* Rename to one of the states that differ in names alone; `exchanges` says that
   * processes are among what is renamed.  NULL: there are no such states. */
  bool exchanges;
  void (*canon)(const void *setup, void *state);
  /* One line on what the step from before to after did. */
  void (*show)(const void *setup, const void *before, const void *after, int process,
               char text[EXPLORE_TEXT_MAX]);
};

struct explore_result {
  const char *violation; /* NULL: none                                        */
  bool complete;         /* false: max_states was reached                     */
  uint32_t states;
  uint64_t edges;
  uint32_t depth;       /* of the search, or the steps to the violation       */
  uint32_t cycle;       /* steps in the livelock found, or 0                  */
  uint32_t longest;     /* most steps of all processes together, to the end     */
  uint32_t longest_one; /* most steps of one process, whatever others do; 0: not
                           known, where canon() exchanges processes            */
};

/* Explores all, or until the first violation; a readable trace of it goes to
 * `trace` (may be NULL). */
struct explore_result explore(const struct explore_model *model, uint32_t max_states, FILE *trace);

/* --------------------------------------------------- between the engine's files */

static inline void explore_canon(const struct explore_model *model, void *state)
{
  if (model->canon != NULL)
    model->canon(model->setup, state);
}

enum explore_action { EXPLORE_KILL = 0x40, EXPLORE_TICK = 0x80 }; /* else a process */

struct explore_store {
  const struct explore_model *model;
  uint8_t *states; /* state_bytes each, in the order found               */
  uint32_t *parents;
  uint32_t count, max;
  uint32_t *table; /* open addressing: index + 1                         */
  uint32_t table_mask;
  uint64_t *edge_starts; /* count + 1 of them once explored                    */
  uint32_t *edge_targets;
  uint8_t *edge_actions;
  uint64_t edge_count, edge_max;
};

/* One action applied to a copy of a state; false: not possible. */
bool explore_apply(const struct explore_model *model, const uint8_t *before, unsigned action,
                   uint8_t *after, const char **violation);
unsigned explore_action_at(const struct explore_model *model, unsigned number);

/* Index of a canonical state or UINT32_MAX. */
uint32_t explore_find(const struct explore_store *store, const uint8_t *state);

/* Livelocks and lengths over the stored graph; fills cycle and both lengths. On a
 * cycle *path is an allocated list of states of *path_length: around once. */
void explore_graph(const struct explore_store *store, struct explore_result *result,
                   uint32_t **path, uint32_t *path_length);

/* Prints the way from the start to `last`, then along `path`, then by `action`. */
void explore_trace(const struct explore_store *store, uint32_t last, const uint32_t *path,
                   uint32_t path_length, int action, const char *violation, FILE *out);

#endif
