/* SPDX-License-Identifier: BSD-2-Clause
 * An image made ready: names resolved, rules compiled, the order of charging. */
#include "plan/plan.h"

#include <string.h>

#include "base/arith.h"

/* The coarse clock serves where a tick is small beside what is measured. */
#define COARSE_TICKS 20u

static void compile_meter(struct wi_meter *meter, const struct wi_rule *rule, uint32_t id,
                          uint32_t limit)
{
  meter->sliding = rule->sliding != 0;
  meter->id = (uint8_t)id;
  meter->words = meter->sliding ? WI_WINDOW_WORDS : 1;
  meter->limit = (uint8_t)limit;
  if (meter->sliding)
    (void)wi_window_compile(&meter->as.window, rule); /* the image was checked */
  else
    wi_bucket_compile(&meter->as.bucket, rule);
}

static void own_ids(struct wi_plan *plan, const struct wi_meter *meter, uint32_t words,
                    enum wi_id_owner owner, uint32_t index)
{
  for (uint32_t word = 0; word < words; word++) {
    plan->ids[meter->id + word].owner = (uint8_t)owner;
    plan->ids[meter->id + word].index = (uint8_t)index;
    plan->ids[meter->id + word].word = (uint8_t)word;
  }
}

/* Attribute names, each with its length, so that no two keys begin alike. */
void wi_plan_key_begin(struct wi_plan_key *key, const uint64_t secret[2])
{
  wi_sip_begin(&key->begun, secret);
  wi_sip_word(&key->begun, key->attribute_count);
  for (uint32_t i = 0; i < key->attribute_count; i++) {
    wi_sip_word(&key->begun, strlen(key->attributes[i].text));
    wi_sip_bytes(&key->begun, key->attributes[i].text, strlen(key->attributes[i].text));
  }
}

static void compile_key(struct wi_plan *plan, uint32_t index, const uint64_t secret[2])
{
  const struct wi_key *key = &plan->image.set.keys[index];
  struct wi_plan_key *ready = &plan->keys[index];

  ready->attribute_count = (uint8_t)key->attribute_count;
  for (uint32_t i = 0; i < key->attribute_count; i++)
    ready->attributes[i] = wi_label_of(plan->image.set.words[key->attributes[i]]);
  wi_plan_key_begin(ready, secret);
}

static void compile_limit(struct wi_plan *plan, uint32_t index)
{
  const struct wi_limit *limit = &plan->image.set.limits[index];
  const struct wi_binding *binding = &plan->image.bindings[index];
  struct wi_plan_limit *ready = &plan->limits[index];

  compile_meter(&ready->meter, &limit->rule, binding->id, index);
  own_ids(plan, &ready->meter, wi_rule_ids(&limit->rule), WI_ID_OF_LIMIT, index);
  ready->verdict = (struct weir_verdict){.quota = limit->rule.count,
                                         .period_ns = limit->rule.period_ns,
                                         .burst = limit->rule.burst};
  memcpy(ready->verdict.limit, limit->name, sizeof ready->verdict.limit); /* NUL-padded */
  ready->unit = wi_label_of(plan->image.set.words[limit->unit]);
  ready->unit_is_messages = wi_label_is(&ready->unit, "messages");
  ready->message_ticks = ready->unit_is_messages && !ready->meter.sliding
                             ? ready->meter.as.bucket.unit_ticks
                             : 0;
  if (wi_label_is(&ready->unit, "recipients"))
    ready->verdict.flags = WEIR_COUNTS_RECIPIENTS;
  ready->key = (uint8_t)limit->key;
  ready->slot = (uint8_t)binding->slot;
  ready->when_full = (uint8_t)limit->when_full;
  ready->shadow = (limit->flags & WI_LIMIT_SHADOW) != 0;
  ready->optional = (limit->flags & WI_LIMIT_OPTIONAL) != 0;
  ready->distinct = limit->rule.sliding == WI_DISTINCT;
  ready->canonical = (limit->flags & WI_LIMIT_CANONICAL) != 0;
  ready->responds = false;
  ready->unlimited = (limit->flags & WI_LIMIT_UNLIMITED) != 0;
  ready->kind = (uint8_t)limit->kind;
  ready->of = (uint8_t)limit->of;
  ready->class_at = (uint8_t)limit->class_at;
  ready->former_count = 0;
}

