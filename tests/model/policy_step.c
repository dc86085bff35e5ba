/* SPDX-License-Identifier: BSD-2-Clause
 * One process in the model of a change of policy: each step is one access. */
#include "policy_model.h"

#include <string.h>

struct view {
  const struct scenario *scenario;
  unsigned changes;
  struct state *state;
  struct process *p;
  uint8_t units, own;
};

const char *policy_step_name(uint8_t at)
{
  static const char *const names[] = {"begin: clock", "version",       "look 1", "version early",
                                      "publish",      "look 2",        "kill",   "floors",
                                      "clock again",  "version again", "commit", "withdraw",
                                      "charge",       "convert",       "dead"};
  return names[at];
}

static uint8_t later(uint8_t a, uint8_t b)
{
  return a > b ? a : b;
}

bool policy_runs(const void *setup, const void *state, unsigned process)
{
  const struct process *p = &((const struct state *)state)->process[process];
  return p->at != KILLED && p->operation < OPERATIONS &&
         ((const struct setup *)setup)->scenario->script[process][p->operation] != 0;
}

void policy_forget(struct process *p)
{
  struct process kept = {
      .at = p->at, .operation = p->operation, .now = p->now, .version = p->version};
  memset(kept.mine, NONE, sizeof kept.mine);
  memset(kept.old, NONE, sizeof kept.old);
  *p = kept;
}

/* Everything from the start, with the policy as it is then. */
static void restart(struct view *v)
{
  v->p->version = 0;
  policy_forget(v->p);
  v->p->at = VERSION;
}

static void end_operation(struct view *v)
{
  v->p->now = v->p->version = 0;
  policy_forget(v->p);
  v->p->at = BEGIN;
  v->p->operation++;
}

static void go_look(struct view *v, uint8_t cell, uint8_t word, uint8_t helps)
{
  policy_forget(v->p);
  v->p->cell = cell;
  v->p->word = word;
  v->p->helps = helps;
  v->p->at = LOOK;
}

static bool denies(const struct view *v, uint8_t word)
{
  return later(word, v->p->now) + v->units - v->p->now > v->scenario->tau;
}

static uint8_t charged(const struct view *v, uint8_t word)
{
  return (uint8_t)(later(word, v->p->now) + v->units);
}

static const char *allow(struct view *v)
{
  uint8_t *log = v->state->log;
  bool over = false;
  log[v->p->now] = (uint8_t)(log[v->p->now] + v->units);
  for (int from = 0; from < CLOCKS; from++)
    for (int to = from, sum = 0; to < CLOCKS; to++) {
      sum += log[to];
      over = over || sum > v->scenario->tau + to - from;
    }
  end_operation(v);
  return over ? "more admitted than burst + rate x time" : NULL;
}

static bool swap(struct view *v, uint8_t place, uint8_t tag, uint8_t word, uint8_t new_tag,
                 uint8_t new_word)
{
  struct state *s = v->state;
  if (s->tag[place] != tag || s->word[place] != word)
    return false;
  s->tag[place] = new_tag;
  s->word[place] = new_word;
  return true;
}

static uint8_t fresh_tentative(const struct state *s)
{
  uint8_t word = TENTATIVE;
  bool taken = true;
  while (taken) {
    word++;
    taken = false;
    for (unsigned i = 0; i < CELLS; i++)
      taken = taken || s->word[i] == word;
    for (unsigned q = 0; q < PROCESSES; q++) {
      const struct process *p = &s->process[q];
      taken = taken || p->word == word || p->free_word == word;
      for (unsigned i = 0; i < CELLS; i++)
        taken = taken || p->mine[i] == word || p->old[i] == word;
    }
  }
  return word;
}

static void found_live(struct view *v, uint8_t place, uint8_t word)
{
  policy_forget(v->p);
  if (denies(v, word)) {
    end_operation(v);
    return;
  }
  v->p->cell = place;
  v->p->word = word;
  v->p->at = CHARGE;
}

static void found_old(struct view *v, uint8_t place, uint8_t word)
{
  policy_forget(v->p);
  v->p->cell = place;
  v->p->word = word;
  v->p->at = CONVERT;
}

