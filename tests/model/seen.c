/* SPDX-License-Identifier: BSD-2-Clause
 * The model of a distinct limit: scenarios, invariants, traces. */
#include "seen_model.h"

#include <string.h>

static const char *const at_names[] = {
    "begin: clock", "read",           "look",        "reserve",     "verify",       "clock",
    "unreserve",    "write",          "clock after", "settle",      "settle: swap", "undo cell",
    "old part",     "old part: swap", "units",       "units: swap", "dead"};

static void start(const void *setup, void *state)
{
  (void)setup;
  memset(state, 0, sizeof(struct state));
  ((struct state *)state)->clock = 1;
}

static bool kill(const void *setup_in, void *state_in, unsigned process)
{
  const struct setup *setup = setup_in;
  struct state *s = state_in;
  struct process *p = &s->process[process];
  uint8_t script = seen_script(setup, p, process);

  if (s->deaths == setup->scenario->deaths_max || (script & EVICTS) != 0)
    return false;
  s->deaths++;
  if (p->at > RESERVE)
    s->left = (uint8_t)(s->left + seen_units(p, script) - p->stay);
  if (p->at == OLD_PART || p->at == OLD_PART_SWAP)
    s->left++;
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

static unsigned bits(unsigned values)
{
  return (values & 1) + (values >> 1 & 1) + (values >> 2 & 1);
}

/* A value counts in the part of its last use; beyond that only what is known to stay. */
static const char *check(const void *setup_in, const void *state_in, bool ended)
{
  const struct setup *setup = setup_in;
  const struct state *s = state_in;
  unsigned units = 0, values = 0, later = 0, more = s->left;

  if (!ended)
    return NULL;
  for (uint8_t part = PARTS - 1; part > 0; part--) {
    unsigned last = s->log[part] & ~later;

    later |= s->log[part];
    if (!seen_lives(part, s->clock))
      continue;
    values += bits(last);
    more += bits(s->stay[part] & ~last);
  }
  for (unsigned i = 0; i < WORDS; i++)
    units += seen_lives(s->word[i].part, s->clock) ? s->word[i].units : 0;
  for (unsigned i = 0; i < PROCESSES * OPERATIONS; i++) /* an evicted value counts again */
    more += (setup->scenario->script[i / OPERATIONS][i % OPERATIONS] & EVICTS) != 0;
  if (units < values)
    return "an admitted value is not counted";
  if (units > values + more)
    return "counted though nobody uses it";
  return setup->scenario->passes && s->denied > 0 ? "denied though there was room" : NULL;
}

/* Scenarios have no twins, and names are not renamed. */
static void show(const void *setup_in, const void *before_in, const void *after_in, int process,
                 char text[EXPLORE_TEXT_MAX])
{
  const struct state *before = before_in, *after = after_in;
  char name[48] = "";
  int used;

  if (process >= 0) {
    const struct process *p = &before->process[process], *q = &after->process[process];
    uint8_t script = seen_script(setup_in, p, (unsigned)process);
    const char *end = "";

    if (p->operation != q->operation && !(script & EVICTS))
      end = memcmp(before->log, after->log, sizeof after->log) != 0 ? ": ALLOW" : ": DENY";
    if (script & EVICTS)
      snprintf(name, sizeof name, "evict %c", 'a' + (char)seen_value(script, 0));
    else if (script != 0)
      snprintf(name, sizeof name, "(%c%c%s) %s %d%s", 'a' + (char)seen_value(script, 0),
               seen_count(script) == 2 ? 'a' + (char)seen_value(script, 1) : ' ',
               script & UNDONE ? "!" : "", at_names[p->at], p->i, end);
  }
  used =
      snprintf(text, EXPLORE_TEXT_MAX, "%-28s clock %d left %d ", name, after->clock, after->left);
  for (unsigned i = 0; i < WORDS; i++)
    used += snprintf(text + used, EXPLORE_TEXT_MAX - (unsigned)used, " [part %d: %d]",
                     after->word[i].part, after->word[i].units);
  for (unsigned i = 0; i < VALUES; i++)
    used += snprintf(text + used, EXPLORE_TEXT_MAX - (unsigned)used, " %c{%d n%d}", 'a' + (char)i,
                     after->cell[i].part, after->cell[i].nonce);
}

static const struct scenario single = {.name = "N 1; a a, a! b, b; 3 parts",
                                       .limit = 1,
                                       .clock_max = 3,
                                       .deaths_max = 1,
                                       .script = {{A, A}, {A | UNDONE, B}, {B}}},
                             undone = {.name = "N 1; a, b, c!; 4 parts",
                                       .limit = 1,
                                       .clock_max = 4,
                                       .deaths_max = 1,
                                       .script = {{A}, {B}, {C | UNDONE}}},
                             turned = {.name = "N 4; ab, ba, c; 2 parts",
                                       .limit = 4,
                                       .clock_max = 2,
                                       .deaths_max = 1,
                                       .script = {{A | THEN(B)}, {B | THEN(A)}, {C}}},
                             around = {.name = "N 6; ab, bc, ca; 1 part",
                                       .limit = 6,
                                       .clock_max = 1,
                                       .deaths_max = 1,
                                       .script = {{A | THEN(B)}, {B | THEN(C)}, {C | THEN(A)}}},
                             pairs = {.name = "N 2; a ab!, a, c; 3 parts",
                                      .limit = 2,
                                      .clock_max = 3,
                                      .deaths_max = 1,
                                      .script = {{A, A | THEN(B) | UNDONE}, {A}, {C}}},
                             relied = {.name = "N 2; a a!, a b, c; 2 parts",
                                       .limit = 2,
                                       .clock_max = 2,
                                       .deaths_max = 1,
                                       .script = {{A, A | UNDONE}, {A, B}, {C}}},
                             evicted = {.name = "N 1; a a, a! b, a evicted; 3 parts",
                                        .limit = 1,
                                        .clock_max = 3,
                                        .deaths_max = 1,
                                        .script = {{A, A}, {A | UNDONE, B}, {A | EVICTS}}},
                             evicted2 = {.name = "N 2; a ab, a evicted, b! c; 2 parts",
                                         .limit = 2,
                                         .clock_max = 2,
                                         .deaths_max = 1,
                                         .script = {{A, A | THEN(B)},
                                                    {A | EVICTS},
                                                    {B | UNDONE, C}}},
                             alone = {.name = "N 1; a a a alone; 3 parts",
                                      .limit = 1,
                                      .clock_max = 3,
                                      .passes = true,
                                      .script = {{A, A, A}}};

static const struct {
  const struct scenario *scenario;
  const char *change;
  unsigned changes;
  bool fails, quick;
} cases[] = {
    {&single, NULL, 0, false, false},
    {&undone, NULL, 0, false, false},
    {&turned, NULL, 0, false, true},
    {&around, NULL, 0, false, true},
    {&pairs, NULL, 0, false, false},
    {&relied, NULL, 0, false, false},
    {&evicted, NULL, 0, false, true},
    {&evicted2, NULL, 0, false, true},
    {&alone, NULL, 0, false, true},
    {&single, "a use of the same part writes nothing", SAME_SILENT, true, true},
    {&single, "taking back: the units before the cells", UNITS_FIRST, true, true},
    {&single, "taking back: the unit goes though the cell was used meanwhile", KILL_IGNORED, true,
     true},
    {&relied, "taking back: what has moved for another still counts in the older part, too",
     OLD_PART_LEFT, true, true},
    {&single, "no new look after a failed compare-and-swap of a cell", NO_RELOOK, true, true},
    {&single, "a cell that is gone is made again without a new look", EVICTED_KNOWN, true, true},
    {&undone, "no look at the clock after verifying", NO_CLOCK, true, true},
    {&single, "none where nothing is counted: after D3", NO_CLOCK_SAME, false, false},
    {&single, "D4 before the rest is reserved", SETTLE_EARLY, true, false},
    {&turned, "no D4", NO_SETTLE, true, true},
    {&alone, "verified against N, though the moved count twice", VERIFY_PLAIN, true, true},
    {&turned, "what does not verify goes by exact value alone", UNDO_EXACT, true, true},
    {&turned, "as first written: cells in the order of the request", LIST_ORDER, true, false},
};

SUITE(seen, .runs = seen_runs, .step = seen_step, .tick = tick, .check = check);
