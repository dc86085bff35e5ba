/* SPDX-License-Identifier: BSD-2-Clause */
#include "admit/subject.h"

bool wi_subject_hash_joined(const struct wi_plan_key *key, const struct weir_request *request,
                            struct wi_hash *hash)
{
  const struct weir_attribute *values[WI_KEY_ATTRIBUTES_MAX];
  struct wi_sip sip = key->begun;

  for (uint32_t i = 0; i < key->attribute_count; i++) {
    values[i] = wi_subject_attribute(request, &key->attributes[i]);
    if (values[i] == NULL)
      return false;
  }
  if (key->attribute_count > 1)
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
  const struct wi_plan_policy *policy = wi_subject_policy(plan, request->policy);

  subject->policy = policy;
  subject->present = 0;
  if (policy == NULL)
    return WEIR_E_POLICY;
  for (uint32_t i = 0; i < policy->key_count; i++)
    if (wi_subject_place(region, &plan->keys[policy->keys[i]], request, &subject->places[i])) {
      subject->present |= 1u << i;
      /* Several cells of a principal often reach into the line behind its home. */
      __builtin_prefetch(wi_place_cell(&subject->places[i], WI_LINE_CELLS), 1);
    }
  return WEIR_OK;
}

bool wi_subject_units(const struct weir_request *request, const struct wi_plan_limit *limit,
                      uint64_t *units)
{
  for (size_t i = 0; i < request->cost_count; i++)
    if (wi_label_is(&limit->unit, request->costs[i].unit)) {
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
    const struct wi_plan_limit *limit = &decision->plan->limits[policy->limits[i]];
    const struct wi_plan_limit *special = wi_special_limit(decision, limit);
    struct wi_ask *ask = &decision->asks[i];
    uint32_t key_at;
    bool has_key, has_units;

    ask->limit = special != NULL ? special : limit;
    key_at = ask->limit->key_at;
    has_key = (subject->present >> key_at & 1) != 0;
    has_units = ask->limit->distinct || wi_subject_units(request, ask->limit, &ask->units);
    if (!lenient && !ask->limit->optional && !has_key)
      return WEIR_E_ATTRIBUTE;
    if (!lenient && !ask->limit->optional && !has_units)
      return WEIR_E_UNIT;
    ask->skipped = (special == NULL && !lenient) || !has_key || (!has_units && !lenient);
    ask->full = false;
    ask->key_at = key_at;
    ask->place = &subject->places[key_at];
    ask->wrote.cell = NULL;
    ask->seen_count = 0;
    ask->reserved = false;
    ask->moved = 0;
    ask->cost = ask->limit->meter.sliding ? 0
                                          : wi_bucket_cost(&ask->limit->meter.as.bucket, ask->units);
  }
  return WEIR_OK;
}
