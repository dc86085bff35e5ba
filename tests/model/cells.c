/* SPDX-License-Identifier: BSD-2-Clause
 * The model of a group: its beginning, its invariants, its traces. */
#include "cells.h"

#include <string.h>

static void start(const void *setup_in, void *state_in)
{
  const struct cells_setup *setup = setup_in;
  struct cells_state *s = state_in;
  memset(s, 0, sizeof *s);
  for (unsigned i = 0; i < setup->scenario->cells; i++) {
    uint8_t tag = setup->scenario->first_tag[i], word = setup->scenario->first_word[i];
    s->tag[i] = tag;
    s->word[i] = word;
    if (tag >= CELLS_OWN && !(word & CELLS_TENTATIVE))
      s->log[tag - CELLS_OWN][0] = word;
  }
  for (unsigned p = 0; p < CELLS_PROCESSES; p++)
    memset(s->process[p].mine, CELLS_NONE, CELLS_MAX);
}

static bool kill(const void *setup_in, void *state_in, unsigned process)
{
  const struct cells_setup *setup = setup_in;
  struct cells_state *s = state_in;
  if (s->deaths == setup->scenario->deaths_max)
    return false;
  s->deaths++;
  cells_kill(&s->process[process]);
  return true;
}

static bool tick(const void *setup_in, void *state_in)
{
  const struct cells_setup *setup = setup_in;
  struct cells_state *s = state_in;
  if (s->clock == setup->scenario->clock_max)
    return false;
  s->clock++;
  return true;
}

/* Renumber nonces in the order in which they are met: cells, then processes. */
static void rename_nonce(uint8_t *word, uint8_t names[16], uint8_t *next)
{
  if (*word < CELLS_TENTATIVE || (*word & 0xf) == 0)
    return;
  uint8_t *name = &names[*word & 0xf];
  if (*name == 0)
    *name = ++*next;
  *word = (uint8_t)((*word & 0xf0) | *name);
}

static void rename_nonces(struct cells_state *s)
{
  uint8_t names[16] = {0}, next = 0;
  for (unsigned i = 0; i < CELLS_MAX; i++)
    rename_nonce(&s->word[i], names, &next);
  for (unsigned p = 0; p < CELLS_PROCESSES; p++) {
    struct cells_process *process = &s->process[p];
    for (unsigned i = 0; i < CELLS_MAX; i++)
      rename_nonce(&process->mine[i], names, &next);
    rename_nonce(&process->free_word, names, &next);
    rename_nonce(&process->victim_word, names, &next);
    rename_nonce(&process->word, names, &next);
    rename_nonce(&process->undo_word, names, &next);
  }
}

static void canon(const void *setup_in, void *state_in)
{
  const struct cells_setup *setup = setup_in;
  struct cells_state *s = state_in;
  rename_nonces(s);
  if (!setup->scenario->twins)
    return;
  for (unsigned i = 1; i < CELLS_PROCESSES; i++)
    for (unsigned j = i; j > 0; j--) {
      struct cells_process *low = &s->process[j - 1], *high = &s->process[j], kept;
      if (memcmp(low, high, sizeof *low) <= 0)
        break;
      kept = *low;
      *low = *high;
      *high = kept;
    }
  rename_nonces(s);
}

static const char *check(const void *setup_in, const void *state_in, bool ended)
{
  const struct cells_setup *setup = setup_in;
  const struct cells_state *s = state_in;
  const struct cells_scenario *scenario = setup->scenario;
  uint8_t floors[CELLS_LIMITS] = {0};
  (void)ended;
  for (unsigned i = 0; i < scenario->cells; i++)
    for (unsigned l = 0; l < CELLS_LIMITS; l++)
      if (s->tag[i] == CELLS_FLOOR + l && s->word[i] > floors[l])
        floors[l] = s->word[i];
  for (unsigned own = 0; own < CELLS_PRINCIPALS * CELLS_LIMITS; own++) {
    unsigned live = 0;
    uint8_t word = floors[own % CELLS_LIMITS];
    for (unsigned i = 0; i < scenario->cells; i++)
      if (s->tag[i] == CELLS_OWN + own && !(s->word[i] & CELLS_TENTATIVE)) {
        live++;
        word = s->word[i];
      }
    if (live > 1)
      return "two live cells of one principal and limit";
    uint8_t owed = cells_true_word(s->log[own]);
    if (!scenario->totals && owed > s->clock && owed > word)
      return live ? "a live cell says less than its principal owes"
                  : "a principal without a cell owes more than the floor";
  }
  return NULL;
}

static void show_cell(uint8_t tag, uint8_t word, char *text, size_t size)
{
  char name[8];
  if (tag == CELLS_NEVER || tag == CELLS_DEAD) {
    snprintf(text, size, "%s", tag == CELLS_NEVER ? "-" : "dead");
    return;
  }
  if (tag < CELLS_OWN)
    snprintf(name, sizeof name, "floor%d", (tag - CELLS_FLOOR) & 7);
  else
    snprintf(name, sizeof name, "%c%d", 'A' + ((tag - CELLS_OWN) / CELLS_LIMITS) % 26,
             (tag - CELLS_OWN) % CELLS_LIMITS);
  if (word & CELLS_TENTATIVE)
    snprintf(text, size, "%s:tent t%d n%d", name, (word >> 4) & 7, word & 0xf);
  else
    snprintf(text, size, "%s:%d", name, word);
}

static void show(const void *setup_in, const void *before_in, const void *after_in, int process,
                 char text[EXPLORE_TEXT_MAX])
{
  const struct cells_setup *setup = setup_in;
  const struct cells_state *before = before_in, *after = after_in;
  char cells[120] = "", name[40] = "", cell[24];
  for (unsigned i = 0; i < setup->scenario->cells; i++) {
    show_cell(after->tag[i], after->word[i], cell, sizeof cell);
    size_t used = strlen(cells);
    snprintf(cells + used, sizeof cells - used, " [%s]", cell);
  }
  if (process >= 0) {
    const struct cells_process *p = &before->process[process], *q = &after->process[process];
    if (p->operation < CELLS_OPERATIONS) {
      struct cells_operation o = setup->scenario->script[process][p->operation];
      snprintf(name, sizeof name, "(%c%d +%d) %s", 'A' + o.principal, o.limit, o.cost,
               cells_step_name(p));
    }
    if (p->operation != q->operation) {
      bool allowed = memcmp(before->log, after->log, sizeof after->log) != 0;
      size_t used = strlen(name);
      snprintf(name + used, sizeof name - used, ": %s", allowed ? "ALLOW" : "DENY");
    } else if (p->i != q->i && q->i > 0) {
      size_t used = strlen(name);
      snprintf(name + used, sizeof name - used, " %d", q->i - 1);
    }
  }
  snprintf(text, EXPLORE_TEXT_MAX, "%-34s clock %d %s", name, after->clock, cells);
}

struct explore_model cells_model(const struct cells_setup *setup)
{
  return (struct explore_model){.setup = setup,
                                .state_bytes = sizeof(struct cells_state),
                                .processes = CELLS_PROCESSES,
                                .start = start,
                                .runs = cells_runs,
                                .step = cells_step,
                                .kill = kill,
                                .tick = tick,
                                .check = check,
                                .canon = canon,
                                .exchanges = setup->scenario->twins,
                                .show = show};
}