static bool seeks_old(const struct view *v)
{
  return v->own == NEW && !(v->p->at == LOOK && (v->changes & OLD_NOT_SOUGHT));
}

static void note_cell(struct view *v, uint8_t place, uint8_t tag, uint8_t word)
{
  struct process *p = v->p;
  if (tag == v->own) {
    p->mine[place] = word;
  } else if (tag == OLD && seeks_old(v)) {
    p->old[place] = word;
  } else if (p->free_at == 0 && p->at == SCAN && !policy_is_tentative(word) &&
             (tag <= DEAD || word <= p->now)) {
    p->free_at = (uint8_t)(place + 1);
    p->free_tag = tag;
    p->free_word = word;
  }
}

/* Lowest place in a list of words with a live one or a tentative; or CELLS. */
static uint8_t lowest(const uint8_t words[CELLS], bool tentative)
{
  for (uint8_t i = 0; i < CELLS; i++)
    if (words[i] != NONE && policy_is_tentative(words[i]) == tentative)
      return i;
  return CELLS;
}

static void after_scan(struct view *v)
{
  struct process *p = v->p;
  uint8_t live = lowest(p->mine, false), old = lowest(p->old, false);
  uint8_t tentative = lowest(p->mine, true);
  if (live != CELLS)
    found_live(v, live, p->mine[live]);
  else if (old != CELLS)
    found_old(v, old, p->old[old]);
  else if (tentative != CELLS)
    go_look(v, tentative, p->mine[tentative], 1);
  else if (p->free_at == 0)
    end_operation(v);
  else {
    memset(p->old, NONE, sizeof p->old);
    p->at = v->changes & VERSION_EARLY ? EARLY : PUBLISH;
  }
}

static void after_look(struct view *v)
{
  struct process *p = v->p;
  uint8_t live = lowest(p->mine, false), old = lowest(p->old, false);
  uint8_t tentative = lowest(p->mine, true);
  if (live == CELLS && old == CELLS && tentative == CELLS) {
    restart(v);
    return;
  }
  if (live == CELLS && old == CELLS && (tentative != p->cell || p->mine[tentative] != p->word)) {
    go_look(v, tentative, p->mine[tentative], 1);
    return;
  }
  p->cell = live != CELLS ? live : old != CELLS ? old : tentative;
  p->word = live != CELLS ? p->mine[live] : old != CELLS ? p->old[old] : p->mine[tentative];
  if (old != CELLS && live == CELLS)
    p->denied = 2; /* in hand: to convert */
  if (p->mine[p->cell] == p->word)
    p->mine[p->cell] = NONE;
  if (v->changes & OLD_TENTATIVE_LEFT)
    memset(p->old, NONE, sizeof p->old);
  p->at = KILL;
}

static void after_kills(struct view *v)
{
  struct process *p = v->p;
  uint8_t helps = p->helps, cell = p->cell, word = p->word;
  if (p->denied == 2) {
    found_old(v, cell, word);
  } else if (!policy_is_tentative(word)) {
    found_live(v, cell, word);
  } else {
    policy_forget(p);
    p->cell = cell;
    p->word = word;
    p->helps = helps;
    p->at = FLOORS;
  }
}

/* One access where there is something to kill, else none: the caller goes on. */
static bool kill_one(struct view *v)
{
  struct process *p = v->p;
  uint8_t place = lowest(p->mine, true), old = lowest(p->old, true);
  if (place == CELLS && old == CELLS)
    return false;
  bool is_old = place == CELLS;
  uint8_t at = is_old ? old : place, *words = is_old ? p->old : p->mine;
  bool done = swap(v, at, is_old ? OLD : v->own, words[at], DEAD, words[at]);
  words[at] = NONE;
  if (!done && !(is_old && (v->changes & OLD_KILL_IGNORED)) && policy_is_tentative(p->word))
    restart(v);
  return true;
}

static void after_floors(struct view *v)
{
  v->p->i = 0;
  v->p->at = CLOCK;
}

