/* SPDX-License-Identifier: BSD-2-Clause
 * take, peek, refund and reset. */
#include "base/arith.h"
#include "sim_engine.h"

/* ------------------------------------------------------------------ take and peek */

static bool is_shadow(const struct sim_engine *engine, const struct sim_ask *ask)
{
  return (engine->set->limits[ask->limit].flags & WI_LIMIT_SHADOW) != 0;
}

static bool is_distinct(const struct sim_engine *engine, const struct sim_ask *ask)
{
  return (engine->set->limits[ask->limit].flags & WI_LIMIT_DISTINCT) != 0;
}

/* The limit of the policy that a class's stands in for, or itself. */
static uint32_t stood_in_for(const struct sim_engine *engine, const struct sim_ask *ask)
{
  const struct wi_limit *limit = &engine->set->limits[ask->limit];

  return limit->kind == WI_KIND_CLASS ? limit->of : ask->limit;
}

/* Ask all, charge nothing.  Sets *denying to the denial with the longest wait, of equals the
 * first; NULL: none.  Returns 0; -2 where memory is short. */
static int ask_all(struct sim_engine *engine, const struct sim_terms *terms, struct sim_asks *asks,
                   uint64_t now_ns, struct sim_ask **denying)
{
  *denying = NULL;
  for (uint32_t i = 0; i < asks->count; i++) {
    struct sim_ask *ask = &asks->ask[i];
    struct sim_limit_counts *counts = &engine->counts[stood_in_for(engine, ask)];

    if (!is_distinct(engine, ask))
      ask->answer =
          wi_exact_ask(&engine->exact[ask->limit], &ask->state->exact, now_ns, ask->units);
    else if (sim_values_ask(engine, terms, now_ns, ask) != 0)
      return -2;
    counts->asked++;
    if (ask->answer.retry_after_ns == 0)
      continue;
    if (is_shadow(engine, ask)) {
      counts->shadow_denied++;
      continue;
    }
    counts->denied++;
    if (!*denying || ask->answer.retry_after_ns > (*denying)->answer.retry_after_ns)
      *denying = ask;
  }
  return 0;
}

/* Every limit that passed: a shadow limit that did not is not charged. */
static int charge_all(struct sim_engine *engine, const struct sim_terms *terms,
                      struct sim_asks *asks, uint64_t now_ns)
{
  for (uint32_t i = 0; i < asks->count; i++) {
    struct sim_ask *ask = &asks->ask[i];

    if (ask->answer.retry_after_ns != 0)
      continue;
    if (is_distinct(engine, ask)) { /* values that count already count anew          */
      if (sim_values_charge(engine, terms, now_ns, ask) != 0)
        return -2;
    } else if (ask->units > 0) {
      wi_exact_charge(&engine->exact[ask->limit], &ask->state->exact, now_ns, ask->units);
      if (engine->charged)
        engine->charged(engine->charged_context, ask->limit, ask->principal, now_ns);
    }
    ask->answer.remaining = wi_sub_floor(ask->answer.remaining, ask->units);
  }
  return 0;
}

/* Each enforced limit that denied strikes, be it the one that is named or not. */
static int strike_all(struct sim_engine *engine, const struct sim_terms *terms,
                      const struct sim_asks *asks, uint64_t now_ns)
{
  for (uint32_t i = 0; i < asks->count; i++) {
    const struct sim_ask *ask = &asks->ask[i];

    if (ask->answer.retry_after_ns != 0 && !is_shadow(engine, ask) &&
        sim_guard_denied(engine, stood_in_for(engine, ask), terms, now_ns) != 0)
      return -2;
  }
  return 0;
}

/* The enforced limit with the least left, of equals the first. */
static const struct sim_ask *tightest(const struct sim_engine *engine, const struct sim_asks *asks)
{
  const struct sim_ask *found = NULL;

  for (uint32_t i = 0; i < asks->count; i++) {
    const struct sim_ask *ask = &asks->ask[i];

    if (!is_shadow(engine, ask) && (!found || ask->answer.remaining < found->answer.remaining))
      found = ask;
  }
  return found;
}

static void name_limit(const struct sim_engine *engine, const struct sim_ask *ask,
                       struct sim_verdict *verdict)
{
  if (!ask)
    return;
  verdict->limit = engine->set->limits[ask->limit].name;
  verdict->remaining = ask->answer.remaining;
}

