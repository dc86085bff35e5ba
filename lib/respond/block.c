/* SPDX-License-Identifier: BSD-2-Clause */
#include "respond/block.h"

#include <string.h>

#include "base/arith.h"
#include "gauge/count.h"

#define ROUNDS_MAX 64u

/* A claim of a block's cell: the table's judge, but for what is put there. */
struct blocker {
  struct wi_decision decision; /* first: the judge's context                           */
  uint64_t word;
};

static bool is_stale(void *context)
{
  const struct wi_decision *decision = context;

  return decision->plan != NULL && wi_decision_is_stale(decision);
}

static bool commit_word(void *context, uint32_t id, uint64_t *word)
{
  (void)id;
  *word = ((const struct blocker *)context)->word;
  return true;
}

static bool no_precursor(void *context, uint32_t id, uint32_t other)
{
  (void)context;
  (void)id;
  (void)other;
  return false;
}

static uint64_t nonce(void)
{
  static _Thread_local uint64_t count;

  return ((wi_clock_precise_ns() >> 4) + ++count) & WI_BLOCK_NONCE_MASK;
}

static uint64_t make_word(uint64_t end_ns, uint32_t level, uint64_t flags)
{
  uint64_t end = WI_BLOCK_FOREVER;

  if (end_ns != UINT64_MAX)
    end = wi_min((end_ns >> WI_BLOCK_TICK_BITS) + 1, WI_BLOCK_FOREVER - 1); /* rounded up */
  return end | (uint64_t)level << WI_BLOCK_LEVEL_SHIFT | flags | nonce() << WI_BLOCK_NONCE_SHIFT;
}

/* Blocks of one group, so that limits keep half of it. */
static uint32_t count_blocks(const struct wi_place *place)
{
  uint32_t count = 0;

  for (uint32_t i = 0; i < WI_GROUP_CELLS; i++) /* partner: every CAS on a cell; a hint */
    count += wi_tag_id(wi_load_acquire(&place->group[i].tag)) == WI_ID_BLOCK;
  return count;
}

/* Make the cell, in the principal's group or beside. */
static enum wi_claim make_cell(struct blocker *blocker, const struct wi_place *place)
{
  const struct wi_region *region = &blocker->decision.table->region;
  struct wi_place spill = wi_block_spill_place(region, place);
  struct wi_judge judge;
  struct wi_claimed claimed;
  enum wi_claim result = WI_CLAIM_FULL;

  wi_judge_of(&blocker->decision, &judge);
  judge.stale = is_stale;
  judge.commit_word = commit_word;
  judge.precursor = no_precursor;
  if (count_blocks(place) < WI_GROUP_CELLS / 2)
    result = wi_claim(place, WI_ID_BLOCK, true, &judge, &claimed);
  if (result != WI_CLAIM_FULL)
    return result;
  wi_fetch_or_seq_cst(&region->live->hot.flags, WI_HOT_SPILLED); /* partner: wi_block_find() */
  return wi_claim(&spill, WI_ID_BLOCK, false, &judge, &claimed);
}

static void copy_text(char *to, size_t to_bytes, const char *from)
{
  size_t length = from != NULL ? strnlen(from, to_bytes - 1) : 0;

  for (size_t i = 0; i < length; i++)
    to[i] = (unsigned char)from[i] < ' ' || from[i] == 0x7f ? '?' : from[i];
}

/* Before the cell says `word`.  Without a record the block is in force all the same. */
static void record(const struct wi_decision *decision, const struct wi_principal *principal,
                   const struct wi_block_order *order, uint64_t word)
{
  struct wi_name name;

  memset(&name, 0, sizeof name);
  name.kind = WI_NAME_BLOCK;
  name.hash = principal->hash;
  name.word = word;
  name.since_wall_ns = wi_clock_wall_ns();
  wi_principal_text(principal, name.principal);
  copy_text(name.by, sizeof name.by, order->by);
  copy_text(name.reason, sizeof name.reason, order->reason);
  (void)wi_name_put(&decision->table->region, &name, decision->now_ns);
}

/* Levels not yet forgotten: one for each `longest` since the last block ended. */
static uint32_t level_now(uint64_t word, uint64_t longest_ns, uint64_t now_ns)
{
  uint64_t quiet_ns = wi_sub_floor(now_ns, wi_block_end_ns(word));

  return (uint32_t)wi_sub_floor(wi_block_level(word), quiet_ns / longest_ns);
}

static uint64_t doubled(uint64_t duration_ns, uint32_t level, uint64_t longest_ns)
{
  uint64_t longer_ns = wi_mul_sat(duration_ns, (uint64_t)1 << wi_min(level, 62));

  return wi_min(longer_ns, wi_max(longest_ns, duration_ns));
}

