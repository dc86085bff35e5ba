/* SPDX-License-Identifier: BSD-2-Clause */
#include "respond/block.h"

#include <string.h>

#include "base/arith.h"
#include "guard/pending.h"
#include "guard/printable.h"
#include "region/filter.h"

#define ROUNDS_MAX 64u

/* Of the end of a block: a second.  Denials that were decided beside the one that blocked are not
 * longer by what passed in between. */
#define SLACK_TICKS (1000000000u >> WI_BLOCK_TICK_BITS)

static uint64_t make_word(uint64_t end_ns, uint32_t level, uint32_t generation, uint64_t flags)
{
  uint64_t end = WI_BLOCK_FOREVER;

  if (end_ns != UINT64_MAX)
    end = wi_min((end_ns >> WI_BLOCK_TICK_BITS) + 1, WI_BLOCK_FOREVER - 1); /* rounded up */
  return end | (uint64_t)level << WI_BLOCK_LEVEL_SHIFT | flags |
         (generation & WI_BLOCK_GENERATION_MASK) << WI_BLOCK_GENERATION_SHIFT;
}

/* Before the cell says `word`, while it says `before`.  Without a record the block is in force all
 * the same.  A block that only becomes longer is for the reason that it was. */
static void record(const struct wi_decision *decision, const struct wi_principal *principal,
                   const struct wi_block_order *order, uint64_t before, uint64_t word)
{
  const struct wi_region *region = &decision->table->region;
  struct wi_name name, earlier;

  memset(&name, 0, sizeof name);
  name.kind = WI_NAME_BLOCK;
  name.hash = principal->hash;
  name.word = word;
  name.since_wall_ns = wi_clock_wall_ns();
  wi_principal_text(principal, name.principal);
  if (order->by != NULL)
    wi_printable(name.by, sizeof name.by, order->by, strlen(order->by));
  if (order->reason != NULL)
    wi_printable(name.reason, sizeof name.reason, order->reason, strlen(order->reason));
  else if (wi_block_is_in_force(before, decision->now_ns) &&
           wi_name_find_block(region, principal->hash.mark, before, &earlier))
    memcpy(name.reason, earlier.reason, sizeof name.reason);
  (void)wi_name_put(region, &name, decision->now_ns);
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
  uint64_t duration_ns = order->duration_ns, slack = 0;

  /* What a policy responds to from before a lift is forgotten. */
  if (order->longest_ns != 0 && wi_block_generation(before) != order->generation)
    return false;
  if (order->longest_ns != 0 && in_force) { /* another response to the same: may be longer */
    duration_ns = doubled(duration_ns, level != 0 ? level - 1 : 0, order->longest_ns);
    slack = SLACK_TICKS;
  } else if (order->longest_ns != 0) {
    level = level_now(before, order->longest_ns, decision->now_ns);
    duration_ns = doubled(duration_ns, level, order->longest_ns);
    level = (uint32_t)wi_min(level + 1, WI_BLOCK_LEVEL_MAX);
  }
  *word = make_word(wi_add_sat(decision->now_ns, duration_ns), level, wi_block_generation(before), 0);
  return !in_force || wi_block_end(*word) > wi_block_end(before) + slack;
}

enum wi_block_result wi_block_set(const struct wi_decision *decision,
                                  const struct wi_principal *principal,
                                  const struct wi_block_order *order, uint64_t *word)
{
  const struct wi_region *region = &decision->table->region;
  uint64_t ordered;

  if (!wi_shape_need(region, decision->plan, &principal->key))
    return WI_BLOCK_FULL;
  wi_filter_add(region, principal->hash.mark); /* B1: before the cell */
  for (uint32_t round = 0; round < ROUNDS_MAX; round++) {
    struct wi_hit hit;

    if (!wi_block_find(region, &principal->place, &hit)) /* it leaves what it met: a TENTATIVE */
      hit = (struct wi_hit){.cell = NULL};
    *word = hit.state;
    if (!ordered_word(decision, order, hit.state, &ordered))
      return WI_BLOCK_KEPT;
    record(decision, principal, order, hit.state, ordered);
    if (hit.cell != NULL) {
      if (!wi_hit_replace(&hit, hit.tag, ordered))
        continue;
    } else {
      enum wi_claim claim = wi_pin(decision, &principal->place, WI_ID_BLOCK, ordered);

      if (claim == WI_CLAIM_FULL)
        return WI_BLOCK_FULL;
      if (claim == WI_CLAIM_STALE)
        return WI_BLOCK_STALE;
      if (claim != WI_CLAIM_CHARGED)
        continue;
    }
    *word = ordered;
    return WI_BLOCK_SET;
  }
  return WI_BLOCK_FULL;
}

/* The word of a lift.  Who was not blocked keeps the sessions. */
static uint64_t lifted_word(const struct wi_hit *hit, uint64_t now_ns)
{
  uint64_t flags = WI_BLOCK_LIFTED;

  if (hit->cell == NULL || (hit->state & WI_BLOCK_NO_CUT) != 0)
    flags |= WI_BLOCK_NO_CUT;
  return make_word(now_ns, 0, wi_block_generation(hit->state) + 1, flags);
}

enum wi_block_result wi_block_lift(const struct wi_decision *decision,
                                   const struct wi_principal *principal, bool *was_blocked)
{
  const struct wi_region *region = &decision->table->region;
  bool lifted = false;

  *was_blocked = false;
  wi_filter_add(region, principal->hash.mark); /* B1: before the cell */
  for (uint32_t round = 0; round < ROUNDS_MAX; round++) {
    struct wi_hit hit = {.cell = NULL};
    bool found = wi_block_find(region, &principal->place, &hit);
    bool in_force = found && wi_block_is_in_force(hit.state, decision->now_ns);
    enum wi_claim claim;

    /* Not in the spill group either, nor over but not lifted, which would hide that one was. */
    if (lifted && (!found || (hit.state & WI_BLOCK_LIFTED) != 0)) {
      if (found)
        wi_place_clear_former(&principal->place, wi_block_generation(hit.state));
      wi_pending_clear(region, principal->place.own); /* they would go on record again */
      wi_name_clear_denied(region, principal->hash);
      return WI_BLOCK_SET;
    }
    if (!found)
      hit = (struct wi_hit){.cell = NULL};
    if (found) {
      bool replaced = wi_hit_replace(&hit, hit.tag, lifted_word(&hit, decision->now_ns));

      lifted |= replaced;
      *was_blocked |= replaced && in_force;
      continue;
    }
    claim = wi_pin(decision, &principal->place, WI_ID_BLOCK, lifted_word(&hit, decision->now_ns));
    if (claim == WI_CLAIM_FULL)
      return WI_BLOCK_FULL;
    if (claim == WI_CLAIM_STALE)
      return WI_BLOCK_STALE;
    lifted |= claim == WI_CLAIM_CHARGED;
  }
  return lifted ? WI_BLOCK_SET : WI_BLOCK_FULL;
}
