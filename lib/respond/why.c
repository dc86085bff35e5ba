/* SPDX-License-Identifier: BSD-2-Clause */
#include "respond/see.h"

#include <string.h>

#include "admit/subject.h"
#include "base/arith.h"
#include "guard/pending.h"
#include "guard/tell.h"

_Static_assert(WEIR_PRINCIPAL_BYTES == WI_PRINCIPAL_BYTES, "what is kept is what is shown");
_Static_assert(sizeof((struct weir_why *)0)->reason == sizeof((struct wi_name *)0)->reason &&
                   sizeof((struct weir_why *)0)->by == sizeof((struct wi_name *)0)->by,
               "texts are copied whole");

/* What a block's cell says, in force or over. */
static void read_block(const struct wi_decision *decision, const struct wi_hit *hit,
                       struct weir_why *why)
{
  uint64_t end_ns = wi_block_end_ns(hit->state);
  uint64_t end_wall_ns = wi_tell_wall_ns(&decision->table->region, end_ns);
  struct wi_name name;

  if ((hit->state & WI_BLOCK_NO_CUT) != 0) /* it was lifted, and there had been no block */
    return;
  why->lifted = (hit->state & WI_BLOCK_LIFTED) != 0;
  why->level = wi_block_level(hit->state);
  why->blocked = wi_block_is_in_force(hit->state, decision->now_ns);
  why->until_wall_ns = end_wall_ns;
  why->cut_before_wall_ns = why->blocked ? WEIR_NEVER : end_wall_ns;
  why->cut_until_wall_ns = wi_add_sat(end_wall_ns, WI_BLOCK_REST_NS);
  if (why->blocked)
    why->remaining_ns = end_ns == UINT64_MAX ? WEIR_NEVER : end_ns - decision->now_ns;
  if (!wi_name_find_block(&decision->table->region, hit->tag, hit->state, &name))
    return;
  why->since_wall_ns = name.since_wall_ns;
  memcpy(why->reason, name.reason, sizeof why->reason);
  memcpy(why->by, name.by, sizeof why->by);
}

static void read_denied(const struct wi_decision *decision, const struct wi_principal *principal,
                        struct weir_why *why)
{
  const struct wi_region *region = &decision->table->region;
  struct wi_name name;
  int limit;

  if (!wi_name_find_denied(region, principal->hash, &name))
    return;
  why->denied = wi_add_sat(name.denied, wi_pending_denied(region, principal->place.own));
  if (name.denied_last_ns != 0)
    why->denied_last_wall_ns = wi_tell_wall_ns(&decision->table->region, name.denied_last_ns);
  limit = wi_used_limit_of_slot(decision->plan, name.slot);
  if (why->denied == 0 || limit < 0)
    return;
  memcpy(why->denied_limit, decision->plan->image.set.limits[limit].name,
         sizeof why->denied_limit); /* NUL-padded, as all names of a set */
  memcpy(why->denied_policy,
         decision->plan->image.set.policies[decision->plan->image.set.limits[limit].policy].name,
         sizeof why->denied_policy);
}

/* Whether a key has all attributes of another, and more. */
static bool has_more(const struct wi_plan_key *key, const struct wi_plan_key *than)
{
  uint32_t found = 0;

  for (uint32_t i = 0; i < key->attribute_count && found < than->attribute_count; i++)
    found += strcmp(key->attributes[i].text, than->attributes[found].text) == 0; /* both in byte order */
  return found == than->attribute_count && key->attribute_count > than->attribute_count;
}

static struct weir_why_limit *add_limit(const struct wi_plan *plan, uint32_t index,
                                        struct wi_why_limits *limits)
{
  const struct wi_policy_set *set = &plan->image.set;
  const struct wi_limit *limit = &set->limits[index];
  struct weir_why_limit *added = &limits->limits[limits->count++];

  wi_policy_key_name(set, limit->key, limits->keys[limit->key]);
  *added = (struct weir_why_limit){
      .policy = set->policies[limit->policy].name,
      .limit = limit->name,
      .unit = set->words[limit->unit],
      .key = limits->keys[limit->key],
      .class_name = limit->kind == WI_KIND_CLASS ? set->classes[limit->class_at].name : "",
      .flags = wi_used_flags(limit),
      .quota = limit->rule.count,
      .period_ns = limit->rule.period_ns,
      .burst = limit->rule.burst,
  };
  return added;
}

