/* SPDX-License-Identifier: BSD-2-Clause
 * What the runner asks of a model's file: its list of cases.  A case is a scenario
 * under the protocol as designed, which must hold, or with one step left out or
 * changed, which must be found out. */
#ifndef TESTS_MODEL_SUITE_H
#define TESTS_MODEL_SUITE_H

#include "explore.h"

struct suite_case {
  const char *scenario;
  const char *change; /* NULL: the protocol as designed                       */
  bool fails;         /* whether a violation is expected                      */
  bool quick;         /* of use every day: a second at most                   */
  struct explore_model model;
};

struct suite {
  const char *name;
  unsigned (*count)(void);
  struct suite_case (*get)(unsigned number);
};

/* The suite of a model whose file has `cases`, rows of {scenario, change, changes, fails, quick}, and
 * `struct setup`, `struct state`, PROCESSES, start, kill and show; behind the name what else there is
 * of struct explore_model. */
#define SUITE(label, ...)                                                                          \
  static unsigned count(void)                                                                      \
  {                                                                                                \
    return (unsigned)(sizeof cases / sizeof cases[0]);                                             \
  }                                                                                                \
                                                                                                   \
  static struct suite_case get(unsigned number)                                                    \
  {                                                                                                \
    static struct setup setup;                                                                     \
                                                                                                   \
    setup.scenario = cases[number].scenario;                                                       \
    setup.changes = cases[number].changes;                                                         \
    return (struct suite_case){.scenario = setup.scenario->name,                                   \
                               .change = cases[number].change,                                     \
                               .fails = cases[number].fails,                                       \
                               .quick = cases[number].quick,                                       \
                               .model = {.setup = &setup,                                          \
                                         .state_bytes = sizeof(struct state),                      \
                                         .processes = PROCESSES,                                   \
                                         .start = start,                                           \
                                         .kill = kill,                                             \
                                         .show = show,                                             \
                                         __VA_ARGS__}};                                            \
  }                                                                                                \
                                                                                                   \
  const struct suite suite_##label = {#label, count, get}

extern const struct suite suite_cells;
extern const struct suite suite_several;
extern const struct suite suite_ring;
extern const struct suite suite_policy;
extern const struct suite suite_events;
extern const struct suite suite_seen;
extern const struct suite suite_kind;
extern const struct suite suite_block;
extern const struct suite suite_shape;
extern const struct suite suite_lift;
extern const struct suite suite_memo;

#endif
