/* SPDX-License-Identifier: BSD-2-Clause
 * Insertion in the model of a group: looking, publishing, killing, committing. */
#include "cells_inner.h"

#include <string.h>

static bool is_free(const struct view *v, uint8_t tag, uint8_t word)
{
  if (tag == CELLS_NEVER || tag == CELLS_DEAD)
    return true;
  if (!is_tentative(word))
    return word <= v->p->now;
  if (v->changes & (TENTATIVE_ANYONES | TENTATIVE_KEPT))
    return (v->changes & TENTATIVE_ANYONES) != 0;
  return v->p->now - ((word >> 4) & 7) >= v->scenario->age;
}

/* Live, of the same limit, and with room for one unit more. */
static bool is_victim(const struct view *v, uint8_t tag, uint8_t word)
{
  return tag >= CELLS_OWN && (tag - CELLS_OWN) % CELLS_LIMITS == v->operation.limit &&
         !is_tentative(word) && word + 1 - v->p->now <= v->tau;
}

static void note_cell(struct view *v, uint8_t tag, uint8_t word)
{
  struct cells_process *p = v->p;
  uint8_t place = p->i; /* already one further */
  if (!is_tentative(word) || v->p->now - ((word >> 4) & 7) < v->scenario->age)
    p->own |= SAW_OTHER;
  if (tag == v->own) {
    if (!(p->own & SAW_OWN_TENTATIVE)) {
      p->cell = (uint8_t)(place - 1);
      p->word = word;
    }
    p->own |= SAW_OWN_TENTATIVE;
  } else if (is_free(v, tag, word)) {
    if (p->free_at == 0) {
      p->free_at = place;
      p->free_tag = tag;
      p->free_word = word;
    }
  } else if (is_floor(v, tag)) {
    if (p->floor_at == 0 || word > p->floor_word) {
      p->floor_at = place;
      p->floor_word = is_tentative(word) ? 0 : word;
    }
  } else if (is_victim(v, tag, word) && (p->victim_at == 0 || word < p->victim_word)) {
    p->victim_at = place;
    p->victim_tag = tag;
    p->victim_word = word;
  }
}

static const char *after_scan(struct view *v)
{
  struct cells_process *p = v->p;
  if (p->own & SAW_OWN_TENTATIVE) {
    cells_go_look(v, p->cell, p->word);
    return NULL;
  }
  if (p->floor_at != 0 && cells_denies(v, p->floor_word))
    return cells_deny(v);
  if (p->free_at != 0) {
    p->at = PUBLISH;
    p->own = p->victim_at = p->victim_tag = p->victim_word = p->floor_at = p->floor_word = 0;
    return NULL;
  }
  if (p->victim_at == 0) {
    if (p->floor_at == 0 || !(v->changes & FLOOR_CHARGED))
      return cells_deny_full(v);
    p->at = FLOOR_CHARGE;
    return NULL;
  }
  if (cells_denies(v, later(p->victim_word, p->floor_word)))
    return cells_deny(v);
  if (v->changes & NO_FLOOR)
    p->at = TAKE;
  else if (p->floor_at == 0)
    p->at = CONVERT;
  else if ((v->changes & (FLOOR_NOT_RAISED | FLOOR_RAISED_LATE)) ||
           ((v->changes & FLOOR_UNCHECKED) && p->floor_word >= p->victim_word))
    p->at = TAKE;
  else
    p->at = RAISE;
  return NULL;
}

/* Which tentative is to be committed: place, or CELLS_MAX. */
static uint8_t survivor(const struct view *v)
{
  uint8_t found = CELLS_MAX;
  for (uint8_t i = 0; i < v->scenario->cells; i++) {
    bool is = v->p->mine[i] != CELLS_NONE && is_tentative(v->p->mine[i]);
    if (is && (found == CELLS_MAX || (v->changes & KILL_LOWER)))
      found = i;
    if (is && (v->changes & KILL_OTHERS) && v->p->cell == i && v->p->word == v->p->mine[i])
      return i;
  }
  return found;
}

static const char *after_look(struct view *v)
{
  struct cells_process *p = v->p;
  uint8_t live = CELLS_MAX, tentatives = 0;
  for (uint8_t i = v->scenario->cells; i-- > 0;) {
    if (p->mine[i] == CELLS_NONE)
      continue;
    if (is_tentative(p->mine[i]))
      tentatives++;
    else if (!(v->changes & LIVE_IGNORED))
      live = i;
  }
  if (live == CELLS_MAX && tentatives == 0) {
    cells_go_scan(v);
    return NULL;
  }
  if (live == CELLS_MAX && !(v->changes & HELP_UNKNOWN)) {
    uint8_t place = survivor(v), word = p->mine[place];
    if (place != p->cell || word != p->word) {
      cells_go_look(v, place, word);
      return NULL;
    }
  }
  p->cell = live != CELLS_MAX ? live : survivor(v);
  p->word = p->mine[p->cell];
  p->mine[p->cell] = CELLS_NONE;
  if (live != CELLS_MAX && (tentatives == 0 || (v->changes & SCAN_ONCE_LIVE)))
    return cells_found_live(v, live, p->word);
  if ((live == CELLS_MAX && tentatives == 1) || (v->changes & NO_KILL)) {
    memset(p->mine, CELLS_NONE, sizeof p->mine);
    p->at = v->changes & FLOOR_FIRST ? CLOCK : FLOORS;
  } else {
    p->at = KILL;
  }
  return NULL;
}

