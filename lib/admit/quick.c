/* SPDX-License-Identifier: BSD-2-Clause */
#include "admit/quick.h"

void wi_quick_take_back(const struct wi_region *region, struct wi_hit wrote, uint64_t replaced)
{
  /* Partner: every other CAS on the cell; never by subtraction. */
  bool undone = wi_hit_replace(&wrote, wrote.tag, replaced);

  wi_count(region, undone ? WI_COUNT_UNDONE : WI_COUNT_DEBTS_LEFT, 1);
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

    wi_quick_take_back(region, wrote, bid->hit.state);
  }
}

/* The denial with the longest wait; of equals the first in the text. */
static bool deny(const struct wi_region *region, const struct wi_subject *subject,
                 const struct wi_bid *bids, uint64_t now_ns, struct weir_verdict *verdict)
{
  uint32_t limits = subject->policy->limit_count;
  const struct wi_bid *denying = NULL;
  uint64_t longest_ns = 0;

  for (uint32_t i = 0; i < limits; i++) {
    uint64_t wait_ns;

    if (!wi_bid_holds(&bids[i]))
      return false;
    if (wi_bid_passes(&bids[i]))
      continue;
    if (bids[i].limit->responds)
      return false;
    wait_ns = wi_bid_wait_ns(&bids[i]);
    if (wait_ns > longest_ns) {
      longest_ns = wait_ns;
      denying = &bids[i];
    }
  }
  if (!wi_quick_may_deny(region, denying->limit, &subject->places[denying->limit->key_at], now_ns))
    return false;
  wi_quick_deny(region, denying, longest_ns, verdict);
  return true;
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
  wi_quick_allow(region, tightest, least, verdict);
}

bool wi_quick_take_several(const struct wi_region *region, const struct wi_plan *plan,
                           uint64_t version, const struct wi_subject *subject,
                           const struct weir_request *request, uint64_t now_ns,
                           struct weir_verdict *verdict)
{
  const struct wi_plan_policy *policy = subject->policy;
  struct wi_bid bids[WI_QUICK_LIMITS_MAX]; /* in the order of the text                 */
  uint32_t limits = policy->limit_count;
  bool pass = true, suspect = false;

  if (subject->present != (1u << policy->key_count) - 1)
    return false; /* a quick policy has at most WI_QUICK_LIMITS_MAX keys */
  for (uint32_t i = 0; i < policy->key_count; i++)
    suspect |= wi_filter_has(region, subject->places[i].own);
  if (WI_UNLIKELY(suspect)) {
    enum wi_quick_bar bar =
        wi_quick_look(region, plan, subject->places, policy->key_count, now_ns, verdict);

    if (bar != WI_QUICK_FREE)
      return bar == WI_QUICK_BARRED;
  }
  for (uint32_t i = 0; i < limits; i++) {
    bids[i].limit = &plan->limits[policy->limits[i]];
    if (!wi_bid_find(&subject->places[bids[i].limit->key_at], request, now_ns, &bids[i]))
      return false;
    pass &= wi_bid_passes(&bids[i]);
  }
  if (!pass) /* S1 */
    return deny(region, subject, bids, now_ns, verdict);
  for (uint32_t i = 0; i < limits; i++)
    if (WI_UNLIKELY(!wi_bid_reserve(&bids[policy->charge_order[i]]))) {
      take_back(region, policy, bids, i);
      return false;
    }
  if (WI_UNLIKELY(wi_quick_is_stale(region, plan, version))) {
    take_back(region, policy, bids, limits);
    return false;
  }
  allow(region, bids, limits, verdict);
  return true;
}
