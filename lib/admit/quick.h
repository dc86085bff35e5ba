/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What nearly every decision is: a take under a policy of token buckets (plan: `quick`),
 * each of whose cells is there.  The protocol is that of admit.h, the answer that of
 * wi_decide(); less is asked, since less can be met.  Whatever else is met is left to
 * wi_decide(), with nothing reserved.
 *
 * One limit is inlined into the public call: the time between two decisions is that of a chain
 * of loads, the hash and the locked instruction, and every store before the next locked
 * instruction lengthens it.
 */
#ifndef WI_ADMIT_QUICK_H
#define WI_ADMIT_QUICK_H

#include "admit/subject.h"
#include "guard/note.h"
#include "region/filter.h"

/* One limit of the request: what was read, and what is to be written. */
struct wi_bid {
  const struct wi_plan_limit *limit;
  struct wi_hit hit;
  uint64_t cost;  /* ticks                                                            */
  uint64_t ticks; /* now                                                              */
  uint64_t after; /* debt with the request charged                                    */
};

/* Ticks that the request costs; 0: the general path knows what to say. */
WI_INLINE uint64_t wi_bid_cost(const struct wi_plan_limit *limit,
                                   const struct weir_request *request)
{
  const struct wi_bucket *bucket = &limit->meter.as.bucket;

  for (size_t i = 0; i < request->cost_count; i++)
    if (wi_same_name(request->costs[i].unit, limit->unit))
      return request->costs[i].count <= bucket->rule.burst
                 ? wi_bucket_cost(bucket, request->costs[i].count)
                 : 0;
  return limit->unit_is_messages ? bucket->unit_ticks : 0;
}

/* false: a debt that only a forged or a newer clock's word has. */
WI_INLINE bool wi_bid_read(struct wi_bid *bid)
{
  const struct wi_bucket *bucket = &bid->limit->meter.as.bucket;
  uint64_t debt = wi_bucket_debt(bid->hit.state, bid->ticks);

  bid->after = debt + bid->cost; /* both below 2^61 */
  return debt <= bucket->tau;
}

WI_INLINE bool wi_bid_passes(const struct wi_bid *bid)
{
  return bid->after <= bid->limit->meter.as.bucket.tau;
}

/* false: not a quick one. */
WI_INLINE bool wi_bid_find(const struct wi_place *place, const struct weir_request *request,
                               uint64_t now_ns, struct wi_bid *bid)
{
  const struct wi_plan_limit *limit = bid->limit;

  bid->cost = wi_bid_cost(limit, request);
  bid->ticks = wi_bucket_ticks(&limit->meter.as.bucket, now_ns);
  return bid->cost != 0 && wi_find_tag(place, place->mark | limit->meter.id, &bid->hit) &&
         (bid->hit.state & WI_TENTATIVE) == 0 && wi_bid_read(bid);
}

WI_INLINE uint64_t wi_bid_word(const struct wi_bid *bid)
{
  return wi_bucket_word(bid->after, bid->ticks);
}

/* S2; again from what another request has left.  false: that is another cell, or too much. */
WI_INLINE bool wi_bid_reserve(struct wi_bid *bid)
{
  for (;;) {
    if (WI_LIKELY(wi_hit_replace(&bid->hit, bid->hit.tag, wi_bid_word(bid))))
      return true;
    if (wi_load_acquire(&bid->hit.cell->tag) != bid->hit.tag) /* partner: every CAS on the cell */
      return false;
    bid->hit.state = wi_load_acquire(&bid->hit.cell->state); /* may be torn: the CAS tells */
    if ((bid->hit.state & WI_TENTATIVE) != 0 || !wi_bid_read(bid) || !wi_bid_passes(bid))
      return false;
  }
}

WI_INLINE uint64_t wi_bid_remaining(const struct wi_bid *bid)
{
  const struct wi_bucket *bucket = &bid->limit->meter.as.bucket;

  return wi_bucket_remaining(bucket, wi_bid_passes(bid) ? bid->after : bid->after - bid->cost);
}

WI_INLINE uint64_t wi_bid_wait_ns(const struct wi_bid *bid)
{
  return wi_bucket_wait_ns(&bid->limit->meter.as.bucket, bid->after - bid->cost, bid->cost);
}

