/* SPDX-License-Identifier: BSD-2-Clause */
#include "admit/seen.h"
#include "gauge/count.h"

const struct weir_verdict wi_blocked = {.outcome = WEIR_BLOCK};

static int refuse(const struct wi_decision *decision, uint64_t end_ns, struct weir_verdict *verdict)
{
  wi_verdict_block(verdict, end_ns, decision->now_ns);
  if (!decision->reading)
    wi_count(&decision->table->region, WI_COUNT_BLOCKED, 1);
  return WEIR_OK;
}

static int let_pass(const struct wi_decision *decision, struct weir_verdict *verdict)
{
  *verdict = (struct weir_verdict){.outcome = WEIR_ALLOW, .remaining = UINT64_MAX};
  if (!decision->reading)
    wi_count(&decision->table->region, WI_COUNT_ALLOWED, 1);
  return WEIR_OK;
}

/* Each distinct limit of the policy finds the request's values. */
static int resolve_values(struct wi_decision *decision, const struct weir_request *request,
                          struct wi_seen list[WI_SEEN_MAX])
{
  uint32_t used = 0;

  for (uint32_t i = 0; i < decision->ask_count; i++) {
    struct wi_ask *ask = &decision->asks[i];
    int error;

    if (!ask->limit->distinct || ask->skipped)
      continue;
    error = wi_seen_resolve(decision, request, ask, list + used, WI_SEEN_MAX - used);
    if (error == WEIR_E_CAPACITY || (error != WEIR_OK && !ask->limit->optional))
      return error;
    ask->skipped = error != WEIR_OK;
    used += ask->seen_count;
  }
  return WEIR_OK;
}

/* Values take 90 KB: on the stack of those decisions alone that have any. */
__attribute__((noinline)) static int decide_distinct(struct wi_decision *decision,
                                                     const struct weir_request *request,
                                                     struct weir_verdict *verdict)
{
  struct wi_seen list[WI_SEEN_MAX];
  int error = resolve_values(decision, request, list);

  return error == WEIR_OK ? wi_decide(decision, verdict) : error;
}

int wi_decide_guarded(struct wi_decision *decision, const struct weir_request *request,
                      struct weir_verdict *verdict)
{
  /* Partner: the CAS of weir_switch(). */
  uint64_t flags = wi_load_acquire(&decision->table->region.live->hot.flags);
  uint64_t end_ns;
  int error;

  if ((flags & WI_HOT_DENY_ALL) != 0)
    return refuse(decision, UINT64_MAX, verdict);
  if (wi_barred(decision, request, &end_ns)) {
    error = wi_reachable(decision, request, verdict);
    return error == WI_NOT_REACHABLE ? refuse(decision, end_ns, verdict) : error;
  }
  wi_special_find(decision, request);
  error = wi_asks_resolve(decision, request, false);
  if (WI_UNLIKELY(error != WEIR_OK))
    return error;
  if (WI_UNLIKELY((flags & WI_HOT_ALLOW_ALL) != 0))
    return let_pass(decision, verdict);
  return decision->subject->policy->distinct ? decide_distinct(decision, request, verdict)
                                             : wi_decide(decision, verdict);
}
