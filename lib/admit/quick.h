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

enum wi_quick {
  WI_QUICK_LEFT,  /* not decided                                                     */
  WI_QUICK_AGAIN, /* likewise: another request changed the cell; ask anew            */
  WI_QUICK_ALLOWED,
  WI_QUICK_DENIED
};

/* One limit of the request: what was read, and what is to be written. */
struct wi_bid {
  const struct wi_plan_limit *limit;
  struct wi_hit hit;
  uint64_t cost;  /* ticks                                                            */
  uint64_t ticks; /* now, not masked                                                  */
  uint64_t after; /* debt with the request charged                                    */
};

/* Ticks that the request costs; 0: the general path knows what to say. */
WI_INLINE uint64_t wi_bid_cost(const struct wi_plan_limit *limit,
                               const struct weir_request *request)
{
  const struct wi_bucket *bucket = &limit->meter.as.bucket;

  for (size_t i = 0; i < request->cost_count; i++)
    if (wi_label_is(&limit->unit, request->costs[i].unit))
      return request->costs[i].count <= bucket->rule.burst
                 ? wi_bucket_cost(bucket, request->costs[i].count)
                 : 0;
  return limit->message_ticks;
}

WI_INLINE struct wi_bid wi_bid_of(const struct wi_plan_limit *limit, uint64_t cost, uint64_t now_ns)
{
  struct wi_bid bid;

  bid.limit = limit;
  bid.cost = cost;
  bid.ticks = wi_bucket_ticks_unmasked(&limit->meter.as.bucket, now_ns);
  return bid;
}

/* Judge hit.state.  false: a tentative, or a debt that only a forged or a newer clock's word
 * has. */
WI_INLINE bool wi_bid_judge(struct wi_bid *bid)
{
  uint64_t debt = wi_bucket_debt(bid->hit.state, bid->ticks);

  bid->after = debt + bid->cost; /* both below 2^61 */
  return (bid->hit.state & WI_TENTATIVE) == 0 && debt <= bid->limit->meter.as.bucket.tau;
}

/* The same of a cell whose tag has been read (O3). */
WI_INLINE bool wi_bid_read(struct wi_bid *bid)
{
  bid->hit.state = wi_load_acquire(&bid->hit.cell->state); /* may be torn from the tag */
  return wi_bid_judge(bid);
}

WI_INLINE bool wi_bid_passes(const struct wi_bid *bid)
{
  return bid->after <= bid->limit->meter.as.bucket.tau;
}

/* A debt grows by the cost alone, whatever the time is: one operation between what was read and
 * the locked instruction. */
WI_INLINE uint64_t wi_bid_word(const struct wi_bid *bid)
{
  return WI_LIKELY(bid->after != bid->cost) ? (bid->hit.state + bid->cost) & WI_BUCKET_WORD_MASK
                                            : wi_bucket_word(bid->cost, bid->ticks);
}

/* S2; again from what another request has left.  false: that is another cell, or too much. */
WI_INLINE bool wi_bid_reserve(struct wi_bid *bid)
{
  for (;;) {
    if (WI_LIKELY(wi_hit_replace(&bid->hit, bid->hit.tag, wi_bid_word(bid))))
      return true;
    if (wi_load_acquire(&bid->hit.cell->tag) != bid->hit.tag) /* partner: every CAS on the cell */
      return false;
    if (!wi_bid_read(bid) || !wi_bid_passes(bid))
      return false;
  }
}

WI_INLINE uint64_t wi_bid_remaining(const struct wi_bid *bid)
{
  return wi_bucket_remaining_within(&bid->limit->meter.as.bucket,
                                    wi_bid_passes(bid) ? bid->after : bid->after - bid->cost);
}

