/* SPDX-License-Identifier: BSD-2-Clause
 * A full group in the model: eviction with a floor.  Charging a floor is here as a
 * change that does not work. */
#include "cells_inner.h"

#include <string.h>

const char *cells_after_verify(struct view *v)
{
  struct cells_process *p = v->p;
  uint8_t live = CELLS_MAX;
  bool tentative = false;
  for (uint8_t i = 0; i < v->scenario->cells; i++) {
    if (p->mine[i] == CELLS_NONE)
      continue;
    if (is_tentative(p->mine[i]))
      tentative = true;
    else
      live = i;
  }
  if (live != CELLS_MAX) {
    return cells_found_live(v, live, p->mine[live]);
  }
  if (!tentative)
    return cells_allow(v);
  p->at = VERIFY_KILL;
  return NULL;
}

const char *cells_step_verify_kill(struct view *v)
{
  struct cells_process *p = v->p;
  uint8_t place = 0;
  while (p->mine[place] == CELLS_NONE || !is_tentative(p->mine[place]))
    place++;
  bool done = cells_kill_tentative(v, place, p->mine[place]);
  p->mine[place] = CELLS_NONE;
  if (!done) {
    memset(p->mine, CELLS_NONE, sizeof p->mine);
    p->i = 0;
    p->at = VERIFY;
    return NULL;
  }
  for (uint8_t i = 0; i < v->scenario->cells; i++)
    if (p->mine[i] != CELLS_NONE)
      return NULL;
  return cells_allow(v);
}

const char *cells_step_charge_floor(struct view *v)
{
  struct cells_process *p = v->p;
  uint8_t tag = (uint8_t)(CELLS_FLOOR + v->operation.limit);
  uint8_t value = cells_charged(v, p->floor_word);
  if (!cells_swap(v, (uint8_t)(p->floor_at - 1), tag, p->floor_word, tag, value)) {
    cells_go_scan(v);
    return NULL;
  }
  if (!(v->changes & FLOOR_VERIFIED))
    return cells_allow(v);
  cells_forget(p);
  p->at = VERIFY;
  return NULL;
}

const char *cells_step_evict(struct view *v)
{
  struct cells_process *p = v->p;
  uint8_t floor = (uint8_t)(CELLS_FLOOR + v->operation.limit);
  uint8_t victim = (uint8_t)(p->victim_at - 1), floor_at = (uint8_t)(p->floor_at - 1), word;
  switch (p->at) {
  case RAISE:
    word = later(p->floor_word, p->victim_word);
    if (cells_swap(v, floor_at, floor, p->floor_word, floor, word)) {
      p->floor_at = p->floor_word = 0;
      p->at = TAKE;
    } else {
      cells_go_scan(v);
    }
    return NULL;
  case TAKE:
    word = cells_fresh_tentative(v);
    if (!cells_swap(v, victim, p->victim_tag, p->victim_word, v->own, word)) {
      cells_go_scan(v);
      return NULL;
    }
    if ((v->changes & FLOOR_RAISED_LATE) && p->floor_at != 0 && p->floor_word < p->victim_word) {
      p->at = RAISE_LATE;
      return NULL;
    }
    return cells_published(v, victim, word);
  case RAISE_LATE:
    cells_swap(v, floor_at, floor, p->floor_word, floor, p->victim_word);
    return cells_published(v, victim, 0);
  default:
    cells_swap(v, victim, p->victim_tag, p->victim_word, floor, p->victim_word);
    cells_go_scan(v);
    return NULL;
  }
}
