/* SPDX-License-Identifier: BSD-2-Clause
 * One process in the model of a limit that changes its kind: each step is one access. */
#include "kind_model.h"

#include <string.h>

struct view {
  const struct scenario *scenario;
  unsigned changes;
  struct state *s;
  struct process *p;
  uint8_t units, own;
};

bool kind_runs(const void *setup, const void *state, unsigned process)
{
  const struct process *p = &((const struct state *)state)->process[process];

  return p->at != KILLED && kind_units(setup, p, process) != 0;
}

static void go(struct process *p, enum at at)
{
  struct process next = {.at = (uint8_t)at,
                         .operation = p->operation,
                         .version = p->version,
                         .cell = p->cell,
                         .word = p->word,
                         .replaced = p->replaced,
                         .made = p->made,
                         .again = p->again};

  memset(next.mine, NONE, sizeof next.mine);
  *p = next;
}

/* The cells again; or everything, by the policy as it is then. */
static void restart(struct process *p, enum at at)
{
  p->cell = p->word = p->replaced = p->made = p->again = 0;
  if (at == VERSION)
    p->version = 0;
  go(p, at);
}

void kind_restart(struct process *p)
{
  restart(p, VERSION);
}

static void end_operation(struct process *p)
{
  restart(p, VERSION);
  p->operation++;
}

static const char *allow(struct view *v)
{
  v->s->admitted = (uint8_t)(v->s->admitted + v->units);
  end_operation(v->p);
  return v->s->admitted > v->scenario->limit ? "bucket and window together admit more than N"
                                             : NULL;
}

static bool swap(struct view *v, uint8_t place, uint8_t tag, uint8_t word, uint8_t new_tag,
                 uint8_t new_word)
{
  struct state *s = v->s;

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
      taken = taken || p->word == word;
      for (unsigned i = 0; i < CELLS; i++)
        taken = taken || p->mine[i] == word;
    }
  }
  return word;
}

static uint8_t lowest(const struct process *p, bool tentative)
{
  for (uint8_t i = 0; i < CELLS; i++)
    if (p->mine[i] != NONE && kind_is_tentative(p->mine[i]) == tentative)
      return i;
  return CELLS;
}

/* Reads a cell; true: that was the last. */
static bool read_cell(struct view *v)
{
  struct process *p = v->p;
  uint8_t place = p->i++, tag = v->s->tag[place], word = v->s->word[place];

  if (tag == v->own) {
    p->mine[place] = word;
  } else if (tag == BUCKET && !kind_is_tentative(word) && !(v->changes & BUCKET_IGNORED)) {
    p->bucket = word;
  } else if (tag <= DEAD && p->free_at == 0) {
    p->free_at = (uint8_t)(place + 1);
    p->free_tag = tag;
    p->free_word = word;
  }
  return p->i == v->scenario->cells;
}

static bool passes(const struct view *v, uint8_t more)
{
  const struct process *p = v->p;
  uint8_t live = lowest(p, false);

  return (live != CELLS ? p->mine[live] : 0) + p->bucket + more <= v->scenario->limit;
}

static bool reads_early(const struct view *v)
{
  return (v->changes & VERSION_BEFORE) && v->own == BUCKET;
}

static void know(struct process *p, uint8_t cell, uint8_t word)
{
  p->cell = cell;
  p->word = word;
  go(p, LOOK);
}

static void scanned(struct view *v)
{
  struct process *p = v->p;
  uint8_t live = lowest(p, false), tentative = lowest(p, true);

  if (!passes(v, v->units) || (live == CELLS && tentative == CELLS && p->free_at == 0)) {
    end_operation(p);
  } else if (live != CELLS) {
    p->cell = live;
    p->word = p->mine[live];
    go(p, reads_early(v) ? BEFORE : CHARGE);
  } else if (tentative != CELLS) {
    know(p, tentative, p->mine[tentative]);
  } else {
    p->at = PUBLISH;
    p->bucket = p->i = 0;
  }
}

/* INSERT 3 and, for a window, the look before the commit. */
static void looked(struct view *v)
{
  struct process *p = v->p;
  uint8_t live = lowest(p, false), tentative = lowest(p, true);

  if (live != CELLS || tentative == CELLS) {
    restart(p, SCAN);
  } else if (tentative != p->cell || p->mine[tentative] != p->word) {
    know(p, tentative, p->mine[tentative]);
  } else {
    p->mine[tentative] = NONE;
    p->free_at = p->free_tag = p->free_word = p->bucket = p->i = 0;
    p->at = KILL;
    if (lowest(p, true) == CELLS)
      go(p, v->own == WINDOW ? GATHER : reads_early(v) ? BEFORE : COMMIT);
  }
}

