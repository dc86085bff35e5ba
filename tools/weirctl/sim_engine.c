/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/arith.h"
#include "sim.h"

/* --------------------------------------------------------------- begin and end */

void sim_engine_begin(struct sim_engine *engine, struct wi_policy_set *set)
{
  *engine = (struct sim_engine){.set = set};
  sim_map_begin(&engine->principals);
  sim_map_begin(&engine->blocks.map);
  for (uint32_t i = 0; i < WI_LIMITS_MAX; i++) {
    const struct wi_limit *limit = &set->limits[i];
    struct sim_policy *policy = &engine->policies[limit->policy];

    if (!limit->in_use)
      continue;
    wi_exact_compile(&engine->exact[i], &limit->rule);
    engine->state_of[i] = engine->states[limit->key]++;
    policy->limits[policy->limit_count++] = i;
  }
  for (uint32_t i = 0; i < set->word_count; i++)
    engine->word_bytes[i] = strlen(set->words[i]);
}

void sim_engine_free(struct sim_engine *engine)
{
  sim_map_free(&engine->principals);
  sim_blocks_free(&engine->blocks);
  free(engine->key.bytes);
  free(engine->set);
  engine->set = NULL;
}

/* ------------------------------------------------------------------------ policies */

static const struct sim_policy *find_policy(const struct sim_engine *engine,
                                            struct sim_event *event)
{
  const char *name = event->request->request.policy;
  const struct sim_policy *found = NULL;
  uint32_t count = 0;

  for (uint32_t i = 0; i < WI_POLICIES_MAX; i++) {
    const char *each = engine->set->policies[i].name;

    if (each[0] == '\0' || (name && strcmp(name, each) != 0))
      continue;
    found = &engine->policies[i];
    count++;
  }
  if (count == 1)
    return found;
  if (name)
    (void)sim_event_mistake(event, event->request_column,
                            "no policy '%s', expected one of the file's", name);
  else
    (void)sim_event_mistake(event, event->request_column,
                            "no policy named and %u in the file, expected policy=NAME", count);
  return NULL;
}

/* ------------------------------------------------------------------ take and peek */

static bool is_shadow(const struct sim_engine *engine, const struct sim_ask *ask)
{
  return (engine->set->limits[ask->limit].flags & WI_LIMIT_SHADOW) != 0;
}

/* Ask all, write nothing.  Returns the denial with the longest wait, of equals the
 * first; NULL: none. */
static struct sim_ask *ask_all(struct sim_engine *engine, struct sim_asks *asks, uint64_t now_ns)
{
  struct sim_ask *denying = NULL;

  for (uint32_t i = 0; i < asks->count; i++) {
    struct sim_ask *ask = &asks->ask[i];
    struct sim_limit_counts *counts = &engine->counts[ask->limit];

    ask->answer = wi_exact_ask(&engine->exact[ask->limit], ask->state, now_ns, ask->units);
    counts->asked++;
    if (ask->answer.retry_after_ns == 0)
      continue;
    if (is_shadow(engine, ask)) {
      counts->shadow_denied++;
      continue;
    }
    counts->denied++;
    if (!denying || ask->answer.retry_after_ns > denying->answer.retry_after_ns)
      denying = ask;
  }
  return denying;
}