/* Of which classes of a policy the principal is, and what it is exempt from. */
static void find_specials(struct wi_decision *decision, uint32_t policy,
                          const struct wi_principal *principal)
{
  struct weir_attribute attributes[WI_KEY_ATTRIBUTES_MAX];
  struct weir_request request = {.policy = decision->plan->policies[policy].name,
                                 .attributes = attributes,
                                 .attribute_count = principal->key.attribute_count};
  struct wi_subject subject;

  for (uint32_t i = 0; i < principal->key.attribute_count; i++)
    attributes[i] = *principal->values[i];
  (void)wi_subject_resolve(decision->plan, &decision->table->region, &request, &subject);
  decision->subject = &subject;
  wi_special_find(decision, &request);
  decision->subject = NULL;
}

/* A limit of the principal's own, by the numbers that stand for it. */
static void read_limit(struct wi_decision *decision, uint32_t index, const struct wi_place *place,
                       struct wi_why_limits *limits)
{
  const struct wi_plan *plan = decision->plan;
  const struct wi_plan_limit *limit = &plan->limits[index], *stands = limit;
  struct weir_why_limit *added;
  struct wi_used used;

  if (limit->kind == WI_KIND_LIMIT)
    stands = wi_special_limit(decision, limit);
  if (stands == NULL) {
    added = add_limit(plan, index, limits);
    added->flags |= WEIR_WHY_LIFTED;
    added->remaining = added->burst;
    return;
  }
  wi_used_read(decision, stands, place, &used);
  added = add_limit(plan, (uint32_t)(stands - plan->limits), limits);
  added->used = used.used;
  added->remaining = used.remaining;
  added->full_in_ns = used.full_in_ns;
}

static void read_limits(struct wi_decision *decision, const struct wi_principal *principal,
                        struct weir_why *why, struct wi_why_limits *limits)
{
  const struct wi_plan *plan = decision->plan;
  struct wi_place place = principal->place;
  uint32_t policy = WI_POLICIES_MAX;

  wi_place_turn(&decision->table->region, &place);
  for (uint32_t i = 0; i < plan->image.set.limit_count; i++) {
    if (plan->limits[i].kind == WI_KIND_CLASS ||
        !wi_plan_same_key(&plan->keys[plan->limits[i].key], &principal->key))
      continue;
    if (policy != plan->image.set.limits[i].policy)
      find_specials(decision, policy = plan->image.set.limits[i].policy, principal);
    read_limit(decision, i, &place, limits);
    why->limits++;
  }
  for (uint32_t i = 0; i < plan->image.set.limit_count; i++)
    if (plan->limits[i].kind == WI_KIND_LIMIT &&
        has_more(&plan->keys[plan->limits[i].key], &principal->key)) {
      add_limit(plan, i, limits)->flags |= WEIR_WHY_BY_MORE;
      why->limits_more++;
    }
}

bool wi_why(struct wi_decision *decision, const struct wi_principal *principal,
            struct weir_why *summary, struct wi_why_limits *limits)
{
  const struct wi_region *region = &decision->table->region;
  /* Partner: the CAS of weir_switch(). */
  uint64_t flags = wi_load_acquire(&region->live->hot.flags);
  struct wi_hit block;

  memset(summary, 0, sizeof *summary);
  limits->count = 0;
  summary->size_bytes = sizeof *summary;
  summary->switched = (flags & WI_HOT_DENY_ALL) != 0    ? WEIR_SWITCH_DENY_ALL
                      : (flags & WI_HOT_ALLOW_ALL) != 0 ? WEIR_SWITCH_ALLOW_ALL
                                                        : WEIR_SWITCH_NORMAL;
  wi_principal_text(principal, summary->principal);
  if (wi_block_find(region, &principal->place, &block))
    read_block(decision, &block, summary);
  read_denied(decision, principal, summary);
  if (decision->plan == NULL)
    return true;
  read_limits(decision, principal, summary, limits);
  return !wi_decision_is_stale(decision);
}