static const char *step_commit(struct view *v)
{
  struct process *p = v->p;
  if (swap(v, p->cell, v->own, p->word, v->own, charged(v, p->start)))
    return allow(v);
  restart(v);
  return NULL;
}

static void step_convert(struct view *v)
{
  struct process *p = v->p;
  uint8_t cell = p->cell, word = p->word;
  if (v->changes & CONVERT_STORE) {
    v->state->tag[cell] = NEW;
    v->state->word[cell] = word;
    found_live(v, cell, word);
  } else if (swap(v, cell, OLD, word, NEW, word)) {
    found_live(v, cell, word);
  } else {
    restart(v);
  }
}

static void step_clock(struct view *v)
{
  struct process *p = v->p;
  bool reads = !(v->changes & (NO_VERSION_AGAIN | VERSION_EARLY)) &&
               !((v->changes & VERSION_OWN_ONLY) && p->helps);
  p->now = v->state->clock;
  if (denies(v, p->start)) {
    p->denied = 1;
    p->at = WITHDRAW;
  } else {
    p->at = reads && v->own == OLD ? AGAIN : COMMIT;
  }
}

static void step_look(struct view *v)
{
  struct process *p = v->p;
  uint8_t place = p->i++, tag = v->state->tag[place], word = v->state->word[place];
  if (p->at == FLOORS) {
    bool counts = tag == FLOOR_OLD + (v->own - OLD) ||
                  (tag == FLOOR_OLD && v->own == NEW && !(v->changes & OLD_FLOOR_IGNORED));
    if (counts)
      p->start = later(p->start, word);
  } else {
    note_cell(v, place, tag, word);
  }
  if (p->i < v->scenario->cells)
    return;
  p->i = 0;
  if (p->at == SCAN)
    after_scan(v);
  else if (p->at == LOOK)
    after_look(v);
  else
    after_floors(v);
}

static const char *step_process(struct view *v)
{
  struct state *s = v->state;
  struct process *p = v->p;
  uint8_t word, place;
  switch ((enum at)p->at) {
  case BEGIN:
    p->now = s->clock;
    p->at = VERSION;
    return NULL;
  case VERSION:
    p->version = s->version;
    policy_forget(p);
    p->at = SCAN;
    return NULL;
  case SCAN:
  case LOOK:
  case FLOORS:
    step_look(v);
    break;
  case EARLY:
    p->at = PUBLISH;
    if (s->version != p->version)
      restart(v);
    return NULL;
  case PUBLISH:
    word = fresh_tentative(s);
    place = (uint8_t)(p->free_at - 1);
    if (swap(v, place, p->free_tag, p->free_word, v->own, word))
      go_look(v, place, word, 0);
    else
      restart(v);
    return NULL;
  case KILL:
    kill_one(v);
    break;
  case CLOCK:
    step_clock(v);
    return NULL;
  case AGAIN:
    p->at = s->version == p->version ? COMMIT : WITHDRAW;
    return NULL;
  case COMMIT:
    return step_commit(v);
  case WITHDRAW:
    swap(v, p->cell, v->own, p->word, DEAD, p->word);
    if (p->denied)
      end_operation(v);
    else
      restart(v);
    return NULL;
  case CHARGE:
    if (swap(v, p->cell, v->own, p->word, v->own, charged(v, p->word)))
      return allow(v);
    restart(v);
    return NULL;
  case CONVERT:
    step_convert(v);
    return NULL;
  case KILLED:
    break;
  }
  if (p->at == KILL && lowest(p->mine, true) == CELLS && lowest(p->old, true) == CELLS)
    after_kills(v);
  return NULL;
}

const char *policy_step(const void *setup_in, void *state_in, unsigned process)
{
  const struct setup *setup = setup_in;
  struct state *s = state_in;
  struct process *p = &s->process[process];
  struct view view = {.scenario = setup->scenario, .changes = setup->changes, .state = s, .p = p};
  view.units = setup->scenario->script[process][p->operation];
  view.own = p->version ? NEW : OLD;
  if (process != APPLIER)
    return step_process(&view);
  s->version = 1;
  end_operation(&view);
  return NULL;
}
