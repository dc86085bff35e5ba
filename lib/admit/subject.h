/* SPDX-License-Identifier: BSD-2-Clause
 * Whom a request is about: its policy, and the places of its principals.  Inline, as the
 * part of a decision that every one runs through. */
#ifndef WI_ADMIT_SUBJECT_H
#define WI_ADMIT_SUBJECT_H

#include "admit/admit.h"
#include "region/filter.h"

WI_INLINE const struct wi_plan_policy *wi_subject_policy(const struct wi_plan *plan,
                                                             const char *name)
{
  if (name == NULL)
    return plan->sole;
  for (uint32_t i = 0; i < plan->policy_count; i++)
    if (wi_same_name(plan->policies[i].name, name))
      return &plan->policies[i];
  return NULL;
}

WI_INLINE const struct weir_attribute *wi_subject_attribute(const struct weir_request *request,
                                                            const struct wi_label *name)
{
  for (size_t i = 0; i < request->attribute_count; i++)
    if (wi_label_is(name, request->attributes[i].name))
      return &request->attributes[i];
  return NULL;
}

/* Hash a principal of several attributes: lengths first (hash/siphash.h). */
bool wi_subject_hash_joined(const struct wi_plan_key *key, const struct weir_request *request,
                            struct wi_hash *hash);

/* The principal of a key of one attribute. */
WI_INLINE struct wi_hash wi_subject_hash_single(const struct wi_plan_key *key,
                                                const struct weir_attribute *attribute)
{
  struct wi_sip sip = key->begun;

  wi_sip_bytes(&sip, attribute->value, attribute->value_bytes);
  return wi_sip_end(&sip);
}

/* Hash the principal of one key.  false: the request lacks an attribute of it. */
WI_INLINE bool wi_subject_hash(const struct wi_plan_key *key,
                                   const struct weir_request *request, struct wi_hash *hash)
{
  const struct weir_attribute *attribute;

  if (key->attribute_count != 1)
    return wi_subject_hash_joined(key, request, hash);
  attribute = wi_subject_attribute(request, &key->attributes[0]);
  if (attribute == NULL)
    return false;
  *hash = wi_subject_hash_single(key, attribute);
  return true;
}

/* The place of a principal, its home line prefetched. */
WI_INLINE struct wi_place wi_subject_place_of(const struct wi_region *region, struct wi_hash hash)
{
  struct wi_place place = wi_place_of(region->cells, region->geometry.groups, hash);

  __builtin_prefetch(place.group + place.first, 1);
  return place;
}

/* The same of the principal of a key.  false: the request lacks an
 * attribute of it. */
WI_INLINE bool wi_subject_place(const struct wi_region *region, const struct wi_plan_key *key,
                                const struct weir_request *request, struct wi_place *place)
{
  struct wi_hash hash;

  if (!wi_subject_hash(key, request, &hash))
    return false;
  *place = wi_subject_place_of(region, hash);
  if (WI_UNLIKELY(wi_filter_has(region, place->own)))
    wi_place_turn(region, place);
  return true;
}

/* Units of a limit that the request asks for; false: it does not say. */
bool wi_subject_units(const struct weir_request *request, const struct wi_plan_limit *limit,
                      uint64_t *units);

/* Find the policy and the places of all its keys.  Returns WEIR_OK or WEIR_E_POLICY; an
 * attribute that lacks is not present. */
int wi_subject_resolve(const struct wi_plan *plan, const struct wi_region *region,
                       const struct weir_request *request, struct wi_subject *subject);

#endif