/* Every limit that passed: a shadow limit that did not is not charged. */
static void charge_all(struct sim_engine *engine, struct sim_asks *asks, uint64_t now_ns)
{
  for (uint32_t i = 0; i < asks->count; i++) {
    struct sim_ask *ask = &asks->ask[i];

    if (ask->answer.retry_after_ns != 0 || ask->units == 0)
      continue;
    wi_exact_charge(&engine->exact[ask->limit], ask->state, now_ns, ask->units);
    ask->answer.remaining = wi_sub_floor(ask->answer.remaining, ask->units);
    if (engine->charged)
      engine->charged(engine->charged_context, ask->limit, ask->principal, now_ns);
  }
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

static int decide(struct sim_engine *engine, const struct sim_policy *policy,
                  struct sim_event *event, struct sim_verdict *verdict)
{
  struct sim_terms terms;
  struct sim_asks asks;
  struct sim_ask *denying;
  wi_u128 blocked_until;
  int status;

  if (sim_block_find(&engine->blocks, event->request, &blocked_until) != 0)
    return -2;
  if (blocked_until > event->now_ns) {
    verdict->outcome = SIM_BLOCKED;
    verdict->retry_ns = block_wait_ns(blocked_until, event->now_ns);
    return 0;
  }
  sim_terms_read(engine, event->request, &terms);
  status = sim_ask_limits(engine, policy, &terms, true, event, &asks);
  if (status == 0)
    status = sim_ask_principals(engine, &terms, true, &asks);
  if (status != 0)
    return status;
  denying = ask_all(engine, &asks, event->now_ns);
  if (denying) {
    verdict->outcome = SIM_DENIED;
    verdict->retry_ns = denying->answer.retry_after_ns;
    denying->principal->denied++;
    name_limit(engine, denying, verdict);
    return 0;
  }
  if (event->op == SIM_TAKE)
    charge_all(engine, &asks, event->now_ns);
  verdict->outcome = SIM_ALLOWED;
  name_limit(engine, tightest(engine, &asks), verdict);
  return 0;
}

/* --------------------------------------------------------------- refund and reset */

static int give_back(struct sim_engine *engine, const struct sim_policy *policy,
                     struct sim_event *event)
{
  struct sim_terms terms;
  struct sim_asks asks;
  int status;

  sim_terms_read(engine, event->request, &terms);
  status = sim_ask_limits(engine, policy, &terms, event->op == SIM_REFUND, event, &asks);
  if (status == 0)
    status = sim_ask_principals(engine, &terms, false, &asks);
  if (status != 0)
    return status;
  for (uint32_t i = 0; i < asks.count; i++) {
    struct sim_ask *ask = &asks.ask[i];

    if (!ask->principal)
      continue;
    if (event->op == SIM_RESET)
      *ask->state = (struct wi_exact_state){0};
    else
      wi_exact_refund(&engine->exact[ask->limit], ask->state, event->now_ns, ask->units);
  }
  return 0;
}

/* -------------------------------------------------------------- block and unblock */

static bool key_is(const struct sim_engine *engine, const struct wi_key *key,
                   const struct weir_attribute *const *sorted, size_t count)
{
  if (key->attribute_count != count)
    return false;
  for (size_t i = 0; i < count; i++)
    if (strcmp(engine->set->words[key->attributes[i]], sorted[i]->name) != 0)
      return false;
  return true;
}

/* Every limit that counts by just the request's attributes is full again. */
static int forget_principal(struct sim_engine *engine, const struct wctl_request *request)
{
  const struct weir_attribute *sorted[WCTL_REQUEST_ATTRIBUTES_MAX];
  size_t count = sim_block_principal(request, sorted);
  struct sim_terms terms;

  sim_terms_read(engine, request, &terms);
  for (uint32_t key = 0; key < engine->set->key_count; key++) {
    struct sim_principal *principal;

    if (!key_is(engine, &engine->set->keys[key], sorted, count))
      continue;
    if (sim_find_principal(engine, key, &terms, &principal) != 0)
      return -2;
    if (principal)
      memset(sim_states_of(principal), 0, engine->states[key] * sizeof(struct wi_exact_state));
  }
  return 0;
}

static int block(struct sim_engine *engine, struct sim_event *event)
{
  const struct weir_attribute *sorted[WCTL_REQUEST_ATTRIBUTES_MAX];
  const struct wctl_request *request = event->request;
  wi_u128 end_ns = SIM_BLOCK_LIFTED_ONLY;

  if (sim_block_principal(request, sorted) == 0)
    return sim_event_mistake(event, event->request_column,
                             "nobody named, expected an attribute such as user=NAME");
  if (event->op == SIM_UNBLOCK) {
    if (sim_block_lift(&engine->blocks, request) != 0)
      return -2;
    return forget_principal(engine, request);
  }
  if (request->for_ns > 0)
    end_ns = (wi_u128)event->now_ns + request->for_ns;
  return sim_block_set(&engine->blocks, request, end_ns) == 0 ? 0 : -2;
}

/* --------------------------------------------------------------------------- */

int sim_engine_run(struct sim_engine *engine, struct sim_event *event, struct sim_verdict *verdict)
{
  const struct sim_policy *policy;

  *verdict = (struct sim_verdict){.outcome = SIM_OK};
  if (event->request->for_ns > 0 && event->op != SIM_BLOCK)
    return sim_event_mistake(event, event->request_column,
                             "for= with %s, expected it with block only", event->op_name);
  if (event->op == SIM_BLOCK || event->op == SIM_UNBLOCK)
    return block(engine, event);
  policy = find_policy(engine, event);
  if (!policy)
    return -1;
  if (event->op == SIM_REFUND || event->op == SIM_RESET)
    return give_back(engine, policy, event);
  return decide(engine, policy, event, verdict);
}
