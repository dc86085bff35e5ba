/* SPDX-License-Identifier: BSD-2-Clause
 * What a single take and a batch of them share. */
#ifndef WI_PUBLIC_DECISION_H
#define WI_PUBLIC_DECISION_H

#include "admit/quick.h"
#include "public/check.h"

/* The plan of the policy in force and its version; NULL: not ready, or the table is retired or
 * switched. */
WI_INLINE const struct wi_plan *wi_plan_serving(const struct weir_table *table, uint64_t *version)
{
  const struct wi_hot *hot = &table->region.live->hot;
  /* Partner: the release store in wi_plans_load(). */
  const struct wi_plan *plan =
      (const struct wi_plan *)(uintptr_t)wi_load_acquire(&table->plans.current);

  if (WI_UNLIKELY(plan == NULL))
    return NULL;
  *version = wi_load_relaxed(&plan->version);
  /* Partner: the CAS in plan/publish.c, after which the image is complete; the changes of the
   * flags in public/guard.c and respond/shape.c. */
  return WI_LIKELY(((wi_load_acquire(&hot->policy_version) ^ *version) |
                    ((wi_load_acquire(&hot->flags) & ~(uint64_t)WI_HOT_SPILLED) ^
                     plan->hot_flags)) == 0)
             ? plan
             : NULL;
}

/* What a short look can tell: one attribute, one message, now. */
WI_INLINE bool wi_request_is_plain(const struct weir_table *table,
                                   const struct weir_request *request)
{
  return table != NULL && request != NULL && request->size_bytes == sizeof *request &&
         (request->flags | request->reserved) == 0 && request->attribute_count == 1 &&
         (request->cost_count | request->list_count) == 0 && request->attributes != NULL &&
         request->attributes->name != NULL && request->attributes->value != NULL;
}

WI_INLINE bool wi_request_is_sound(const struct weir_table *table,
                                   const struct weir_request *request)
{
  return WI_LIKELY(wi_request_is_plain(table, request)) ||
         wi_check_request(table, request) == WEIR_OK;
}

/* Whether anything is known of a request's principals that the quick way has to look at, or of
 * others that the policy does not count by. */
static inline bool wi_take_suspects(const struct wi_region *region, const struct wi_plan *plan,
                                    const struct wi_subject *subject,
                                    const struct weir_request *request)
{
  const struct wi_plan_policy *policy = subject->policy;
  bool suspects = false;

  for (uint32_t i = 0; i < policy->key_count; i++)
    suspects |= wi_filter_has(region, subject->places[i].own);
  return suspects || (WI_UNLIKELY(policy->extra != 0) &&
                      wi_barred_suspects(region, plan, policy->extra, request));
}

/* Whether the quick way decides a request that is resolved. */
static inline bool wi_take_quickly(const struct wi_region *region, const struct wi_plan *plan,
                                   uint64_t version, const struct wi_subject *subject,
                                   const struct weir_request *request, uint64_t now_ns,
                                   struct weir_verdict *verdict)
{
  const struct wi_plan_policy *policy = subject->policy;

  /* A quick policy has at most WI_QUICK_LIMITS_MAX keys. */
  if (WI_UNLIKELY(!policy->quick || subject->present != (1u << policy->key_count) - 1))
    return false;
  if (WI_UNLIKELY(wi_take_suspects(region, plan, subject, request))) {
    enum wi_quick_bar bar =
        policy->extra != 0
            ? WI_QUICK_SLOWLY
            : wi_quick_look(region, plan, subject->places, policy->key_count, now_ns, verdict);

    if (bar != WI_QUICK_FREE)
      return bar == WI_QUICK_BARRED;
  }
  if (policy->only != NULL) {
    uint64_t cost = wi_bid_cost(policy->only, request);
    enum wi_quick answer = cost != 0 ? WI_QUICK_AGAIN : WI_QUICK_LEFT;

    while (answer == WI_QUICK_AGAIN) /* another request was charged meanwhile */
      answer = wi_quick_take_one(region, plan, version, policy->only, &subject->places[0], cost,
                                 now_ns, wi_count_stripe(region), verdict);
    return answer != WI_QUICK_LEFT;
  }
  return wi_quick_take_several(region, plan, version, policy, subject->places, request, now_ns,
                               verdict) != WI_QUICK_LEFT;
}

/* A take that the quick way has left, or whose `error` is known.  Returns as weir_take(). */
int wi_take_in_full(struct weir_table *table, const struct wi_plan *plan, uint64_t version,
                    const struct wi_subject *subject, const struct weir_request *request,
                    uint64_t now_ns, int error, struct weir_verdict *verdict);

/* The same under a policy of one key, of nobody of whom anything is known. */
int wi_take_left(struct weir_table *table, const struct wi_plan *plan, uint64_t version,
                 const struct wi_plan_policy *policy, const struct wi_place *place,
                 const struct weir_request *request, uint64_t now_ns, struct weir_verdict *verdict);

#endif