static void kill_higher(struct view *v)
{
  struct process *p = v->p;
  uint8_t place = lowest(p, true), word = p->mine[place];

  p->mine[place] = NONE;
  if (!swap(v, place, v->own, word, DEAD, word))
    restart(p, SCAN);
  else if (lowest(p, true) == CELLS)
    go(p, v->own == WINDOW ? GATHER : reads_early(v) ? BEFORE : COMMIT);
}

static const char *charged(struct view *v, uint8_t replaced, bool made)
{
  struct process *p = v->p;
  bool unread = (v->changes & VERSION_BEFORE) != 0 ||
                (v->changes & (made ? NO_VERSION_COMMIT : NO_VERSION_CHARGE)) != 0;

  p->replaced = replaced;
  p->word = (uint8_t)(replaced + v->units);
  p->made = made;
  go(p, v->own == BUCKET ? AFTER : VERIFY);
  if (v->own == BUCKET ? unread : (v->changes & BUCKET_ONCE) != 0)
    return allow(v);
  return NULL;
}

static void undo(struct view *v)
{
  struct process *p = v->p;
  bool undone =
      !(v->changes & NO_UNDO) && (p->made ? swap(v, p->cell, v->own, p->word, DEAD, p->word)
                                          : swap(v, p->cell, v->own, p->word, v->own, p->replaced));

  if (!undone && !(v->changes & NO_UNDO))
    v->s->left = (uint8_t)(v->s->left + v->units);
  if (p->again)
    restart(p, VERSION);
  else
    end_operation(p);
}

static const char *step_process(struct view *v)
{
  struct state *s = v->s;
  struct process *p = v->p;
  uint8_t word;

  switch ((enum at)p->at) {
  case VERSION:
    p->version = s->version;
    go(p, SCAN);
    return NULL;
  case SCAN:
    if (read_cell(v))
      scanned(v);
    return NULL;
  case PUBLISH:
    word = fresh_tentative(s);
    if (swap(v, (uint8_t)(p->free_at - 1), p->free_tag, p->free_word, v->own, word))
      know(p, (uint8_t)(p->free_at - 1), word);
    else
      restart(p, SCAN);
    return NULL;
  case LOOK:
    if (!read_cell(v))
      return NULL;
    if (v->own == BUCKET && !(v->changes & NO_VERSION_LOOK))
      p->at = LOOK_VERSION;
    else
      looked(v);
    return NULL;
  case LOOK_VERSION:
    if (s->version == p->version)
      looked(v);
    else
      go(p, WITHDRAW);
    return NULL;
  case KILL:
    kill_higher(v);
    return NULL;
  case GATHER:
    if (!read_cell(v))
      return NULL;
    go(p, passes(v, v->units) ? COMMIT : WITHDRAW);
    return NULL;
  case BEFORE:
    if (s->version == p->version)
      p->at = kind_is_tentative(p->word) ? COMMIT : CHARGE;
    else
      restart(p, VERSION);
    return NULL;
  case COMMIT:
    if (swap(v, p->cell, v->own, p->word, v->own, v->units))
      return charged(v, 0, true);
    restart(p, SCAN);
    return NULL;
  case CHARGE:
    if (swap(v, p->cell, v->own, p->word, v->own, (uint8_t)(p->word + v->units)))
      return charged(v, p->word, false);
    restart(p, SCAN);
    return NULL;
  case AFTER:
    if (s->version == p->version)
      return allow(v);
    p->again = 1;
    p->at = UNDO;
    return NULL;
  case VERIFY:
    if (!read_cell(v))
      return NULL;
    if (passes(v, 0))
      return allow(v);
    go(p, UNDO);
    return NULL;
  case UNDO:
    undo(v);
    return NULL;
  case WITHDRAW:
    swap(v, p->cell, v->own, p->word, DEAD, p->word);
    restart(p, v->own == WINDOW ? SCAN : VERSION);
    return NULL;
  case KILLED:
    break;
  }
  return NULL;
}

const char *kind_step(const void *setup_in, void *state_in, unsigned process)
{
  const struct setup *setup = setup_in;
  struct state *s = state_in;
  struct process *p = &s->process[process];
  struct view view = {setup->scenario,
                      setup->changes,
                      s,
                      p,
                      kind_units(setup, p, process),
                      p->version ? WINDOW : BUCKET};

  if (process != APPLIER)
    return step_process(&view);
  s->version = 1;
  end_operation(p);
  return NULL;
}
