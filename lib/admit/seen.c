/* SPDX-License-Identifier: BSD-2-Clause
 * The protocol of seen.h: D1 to D4, and taking back. */
#include "admit/seen.h"

#include "base/arith.h"
#include "gauge/count.h"

#define ROUNDS_MAX 4096u

uint64_t wi_seen_idle_in_ns(const struct wi_window *window, uint64_t word, uint64_t now_ns)
{
  wi_u128 end_ns = ((wi_u128)wi_seen_epoch(word) + window->parts + 1) * window->part_ns;

  return wi_u128_clamp(wi_u128_sub_floor(end_ns, now_ns));
}

static const struct wi_window *window_of(const struct wi_ask *ask)
{
  return &ask->limit->meter.as.window;
}

static uint32_t cell_id(const struct wi_ask *ask)
{
  return ask->limit->meter.id + WI_WINDOW_WORDS;
}

/* ------------------------------------------------------------------------- D1 -- */

static void look_up(struct wi_seen *seen, const struct wi_ask *ask, uint64_t epoch)
{
  static const struct wi_wanted everything = {.enough = WI_GROUP_CELLS + 1};
  struct wi_hits hits;

  seen->wrote.cell = NULL;
  seen->made = false;
  if (wi_find_tag(&seen->place, seen->place.mark | cell_id(ask), &seen->hit)) {
    if ((seen->hit.state & WI_TENTATIVE) != 0) {
      wi_find(&seen->place, &everything, &hits);
      if (!wi_hits_live(&seen->place, &hits, cell_id(ask), &seen->hit))
        seen->hit.cell = NULL;
    }
  } else {
    seen->hit.cell = NULL;
  }
  /* Ahead of the window: forged, or of a clock that went back: counted as of now. */
  seen->is_new = seen->hit.cell == NULL || wi_seen_epoch(seen->hit.state) > epoch ||
                 epoch - wi_seen_epoch(seen->hit.state) > window_of(ask)->parts;
}

void wi_seen_look(const struct wi_decision *decision, struct wi_ask *ask, uint64_t epoch)
{
  (void)decision;
  ask->units = 0;
  ask->moved = 0;
  for (uint32_t i = 0; i < ask->seen_count; i++) {
    struct wi_seen *seen = &ask->seen[i];

    look_up(seen, ask, epoch);
    ask->units += seen->is_new;
    ask->moved += !seen->is_new && wi_seen_epoch(seen->hit.state) != epoch;
  }
}

/* ------------------------------------------------------------------------- D3 -- */

static uint64_t fresh_word(uint64_t epoch, uint64_t nonce)
{
  return epoch << WI_SEEN_NONCE_BITS | (nonce & WI_SEEN_NONCE_MASK);
}

static enum wi_charge claim_cell(const struct wi_decision *decision, const struct wi_ask *ask,
                                 struct wi_seen *seen)
{
  struct wi_placing placing;
  struct wi_judge judge;
  struct wi_claimed claimed;

  wi_judge_placing(&placing, decision, fresh_word(ask->epoch, wi_clock_precise_ns() >> 4), &judge);
  switch (wi_claim(&seen->place, cell_id(ask), true, &judge, &claimed)) {
  case WI_CLAIM_CHARGED:
    seen->wrote = claimed.made;
    seen->made = true;
    return WI_CHARGED;
  case WI_CLAIM_FULL: /* counted, and not known: it will count again */
    return WI_CHARGED;
  case WI_CLAIM_STALE:
    return WI_CHARGE_STALE;
  default:
    return WI_CHARGE_DENIED;
  }
}

static enum wi_charge write_cell(const struct wi_decision *decision, const struct wi_ask *ask,
                                 struct wi_seen *seen)
{
  uint64_t word;

