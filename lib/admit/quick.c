/* SPDX-License-Identifier: BSD-2-Clause */
#include "admit/quick.h"

/* S4: one reservation. */
static void undo(const struct wi_region *region, struct wi_hit wrote, uint64_t replaced)
{
  /* Partner: every other CAS on the cell; never by subtraction. */
  bool is_undone = wi_hit_replace(&wrote, wrote.tag, replaced);

  wi_count(region, is_undone ? WI_COUNT_UNDONE : WI_COUNT_DEBTS_LEFT, 1);
}

enum wi_quick wi_quick_give_up(const struct wi_region *region, struct wi_cell *cell, uint64_t tag,
                               uint64_t word, uint64_t replaced)
{
  undo(region, (struct wi_hit){cell, tag, word}, replaced);
  return WI_QUICK_LEFT;
}

/* Whether a principal may be a member or exempt: by its mark, since a place has no more. */
static bool is_special(const struct wi_plan *plan, const struct wi_region *region,
                       const struct wi_place *place)
{
  struct wi_hit hit;

  for (uint32_t i = 0; i < plan->special_count; i++)
    if (wi_tag_mark(plan->specials[i].hash.mark) == place->own)
      return true;
  return plan->image.set.class_count != 0 && wi_guard_cell(region, place, WI_ID_CLASS, &hit);
}

enum wi_quick_bar wi_quick_look(const struct wi_region *region, const struct wi_plan *plan,
                                const struct wi_place *places, uint32_t count, uint64_t now_ns,
                                struct weir_verdict *verdict)
{
  uint64_t end_ns = 0;

  for (uint32_t i = 0; i < count; i++) {
    if (is_special(plan, region, &places[i]))
      return WI_QUICK_SLOWLY;
    if (wi_block_is_in_force(places[i].block, now_ns) && wi_block_end_ns(places[i].block) > end_ns)
      end_ns = wi_block_end_ns(places[i].block);
  }
  if (end_ns == 0)
    return WI_QUICK_FREE;
  if (plan->special_count != 0) /* it may be for whom is to be reached */
    return WI_QUICK_SLOWLY;
  wi_verdict_block(verdict, end_ns, now_ns);
  wi_count(region, WI_COUNT_BLOCKED, 1);
  return WI_QUICK_BARRED;
}

/* The first `count` in charge order. */
static void take_back(const struct wi_region *region, const struct wi_plan_policy *policy,
                      const struct wi_bid *bids, uint32_t count)
{
  while (count-- > 0) {
    const struct wi_bid *bid = &bids[policy->charge_order[count]];
    struct wi_hit wrote = {bid->hit.cell, bid->hit.tag, wi_bid_word(bid)};

    undo(region, wrote, bid->hit.state);
  }
}

/* The denial with the longest wait; of equals the first in the text. */
static enum wi_quick deny(const struct wi_region *region, const struct wi_place *places,
                          const struct wi_bid *bids, uint32_t limits, uint64_t now_ns,
                          struct weir_verdict *verdict)
{
  struct wi_stripe *stripe = wi_count_stripe(region);
  const struct wi_bid *denying = NULL;
  uint64_t longest_ns = 0;

  for (uint32_t i = 0; i < limits; i++) {
    uint64_t wait_ns;

    if (!wi_bid_holds(&bids[i]))
      return WI_QUICK_LEFT;
    if (wi_bid_passes(&bids[i]))
      continue;
    if (bids[i].limit->responds)
      return WI_QUICK_LEFT;
    wait_ns = wi_bid_wait_ns(&bids[i]);
    if (wait_ns > longest_ns) {
      longest_ns = wait_ns;
      denying = &bids[i];
    }
  }
  if (!wi_quick_may_deny(stripe, denying->limit, places[denying->limit->key_at].own, now_ns))
    return WI_QUICK_LEFT;
  wi_quick_deny(denying, longest_ns, verdict);
  wi_quick_count_denied(stripe, denying->limit, 1);
  return WI_QUICK_DENIED;
}

/* Says the limit with the least left; of equals the first in the text. */
static void allow(const struct wi_region *region, const struct wi_bid *bids, uint32_t limits,
                  struct weir_verdict *verdict)
{
  const struct wi_bid *tightest = &bids[0];
  uint64_t least = wi_bid_remaining(tightest);

  for (uint32_t i = 1; i < limits; i++) {
    uint64_t left = wi_bid_remaining(&bids[i]);

    if (left < least) {
      least = left;
      tightest = &bids[i];
    }
  }
  wi_quick_allow(tightest, least, verdict);
  wi_count(region, WI_COUNT_ALLOWED, 1);
}

/* Find and judge every limit's cell, in the order in which they were claimed. */
static bool read_all(const struct wi_plan *plan, const struct wi_plan_policy *policy,
                     const struct wi_place *places, const struct weir_request *request,
                     uint64_t now_ns, struct wi_bid *bids, bool *pass)
{
  const struct wi_place *last_place = NULL;
  const struct wi_cell *last = NULL;

  *pass = true;
  for (uint32_t i = 0; i < policy->limit_count; i++) {
    uint32_t at = policy->charge_order[i];
    const struct wi_plan_limit *limit = &plan->limits[policy->limits[at]];
    const struct wi_place *place = &places[limit->key_at];
    uint64_t tag = place->mark | limit->meter.id;
    struct wi_bid bid = wi_bid_of(limit, wi_bid_cost(limit, request), now_ns);

    if (bid.cost == 0 ||
        !(place == last_place ? wi_find_after(place, last, tag, &bid.hit)
                              : wi_find_tag(place, tag, &bid.hit)) ||
        !wi_bid_judge(&bid))
      return false;
    *pass &= wi_bid_passes(&bid);
    last_place = place;
    last = bid.hit.cell;
    bids[at] = bid;
  }
  return true;
}

enum wi_quick wi_quick_take_several(const struct wi_region *region, const struct wi_plan *plan,
                                    uint64_t version, const struct wi_plan_policy *policy,
                                    const struct wi_place *places,
                                    const struct weir_request *request, uint64_t now_ns,
                                    struct weir_verdict *verdict)
{
  struct wi_bid bids[WI_QUICK_LIMITS_MAX]; /* in the order of the text                 */
  uint32_t limits = policy->limit_count;
  bool pass;

  if (!read_all(plan, policy, places, request, now_ns, bids, &pass))
    return WI_QUICK_LEFT;
  if (!pass) /* S1 */
    return deny(region, places, bids, limits, now_ns, verdict);
  for (uint32_t i = 0; i < limits; i++)
    if (WI_UNLIKELY(!wi_bid_reserve(&bids[policy->charge_order[i]]))) {
      take_back(region, policy, bids, i);
      return WI_QUICK_LEFT;
    }
  if (WI_UNLIKELY(wi_quick_is_stale(region, plan, version))) {
    take_back(region, policy, bids, limits);
    return WI_QUICK_LEFT;
  }
  allow(region, bids, limits, verdict);
  return WI_QUICK_ALLOWED;
}
