/* SPDX-License-Identifier: BSD-2-Clause */
#include "admit/subject.h"
#include "base/arith.h"
#include "guard/principal.h"

/* One principal.  Raises *end_ns where it is blocked. */
static bool is_barred(const struct wi_decision *decision, const struct wi_place *place,
                      uint64_t *end_ns)
{
  if (!wi_block_is_in_force(place->block, decision->now_ns))
    return false;
  *end_ns = wi_max(*end_ns, wi_block_end_ns(place->block));
  return true;
}

/* The values of a shape in the request.  false: it lacks one. */
static bool find_principal(const struct wi_region *region, const struct wi_plan_key *shape,
                           const struct weir_request *request, struct wi_principal *principal)
{
  principal->key = *shape;
  for (uint32_t i = 0; i < shape->attribute_count; i++) {
    principal->values[i] = wi_subject_attribute(request, &shape->attributes[i]);
    if (principal->values[i] == NULL)
      return false;
  }
  wi_principal_hash(region, principal);
  wi_place_turn(region, &principal->place);
  return true;
}

bool wi_barred(const struct wi_decision *decision, const struct weir_request *request, uint64_t *end_ns)
{
  const struct wi_region *region = &decision->table->region;
  const struct wi_subject *subject = decision->subject;
  const struct wi_plan_policy *policy = subject->policy;
  bool barred = false;

  *end_ns = 0;
  for (uint32_t i = 0; i < policy->key_count; i++)
    if ((subject->present >> i & 1) != 0)
      barred |= is_barred(decision, &subject->places[i], end_ns);
  for (uint32_t left = policy->extra; WI_UNLIKELY(left != 0); left &= left - 1) {
    const struct wi_plan_key *shape = &decision->plan->shapes[__builtin_ctz(left)];
    struct wi_principal principal;

    if (find_principal(region, shape, request, &principal))
      barred |= is_barred(decision, &principal.place, end_ns);
  }
  return barred;
}

bool wi_barred_suspects(const struct wi_region *region, const struct wi_plan *plan, uint32_t extra,
                        const struct weir_request *request)
{
  for (uint32_t left = extra; left != 0; left &= left - 1) {
    struct wi_principal principal;

    if (find_principal(region, &plan->shapes[__builtin_ctz(left)], request, &principal) &&
        wi_filter_has(region, principal.place.own))
      return true;
  }
  return false;
}
