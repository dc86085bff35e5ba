/* SPDX-License-Identifier: BSD-2-Clause
 * The model of a limit that changes its kind: scenarios, invariants, traces. */
#include "kind_model.h"

#include <string.h>

static const char *const at_names[] = {
    "version",       "look 1", "publish",       "look 2",   "version in look",
    "kill",          "look 3", "version early", "commit",   "charge",
    "version again", "verify", "undo",          "withdraw", "dead"};

static void start(const void *setup_in, void *state_in)
{
  const struct scenario *scenario = ((const struct setup *)setup_in)->scenario;
  struct state *s = state_in;

  memset(s, 0, sizeof *s);
  if (scenario->first != 0) {
    s->tag[0] = BUCKET;
    s->word[0] = s->admitted = scenario->first;
  }
  for (unsigned p = 0; p < PROCESSES; p++)
    kind_restart(&s->process[p]);
}

static bool kill(const void *setup_in, void *state_in, unsigned process)
{
  const struct setup *setup = setup_in;
  struct state *s = state_in;
  struct process *p = &s->process[process];

  if (process == APPLIER || s->deaths == setup->scenario->deaths_max)
    return false;
  s->deaths++;
  if (p->at == AFTER || p->at == VERIFY || p->at == UNDO)
    s->left = (uint8_t)(s->left + kind_units(setup, p, process));
  memset(p, 0, sizeof *p);
  p->at = KILLED;
  return true;
}

static const char *check(const void *setup, const void *state_in, bool ended)
{
  const struct state *s = state_in;
  unsigned live[2] = {0, 0}, units = 0;

  (void)setup;
  for (unsigned i = 0; i < CELLS; i++)
    if (s->tag[i] >= BUCKET && !kind_is_tentative(s->word[i])) {
      live[s->tag[i] - BUCKET]++;
      units += s->word[i];
    }
  if (live[0] > 1 || live[1] > 1)
    return "two live cells of one principal and limit";
  return ended && units > (unsigned)s->admitted + s->left ? "a denied request stays charged" : NULL;
}

static void rename_nonce(uint8_t *word, uint8_t names[32], uint8_t *next)
{
  uint8_t *name = &names[*word & 0x1f];

  if (!kind_is_tentative(*word))
    return;
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

    for (unsigned i = 0; i < CELLS; i++)
      rename_nonce(&p->mine[i], names, &next);
    rename_nonce(&p->free_word, names, &next);
    rename_nonce(&p->word, names, &next);
  }
}

static void show(const void *setup, const void *before_in, const void *after_in, int process,
                 char text[EXPLORE_TEXT_MAX])
{
  static const char *const tags[] = {"-", "dead", "bucket", "window"};
  const struct state *before = before_in, *after = after_in;
  char name[48] = "";
  int used;

  if (process == APPLIER) {
    snprintf(name, sizeof name, "new policy");
  } else if (process >= 0) {
    const struct process *p = &before->process[process], *q = &after->process[process];
    const char *end = "";

    if (p->operation != q->operation)
      end = before->admitted != after->admitted ? ": ALLOW" : ": DENY";
    snprintf(name, sizeof name, "(%s +%d) %s%s", p->version ? "window" : "bucket",
             kind_units(setup, p, (unsigned)process), at_names[p->at], end);
  }
  used = snprintf(text, EXPLORE_TEXT_MAX, "%-32s version %d ", name, after->version);
  for (unsigned i = 0; i < CELLS; i++)
    used += snprintf(text + used, EXPLORE_TEXT_MAX - (unsigned)used,
                     kind_is_tentative(after->word[i]) ? " [%s tent n%d]" : " [%s %d]",
                     tags[after->tag[i]], after->word[i] & 0x7f);
}

static const struct scenario absent = {.name = "N 1; no cell; 1, 1, 1; 3 cells",
                                       .limit = 1,
                                       .cells = 3,
                                       .deaths_max = 1,
                                       .script = {{1}, {1}, {1}, {1}}},
                             twice = {.name = "N 2; no cell; 1 1, 1, 1; 2 cells",
                                      .limit = 2,
                                      .cells = 2,
                                      .deaths_max = 1,
                                      .script = {{1, 1}, {1}, {1}, {1}}},
                             live = {.name = "N 3; 1 in the bucket; 1 1, 1, 2; 3 cells",
                                     .limit = 3,
                                     .cells = 3,
                                     .deaths_max = 1,
                                     .first = 1,
                                     .script = {{1, 1}, {1}, {2}, {1}}};

static const struct {
  const struct scenario *scenario;
  const char *change;
  unsigned changes;
  bool fails, quick;
} cases[] = {
    {&absent, NULL, 0, false, false},
    {&twice, NULL, 0, false, false},
    {&live, NULL, 0, false, true},
    {&absent, "the version is not read again after the commit", NO_VERSION_COMMIT, true, true},
    {&live, "nor after the charge of a cell that is there", NO_VERSION_CHARGE, true, true},
    {&absent, "it is read before the commit or charge, not after", VERSION_BEFORE, true, true},
    {&live, "the same, with a cell", VERSION_BEFORE, true, true},
    {&twice, "it is not read in the second look", NO_VERSION_LOOK, false, false},
    {&live, "the window verifies without the bucket", BUCKET_ONCE, false, true},
    {&live, "the window does not count the bucket", BUCKET_IGNORED, true, true},
    {&live, "no undo where the version has changed", NO_UNDO, true, true},
};

SUITE(kind, .runs = kind_runs, .step = kind_step, .check = check, .canon = canon);
