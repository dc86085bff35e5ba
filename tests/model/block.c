/* SPDX-License-Identifier: BSD-2-Clause
 * The model of the kill switch: scenarios, invariants, traces. */
#include "block_model.h"

#include <string.h>

static const char *const at_names[] = {
    "begin",         "find",         "record: choose", "record: found",
    "record: claim", "record: word", "record: who",    "record: checksum",
    "swap",          "filter",       "lower",          "look",
    "read",          "charge",       "undo: look",     "undo",
    "copy",          "copy word",    "copy who",       "dead"};

static void start(const void *setup, void *state)
{
  (void)setup;
  memset(state, 0, sizeof(struct state));
}

static bool kill(const void *setup_in, void *state_in, unsigned process)
{
  struct state *s = state_in;
  struct process *p = &s->process[process];

  if (s->deaths == ((const struct setup *)setup_in)->scenario->deaths_max)
    return false;
  s->deaths++;
  memset(p, 0, sizeof *p);
  p->at = KILLED;
  return true;
}

/* In every state: who is blocked has a record of that very block. */
static const char *check(const void *setup, const void *state_in, bool ended)
{
  const struct state *s = state_in;

  (void)setup;
  (void)ended;
  if (!block_in_force(s->cell) || s->nameless)
    return NULL;
  for (unsigned i = 0; i < RECORDS; i++) {
    const struct record *r = &s->record[i];

    if (r->claim == READY && r->sum_word == s->cell && r->word == s->cell &&
        r->who == (s->cell & END) && r->sum_who == r->who)
      return NULL;
  }
  return "a block in force without its record";
}

static void show(const void *setup, const void *before_in, const void *after_in, int process,
                 char text[EXPLORE_TEXT_MAX])
{
  static const char *const names[] = {"", "block 1", "block 2", "lift", "take", "take!", "why"};
  const struct state *before = before_in, *after = after_in;
  char name[48] = "", cell[32] = "no cell";
  int used;

  if (process >= 0) {
    const struct process *p = &before->process[process], *q = &after->process[process];
    uint8_t script = block_script(setup, p, (unsigned)process);
    const char *end = p->operation != q->operation ? ": ends" : "";

    if (*end != '\0' && script == TAKE)
      end = memcmp(before->log, after->log, sizeof after->log) != 0 ? ": ALLOW" : ": NO";
    snprintf(name, sizeof name, "(%s) %s%s", names[script], at_names[p->at], end);
  }
  if (after->cell != 0)
    snprintf(cell, sizeof cell, "%s %d, generation %d", after->cell & LIFTED ? "lifted" : "blocked",
             after->cell & END, after->cell / GENERATION);
  used = snprintf(text, EXPLORE_TEXT_MAX, "%-30s filter %d [%s] used", name, after->filter, cell);
  for (unsigned i = 0; i < 3; i++)
    used += snprintf(text + used, EXPLORE_TEXT_MAX - (unsigned)used, " %d", after->used[i]);
  for (unsigned i = 0; i < ((const struct setup *)setup)->scenario->records; i++)
    used += snprintf(text + used, EXPLORE_TEXT_MAX - (unsigned)used, " {%s %02x by %d}",
                     after->record[i].claim == 0       ? "-"
                     : after->record[i].claim == READY ? "ready"
                                                       : "writing",
                     after->record[i].word, after->record[i].who);
}

static const struct scenario
    blocks = {.name = "block 1, block 2, take take, take",
              .burst = 2,
              .deaths_max = 1,
              .records = 3,
              .script = {{BLOCK1}, {BLOCK2}, {TAKE, TAKE}, {TAKE}}},
    lifts = {.name = "lift lift, take! take, take take, take",
             .burst = 1,
             .deaths_max = 1,
             .records = 1,
             .denials = true,
             .script = {{LIFT, LIFT}, {TAKE_UNDONE, TAKE}, {TAKE, TAKE}, {TAKE}}},
    turns = {.name = "block 1 lift, block 2 lift, take take, take!",
             .burst = 1,
             .deaths_max = 1,
             .records = 3,
             .denials = true,
             .script = {{BLOCK1, LIFT}, {BLOCK2, LIFT}, {TAKE, TAKE}, {TAKE_UNDONE}}},
    between = {.name = "block 1, lift lift, take take, take",
               .burst = 1,
               .deaths_max = 1,
               .records = 3,
               .denials = true,
               .script = {{BLOCK1}, {LIFT, LIFT}, {TAKE, TAKE}, {TAKE}}},
    names = {.name = "block 1 block 1, block 2 lift, why",
             .burst = 1,
             .deaths_max = 1,
             .records = 3,
             .script = {{BLOCK1, BLOCK1}, {BLOCK2, LIFT}, {WHY}}},
    asked = {.name = "block 1 lift, block 2 block 2, why why, take",
             .burst = 1,
             .deaths_max = 1,
             .records = 3,
             .script = {{BLOCK1, LIFT}, {BLOCK2, BLOCK2}, {WHY, WHY}, {TAKE}}},
    crowded = {.name = "block 1, block 2; 1 record",
               .burst = 1,
               .deaths_max = 1,
               .records = 1,
               .script = {{BLOCK1}, {BLOCK2}}};

static const struct {
  const struct scenario *scenario;
  const char *change;
  unsigned changes;
  bool fails, quick;
} cases[] = {
    {&blocks, NULL, 0, false, true},
    {&lifts, NULL, 0, false, true},
    {&turns, NULL, 0, false, false},
    {&between, NULL, 0, false, true},
    {&names, NULL, 0, false, true},
    {&asked, NULL, 0, false, true},
    {&blocks, "the filter's bit follows the cell", FILTER_AFTER, true, true},
    {&blocks, "a block that finds the cell changed ends", NO_LOOK_AGAIN, true, true},
    {&lifts, "a lift keeps the generation and lowers the word, which comes back", LOWERED, true,
     true},
    {&lifts, "a lift keeps generation and word", NOT_LOWERED, true, true},
    {&lifts, "the generation is read anew before an undo", GENERATION_LATE, true, true},
    {&between, "a block is a plain store", BLOCK_STORES, true, true},
    {&turns, "a block does not keep the generation", BLOCK_FORGETS, true, true},
    {&turns, "(known limit) a lift beside blocks may swap twice", BY_ORDER, true, true},
    {&blocks, "the record follows the cell", RECORD_AFTER, true, true},
    {&names, "the record is not written anew for another word", RECORD_ONCE, true, true},
    {&blocks, "as first written: a record's place is claimed from what is read after the choice",
     FOUND_LATE, true, true},
    {&names, "a copy of a record is not verified", NO_CHECKSUM, true, true},
    {&crowded, "(known limit) in a full set one may lose the record that comes into force", 0, true,
     true},
};

SUITE(block, .runs = block_runs, .step = block_step, .check = check);
