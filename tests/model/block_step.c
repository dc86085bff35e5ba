/* SPDX-License-Identifier: BSD-2-Clause
 * One process in the model of the kill switch: each step is one access. */
#include "block_model.h"

#include <string.h>

struct view {
  const struct scenario *scenario;
  unsigned changes;
  struct state *s;
  struct process *p;
  uint8_t script, number;
};

bool block_runs(const void *setup, const void *state, unsigned process)
{
  const struct process *p = &((const struct state *)state)->process[process];

  return p->at != KILLED && block_script(setup, p, process) != 0;
}

static void end_operation(struct view *v)
{
  struct process next = {.operation = (uint8_t)(v->p->operation + 1)};

  *v->p = next;
}

static uint8_t generation(uint8_t word)
{
  return word / GENERATION;
}

/* ----------------------------------------------------- what an observer knows -- */

/* An order begins: it may come before or after each opposite one that is under way. */
static void note_order(struct view *v, const struct setup *setup, bool blocks)
{
  struct state *s = v->s;

  v->p->clean = 1;
  for (unsigned i = 0; i < PROCESSES; i++) {
    struct process *p = &s->process[i];
    uint8_t script = block_script(setup, p, i);

    if (blocks)
      p->passes = 0;
    else
      p->must = 0;
    if (p->at == BEGIN || p->at == KILLED || !(blocks ? script == LIFT : block_is_order(script)))
      continue;
    p->clean = 0;
    v->p->clean = 0;
  }
  if (blocks)
    s->passes = 0;
  else
    s->must = 0;
}

static void returned(struct view *v, bool blocks)
{
  if (v->p->clean && blocks && v->s->must < v->script)
    v->s->must = v->script;
  else if (v->p->clean && !blocks)
    v->s->passes = 1;
  end_operation(v);
}

static const char *decided(struct view *v, bool blocked)
{
  bool passes = v->p->passes, must = v->p->must, shorter = (v->p->hit & END) < v->p->must;

  end_operation(v);
  if (!blocked)
    return must ? "not blocked though it began after the block had returned" : NULL;
  if (passes)
    return "blocked though it began after the lift had returned";
  return shorter ? "blocked for less than had been ordered" : NULL;
}

static const char *allow(struct view *v)
{
  struct state *s = v->s;
  bool over = ++s->log[v->p->lift] > v->scenario->burst;
  const char *wrong = decided(v, false);

  return wrong != NULL ? wrong : over ? "more than one fresh burst after a lift" : NULL;
}

static const char *deny(struct view *v)
{
  bool room = v->s->charged[v->p->lift] < v->scenario->burst && v->scenario->denials;
  const char *wrong = decided(v, false);

  return wrong != NULL ? wrong : room ? "denied by what was counted before the lift" : NULL;
}

/* ----------------------------------------------------------------- the record -- */

static bool is_sound(const struct record *r)
{
  return r->claim == READY && r->sum_word == r->word && r->sum_who == r->who;
}

/* The record that costs least; RECORDS: there is none to be had. */
static uint8_t choose(const struct view *v)
{
  uint8_t best = RECORDS, least = 4;

  for (uint8_t i = 0; i < v->scenario->records; i++) {
    const struct record *r = &v->s->record[i];
    bool used = r->word == v->s->cell && block_in_force(r->word);
    uint8_t worth = r->claim == 0              ? 1
                    : r->claim != READY        ? 4
                    : !is_sound(r)             ? 3
                    : r->word == v->p->ordered ? 0
                    : used                     ? 4
                                               : 2;
    if (worth < least) {
      least = worth;
      best = i;
    }
  }
  return best;
}

static void recorded(struct view *v)
{
  memset(&v->p->copy, 0, sizeof v->p->copy);
  v->p->place = 0;
  v->p->done = 1;
  if (v->changes & RECORD_AFTER)
    returned(v, true);
  else
    v->p->at = SWAP;
}

static bool same_claim(const struct record *a, const struct record *b)
{
  return a->claim == b->claim && a->sum_word == b->sum_word && a->sum_who == b->sum_who;
}

