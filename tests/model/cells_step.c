/* SPDX-License-Identifier: BSD-2-Clause
 * One process in the model of a group: each case of cells_step() is one access to
 * shared memory and the private reckoning after it. */
#include "cells_inner.h"

#include <string.h>

const char *cells_step_name(const struct cells_process *process)
{
  static const char *const names[] = {
      "begin: clock", "look 1",       "publish",     "look 2",       "kill",
      "read floors",  "clock again",  "commit",      "withdraw",     "clock again",
      "charge",       "tag again",    "raise floor", "take victim",  "raise floor late",
      "make floor",   "charge floor", "verify",      "verify: kill", "undo",
      "dead"};
  return names[process->at];
}

void cells_forget(struct cells_process *p)
{
  struct cells_process kept = {.at = p->at, .operation = p->operation, .now = p->now};
  memset(kept.mine, CELLS_NONE, sizeof kept.mine);
  *p = kept;
}

void cells_go_scan(struct view *v)
{
  cells_forget(v->p);
  v->p->at = SCAN;
}

/* Look again, from the start, knowing of one tentative that it is published. */
void cells_go_look(struct view *v, uint8_t place, uint8_t word)
{
  uint8_t start = v->p->start;
  cells_forget(v->p);
  v->p->cell = place;
  v->p->word = word;
  v->p->start = start;
  v->p->at = LOOK;
}

static void end_operation(struct view *v)
{
  cells_forget(v->p);
  v->p->now = 0;
  v->p->at = BEGIN;
  v->p->operation++;
}

bool cells_denies(const struct view *v, uint8_t word)
{
  return later(word, v->p->now) + v->operation.cost - v->p->now > v->tau;
}

uint8_t cells_charged(const struct view *v, uint8_t word)
{
  return (uint8_t)(later(word, v->p->now) + v->operation.cost);
}

/* More in some interval than the burst and the interval's length, by the times of
 * the log; or in all the time until now. */
static bool over_bound(const struct view *v, const uint8_t log[CELLS_CLOCKS])
{
  int sum_all = 0;
  for (int from = CELLS_CLOCKS - 1; from >= 0; from--) {
    int sum = 0;
    for (int to = from; to < CELLS_CLOCKS; to++) {
      sum += log[to];
      if (!v->scenario->totals && sum > v->tau + to - from)
        return true;
    }
    sum_all = sum;
  }
  return sum_all > v->tau + v->state->clock;
}

const char *cells_allow(struct view *v)
{
  uint8_t *log = v->state->log[v->own - CELLS_OWN];
  log[v->p->now] = (uint8_t)(log[v->p->now] + v->operation.cost);
  bool over = over_bound(v, log);
  end_operation(v);
  return over ? "more admitted than burst + rate x time" : NULL;
}

/* The cell in hand was charged and is {T, value} now; it was {tag, word}. */
const char *cells_written(struct view *v, uint8_t value, uint8_t tag, uint8_t word)
{
  struct cells_process *p = v->p;
  uint8_t place = p->cell;
  if (!v->operation.undone)
    return cells_allow(v);
  cells_forget(p);
  p->cell = place;
  p->word = value;
  p->undo_tag = tag;
  p->undo_word = word;
  p->at = UNDO;
  return NULL;
}

const char *cells_deny(struct view *v)
{
  const char *violation = NULL;
  if (v->scenario->reasons && !cells_denies(v, cells_true_word(v->state->log[v->own - CELLS_OWN])))
    violation = "denied without reason";
  end_operation(v);
  return violation;
}

const char *cells_deny_full(struct view *v)
{
  bool room = (v->p->own & SAW_OTHER) == 0;
  end_operation(v);
  return room ? "denied for want of room among tentatives of the dead" : NULL;
}

/* Both loads of cell i; false: only the first was made. */
bool cells_load(struct view *v, uint8_t *tag, uint8_t *word)
{
  struct cells_process *p = v->p;
  if (v->scenario->torn && !p->half) {
    p->half = 1;
    p->half_tag = v->state->tag[p->i];
    return false;
  }
  *tag = v->scenario->torn ? p->half_tag : v->state->tag[p->i];
  *word = v->state->word[p->i];
  p->half = p->half_tag = 0;
  p->i++;
  return true;
}

/* True where this was the last cell of a look. */
bool cells_look_ends(struct view *v, uint8_t tag)
{
  if (v->p->i < v->scenario->cells && !(v->scenario->never_ends && tag == CELLS_NEVER))
    return false;
  v->p->i = 0;
  return true;
}

bool cells_swap(struct view *v, uint8_t place, uint8_t tag, uint8_t word, uint8_t new_tag,
                uint8_t new_word)
{
  struct cells_state *s = v->state;
  if (s->tag[place] != tag || s->word[place] != word)
    return false;
  s->tag[place] = new_tag;
  s->word[place] = new_word;
  return true;
}

/* {T, TENTATIVE | n} -> {DEAD, TENTATIVE | n}: who has read T and then the word does
 * not take it for a live cell. */