  if (seen->hit.cell == NULL)
    return claim_cell(decision, ask, seen);
  word = fresh_word(ask->epoch, seen->hit.state + 1);
  if (!wi_hit_replace(&seen->hit, seen->hit.tag, word)) /* partner: every other CAS on the cell */
    return WI_CHARGE_DENIED;
  seen->wrote = seen->hit;
  seen->wrote.state = word;
  return WI_CHARGED;
}

/* One unit less in a part of the window; nothing where it has been forgotten. */
static void take_out(const struct wi_decision *decision, const struct wi_ask *ask, uint64_t epoch,
                     uint64_t units)
{
  static const struct wi_wanted everything = {.enough = WI_GROUP_CELLS + 1};
  const struct wi_window *window = window_of(ask);
  uint32_t which = wi_window_word_of(window, epoch);

  for (uint32_t round = 0; units != 0 && round < ROUNDS_MAX; round++) {
    struct wi_hits hits;
    struct wi_hit hit;
    uint64_t word;

    wi_find(ask->place, &everything, &hits);
    if (wi_decision_is_stale(decision) ||
        !wi_hits_live(ask->place, &hits, ask->limit->meter.id + which, &hit))
      return;
    word = wi_window_take_out(window, hit.state, which, ask->epoch, epoch, units);
    if (word == hit.state || wi_hit_replace(&hit, hit.tag, word)) /* partner: every other CAS */
      return;
  }
}

/* What could be taken back of D3; the units of it. */
static uint64_t undo_cells(const struct wi_decision *decision, struct wi_ask *ask)
{
  uint64_t units = ask->units + ask->moved;

  for (uint32_t i = 0; i < ask->seen_count; i++) {
    struct wi_seen *seen = &ask->seen[i];
    bool counts = seen->is_new || wi_seen_epoch(seen->hit.state) != ask->epoch;
    bool undone;

    if (seen->wrote.cell == NULL)
      continue;
    /* Partner: who uses the value meanwhile. */
    undone = seen->made ? wi_hit_replace(&seen->wrote, WI_TAG_DEAD, seen->wrote.state)
                        : wi_hit_replace(&seen->wrote, seen->wrote.tag, seen->hit.state);
    if (!undone && counts) {
      units--;
      if (!seen->is_new) /* it has moved, for whoever relies on it */
        take_out(decision, ask, wi_seen_epoch(seen->hit.state), 1);
    }
    seen->wrote.cell = NULL;
  }
  return units;
}

void wi_seen_undo(const struct wi_decision *decision, struct wi_ask *ask)
{
  uint64_t units;

  if (!ask->reserved)
    return;
  units = undo_cells(decision, ask);
  take_out(decision, ask, ask->epoch, units);
  wi_count(&decision->table->region, WI_COUNT_UNDONE, 1);
  ask->reserved = false;
  ask->wrote.cell = NULL;
}

void wi_seen_unreserve(const struct wi_decision *decision, const struct wi_ask *ask)
{
  take_out(decision, ask, ask->epoch, ask->units + ask->moved);
}

enum wi_charge wi_seen_write(struct wi_decision *decision, struct wi_ask *ask)
{
  enum wi_charge result = WI_CHARGED;

  ask->reserved = true;
  for (uint32_t i = 0; i < ask->seen_count && result == WI_CHARGED; i++)
    result = write_cell(decision, ask, &ask->seen[i]);
  if (result == WI_CHARGED && wi_decision_is_stale(decision)) /* S5 */
    result = WI_CHARGE_STALE;
  if (result != WI_CHARGED)
    wi_seen_undo(decision, ask);
  return result;
}

/* ------------------------------------------------------------------------- D4 -- */

void wi_seen_settle(const struct wi_decision *decision, const struct wi_ask *ask)
{
  for (uint32_t i = 0; i < ask->seen_count; i++) {
    const struct wi_seen *seen = &ask->seen[i];

    if (!seen->is_new && wi_seen_epoch(seen->hit.state) != ask->epoch)
      take_out(decision, ask, wi_seen_epoch(seen->hit.state), 1);
  }
}
