/* SPDX-License-Identifier: BSD-2-Clause
 * Take, peek, refund, reset: check the arguments, find the plan, then one call down. */
#include "admit/quick.h"
#include "admit/subject.h"
#include "base/arith.h"
#include "gauge/count.h"
#include "public/check.h"
#include "respond/response.h"

/* A request whose policy is replaced again and again while it is decided gives up here. */
#define STALE_ROUNDS_MAX 64u

#define BATCH 32u /* requests in flight: more than a processor has misses outstanding */

enum verb { VERB_TAKE, VERB_PEEK, VERB_REFUND, VERB_RESET };

/* What a short look can tell: one attribute, one message, now. */
WI_INLINE bool is_plain(const struct weir_table *table, const struct weir_request *request)
{
  return table != NULL && request != NULL && request->size_bytes == sizeof *request &&
         (request->flags | request->reserved) == 0 && request->attribute_count == 1 &&
         (request->cost_count | request->list_count) == 0 && request->attributes != NULL &&
         request->attributes->name != NULL && request->attributes->value != NULL;
}

WI_INLINE bool is_sound(const struct weir_table *table, const struct weir_request *request)
{
  return WI_LIKELY(is_plain(table, request)) || wi_check_request(table, request) == WEIR_OK;
}

/* One attempt under one plan, the general way. */
__attribute__((noinline)) static int attempt_in_full(struct weir_table *table,
                                                     const struct wi_plan *plan, uint64_t version,
                                                     const struct wi_subject *subject,
                                                     const struct weir_request *request,
                                                     enum verb verb, uint64_t now_ns,
                                                     struct weir_verdict *verdict)
{
  struct wi_decision decision;
  int error;

  decision.table = table;
  decision.plan = plan;
  decision.version = version;
  decision.given = (request->flags & WEIR_NOW_GIVEN) != 0;
  decision.reading = verb == VERB_PEEK;
  decision.subject = subject;
  decision.now_ns = now_ns;
  if (verb == VERB_TAKE || verb == VERB_PEEK) {
    error = wi_decide_guarded(&decision, request, verdict);
    if (error == WEIR_OK && verb == VERB_TAKE && WI_UNLIKELY(verdict->outcome == WEIR_DENY))
      wi_respond_denied(&decision, request);
    return error;
  }
  wi_special_find(&decision, request); /* what was charged to is given back             */
  error = wi_asks_resolve(&decision, request, verb == VERB_RESET);
  if (WI_UNLIKELY(error != WEIR_OK))
    return error;
  if (verb == VERB_REFUND)
    wi_give_back(&decision);
  else
    wi_forget(&decision);
  return WEIR_OK;
}

WI_INLINE uint64_t time_of(const struct weir_table *table, const struct wi_plan_policy *policy,
                           const struct weir_request *request)
{
  return WI_UNLIKELY((request->flags & WEIR_NOW_GIVEN) != 0)
             ? request->now_ns
             : wi_region_now_ns(&table->region, policy->coarse_clock);
}

__attribute__((noinline)) static int attempt_with(struct weir_table *table,
                                                  const struct wi_plan *plan,
                                                  const struct weir_request *request,
                                                  enum verb verb, struct weir_verdict *verdict)
{
  uint64_t version = wi_load_relaxed(&plan->version);
  struct wi_subject subject;
  int error = wi_subject_resolve(plan, &table->region, request, &subject);

  return error == WEIR_OK
             ? attempt_in_full(table, plan, version, &subject, request, verb,
                               time_of(table, subject.policy, request), verdict)
             : error;
}

/* Another thread makes the plan just now: make one on the stack, 50 KB, rather than wait. */
__attribute__((noinline)) static int attempt_with_spare(struct weir_table *table,
                                                        const struct weir_request *request,
                                                        enum verb verb,
                                                        struct weir_verdict *verdict)
{
  struct wi_plan spare;
  int error = wi_plan_make(&spare, &table->region);

  return error == WEIR_OK ? attempt_with(table, &spare, request, verb, verdict) : error;
}

/* The plan has to be made first, or has changed meanwhile. */
__attribute__((noinline)) static int attempt_slowly(struct weir_table *table,
                                                    const struct weir_request *request,
                                                    enum verb verb, struct weir_verdict *verdict)
{
  int error = WI_DECISION_STALE;