bool cells_kill_tentative(struct view *v, uint8_t place, uint8_t word)
{
  return cells_swap(v, place, v->own, word, CELLS_DEAD, v->changes & KILL_CLEARS ? 0 : word);
}

static bool remembers(const struct cells_process *p, uint8_t nonce)
{
  uint8_t words[CELLS_MAX + 4];
  memcpy(words, p->mine, CELLS_MAX);
  words[CELLS_MAX] = p->free_word;
  words[CELLS_MAX + 1] = p->victim_word;
  words[CELLS_MAX + 2] = p->word;
  words[CELLS_MAX + 3] = p->undo_word;
  for (unsigned i = 0; i < sizeof words; i++)
    if (is_tentative(words[i]) && (words[i] & 0xf) == nonce)
      return true;
  return false;
}

uint8_t cells_fresh_tentative(const struct view *v)
{
  uint8_t nonce = 0;
  bool taken = !(v->changes & NO_NONCE);
  while (taken) {
    nonce++;
    taken = false;
    for (unsigned i = 0; i < CELLS_MAX; i++)
      if (is_tentative(v->state->word[i]) && (v->state->word[i] & 0xf) == nonce)
        taken = true;
    for (unsigned i = 0; i < CELLS_PROCESSES; i++)
      if (remembers(&v->state->process[i], nonce))
        taken = true;
  }
  return (uint8_t)(CELLS_TENTATIVE | v->p->now << 4 | nonce);
}

const char *cells_found_live(struct view *v, uint8_t place, uint8_t word)
{
  cells_forget(v->p);
  v->p->cell = place;
  v->p->word = word;
  if (v->changes & COMMIT_UNCHARGED) {
    v->p->at = CLOCK_CHARGE;
    return NULL;
  }
  v->p->at = CHARGE;
  if (!cells_denies(v, word))
    return NULL;
  if (!v->scenario->torn || (v->changes & TORN_DENY))
    return cells_deny(v);
  v->p->at = TAG_AGAIN;
  return NULL;
}

static const char *charge(struct view *v)
{
  struct cells_process *p = v->p;
  uint8_t place = p->cell, expected = p->word, value = cells_charged(v, p->word);
  uint8_t tag = v->changes & CHARGE_BY_STATE ? v->state->tag[place] : v->own;
  if (v->changes & CHARGE_BY_STORE) {
    v->state->word[place] = value;
    return cells_allow(v);
  }
  if (cells_swap(v, place, tag, expected, tag, value))
    return cells_written(v, value, tag, expected);
  cells_go_scan(v);
  return NULL;
}

const char *cells_step(const void *setup_in, void *state_in, unsigned process)
{
  const struct cells_setup *setup = setup_in;
  struct cells_state *s = state_in;
  struct cells_process *p = &s->process[process];
  struct view view = {.scenario = setup->scenario, .changes = setup->changes, .state = s, .p = p};
  struct view *v = &view;
  v->operation = setup->scenario->script[process][p->operation];
  v->own = cells_own_tag(v->operation);
  v->tau = setup->scenario->tau[v->operation.limit];
  switch ((enum cells_at)p->at) {
  case BEGIN:
    p->now = s->clock;
    cells_go_scan(v);
    return NULL;
  case SCAN:
  case LOOK:
  case FLOORS:
  case VERIFY:
    return cells_step_look(v);
  case PUBLISH:
    return cells_step_publish(v);
  case KILL:
    return cells_step_kill(v);
  case CLOCK:
    p->now = s->clock;
    p->at = cells_denies(v, p->start) ? WITHDRAW : COMMIT;
    return NULL;
  case COMMIT:
    return cells_step_commit(v);
  case WITHDRAW:
    cells_kill_tentative(v, p->cell, p->word);
    return cells_deny(v);
  case CLOCK_CHARGE:
    p->now = s->clock;
    p->at = CHARGE;
    return cells_denies(v, p->word) ? cells_deny(v) : NULL;
  case CHARGE:
    return charge(v);
  case TAG_AGAIN:
    if (s->tag[p->cell] == v->own)
      return cells_deny(v);
    cells_go_scan(v);
    return NULL;
  case RAISE:
  case TAKE:
  case RAISE_LATE:
  case CONVERT:
    return cells_step_evict(v);
  case FLOOR_CHARGE:
    return cells_step_charge_floor(v);
  case VERIFY_KILL:
    return cells_step_verify_kill(v);
  case UNDO:
    cells_swap(v, p->cell, v->own, p->word, p->undo_tag, p->undo_word);
    end_operation(v);
    return NULL;
  case KILLED:
    break;
  }
  return NULL;
}

bool cells_runs(const void *setup_in, const void *state_in, unsigned process)
{
  const struct cells_setup *setup = setup_in;
  const struct cells_process *p = &((const struct cells_state *)state_in)->process[process];
  return p->at != KILLED && p->operation < CELLS_OPERATIONS &&
         setup->scenario->script[process][p->operation].cost != 0;
}

void cells_kill(struct cells_process *process)
{
  memset(process, 0, sizeof *process);
  process->at = KILLED;
}