/* Of one that does not pass. */
WI_INLINE uint64_t wi_bid_wait_ns(const struct wi_bid *bid)
{
  const struct wi_bucket *bucket = &bid->limit->meter.as.bucket;

  if (WI_LIKELY(((bucket->ticks_per_ns ^ 1) | bucket->shift) == 0)) /* a tick is 1 ns */
    return bid->after - bucket->tau;
  return wi_bucket_wait_ns(bucket, bid->after - bid->cost, bid->cost);
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

/* quick.c: several limits; places by the policy's keys, all there. */
enum wi_quick wi_quick_take_several(const struct wi_region *region, const struct wi_plan *plan,
                                    uint64_t version, const struct wi_plan_policy *policy,
                                    const struct wi_place *places,
                                    const struct weir_request *request, uint64_t now_ns,
                                    struct weir_verdict *verdict);

/* quick.c.  Of principals of whom something may be known (region/filter.h), by their places. */
enum wi_quick_bar {
  WI_QUICK_FREE,   /* none is blocked, none is special                                    */
  WI_QUICK_BARRED, /* one is blocked: *verdict says so, and it is counted                  */
  WI_QUICK_SLOWLY  /* for the general way                                                  */
};
enum wi_quick_bar wi_quick_look(const struct wi_region *region, const struct wi_plan *plan,
                                const struct wi_place *places, uint32_t count, uint64_t now_ns,
                                struct weir_verdict *verdict);

WI_INLINE void wi_quick_allow(const struct wi_bid *bid, uint64_t remaining,
                              struct weir_verdict *verdict)
{
  *verdict = bid->limit->verdict;
  verdict->remaining = remaining;
}

WI_INLINE void wi_quick_deny(const struct wi_bid *bid, uint64_t wait_ns,
                             struct weir_verdict *verdict)
{
  *verdict = bid->limit->verdict;
  verdict->outcome = WEIR_DENY;
  verdict->remaining = wi_bid_remaining(bid);
  verdict->retry_after_ns = wait_ns;
}

static inline void wi_quick_count_denied(struct wi_stripe *stripe,
                                         const struct wi_plan_limit *limit, uint64_t times)
{
  wi_count_add(&stripe->counts[WI_COUNT_DENIED], times);
  wi_count_add(&stripe->denied[limit->slot], times);
}

/* Whether a denial has no consequence but to be counted. */
static inline bool wi_quick_may_deny(struct wi_stripe *stripe, const struct wi_plan_limit *limit,
                                     uint64_t own, uint64_t now_ns)
{
  return !limit->responds && wi_note_count(stripe, own, now_ns);
}

/* Take one reservation back, as the policy has been replaced.  Cold, so that what it needs is not
 * kept for it by those who never call it. */
__attribute__((cold)) enum wi_quick wi_quick_give_up(const struct wi_region *region,
                                                     struct wi_cell *cell, uint64_t tag,
                                                     uint64_t word, uint64_t replaced);

/* Under a policy of one limit, from a hit.  Counts nothing.  own: the principal's, of its place. */
WI_INLINE enum wi_quick wi_quick_settle(const struct wi_region *region, const struct wi_plan *plan,
                                        uint64_t version, struct wi_bid *bid, uint64_t own,
                                        uint64_t now_ns, struct wi_stripe *stripe,
                                        struct weir_verdict *verdict)
{
  uint64_t word;

  if (WI_UNLIKELY(!wi_bid_judge(bid)))
    return WI_QUICK_LEFT;
  if (!wi_bid_passes(bid)) { /* S1 */
    if (WI_UNLIKELY(!wi_bid_holds(bid) || !wi_quick_may_deny(stripe, bid->limit, own, now_ns)))
      return WI_QUICK_LEFT;
    wi_quick_deny(bid, wi_bid_wait_ns(bid), verdict);
    return WI_QUICK_DENIED;
  }
  word = wi_bid_word(bid);
  if (WI_UNLIKELY(!wi_hit_replace(&bid->hit, bid->hit.tag, word))) /* S2 */
    return WI_QUICK_AGAIN;
  if (WI_UNLIKELY(wi_quick_is_stale(region, plan, version)))
    return wi_quick_give_up(region, bid->hit.cell, bid->hit.tag, word, bid->hit.state);
  wi_quick_allow(bid, wi_bucket_remaining_within(&bid->limit->meter.as.bucket, bid->after),
                 verdict);
  return WI_QUICK_ALLOWED;
}

/* What the next decision on this processor guesses.  Partner: the loads of last_cell. */
WI_INLINE void wi_quick_remember(const struct wi_region *region, struct wi_stripe *stripe,
                                 const struct wi_cell *cell)
{
  wi_store_relaxed(&stripe->last_cell, (uint64_t)((const char *)cell - (const char *)region->cells));
}

/* The same from the principal's place, and counted.  cost above 0.
 *
 * Who asks for a principal time after time, as who sends by a stolen account does, finds it by the
 * guess in the processor's stripe. */
WI_INLINE enum wi_quick wi_quick_take_one(const struct wi_region *region,
                                          const struct wi_plan *plan, uint64_t version,
                                          const struct wi_plan_limit *limit,
                                          const struct wi_place *place, uint64_t cost,
                                          uint64_t now_ns, struct wi_stripe *stripe,
                                          struct weir_verdict *verdict)
{
  struct wi_bid bid = wi_bid_of(limit, cost, now_ns);
  uint64_t tag = place->mark | limit->meter.id;
  /* Partner: wi_quick_remember(), by any process of this processor; a guess. */
  uint64_t guess_bytes = wi_load_relaxed(&stripe->last_cell);
  enum wi_quick answer;

  if (!wi_find_guessed(region->cells, guess_bytes, place, tag, &bid.hit)) {
    if (WI_UNLIKELY(!wi_find_tag(place, tag, &bid.hit)))
      return WI_QUICK_LEFT;
    wi_quick_remember(region, stripe, bid.hit.cell);
  }
  answer = wi_quick_settle(region, plan, version, &bid, place->own, now_ns, stripe, verdict);
  if (WI_LIKELY(answer == WI_QUICK_ALLOWED))
    wi_count_add(&stripe->counts[WI_COUNT_ALLOWED], 1);
  else if (answer == WI_QUICK_DENIED)
    wi_quick_count_denied(stripe, limit, 1);
  return answer;
}

#endif