  for (uint32_t round = 0; error == WI_DECISION_STALE && round < STALE_ROUNDS_MAX; round++) {
    const struct wi_plan *plan;

    error = wi_plans_load(&table->plans, &table->region, &plan);
    if (error != WEIR_OK)
      break;
    error = plan != NULL ? attempt_with(table, plan, request, verb, verdict)
                         : attempt_with_spare(table, request, verb, verdict);
  }
  return error == WI_DECISION_STALE ? WEIR_E_BUSY : error;
}

static int finish(struct weir_table *table, int error)
{
  if (WI_UNLIKELY(error != WEIR_OK))
    wi_count(&table->region, WI_COUNT_ERRORS, 1);
  return error;
}

static int perform(struct weir_table *table, const struct weir_request *request, enum verb verb,
                   struct weir_verdict *verdict)
{
  const struct wi_plan *plan;
  uint64_t unusual;
  int error = wi_check_request(table, request);

  if (error != WEIR_OK)
    return error;
  plan = wi_plans_ready(&table->plans, &table->region, &unusual);
  if (WI_UNLIKELY((unusual & WI_HOT_RETIRED) != 0))
    return WEIR_E_RETIRED;
  error = plan != NULL ? attempt_with(table, plan, request, verb, verdict) : WI_DECISION_STALE;
  if (error == WI_DECISION_STALE)
    error = attempt_slowly(table, request, verb, verdict);
  return finish(table, error);
}

/* The quick way with several limits.  Returns as attempt_with(). */
__attribute__((noinline)) static int attempt_several(struct weir_table *table,
                                                     const struct wi_plan *plan, uint64_t version,
                                                     const struct weir_request *request,
                                                     struct weir_verdict *verdict)
{
  struct wi_subject subject;
  uint64_t now_ns;

  if (wi_subject_resolve(plan, &table->region, request, &subject) != WEIR_OK)
    return WEIR_E_POLICY; /* known a moment ago: the plan's memory is another's now */
  now_ns = time_of(table, subject.policy, request);
  return wi_quick_take_several(&table->region, plan, version, &subject, request, now_ns, verdict)
             ? WEIR_OK
             : attempt_in_full(table, plan, version, &subject, request, VERB_TAKE, now_ns, verdict);
}

WI_PUBLIC int weir_take(struct weir_table *table, const struct weir_request *request,
                        struct weir_verdict *verdict)
{
  const struct wi_plan_policy *policy;
  const struct wi_region *region;
  const struct wi_plan *plan;
  struct wi_place place;
  uint64_t version, unusual;

  if (WI_UNLIKELY(verdict == NULL || !is_sound(table, request)))
    return WEIR_E_ARGUMENT;
  region = &table->region;
  plan = wi_plans_ready(&table->plans, region, &unusual);
  if (WI_UNLIKELY(plan == NULL || unusual != 0))
    return perform(table, request, VERB_TAKE, verdict);
  version = wi_load_relaxed(&plan->version);
  policy = wi_subject_policy(plan, request->policy);
  if (WI_UNLIKELY(policy == NULL || !policy->quick) ||
      (WI_UNLIKELY(policy->extra != 0) &&
       wi_barred_suspects(region, plan, policy->extra, request)))
    return perform(table, request, VERB_TAKE, verdict);
  if (policy->only == NULL) {
    int error = attempt_several(table, plan, version, request, verdict);

    return WI_LIKELY(error == WEIR_OK) ? error : perform(table, request, VERB_TAKE, verdict);
  }
  if (WI_LIKELY(wi_subject_place(region, policy->only_key, request, &place)) &&
      WI_LIKELY(wi_quick_take_one(region, plan, version, policy->only, &place, request,
                                  time_of(table, policy, request), verdict)))
    return WEIR_OK;
  return perform(table, request, VERB_TAKE, verdict);
}

WI_PUBLIC int weir_peek(struct weir_table *table, const struct weir_request *request,
                        struct weir_verdict *verdict)
{
  return verdict == NULL ? WEIR_E_ARGUMENT : perform(table, request, VERB_PEEK, verdict);
}

WI_PUBLIC int weir_refund(struct weir_table *table, const struct weir_request *request)
{
  return perform(table, request, VERB_REFUND, NULL);
}

WI_PUBLIC int weir_reset(struct weir_table *table, const struct weir_request *request)
{
  return perform(table, request, VERB_RESET, NULL);
}

