/* SPDX-License-Identifier: BSD-2-Clause
 * Take, peek, refund, reset: check the arguments, find the plan, then one call down. */
#include <string.h>

#include "admit/admit.h"
#include "base/arith.h"
#include "gauge/count.h"

/* A request whose policy is replaced again and again while it is decided gives up here. */
#define STALE_ROUNDS_MAX 64u

#define BATCH 32u

enum verb { VERB_TAKE, VERB_PEEK, VERB_REFUND, VERB_RESET };

static int check_request(const struct weir_table *table, const struct weir_request *request)
{
  if (table == NULL || request == NULL || request->size_bytes != sizeof *request ||
      (request->flags & ~(uint32_t)WEIR_NOW_GIVEN) != 0 || request->reserved != 0 ||
      request->attribute_count > WI_ATTRIBUTES_MAX || request->cost_count > WI_COSTS_MAX ||
      (request->attributes == NULL && request->attribute_count != 0) ||
      (request->costs == NULL && request->cost_count != 0))
    return WEIR_E_ARGUMENT;
  for (size_t i = 0; i < request->attribute_count; i++) {
    const struct weir_attribute *attribute = &request->attributes[i];

    if (attribute->name == NULL || (attribute->value == NULL && attribute->value_bytes != 0))
      return WEIR_E_ARGUMENT;
    for (size_t j = 0; j < i; j++)
      if (strcmp(attribute->name, request->attributes[j].name) == 0)
        return WEIR_E_ARGUMENT;
  }
  for (size_t i = 0; i < request->cost_count; i++) {
    if (request->costs[i].unit == NULL)
      return WEIR_E_ARGUMENT;
    for (size_t j = 0; j < i; j++)
      if (strcmp(request->costs[i].unit, request->costs[j].unit) == 0)
        return WEIR_E_ARGUMENT;
  }
  return WEIR_OK;
}

/* One attempt under one plan. now_ns: NULL, or the time of a batch. */
static int attempt(struct weir_table *table, const struct wi_plan *plan, uint64_t version,
                   const struct wi_subject *subject, const struct weir_request *request,
                   enum verb verb, const uint64_t *now_ns, struct weir_verdict *verdict)
{
  struct wi_decision decision;
  int error;

  decision.table = table;
  decision.plan = plan;
  decision.version = version;
  decision.given = (request->flags & WEIR_NOW_GIVEN) != 0;
  decision.reading = verb == VERB_PEEK;
  decision.subject = subject;
  if (decision.given)
    decision.now_ns = request->now_ns;
  else
    decision.now_ns = now_ns != NULL ? *now_ns
                                     : wi_region_now_ns(&table->region,
                                                        subject->policy->coarse_clock);
  error = wi_asks_resolve(&decision, request, verb == VERB_RESET);
  if (WI_UNLIKELY(error != WEIR_OK))
    return error;
  switch (verb) {
  case VERB_REFUND:
    wi_give_back(&decision);
    return WEIR_OK;
  case VERB_RESET:
    wi_forget(&decision);
    return WEIR_OK;
  case VERB_TAKE:
  case VERB_PEEK:
    break;
  }
  return wi_decide(&decision, verdict);
}

static int attempt_with(struct weir_table *table, const struct wi_plan *plan,
                        const struct weir_request *request, enum verb verb,
                        struct weir_verdict *verdict)
{
  uint64_t version = wi_load_relaxed(&plan->version);
  struct wi_subject subject;
  int error = wi_subject_resolve(plan, &table->region, request, &subject);

  return error == WEIR_OK
             ? attempt(table, plan, version, &subject, request, verb, NULL, verdict)
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
  int error = check_request(table, request);

  if (WI_UNLIKELY(error != WEIR_OK))
    return error;
  if (WI_UNLIKELY(wi_load_relaxed(&table->region.live->hot.retired) != 0))
    return WEIR_E_RETIRED;
  plan = wi_plans_ready(&table->plans, &table->region);
  if (WI_UNLIKELY(plan == NULL))
    return finish(table, attempt_slowly(table, request, verb, verdict));
  error = attempt_with(table, plan, request, verb, verdict);
  if (WI_UNLIKELY(error == WI_DECISION_STALE))
    error = attempt_slowly(table, request, verb, verdict);
  return finish(table, error);
}

WI_PUBLIC int weir_take(struct weir_table *table, const struct weir_request *request,
                        struct weir_verdict *verdict)
{
  return verdict == NULL ? WEIR_E_ARGUMENT : perform(table, request, VERB_TAKE, verdict);
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

/* A run of a batch: hash and prefetch all, then decide each. */
static int take_run(struct weir_table *table, const struct weir_request *requests,
                    struct weir_verdict *verdicts, int *errors, uint32_t count)
{
  struct wi_subject subjects[BATCH];
  int found[BATCH], failed = 0;
  const struct wi_plan *plan = wi_plans_ready(&table->plans, &table->region);
  uint64_t version = plan != NULL ? wi_load_relaxed(&plan->version) : 0;
  uint64_t now_ns;

  for (uint32_t i = 0; i < count; i++) {
    found[i] = plan == NULL ? WI_DECISION_STALE : check_request(table, &requests[i]);
    if (found[i] == WEIR_OK)
      found[i] = wi_subject_resolve(plan, &table->region, &requests[i], &subjects[i]);
  }
  now_ns = wi_region_now_ns(&table->region, false);
  for (uint32_t i = 0; i < count; i++) {
    if (found[i] == WEIR_OK)
      found[i] = attempt(table, plan, version, &subjects[i], &requests[i], VERB_TAKE, &now_ns,
                         &verdicts[i]);
    if (found[i] == WI_DECISION_STALE) {
      found[i] = check_request(table, &requests[i]);
      if (found[i] == WEIR_OK)
        found[i] = attempt_slowly(table, &requests[i], VERB_TAKE, &verdicts[i]);
    }
    failed += finish(table, found[i]) != WEIR_OK;
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
  if (wi_load_relaxed(&table->region.live->hot.retired) != 0)
    return WEIR_E_RETIRED;
  for (size_t at = 0; at < count; at += BATCH)
    failed += take_run(table, requests + at, verdicts + at, errors != NULL ? errors + at : NULL,
                       (uint32_t)wi_min(BATCH, count - at));
  return failed;
}
