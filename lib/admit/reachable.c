/* SPDX-License-Identifier: BSD-2-Clause
 * `reachable`: what a blocked principal may still write to (the helpdesk).  Every value of the list
 * has to be reachable, so that one does not carry the rest of the message; what is sent so is
 * charged apart, to limits of its own. */
#include "admit/subject.h"

_Static_assert(WI_LIMITS_MAX <= 64, "limits are chosen by a bit each");

static uint32_t policy_of(const struct wi_decision *decision)
{
  return (uint32_t)(decision->subject->policy - decision->plan->policies);
}

/* The limits that a value may be reached under, a bit each; 0: it may not. */
static uint64_t limits_of(const struct wi_decision *decision, uint32_t word, const void *value,
                          size_t bytes)
{
  const struct wi_plan_special *special;
  struct wi_sip sip = decision->plan->word_keys[word].begun;
  uint64_t limits = 0;
  uint32_t at = 0;

  wi_sip_bytes(&sip, value, bytes);
  while ((special = wi_plan_special(decision->plan, wi_sip_end(&sip), &at)) != NULL)
    if (special->kind == WI_SPECIAL_REACHABLE && special->policy == policy_of(decision) &&
        special->word == word)
      limits |= (uint64_t)1 << special->at;
  return limits;
}

/* false: a value that is not to be reached. */
static bool choose(const struct wi_decision *decision, uint32_t word, const void *value,
                   size_t bytes, uint64_t *chosen)
{
  uint64_t limits = limits_of(decision, word, value, bytes);

  *chosen |= limits;
  return limits != 0;
}

/* The request's values of one attribute, if it has any.  false: one is not to be reached. */
static bool choose_all(const struct wi_decision *decision, uint32_t word,
                       const struct weir_request *request, uint64_t *chosen)
{
  const struct wi_label *name = &decision->plan->word_keys[word].attributes[0];
  const struct weir_attribute *attribute = wi_subject_attribute(request, name);
  bool listed = false;

  for (size_t i = 0; i < request->list_count; i++) {
    const struct weir_list *list = &request->lists[i];

    if (!wi_label_is(name, list->name))
      continue;
    listed = true;
    for (size_t j = 0; j < list->value_count; j++)
      if (!choose(decision, word, list->values[j].value, list->values[j].value_bytes, chosen))
        return false;
  }
  return listed || attribute == NULL || /* the list counts where there is one */
         choose(decision, word, attribute->value, attribute->value_bytes, chosen);
}

/* Words that the policy has reachable values of. */
static uint32_t words_of(const struct wi_decision *decision)
{
  const struct wi_plan *plan = decision->plan;
  uint32_t words = 0;

  for (uint32_t i = 0; i < plan->special_count; i++)
    if (plan->specials[i].kind == WI_SPECIAL_REACHABLE &&
        plan->specials[i].policy == policy_of(decision))
      words |= 1u << plan->specials[i].word;
  return words;
}

/* One limit as an ask of the decision; false: the request lacks what it counts by. */
static bool add_ask(struct wi_decision *decision, struct wi_plan_policy *policy, uint32_t limit,
                    const struct weir_request *request)
{
  struct wi_ask *ask = &decision->asks[decision->ask_count];
  struct wi_subject *apart = &decision->apart;
  uint32_t at = policy->key_count;

  *ask = (struct wi_ask){.limit = &decision->plan->limits[limit], .key_at = at};
  if (at == WI_KEYS_MAX ||
      !wi_subject_place(&decision->table->region, &decision->plan->keys[ask->limit->key], request,
                        &apart->places[at]) ||
      !wi_subject_units(request, ask->limit, &ask->units))
    return false;
  ask->place = &apart->places[at];
  ask->cost = wi_bucket_cost(&ask->limit->meter.as.bucket, ask->units);
  policy->wanted[at].enough = WI_GROUP_CELLS + 1;
  policy->charge_order[decision->ask_count] = (uint8_t)decision->ask_count;
  apart->present |= 1u << at;
  policy->key_count++;
  decision->ask_count++;
  return true;
}

int wi_reachable(struct wi_decision *decision, const struct weir_request *request,
                 struct weir_verdict *verdict)
{
  const struct wi_subject *subject = decision->subject;
  struct wi_plan_policy policy = {.key_count = 0}; /* in place of the request's          */
  uint64_t chosen = 0;
  int error;

  for (uint32_t left = words_of(decision); left != 0; left &= left - 1)
    if (!choose_all(decision, (uint32_t)__builtin_ctz(left), request, &chosen))
      return WI_NOT_REACHABLE;
  if (chosen == 0)
    return WI_NOT_REACHABLE;
  decision->ask_count = 0;
  decision->apart.policy = &policy;
  decision->apart.present = 0;
  for (; chosen != 0; chosen &= chosen - 1)
    if (!add_ask(decision, &policy, (uint32_t)__builtin_ctzll(chosen), request))
      return WI_NOT_REACHABLE;
  decision->subject = &decision->apart;
  error = wi_decide(decision, verdict);
  decision->subject = subject;
  return error;
}