/* One of a batch, not the quick way. */
__attribute__((noinline)) static int take_one_of_many(struct weir_table *table,
                                                      const struct wi_plan *plan, uint64_t version,
                                                      const struct wi_subject *subject,
                                                      const struct weir_request *request,
                                                      uint64_t now_ns, int error,
                                                      struct weir_verdict *verdict)
{
  if (error == WEIR_E_ARGUMENT)
    return error; /* counted by none of the calls */
  if (error == WEIR_OK)
    error = attempt_in_full(table, plan, version, subject, request, VERB_TAKE, now_ns, verdict);
  if (error == WI_DECISION_STALE)
    error = attempt_slowly(table, request, VERB_TAKE, verdict);
  return finish(table, error);
}

/* Whether the quick way decides one of a batch. */
WI_INLINE bool take_quickly(const struct weir_table *table, const struct wi_plan *plan,
                            uint64_t version, const struct wi_subject *subject,
                            const struct weir_request *request, uint64_t now_ns,
                            struct weir_verdict *verdict)
{
  const struct wi_plan_policy *policy = subject->policy;

  if (WI_UNLIKELY(!policy->quick || subject->present == 0 || policy->extra != 0))
    return false;
  return policy->only != NULL
             ? wi_quick_take_one(&table->region, plan, version, policy->only, &subject->places[0],
                                 request, now_ns, verdict)
             : wi_quick_take_several(&table->region, plan, version, subject, request, now_ns,
                                     verdict);
}

/* As wi_subject_resolve(), by the short way for one limit. */
WI_INLINE int resolve(const struct weir_table *table, const struct wi_plan *plan,
                      const struct weir_request *request, struct wi_subject *subject)
{
  const struct wi_plan_policy *policy = wi_subject_policy(plan, request->policy);

  if (WI_UNLIKELY(policy == NULL || policy->only == NULL))
    return wi_subject_resolve(plan, &table->region, request, subject);
  subject->policy = policy;
  subject->present =
      wi_subject_place(&table->region, policy->only_key, request, &subject->places[0]);
  return WEIR_OK;
}

/* A run of a batch: hash and prefetch all, then decide each. */
static int take_run(struct weir_table *table, const struct weir_request *requests,
                    struct weir_verdict *verdicts, int *errors, uint32_t count)
{
  struct wi_subject subjects[BATCH];
  int found[BATCH], failed = 0;
  uint64_t unusual;
  const struct wi_plan *plan = wi_plans_ready(&table->plans, &table->region, &unusual);
  uint64_t version = plan != NULL ? wi_load_relaxed(&plan->version) : 0;
  uint64_t batch_ns;

  for (uint32_t i = 0; i < count; i++) {
    found[i] = WEIR_E_ARGUMENT;
    if (WI_LIKELY(is_sound(table, &requests[i])))
      found[i] = WI_LIKELY(plan != NULL) ? resolve(table, plan, &requests[i], &subjects[i])
                                         : WI_DECISION_STALE;
  }
  batch_ns = wi_region_now_ns(&table->region, false);
  for (uint32_t i = 0; i < count; i++) {
    bool given = (requests[i].flags & WEIR_NOW_GIVEN) != 0;
    uint64_t now_ns = WI_UNLIKELY(given) ? requests[i].now_ns : batch_ns;

    if (WI_UNLIKELY(found[i] != WEIR_OK || unusual != 0 || !take_quickly(table, plan, version, &subjects[i],
                                                         &requests[i], now_ns, &verdicts[i]))) {
      found[i] = take_one_of_many(table, plan, version, &subjects[i], &requests[i], now_ns,
                                  found[i], &verdicts[i]);
      failed += found[i] != WEIR_OK;
    }
    if (errors != NULL)
      errors[i] = found[i];
  }
  return failed;
}

WI_PUBLIC int weir_take_many(struct weir_table *table, const struct weir_request *requests,
                             struct weir_verdict *verdicts, int *errors, size_t count)
{
  int failed = 0;

  if (table == NULL || ((requests == NULL || verdicts == NULL) && count != 0))
    return WEIR_E_ARGUMENT;
  if ((wi_load_relaxed(&table->region.live->hot.flags) & WI_HOT_RETIRED) != 0)
    return WEIR_E_RETIRED;
  for (size_t at = 0; at < count; at += BATCH)
    failed += take_run(table, requests + at, verdicts + at, errors != NULL ? errors + at : NULL,
                       (uint32_t)wi_min(BATCH, count - at));
  return failed;
}
