/* SPDX-License-Identifier: BSD-2-Clause
 * block, unblock and signal. */
#include <stdio.h>
#include <string.h>

#include "base/arith.h"
#include "guard/printable.h"
#include "sim_engine.h"

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

/* Every limit that counts by just the request's attributes is full again, and what is counted
 * towards a block by them is forgotten. */
static int forget_principal(struct sim_engine *engine, const struct wctl_request *request,
                            const struct weir_attribute *const *sorted, size_t count)
{
  struct sim_terms terms;

  sim_terms_read(engine, request, &terms);
  for (uint32_t key = 0; key < engine->set->key_count; key++) {
    struct sim_principal *principal;

    if (!key_is(engine, &engine->set->keys[key], sorted, count))
      continue;
    if (sim_find_principal(engine, key, &terms, &principal) != 0 ||
        sim_guard_forget(engine, key, &terms) != 0)
      return -2;
    if (principal)
      memset(sim_states_of(principal), 0, engine->states[key] * sizeof(union sim_state));
  }
  return 0;
}

static int nobody(struct sim_event *event)
{
  return sim_event_mistake(event, event->request_column,
                           "nobody named, expected an attribute such as user=NAME");
}

int sim_block(struct sim_engine *engine, struct sim_event *event)
{
  const struct weir_attribute *sorted[WCTL_REQUEST_ATTRIBUTES_MAX];
  const struct wctl_request *request = event->request;
  wi_u128 end_ns = SIM_BLOCK_LIFTED_ONLY;

  if (sim_block_principal(request, sorted) == 0)
    return nobody(event);
  if (request->for_ns > 0)
    end_ns = (wi_u128)event->now_ns + request->for_ns;
  return sim_block_set(&engine->blocks, request, end_ns) == 0 ? 0 : -2;
}

int sim_unblock(struct sim_engine *engine, struct sim_event *event)
{
  const struct weir_attribute *sorted[WCTL_REQUEST_ATTRIBUTES_MAX];
  size_t count = sim_block_principal(event->request, sorted);

  if (count == 0)
    return nobody(event);
  if (sim_block_lift(&engine->blocks, event->request) != 0)
    return -2;
  return forget_principal(engine, event->request, sorted, count);
}

/* ----------------------------------------------------------------------------- signal */

/* weight=, 1 where it is not given. */
static int read_weight(struct sim_event *event, uint64_t *weight)
{
  const struct wctl_request *request = event->request;

  *weight = 1;
  if (!wctl_request_attribute(request, "weight"))
    return 0;
  for (size_t i = 0; i < request->request.cost_count; i++)
    if (strcmp(request->costs[i].unit, "weight") == 0) {
      *weight = request->costs[i].count;
      return 0;
    }
  return sim_event_mistake(event, event->request_column,
                           "weight= is no whole number, expected digits alone");
}

/* The signal of that name of a score of the policy; NULL: it has none. */
static const struct wi_signal *next_signal(const struct sim_engine *engine,
                                           const struct sim_policy *policy,
                                           const struct weir_attribute *name, uint32_t *at)
{
  const struct wi_policy_set *set = engine->set;

  for (; *at < set->signal_count; ++*at) {
    const struct wi_signal *signal = &set->signals[*at];

    if (set->limits[signal->score].policy == policy->index &&
        strlen(signal->name) == name->value_bytes &&
        memcmp(signal->name, name->value, name->value_bytes) == 0) {
      ++*at;
      return signal;
    }
  }
  return NULL;
}

static int no_such_signal(const struct sim_engine *engine, const struct sim_policy *policy,
                          const struct weir_attribute *name, struct sim_event *event)
{
  const struct wi_policy_set *set = engine->set;
  char known[256] = "", shown[WEIR_NAME_BYTES];
  size_t length = 0;

  for (uint32_t i = 0; i < set->signal_count && length < sizeof known; i++)
    if (set->limits[set->signals[i].score].policy == policy->index)
      length += (size_t)snprintf(known + length, sizeof known - length, "%s%s",
                                 length > 0 ? ", " : "", set->signals[i].name);
  wi_printable(shown, sizeof shown, name->value, name->value_bytes);
  return sim_event_mistake(event, event->request_column,
                           "policy '%s' has no signal '%s', expected %s",
                           set->policies[policy->index].name, shown,
                           length > 0 ? known : "a policy with a score");
}

/* Whether a signal can be added wherever it stands: all or nothing. */
static int check_signal(const struct sim_engine *engine, const struct sim_policy *policy,
                        const struct sim_terms *terms, const struct weir_attribute *name,
                        struct sim_event *event)
{
  const struct wi_signal *signal;
  uint32_t at = 0, found = 0;

  while ((signal = next_signal(engine, policy, name, &at)) != NULL) {
    const struct wi_limit *score = &engine->set->limits[signal->score];
    const char *attribute = sim_lacking(engine, terms, score->key);

    found++;
    if (attribute)
      return sim_event_mistake(
          event, event->request_column,
          "score '%s' counts by '%s', which the request lacks: expected %s=VALUE", score->name,
          attribute, attribute);
  }
  return found > 0 ? 0 : no_such_signal(engine, policy, name, event);
}

int sim_signal(struct sim_engine *engine, const struct sim_policy *policy, struct sim_event *event)
{
  const struct weir_attribute *name = wctl_request_attribute(event->request, "signal");
  const struct wi_signal *signal;
  struct sim_terms terms;
  uint64_t weight;
  uint32_t at = 0;

  if (!name)
    return sim_event_mistake(event, event->request_column, "no signal named, expected signal=NAME");
  sim_terms_read(engine, event->request, &terms);
  if (read_weight(event, &weight) != 0 || check_signal(engine, policy, &terms, name, event) != 0)
    return -1;
  while ((signal = next_signal(engine, policy, name, &at)) != NULL)
    if (sim_guard_score(engine, signal->score, wi_mul_sat(signal->points, weight), &terms,
                        event->now_ns) != 0)
      return -2;
  return 0;
}