/* Until a block ends; a wait beyond 64 bits is not never. */
static uint64_t block_wait_ns(wi_u128 end_ns, uint64_t now_ns)
{
  if (end_ns == SIM_BLOCK_LIFTED_ONLY)
    return UINT64_MAX;
  return wi_min(wi_u128_clamp(end_ns - now_ns), UINT64_MAX - 1);
}

/* The limits that decide: the policy's, or where the request is blocked those of what stays
 * reachable.  Sets *blocked_until, and asks none where a block decides. */
static int find_limits(struct sim_engine *engine, const struct sim_policy *policy,
                       const struct sim_terms *terms, struct sim_event *event,
                       struct sim_asks *asks, wi_u128 *blocked_until)
{
  const struct sim_block *block;

  if (sim_block_find(&engine->blocks, event->request, &block) != 0)
    return -2;
  *blocked_until = block ? block->end_ns : 0;
  if (*blocked_until > event->now_ns)
    return sim_special_reachable(engine, policy, terms, event, asks);
  *blocked_until = 0;
  return sim_ask_limits(engine, policy, terms, event, asks);
}

int sim_decide(struct sim_engine *engine, const struct sim_policy *policy, struct sim_event *event,
               struct sim_verdict *verdict)
{
  struct sim_terms terms;
  struct sim_asks asks;
  struct sim_ask *denying;
  wi_u128 blocked_until;
  int status;

  sim_terms_read(engine, event->request, &terms);
  status = find_limits(engine, policy, &terms, event, &asks, &blocked_until);
  if (status == 0 && blocked_until > 0 && asks.count == 0) {
    verdict->outcome = SIM_BLOCKED;
    verdict->retry_ns = block_wait_ns(blocked_until, event->now_ns);
    return 0;
  }
  if (status == 0)
    status = sim_ask_principals(engine, &terms, true, &asks);
  if (status == 0)
    status = ask_all(engine, &terms, &asks, event->now_ns, &denying);
  if (status != 0)
    return status;
  if (denying) {
    verdict->outcome = SIM_DENIED;
    verdict->retry_ns = denying->answer.retry_after_ns;
    denying->principal->denied++;
    name_limit(engine, denying, verdict);
    return event->op == SIM_TAKE ? strike_all(engine, &terms, &asks, event->now_ns) : 0;
  }
  if (event->op == SIM_TAKE && charge_all(engine, &terms, &asks, event->now_ns) != 0)
    return -2;
  verdict->outcome = SIM_ALLOWED;
  name_limit(engine, tightest(engine, &asks), verdict);
  return 0;
}

/* --------------------------------------------------------------- refund and reset */

/* A refund of what is blocked but reachable goes where that was charged; what is blocked
 * otherwise was charged before. */
static int find_charged(struct sim_engine *engine, const struct sim_policy *policy,
                        const struct sim_terms *terms, struct sim_event *event,
                        struct sim_asks *asks)
{
  wi_u128 blocked_until;
  int status;

  if (event->op == SIM_RESET) {
    sim_ask_resettable(engine, policy, terms, asks);
    return 0;
  }
  status = find_limits(engine, policy, terms, event, asks, &blocked_until);
  if (status == 0 && blocked_until > 0 && asks->count == 0)
    status = sim_ask_limits(engine, policy, terms, event, asks);
  return status;
}

int sim_give_back(struct sim_engine *engine, const struct sim_policy *policy,
                  struct sim_event *event)
{
  struct sim_terms terms;
  struct sim_asks asks;
  int status;

  sim_terms_read(engine, event->request, &terms);
  status = find_charged(engine, policy, &terms, event, &asks);
  if (status == 0)
    status = sim_ask_principals(engine, &terms, false, &asks);
  if (status != 0)
    return status;
  for (uint32_t i = 0; i < asks.count; i++) {
    struct sim_ask *ask = &asks.ask[i];

    if (!ask->principal)
      continue;
    if (event->op == SIM_RESET)
      *ask->state = (union sim_state){.exact = {0}};
    else
      wi_exact_refund(&engine->exact[ask->limit], &ask->state->exact, event->now_ns, ask->units);
  }
  return 0;
}
