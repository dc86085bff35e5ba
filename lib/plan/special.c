/* SPDX-License-Identifier: BSD-2-Clause */
#include "plan/plan.h"
#include "region/filter.h"

static void need_key(struct wi_plan *plan, uint32_t word, const uint64_t secret[2])
{
  struct wi_plan_key *key = &plan->word_keys[word];

  key->attribute_count = 1;
  key->attributes[0] = wi_label_of(plan->image.set.words[word]);
  wi_plan_key_begin(key, secret);
}

static struct wi_hash hash_of(const struct wi_plan *plan, const struct wi_special *special)
{
  struct wi_sip sip = plan->word_keys[special->word].begun;

  wi_sip_bytes(&sip, plan->image.set.values + special->offset, special->value_bytes);
  return wi_sip_end(&sip);
}

/* Insertion sort by mark: a plan is made once a process and policy. */
static void insert(struct wi_plan *plan, const struct wi_plan_special *special)
{
  uint32_t at = plan->special_count++;

  for (; at > 0 && plan->specials[at - 1].hash.mark > special->hash.mark; at--)
    plan->specials[at] = plan->specials[at - 1];
  plan->specials[at] = *special;
}

static bool is_key_of(const struct wi_plan *plan, const struct wi_plan_policy *policy, uint32_t word)
{
  for (uint32_t i = 0; i < policy->key_count; i++) {
    const struct wi_key *key = &plan->image.set.keys[policy->keys[i]];

    if (key->attribute_count == 1 && key->attributes[0] == word)
      return true;
  }
  return false;
}

void wi_plan_compile_specials(struct wi_plan *plan, const struct wi_region *region)
{
  const struct wi_policy_set *set = &plan->image.set;

  plan->special_count = 0;
  for (uint32_t i = 0; i < set->special_count; i++) {
    const struct wi_special *each = &set->specials[i];
    struct wi_plan_policy *policy = &plan->policies[each->policy];
    struct wi_plan_special special = {.kind = (uint8_t)each->kind,
                                      .policy = (uint8_t)each->policy,
                                      .word = (uint8_t)each->word,
                                      .at = (uint8_t)each->at};

    need_key(plan, each->word, region->secret);
    special.hash = hash_of(plan, each);
    insert(plan, &special);
    if (each->kind == WI_SPECIAL_REACHABLE)
      continue; /* asked for where somebody is blocked */
    wi_filter_add(region, special.hash.mark);
    policy->special_words |= 1u << each->word;
    if (!is_key_of(plan, policy, each->word))
      policy->special_extra |= 1u << each->word;
  }
  for (uint32_t i = 0; i < plan->policy_count; i++)
    if (plan->policies[i].special_extra != 0)
      plan->policies[i].quick = false;
}

const struct wi_plan_special *wi_plan_special(const struct wi_plan *plan, struct wi_hash hash,
                                              uint32_t *at)
{
  uint32_t from = *at, to = plan->special_count;

  while (from < to) { /* the first whose mark is not below */
    uint32_t middle = from + (to - from) / 2;

    if (plan->specials[middle].hash.mark < hash.mark)
      from = middle + 1;
    else
      to = middle;
  }
  for (; from < plan->special_count && plan->specials[from].hash.mark == hash.mark; from++)
    if (plan->specials[from].hash.place == hash.place) {
      *at = from + 1;
      return &plan->specials[from];
    }
  return NULL;
}