/* One kill; afterwards the next, or on with the cell in hand. */
const char *cells_step_kill(struct view *v)
{
  struct cells_process *p = v->p;
  uint8_t place = 0;
  while (p->mine[place] == CELLS_NONE || !is_tentative(p->mine[place]))
    place++;
  bool done = cells_kill_tentative(v, place, p->mine[place]);
  p->mine[place] = CELLS_NONE;
  bool in_hand_lives = !is_tentative(p->word);
  if (!done && !in_hand_lives && !(v->changes & FAILED_KILL_IGNORED)) {
    cells_go_scan(v);
    return NULL;
  }
  for (uint8_t i = 0; i < v->scenario->cells; i++)
    if (p->mine[i] != CELLS_NONE && is_tentative(p->mine[i]))
      return NULL;
  if (in_hand_lives)
    return cells_found_live(v, p->cell, p->word);
  p->at = v->changes & FLOOR_FIRST ? CLOCK : FLOORS;
  return NULL;
}

const char *cells_published(struct view *v, uint8_t place, uint8_t word)
{
  uint8_t floor = v->p->victim_word;
  if (v->changes & NO_RESCAN) {
    cells_forget(v->p);
    v->p->cell = place;
    v->p->word = word;
    v->p->at = FLOORS;
    return NULL;
  }
  v->p->start = 0;
  cells_go_look(v, place, word);
  if (v->changes & NO_FLOOR)
    v->p->start = floor;
  if (v->changes & FLOOR_FIRST) {
    v->p->at = FLOORS;
    v->p->own = BEFORE_LOOK;
  }
  return NULL;
}

static void after_floors(struct view *v)
{
  if (v->p->own & BEFORE_LOOK)
    cells_go_look(v, v->p->cell, v->p->word);
  else if (v->changes & (NO_CLOCK_AGAIN | COMMIT_UNCHARGED) && !(v->changes & COMMIT_CLOCK))
    v->p->at = cells_denies(v, v->p->start) ? WITHDRAW : COMMIT;
  else
    v->p->at = CLOCK;
}

const char *cells_step_commit(struct view *v)
{
  struct cells_process *p = v->p;
  uint8_t value = cells_charged(v, p->start), place = p->cell;
  if (v->changes & COMMIT_UNCHARGED)
    value = v->changes & COMMIT_CLOCK ? later(p->start, p->now) : p->start > p->now ? p->start : 0;
  bool blind = (v->changes & COMMIT_BY_TAG) && v->state->tag[place] == v->own;
  if (!cells_swap(v, place, v->own, blind ? v->state->word[place] : p->word, v->own, value)) {
    cells_go_scan(v);
    return NULL;
  }
  if (v->changes & COMMIT_UNCHARGED)
    return cells_found_live(v, place, value);
  bool keeps = (v->changes & UNDO_KEEPS) != 0;
  return cells_written(v, value, keeps ? v->own : CELLS_DEAD, keeps ? p->start : p->word);
}

const char *cells_step_look(struct view *v)
{
  struct cells_process *p = v->p;
  uint8_t tag, word;
  if (!cells_load(v, &tag, &word))
    return NULL;
  uint8_t place = (uint8_t)(p->i - 1);
  switch (p->at) {
  case SCAN:
    if (tag == v->own && !is_tentative(word))
      return cells_found_live(v, place, word);
    note_cell(v, tag, word);
    return cells_look_ends(v, tag) ? after_scan(v) : NULL;
  case FLOORS:
    if (is_floor(v, tag) && !is_tentative(word))
      p->start = later(p->start, word);
    if (cells_look_ends(v, tag))
      after_floors(v);
    return NULL;
  default:
    if (tag == v->own)
      p->mine[place] = word;
    if (!cells_look_ends(v, tag))
      return NULL;
    return p->at == LOOK ? after_look(v) : cells_after_verify(v);
  }
}

const char *cells_step_publish(struct view *v)
{
  struct cells_process *p = v->p;
  uint8_t word = cells_fresh_tentative(v), place = (uint8_t)(p->free_at - 1);
  if ((v->changes & RECLAIM_BY_TAG) && v->state->tag[place] == p->free_tag)
    p->free_word = v->state->word[place];
  if (cells_swap(v, place, p->free_tag, p->free_word, v->own, word))
    return cells_published(v, place, word);
  cells_go_scan(v);
  return NULL;
}