static void compile_former(struct wi_plan *plan, uint32_t index)
{
  const struct wi_former *former = &plan->image.formers[index];
  struct wi_meter *meter = &plan->formers[index];

  compile_meter(meter, &former->rule, former->id,
                former->limit == WI_FORMER_GONE ? WI_LIMITS_MAX : former->limit);
  own_ids(plan, meter, wi_rule_ids(&former->rule), WI_ID_OF_FORMER, index);
  meter->changed_ns = former->changed_ns;
  if (former->limit != WI_FORMER_GONE) {
    struct wi_plan_limit *limit = &plan->limits[former->limit];
    uint32_t at = limit->former_count++;

    for (; at > 0 && plan->formers[limit->formers[at - 1]].changed_ns > former->changed_ns; at--)
      limit->formers[at] = limit->formers[at - 1];
    limit->formers[at] = (uint8_t)index;
  }
}

/* The shortest time that a policy's limits measure. */
static uint64_t finest_ns(const struct wi_meter *meter)
{
  const struct wi_rule *rule = meter->sliding ? &meter->as.window.rule : &meter->as.bucket.rule;

  return meter->sliding ? meter->as.window.part_ns : rule->period_ns / rule->count;
}

static uint64_t memory_ns(const struct wi_meter *meter)
{
  return meter->sliding ? meter->as.window.rule.period_ns
                        : wi_u128_clamp((wi_u128)meter->as.bucket.rule.burst *
                                        meter->as.bucket.rule.period_ns /
                                        meter->as.bucket.rule.count);
}

static void add_key(struct wi_plan_policy *policy, struct wi_plan_limit *limit)
{
  struct wi_wanted *wanted;
  uint32_t at = 0;

  while (at < policy->key_count && policy->keys[at] != limit->key)
    at++;
  wanted = &policy->wanted[at];
  if (at == policy->key_count) {
    policy->keys[policy->key_count++] = limit->key;
    memset(wanted, 0, sizeof *wanted);
  }
  limit->key_at = (uint8_t)at;
  wanted->ids[limit->meter.id / 64] |= (uint64_t)1 << (limit->meter.id % 64);
  if (limit->meter.sliding || limit->former_count != 0)
    wanted->enough = WI_GROUP_CELLS + 1; /* any of several cells may be absent */
  else if (wanted->enough <= WI_GROUP_CELLS)
    wanted->enough++;
}

static void compile_policy(struct wi_plan *plan, uint32_t index, uint64_t coarse_tick_ns)
{
  struct wi_plan_policy *policy = &plan->policies[plan->policy_count];

  plan->policy_count++;
  policy->name = plan->image.set.policies[index].name;
  policy->limit_count = 0;
  policy->key_count = 0;
  policy->coarse_clock = true;
  policy->quick = true;
  policy->lone_key = NULL;
  policy->only = NULL;
  policy->extra = 0;
  policy->special_words = 0;
  policy->special_extra = 0;
  policy->responds = false;
  policy->distinct = false;
  for (uint32_t i = 0; i < plan->image.set.response_count; i++)
    if (plan->image.set.responses[i].policy == index) {
      policy->responds = true;
      plan->limits[plan->image.set.responses[i].limit].responds = true;
    }
  for (uint32_t i = 0; i < plan->image.set.limit_count; i++) {
    struct wi_plan_limit *limit = &plan->limits[i];
    uint8_t at = policy->limit_count;

    if (plan->image.set.limits[i].policy != index ||
        plan->image.set.limits[i].kind != WI_KIND_LIMIT)
      continue;
    policy->limits[policy->limit_count++] = (uint8_t)i;
    policy->distinct |= limit->distinct;
    add_key(policy, limit);
    if (finest_ns(&limit->meter) < COARSE_TICKS * coarse_tick_ns)
      policy->coarse_clock = false;
    if (limit->meter.sliding || limit->former_count != 0 || limit->shadow ||
        at == WI_QUICK_LIMITS_MAX)
      policy->quick = false;
    for (; at > 0; at--) { /* insertion sort, stable */
      const struct wi_plan_limit *before = &plan->limits[policy->limits[policy->charge_order[at - 1]]];

      if (memory_ns(&before->meter) <= memory_ns(&limit->meter))
        break;
      policy->charge_order[at] = policy->charge_order[at - 1];
    }
    policy->charge_order[at] = (uint8_t)(policy->limit_count - 1);
  }
  if (policy->quick && policy->key_count == 1 &&
      plan->keys[policy->keys[0]].attribute_count == 1) {
    policy->lone_key = &plan->keys[policy->keys[0]];
    if (policy->limit_count == 1)
      policy->only = &plan->limits[policy->limits[0]];
  }
}