static void step_record(struct view *v)
{
  struct process *p = v->p;
  struct record *r = &v->s->record[p->place];

  switch ((enum at)p->at) {
  case CHOOSE:
    p->place = choose(v);
    if (p->place == RECORDS) {
      v->s->nameless = 1;
      recorded(v);
      return;
    }
    p->copy = v->s->record[p->place];
    p->copy.word = p->copy.who = 0;
    p->at = v->changes & FOUND_LATE ? FOUND : CLAIM;
    return;
  case FOUND:
    p->copy = *r;
    p->copy.word = p->copy.who = 0;
    p->at = r->claim & WRITING ? CHOOSE : CLAIM;
    return;
  case CLAIM:
    p->at = PUT_WORD;
    if (!same_claim(r, &p->copy)) {
      p->at = CHOOSE;
      p->place = 0;
    } else {
      r->claim = (uint8_t)(WRITING | v->number);
      r->sum_word = r->sum_who = 0;
    }
    memset(&p->copy, 0, sizeof p->copy);
    return;
  case PUT_WORD:
    r->word = p->ordered;
    p->at = PUT_WHO;
    return;
  case PUT_WHO:
    r->who = p->ordered & END;
    p->at = SUM;
    return;
  default: /* SUM: nobody takes what a block's writer has claimed */
    r->claim = READY;
    r->sum_word = p->ordered;
    r->sum_who = p->ordered & END;
    recorded(v);
  }
}

/* --------------------------------------------------------------------- orders -- */

static void find(struct view *v)
{
  struct process *p = v->p;
  uint8_t word = v->s->cell;

  p->hit = word;
  p->at = SWAP;
  if (v->script == LIFT) {
    if (p->done && !block_in_force(word))
      returned(v, false);
    return;
  }
  p->ordered = (uint8_t)(THERE | v->script);
  if (!(v->changes & BLOCK_FORGETS))
    p->ordered = (uint8_t)(p->ordered | generation(word) * GENERATION);
  if (block_in_force(word) && (p->ordered & END) <= (word & END))
    returned(v, true);
  else if (!(v->changes & RECORD_AFTER) && !(p->done && (v->changes & RECORD_ONCE)))
    p->at = CHOOSE;
}

static void swapped_lift(struct view *v)
{
  struct process *p = v->p;
  bool keeps = (v->changes & (LOWERED | NOT_LOWERED)) != 0;
  uint8_t next = (uint8_t)(generation(p->hit) + !keeps);

  p->at = FIND;
  if (v->s->cell != p->hit)
    return;
  v->s->cell = (uint8_t)(THERE | LIFTED | next * GENERATION);
  if (v->changes & LOWERED)
    p->at = LOWER;
  else if (!p->done || !(v->changes & BY_ORDER))
    v->s->lifts++;
  p->done = 1;
}

static void swapped_block(struct view *v)
{
  struct process *p = v->p;

  if (v->s->cell != p->hit && !(v->changes & BLOCK_STORES)) {
    p->at = FIND;
    if (v->changes & NO_LOOK_AGAIN)
      returned(v, true);
    return;
  }
  v->s->cell = p->ordered;
  if (v->changes & FILTER_AFTER)
    p->at = MARK;
  else if (v->changes & RECORD_AFTER)
    p->at = CHOOSE;
  else
    returned(v, true);
}

/* ------------------------------------------------------------------ decisions -- */

static const char *look(struct view *v)
{
  struct process *p = v->p;

  p->hit = v->s->cell;
  p->lift = v->s->lifts;
  if (block_in_force(p->hit))
    return decided(v, true);
  p->at = READ;
  return NULL;
}

static const char *read_limit(struct view *v)
{
  struct process *p = v->p;

  p->value = v->s->used[generation(p->hit)];
  if (v->changes & LOWERED)
    p->lift = v->s->lifts;
  if (p->value >= v->scenario->burst)
    return deny(v);
  p->at = CHARGE;
  return NULL;
}

