/* SPDX-License-Identifier: BSD-2-Clause
 * Members of classes, and exemptions.  A request is of a class where any of its principals is a
 * member; then the class's numbers stand for the policy's, whatever the limits count by.  An
 * exemption lifts the limits that count by just its attribute. */
#include "admit/subject.h"
#include "region/filter.h"

/* The policy of a decision, as an index into the set. */
static uint32_t policy_of(const struct wi_decision *decision)
{
  return (uint32_t)(decision->subject->policy - decision->plan->policies);
}

static void find_in_plan(struct wi_decision *decision, struct wi_hash hash, uint32_t word)
{
  const struct wi_plan_special *special;
  uint32_t at = 0;

  while ((special = wi_plan_special(decision->plan, hash, &at)) != NULL) {
    if (special->policy != policy_of(decision) || special->word != word)
      continue;
    if (special->kind == WI_SPECIAL_MEMBER)
      decision->classes |= 1u << special->at;
    else if (special->kind == WI_SPECIAL_EXEMPT)
      decision->exempt |= 1u << special->word;
  }
}

/* Made a member at run time: of the class of that name in every policy that has one. */
static void find_in_table(struct wi_decision *decision, const struct wi_place *place)
{
  const struct wi_policy_set *set = &decision->plan->image.set;
  struct wi_hit hit;

  if (!wi_guard_cell(&decision->table->region, place, WI_ID_CLASS, &hit))
    return;
  for (uint32_t i = 0; i < set->class_count; i++)
    if (set->classes[i].policy == policy_of(decision) &&
        hit.state == wi_class_word(set->classes[i].name))
      decision->classes |= 1u << i;
}

void wi_special_find(struct wi_decision *decision, const struct weir_request *request)
{
  const struct wi_region *region = &decision->table->region;
  const struct wi_subject *subject = decision->subject;
  const struct wi_plan *plan = decision->plan;

  decision->classes = 0;
  decision->exempt = 0;
  for (uint32_t left = subject->policy->special_words; left != 0; left &= left - 1) {
    uint32_t word = (uint32_t)__builtin_ctz(left);
    struct wi_hash hash;

    if (wi_subject_hash(&plan->word_keys[word], request, &hash) &&
        wi_filter_has(region, hash.mark))
      find_in_plan(decision, hash, word);
  }
  for (uint32_t i = 0; i < subject->policy->key_count && plan->image.set.class_count != 0; i++)
    if ((subject->present >> i & 1) != 0)
      find_in_table(decision, &subject->places[i]);
}

static bool is_exempt(const struct wi_decision *decision, const struct wi_plan_limit *limit)
{
  const struct wi_key *key = &decision->plan->image.set.keys[limit->key];

  return key->attribute_count == 1 && (decision->exempt >> key->attributes[0] & 1) != 0;
}

const struct wi_plan_limit *wi_special_limit(const struct wi_decision *decision,
                                             const struct wi_plan_limit *limit)
{
  const struct wi_plan *plan = decision->plan;
  uint32_t index = (uint32_t)(limit - plan->limits);

  if (WI_LIKELY((decision->classes | decision->exempt) == 0))
    return limit;
  if (is_exempt(decision, limit))
    return NULL;
  for (uint32_t i = 0; decision->classes != 0 && i < plan->image.set.limit_count; i++) {
    const struct wi_plan_limit *other = &plan->limits[i];

    if (other->kind == WI_KIND_CLASS && other->of == index &&
        (decision->classes >> other->class_at & 1) != 0)
      return other->unlimited ? NULL : other;
  }
  return limit;
}