/* The limits of classes lie where those lie that they stand in for, and count as they do. */
static void compile_classes(struct wi_plan *plan, uint64_t coarse_tick_ns)
{
  for (uint32_t i = 0; i < plan->image.set.limit_count; i++) {
    struct wi_plan_limit *limit = &plan->limits[i];
    const struct wi_plan_limit *base = &plan->limits[limit->of];

    if (limit->kind != WI_KIND_CLASS)
      continue;
    limit->key_at = base->key_at;
    limit->slot = base->slot;
    for (uint32_t p = 0; p < plan->policy_count; p++) {
      struct wi_plan_policy *policy = &plan->policies[p];

      if (plan->image.set.limits[i].policy != p)
        continue;
      policy->wanted[limit->key_at].enough = WI_GROUP_CELLS + 1;
      if (finest_ns(&limit->meter) < COARSE_TICKS * coarse_tick_ns)
        policy->coarse_clock = false;
    }
  }
}

static void compile_backstage(struct wi_plan *plan)
{
  struct wi_plan_policy *policy = plan->backstage;

  memset(policy, 0, sizeof *policy);
  policy->name = "";
  policy->key_count = 1;
  policy->wanted[0].enough = WI_GROUP_CELLS + 1;
}

/* Packed, so that a small policy lies in one page. */
static void lay_out(struct wi_plan *plan)
{
  const struct wi_policy_set *set = &plan->image.set;
  unsigned char *at = plan->arena; /* every structure's size is a multiple of 8 */

  plan->keys = (struct wi_plan_key *)(void *)at;
  at += set->key_count * sizeof *plan->keys;
  plan->limits = (struct wi_plan_limit *)(void *)at;
  at += set->limit_count * sizeof *plan->limits;
  plan->policies = (struct wi_plan_policy *)(void *)at;
  plan->backstage = plan->policies + set->policy_count;
  at += (set->policy_count + 1) * sizeof *plan->policies;
  plan->formers = (struct wi_meter *)(void *)at;
}

void wi_plan_compile(struct wi_plan *plan, const uint64_t secret[2], uint64_t coarse_tick_ns)
{
  lay_out(plan);
  memset(plan->ids, 0, sizeof plan->ids);
  plan->policy_count = 0;
  for (uint32_t i = 0; i < plan->image.set.key_count; i++)
    compile_key(plan, i, secret);
  for (uint32_t i = 0; i < plan->image.set.limit_count; i++)
    compile_limit(plan, i);
  for (uint32_t i = 0; i < plan->image.former_count; i++)
    compile_former(plan, i);
  for (uint32_t i = 0; i < plan->image.set.policy_count; i++)
    compile_policy(plan, i, coarse_tick_ns);
  compile_classes(plan, coarse_tick_ns);
  compile_backstage(plan);
  plan->sole = plan->policy_count == 1 ? &plan->policies[0] : NULL;
}