/* Whether a denial rests on the principal's own cell (O3 of table/group.h). */
WI_INLINE bool wi_bid_holds(const struct wi_bid *bid)
{
  /* Partner: the CAS that would have put another principal's cell here. */
  return wi_load_acquire(&bid->hit.cell->tag) == bid->hit.tag;
}

/* S5. */
WI_INLINE bool wi_quick_is_stale(const struct wi_region *region, const struct wi_plan *plan,
                                     uint64_t version)
{
  /* Partner: the CAS in plan/publish.c; the plan's own version: plan/plan.h, WI_PLANS. */
  return wi_load_seq_cst(&region->live->hot.policy_version) != version ||
         wi_load_relaxed(&plan->version) != version;
}

/* S4: one reservation. */
void wi_quick_take_back(const struct wi_region *region, struct wi_hit wrote, uint64_t replaced);

/* quick.c.  Of principals of whom something is known (wi_filter_has()). */
enum wi_quick_bar {
  WI_QUICK_FREE,   /* none is blocked                                                      */
  WI_QUICK_BARRED, /* one is: *verdict says so, and it is counted                          */
  WI_QUICK_SLOWLY  /* for the general way                                                  */
};
enum wi_quick_bar wi_quick_look(const struct wi_region *region, const struct wi_plan *plan,
                                const struct wi_place *places, uint32_t count, uint64_t now_ns,
                                struct weir_verdict *verdict);

/* quick.c: several limits. */
bool wi_quick_take_several(const struct wi_region *region, const struct wi_plan *plan,
                           uint64_t version, const struct wi_subject *subject,
                           const struct weir_request *request, uint64_t now_ns,
                           struct weir_verdict *verdict);

WI_INLINE void wi_quick_allow(const struct wi_region *region, const struct wi_bid *bid,
                                  uint64_t remaining, struct weir_verdict *verdict)
{
  *verdict = bid->limit->verdict;
  verdict->remaining = remaining;
  wi_count(region, WI_COUNT_ALLOWED, 1);
}

/* Whether a denial has no consequence but to be counted. */
static inline bool wi_quick_may_deny(const struct wi_region *region,
                                     const struct wi_plan_limit *limit,
                                     const struct wi_place *place, uint64_t now_ns)
{
  return !limit->responds && wi_note_count(wi_count_stripe(region), place->own, now_ns);
}

static inline void wi_quick_deny(const struct wi_region *region, const struct wi_bid *bid,
                                 uint64_t wait_ns, struct weir_verdict *verdict)
{
  struct wi_stripe *stripe = wi_count_stripe(region);

  *verdict = bid->limit->verdict;
  verdict->outcome = WEIR_DENY;
  verdict->remaining = wi_bid_remaining(bid);
  verdict->retry_after_ns = wait_ns;
  wi_count_add(&stripe->counts[WI_COUNT_DENIED], 1);
  wi_count_add(&stripe->denied[bid->limit->slot], 1);
}

/* Under a policy of one limit.  false: not decided. */
WI_INLINE bool wi_quick_take_one(const struct wi_region *region, const struct wi_plan *plan,
                                 uint64_t version, const struct wi_plan_limit *limit,
                                 const struct wi_place *place, const struct weir_request *request,
                                 uint64_t now_ns, struct weir_verdict *verdict)
{
  struct wi_bid bid = {.limit = limit};

  if (WI_UNLIKELY(wi_filter_has(region, place->own))) {
    enum wi_quick_bar bar = wi_quick_look(region, plan, place, 1, now_ns, verdict);

    if (bar != WI_QUICK_FREE)
      return bar == WI_QUICK_BARRED;
  }
  if (WI_UNLIKELY(!wi_bid_find(place, request, now_ns, &bid)))
    return false;
  if (!wi_bid_passes(&bid)) { /* S1 */
    if (!wi_bid_holds(&bid) || !wi_quick_may_deny(region, limit, place, now_ns))
      return false;
    wi_quick_deny(region, &bid, wi_bid_wait_ns(&bid), verdict);
    return true;
  }
  if (WI_UNLIKELY(!wi_bid_reserve(&bid)))
    return false;
  if (WI_UNLIKELY(wi_quick_is_stale(region, plan, version))) {
    wi_quick_take_back(region,
                       (struct wi_hit){bid.hit.cell, bid.hit.tag, wi_bid_word(&bid)},
                       bid.hit.state);
    return false;
  }
  wi_quick_allow(region, &bid, wi_bid_remaining(&bid), verdict);
  return true;
}

#endif