/* What the cell is to say after `before` (0: there is none).  false: it is to stay. */
static bool ordered_word(const struct wi_decision *decision, const struct wi_block_order *order,
                         uint64_t before, uint64_t *word)
{
  bool in_force = wi_block_is_in_force(before, decision->now_ns);
  uint32_t level = wi_block_level(before);
  uint64_t duration_ns = order->duration_ns;

  if (order->longest_ns != 0) {
    if (in_force)
      return false;
    level = level_now(before, order->longest_ns, decision->now_ns);
    duration_ns = doubled(duration_ns, level, order->longest_ns);
    level = (uint32_t)wi_min(level + 1, WI_BLOCK_LEVEL_MAX);
  }
  *word = make_word(wi_add_sat(decision->now_ns, duration_ns), level, 0);
  return !in_force || wi_block_end(*word) > wi_block_end(before);
}

enum wi_block_result wi_block_set(const struct wi_decision *decision,
                                  const struct wi_principal *principal,
                                  const struct wi_block_order *order, uint64_t *word)
{
  const struct wi_region *region = &decision->table->region;
  struct blocker blocker = {.decision = *decision};

  if (!wi_shape_need(region, &principal->key))
    return WI_BLOCK_FULL;
  wi_filter_add(region, principal->hash.mark); /* B1: before the cell */
  for (uint32_t round = 0; round < ROUNDS_MAX; round++) {
    struct wi_hit hit = {.cell = NULL};

    if (!wi_block_find(region, &principal->place, &hit))
      hit.state = 0;
    if (hit.cell != NULL && (hit.state & WI_BLOCK_RESETTING) != 0) {
      int key = decision->plan != NULL ? wi_principal_key(decision->plan, &principal->key) : -1;

      wi_amnesty(&blocker.decision, key, &principal->place, &hit);
      if (is_stale(&blocker.decision))
        return WI_BLOCK_STALE;
      continue;
    }
    *word = hit.state;
    if (!ordered_word(decision, order, hit.state, &blocker.word))
      return WI_BLOCK_KEPT;
    record(decision, principal, order, blocker.word);
    if (hit.cell != NULL) {
      if (!wi_hit_replace(&hit, hit.tag, blocker.word))
        continue;
    } else {
      enum wi_claim claim = make_cell(&blocker, &principal->place);

      if (claim == WI_CLAIM_FULL)
        return WI_BLOCK_FULL;
      if (claim == WI_CLAIM_STALE)
        return WI_BLOCK_STALE;
      if (claim != WI_CLAIM_CHARGED)
        continue;
    }
    *word = blocker.word;
    return WI_BLOCK_SET;
  }
  return WI_BLOCK_FULL;
}

/* The word of a lift.  Who was not blocked keeps the sessions. */
static uint64_t lifted_word(const struct wi_hit *hit, uint64_t now_ns)
{
  uint64_t flags = WI_BLOCK_LIFTED | WI_BLOCK_RESETTING;

  if (hit->cell == NULL || (hit->state & WI_BLOCK_NO_CUT) != 0)
    flags |= WI_BLOCK_NO_CUT;
  return make_word(now_ns, 0, flags);
}

enum wi_block_result wi_block_lift(const struct wi_decision *decision,
                                   const struct wi_principal *principal, bool *was_blocked)
{
  const struct wi_region *region = &decision->table->region;
  struct blocker blocker = {.decision = *decision};
  int key = decision->plan != NULL ? wi_principal_key(decision->plan, &principal->key) : -1;
  bool lifted = false;

  *was_blocked = false;
  if (!wi_shape_need(region, &principal->key))
    return WI_BLOCK_FULL;
  wi_filter_add(region, principal->hash.mark);
  for (uint32_t round = 0; round < ROUNDS_MAX; round++) {
    struct wi_hit hit = {.cell = NULL};
    bool found = wi_block_find(region, &principal->place, &hit);

    if (!found)
      hit.cell = NULL;
    if (lifted && found && (hit.state & WI_BLOCK_RESETTING) != 0) {
      wi_amnesty(&blocker.decision, key, &principal->place, &hit);
      if (is_stale(&blocker.decision))
        return WI_BLOCK_STALE; /* lifted, and whoever is next goes on */
      continue;
    }
    if (lifted && !(found && wi_block_is_in_force(hit.state, decision->now_ns)))
      break;
    blocker.word = lifted_word(&hit, decision->now_ns);
    if (found) {
      bool in_force = wi_block_is_in_force(hit.state, decision->now_ns);

      if (!wi_hit_replace(&hit, hit.tag, blocker.word))
        continue;
      *was_blocked |= in_force;
      lifted = true;
      continue;
    }
    switch (make_cell(&blocker, &principal->place)) {
    case WI_CLAIM_CHARGED:
      lifted = true;
      break;
    case WI_CLAIM_FULL:
      return WI_BLOCK_FULL;
    case WI_CLAIM_STALE:
      return WI_BLOCK_STALE;
    default:
      break;
    }
  }
  wi_name_clear_denied(region, principal->hash);
  return lifted ? WI_BLOCK_SET : WI_BLOCK_FULL;
}
