/* SPDX-License-Identifier: BSD-2-Clause
 * The model of a change of policy: scenarios, invariants, traces. */
#include "policy_model.h"

#include <string.h>

#include "suite.h"

static void start(const void *setup_in, void *state_in)
{
  const struct scenario *scenario = ((const struct setup *)setup_in)->scenario;
  struct state *s = state_in;
  memset(s, 0, sizeof *s);
  memcpy(s->tag, scenario->first_tag, CELLS);
  memcpy(s->word, scenario->first_word, CELLS);
  s->log[0] = scenario->debt;
  for (unsigned p = 0; p < PROCESSES; p++)
    policy_forget(&s->process[p]);
}

static bool kill(const void *setup_in, void *state_in, unsigned process)
{
  struct state *s = state_in;
  struct process *p = &s->process[process];
  if (process == APPLIER || s->deaths == ((const struct setup *)setup_in)->scenario->deaths_max)
    return false;
  s->deaths++;
  memset(p, 0, sizeof *p);
  p->at = KILLED;
  return true;
}

static bool tick(const void *setup_in, void *state_in)
{
  struct state *s = state_in;
  if (s->clock == ((const struct setup *)setup_in)->scenario->clock_max)
    return false;
  s->clock++;
  return true;
}

static const char *check(const void *setup, const void *state_in, bool ended)
{
  const struct state *s = state_in;
  unsigned live[2] = {0, 0};
  (void)setup;
  (void)ended;
  for (unsigned i = 0; i < CELLS; i++)
    if (s->tag[i] >= OLD && !policy_is_tentative(s->word[i]))
      live[s->tag[i] - OLD]++;
  if (live[0] > 1 || live[1] > 1)
    return "two live cells of one principal and limit";
  return live[0] + live[1] > 1 ? "live cells of the old and of the new id" : NULL;
}

static void rename_nonce(uint8_t *word, uint8_t names[32], uint8_t *next)
{
  if (!policy_is_tentative(*word))
    return;
  uint8_t *name = &names[*word & 0x1f];
  if (*name == 0)
    *name = ++*next;
  *word = (uint8_t)(TENTATIVE | *name);
}

static void canon(const void *setup, void *state_in)
{
  struct state *s = state_in;
  uint8_t names[32] = {0}, next = 0;
  (void)setup;
  for (unsigned i = 0; i < CELLS; i++)
    rename_nonce(&s->word[i], names, &next);
  for (unsigned q = 0; q < PROCESSES; q++) {
    struct process *p = &s->process[q];
    for (unsigned i = 0; i < CELLS; i++) {
      rename_nonce(&p->mine[i], names, &next);
      rename_nonce(&p->old[i], names, &next);
    }
    rename_nonce(&p->free_word, names, &next);
    rename_nonce(&p->word, names, &next);
  }
}

static void show(const void *setup_in, const void *before_in, const void *after_in, int process,
                 char text[EXPLORE_TEXT_MAX])
{
  static const char *const tags[] = {"-", "dead", "floor old", "floor new", "old", "new"};
  const struct setup *setup = setup_in;
  const struct state *before = before_in, *after = after_in;
  char cells[120] = "", name[48] = "", cell[32];
  for (unsigned i = 0; i < setup->scenario->cells; i++) {
    if (after->tag[i] <= DEAD)
      snprintf(cell, sizeof cell, " [%s]", tags[after->tag[i]]);
    else if (policy_is_tentative(after->word[i]))
      snprintf(cell, sizeof cell, " [%s:tent n%d]", tags[after->tag[i]], after->word[i] & 0x7f);
    else
      snprintf(cell, sizeof cell, " [%s:%d]", tags[after->tag[i]], after->word[i]);
    strncat(cells, cell, sizeof cells - strlen(cells) - 1);
  }
  if (process == APPLIER) {
    snprintf(name, sizeof name, "new policy");
  } else if (process >= 0) {
    const struct process *p = &before->process[process], *q = &after->process[process];
    const char *end = "";
    if (p->operation != q->operation)
      end = memcmp(before->log, after->log, sizeof after->log) != 0 ? ": ALLOW" : ": DENY";
    snprintf(name, sizeof name, "(%s +%d) %s%s", p->version ? "new" : "old",
             p->operation < OPERATIONS ? setup->scenario->script[process][p->operation] : 0,
             policy_step_name(p->at), end);
  }
  snprintf(text, EXPLORE_TEXT_MAX, "%-30s clock %d version %d %s", name, after->clock,
           after->version, cells);
}

static const struct scenario live = {.name = "old cell live; 1 1, 1, 1",
                                     .cells = 2,
                                     .tau = 3,
                                     .clock_max = 1,
                                     .deaths_max = 1,
                                     .first_tag = {OLD},
                                     .first_word = {1},
                                     .debt = 1,
                                     .script = {{1, 1}, {1}, {1}, {1}}},
                             absent = {.name = "no cell; 2, 2, 1",
                                       .cells = 2,
                                       .tau = 2,
                                       .clock_max = 0,
                                       .deaths_max = 1,
                                       .script = {{2}, {2}, {1}, {1}}},
                             late = {.name = "a place gets free; 1 1, 1, 1",
                                     .cells = 2,
                                     .tau = 2,
                                     .clock_max = 2,
                                     .deaths_max = 1,
                                     .first_tag = {FLOOR_OLD},
                                     .first_word = {1},
                                     .debt = 1,
                                     .script = {{1, 1}, {1}, {1}, {1}}},
                             floor_old = {.name = "floor of the old id; 1, 1",
                                          .cells = 3,
                                          .tau = 2,
                                          .clock_max = 0,
                                          .deaths_max = 1,
                                          .first_tag = {FLOOR_OLD},
                                          .first_word = {2},
                                          .debt = 2,
                                          .script = {{1}, {1}, {0}, {1}}};

static const struct {
  const struct scenario *scenario;
  const char *change;
  unsigned changes;
  bool fails, quick;
} cases[] = {
    {&live, NULL, 0, false, true},
    {&absent, NULL, 0, false, true},
    {&floor_old, NULL, 0, false, true},
    {&late, NULL, 0, false, false},
    {&absent, "the version is not read again before the commit", NO_VERSION_AGAIN, true, true},
    {&late, "it is read again before publishing, not after", VERSION_EARLY, true, false},
    {&absent, "as first described: by the publisher alone, not by who helps", VERSION_OWN_ONLY,
     true, true},
    {&absent, "a new insertion does not look for the old id", OLD_NOT_SOUGHT, true, true},
    {&absent, "tentatives of the old id are left", OLD_TENTATIVE_LEFT, true, true},
    {&absent, "a failed kill of one is ignored", OLD_KILL_IGNORED, true, true},
    {&floor_old, "as first described: floors of the old id are not read", OLD_FLOOR_IGNORED, true,
     true},
    {&live, "conversion is a plain store", CONVERT_STORE, true, true},
};

SUITE(policy, .runs = policy_runs, .step = policy_step, .tick = tick, .check = check,
      .canon = canon);
