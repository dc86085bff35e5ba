/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "admit/admit.h"

static const struct wi_plan_policy *find_policy(const struct wi_plan *plan, const char *name)
{
  if (name == NULL)
    return plan->policy_count == 1 ? &plan->policies[0] : NULL;
  for (uint32_t i = 0; i < plan->policy_count; i++)
    if (strcmp(plan->policies[i].name, name) == 0)
      return &plan->policies[i];
  return NULL;
}

static const struct weir_attribute *find_attribute(const struct weir_request *request,
                                                   const char *name)
{
  for (size_t i = 0; i < request->attribute_count; i++)
    if (strcmp(request->attributes[i].name, name) == 0)
      return &request->attributes[i];
  return NULL;
}

/* Hash the principal of one key.  false: the request lacks an attribute of it. */
static bool hash_key(const struct wi_plan_key *key, const struct weir_request *request,
                     struct wi_hash *hash)
{
  const struct weir_attribute *values[WI_KEY_ATTRIBUTES_MAX];
  struct wi_sip sip = key->begun;

  for (uint32_t i = 0; i < key->attribute_count; i++) {
    values[i] = find_attribute(request, key->attributes[i]);
    if (values[i] == NULL)
      return false;
  }
  if (key->attribute_count > 1) /* hash/siphash.h: lengths first */
    for (uint32_t i = 0; i < key->attribute_count; i++)
      wi_sip_word(&sip, values[i]->value_bytes);
  for (uint32_t i = 0; i < key->attribute_count; i++)
    wi_sip_bytes(&sip, values[i]->value, values[i]->value_bytes);
  *hash = wi_sip_end(&sip);
  return true;
}

int wi_subject_resolve(const struct wi_plan *plan, const struct wi_region *region,
                       const struct weir_request *request, struct wi_subject *subject)
{
  subject->policy = find_policy(plan, request->policy);
  subject->present = 0;
  if (subject->policy == NULL)
    return WEIR_E_POLICY;
  for (uint32_t i = 0; i < subject->policy->key_count; i++) {
    struct wi_hash hash;

    if (!hash_key(&plan->keys[subject->policy->keys[i]], request, &hash))
      continue;
    subject->present |= 1u << i;
    subject->places[i] = wi_place_of(region->cells, region->geometry.groups, hash);
    __builtin_prefetch(subject->places[i].group + subject->places[i].first, 1);
  }
  return WEIR_OK;
}

static bool find_units(const struct weir_request *request, const struct wi_plan_limit *limit,
                       uint64_t *units)
{
  for (size_t i = 0; i < request->cost_count; i++)
    if (strcmp(request->costs[i].unit, limit->unit) == 0) {
      *units = request->costs[i].count;
      return true;
    }
  *units = 1;
  return limit->unit_is_messages;
}

int wi_asks_resolve(struct wi_decision *decision, const struct weir_request *request, bool lenient)
{
  const struct wi_subject *subject = decision->subject;
  const struct wi_plan_policy *policy = subject->policy;

  decision->ask_count = policy->limit_count;
  for (uint32_t i = 0; i < policy->limit_count; i++) {
    struct wi_ask *ask = &decision->asks[i];
    uint32_t key_at = 0;
    bool has_key, has_units;

    ask->limit = &decision->plan->limits[policy->limits[i]];
    while (policy->keys[key_at] != ask->limit->key)
      key_at++;
    has_key = (subject->present >> key_at & 1) != 0;
    has_units = find_units(request, ask->limit, &ask->units);
    if (!lenient && !ask->limit->optional && !has_key)
      return WEIR_E_ATTRIBUTE;
    if (!lenient && !ask->limit->optional && !has_units)
      return WEIR_E_UNIT;
    ask->skipped = !has_key || (!has_units && !lenient);
    ask->full = false;
    ask->key_at = key_at;
    ask->place = &subject->places[key_at];
    ask->wrote.cell = NULL;
    ask->cost = ask->limit->meter.sliding ? 0
                                          : wi_bucket_cost(&ask->limit->meter.as.bucket, ask->units);
  }
  return WEIR_OK;
}