static const char *charge(struct view *v)
{
  struct process *p = v->p;
  uint8_t *used = &v->s->used[generation(p->hit)];

  if (*used != p->value) {
    p->value = 0;
    p->at = READ;
    return NULL;
  }
  (*used)++;
  if (v->changes & LOWERED)
    p->lift = v->s->lifts; /* it is of what has been lowered, however late */
  v->s->charged[p->lift]++;
  if (v->script == TAKE)
    return allow(v);
  p->at = v->changes & GENERATION_LATE ? UNDO_LOOK : UNDO;
  return NULL;
}

/* The second limit denies: back to exactly what it was. */
static const char *undo(struct view *v)
{
  uint8_t *used = &v->s->used[generation(v->p->hit)];

  if (*used == v->p->value + 1)
    *used = v->p->value;
  return decided(v, false);
}

/* ------------------------------------------------------------- who asks, why -- */

static const char *copied(struct view *v)
{
  struct process *p = v->p;
  bool tells = (is_sound(&p->copy) || (v->changes & NO_CHECKSUM)) && p->copy.word == p->hit;
  bool wrong = tells && p->copy.who != (p->hit & END);

  memset(&p->copy, 0, sizeof p->copy);
  p->at = COPY;
  if (tells || ++p->i == v->scenario->records)
    end_operation(v);
  return wrong ? "a record tells of a block that is another's" : NULL;
}

static const char *step_why(struct view *v)
{
  struct process *p = v->p;
  const struct record *r = &v->s->record[p->i];

  switch ((enum at)p->at) {
  case LOOK:
    p->hit = v->s->cell;
    p->at = COPY;
    if (!block_in_force(p->hit))
      end_operation(v);
    return NULL;
  case COPY:
    p->copy = *r;
    p->copy.word = p->copy.who = 0;
    p->at = COPY_WORD;
    if (r->claim != READY)
      return copied(v);
    return NULL;
  case COPY_WORD:
    p->copy.word = r->word;
    p->at = COPY_WHO;
    return NULL;
  default:
    p->copy.who = r->who;
    return copied(v);
  }
}

static void begin(struct view *v, const struct setup *setup)
{
  struct process *p = v->p;

  if (block_is_order(v->script) || v->script == LIFT) {
    note_order(v, setup, v->script != LIFT);
    v->s->filter |= !(v->changes & FILTER_AFTER) || v->script == LIFT;
    p->at = FIND;
    return;
  }
  p->must = v->s->must;
  p->passes = v->s->passes;
  p->lift = v->s->lifts;
  p->at = v->script == WHY || v->s->filter ? LOOK : READ;
}

const char *block_step(const void *setup_in, void *state_in, unsigned process)
{
  const struct setup *setup = setup_in;
  struct state *s = state_in;
  struct process *p = &s->process[process];
  struct view view = {setup->scenario, setup->changes, s, p, block_script(setup, p, process),
                      (uint8_t)process};
  struct view *v = &view;

  switch ((enum at)p->at) {
  case BEGIN:
    begin(v, setup);
    return NULL;
  case FIND:
    find(v);
    return NULL;
  case CHOOSE:
  case FOUND:
  case CLAIM:
  case PUT_WORD:
  case PUT_WHO:
  case SUM:
    step_record(v);
    return NULL;
  case SWAP:
    if (v->script == LIFT)
      swapped_lift(v);
    else
      swapped_block(v);
    return NULL;
  case MARK:
    s->filter = 1;
    returned(v, true);
    return NULL;
  case LOWER:
    s->used[generation(p->hit)] = 0;
    s->lifts++;
    p->at = FIND;
    return NULL;
  case LOOK:
    return v->script == WHY ? step_why(v) : look(v);
  case READ:
    return read_limit(v);
  case CHARGE:
    return charge(v);
  case UNDO_LOOK:
    p->hit = s->cell;
    p->at = UNDO;
    return NULL;
  case UNDO:
    return undo(v);
  case COPY:
  case COPY_WORD:
  case COPY_WHO:
    return step_why(v);
  case KILLED:
    break;
  }
  return NULL;
}
