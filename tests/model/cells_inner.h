/* SPDX-License-Identifier: BSD-2-Clause
 * Shared between the files of the model of a group: one process at one step. */
#ifndef TESTS_MODEL_CELLS_INNER_H
#define TESTS_MODEL_CELLS_INNER_H

#include "cells.h"

/* The step that a process makes next. */
enum cells_at {
  BEGIN,
  SCAN,
  PUBLISH,
  LOOK,
  KILL,
  FLOORS,
  CLOCK,
  COMMIT,
  WITHDRAW,
  CLOCK_CHARGE,
  CHARGE,
  TAG_AGAIN,
  RAISE,
  TAKE,
  RAISE_LATE,
  CONVERT,
  FLOOR_CHARGE,
  VERIFY,
  VERIFY_KILL,
  UNDO,
  KILLED
};

/* What the first look has seen. */
enum { SAW_OWN_TENTATIVE = 1, SAW_OTHER = 2, BEFORE_LOOK = 4 };

struct view {
  const struct cells_scenario *scenario;
  unsigned changes;
  struct cells_state *state;
  struct cells_process *p;
  struct cells_operation operation;
  uint8_t own, tau;
};

static inline bool is_tentative(uint8_t word)
{
  return (word & CELLS_TENTATIVE) != 0;
}

static inline uint8_t later(uint8_t a, uint8_t b)
{
  return a > b ? a : b;
}

static inline bool is_floor(const struct view *v, uint8_t tag)
{
  return tag == CELLS_FLOOR + v->operation.limit;
}

/* cells_step.c: what a process keeps, and how an operation ends. */
void cells_forget(struct cells_process *p);
void cells_go_scan(struct view *v);
void cells_go_look(struct view *v, uint8_t place, uint8_t word);
bool cells_denies(const struct view *v, uint8_t word);
uint8_t cells_charged(const struct view *v, uint8_t word);
const char *cells_allow(struct view *v);
const char *cells_written(struct view *v, uint8_t value, uint8_t tag, uint8_t word);
const char *cells_deny(struct view *v);
const char *cells_deny_full(struct view *v);
const char *cells_found_live(struct view *v, uint8_t place, uint8_t word);

/* cells_step.c: accesses to shared memory. */
bool cells_load(struct view *v, uint8_t *tag, uint8_t *word);
bool cells_look_ends(struct view *v, uint8_t tag);
bool cells_swap(struct view *v, uint8_t place, uint8_t tag, uint8_t word, uint8_t new_tag,
                uint8_t new_word);
bool cells_kill_tentative(struct view *v, uint8_t place, uint8_t word);
uint8_t cells_fresh_tentative(const struct view *v);

/* cells_insert.c */
const char *cells_step_look(struct view *v);
const char *cells_step_publish(struct view *v);
const char *cells_published(struct view *v, uint8_t place, uint8_t word);
const char *cells_step_kill(struct view *v);
const char *cells_step_commit(struct view *v);

/* cells_evict.c */
const char *cells_step_evict(struct view *v);
const char *cells_step_charge_floor(struct view *v);
const char *cells_after_verify(struct view *v);
const char *cells_step_verify_kill(struct view *v);

#endif
