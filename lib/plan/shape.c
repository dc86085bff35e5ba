/* SPDX-License-Identifier: BSD-2-Clause
 * Sets of attributes that blocks were given by (region/side.h). */
#include "plan/plan.h"

#include <string.h>

#include "policy/name.h"

/* Shapes that an attribute set of a hostile file may not be. */
static bool shape_is_sound(char names[WI_KEY_ATTRIBUTES_MAX][WEIR_NAME_BYTES], uint64_t count)
{
  if (count == 0 || count > WI_KEY_ATTRIBUTES_MAX)
    return false;
  for (uint64_t i = 0; i < count; i++)
    if (!wi_name_stored_is_sound(names[i]) || (i > 0 && strcmp(names[i - 1], names[i]) >= 0))
      return false;
  return true;
}

static void compile_shape(struct wi_plan *plan, uint32_t index, const struct wi_shape *shape,
                          const uint64_t secret[2])
{
  struct wi_plan_key *key = &plan->shapes[index];
  uint64_t count = wi_load_relaxed(&shape->attribute_count);
  uint64_t *to = plan->shape_names[index].words;

  for (uint32_t i = 0; i < WI_COUNT_OF(shape->names); i++)
    to[i] = wi_load_relaxed(&shape->names[i]); /* complete: wi_plan_read_shapes() */
  key->attribute_count = 0;
  if (!shape_is_sound(plan->shape_names[index].names, count))
    return;
  key->attribute_count = (uint8_t)count;
  for (uint32_t i = 0; i < count; i++)
    key->attributes[i] = wi_label_of(plan->shape_names[index].names[i]);
  wi_plan_key_begin(key, secret);
}

static bool has_key(const struct wi_plan *plan, const struct wi_plan_policy *policy,
                    const struct wi_plan_key *key)
{
  for (uint32_t i = 0; i < policy->key_count; i++)
    if (wi_plan_same_key(&plan->keys[policy->keys[i]], key))
      return true;
  return false;
}

void wi_plan_read_shapes(struct wi_plan *plan, const struct wi_region *region)
{
  /* Partner: the fetch_or in respond/shape.c, after which the shape is complete. */
  plan->shapes_ready = wi_load_acquire(&region->live->hot.flags) >> WI_HOT_SHAPES_SHIFT;
  plan->hot_flags = plan->shapes_ready << WI_HOT_SHAPES_SHIFT;
  for (uint32_t i = 0; i < WI_SHAPES_MAX; i++) {
    if ((plan->shapes_ready >> i & 1) == 0)
      continue;
    compile_shape(plan, i, &region->side->shapes[i], region->secret);
    for (uint32_t p = 0; p < plan->policy_count; p++)
      if (plan->shapes[i].attribute_count != 0 &&
          !has_key(plan, &plan->policies[p], &plan->shapes[i])) {
        plan->policies[p].extra |= 1u << i;
        plan->policies[p].lone_key = NULL; /* it is not alone                             */
      }
  }
}

bool wi_plan_same_key(const struct wi_plan_key *a, const struct wi_plan_key *b)
{
  if (a->attribute_count != b->attribute_count)
    return false;
  for (uint32_t i = 0; i < a->attribute_count; i++)
    if (strcmp(a->attributes[i].text, b->attributes[i].text) != 0)
      return false;
  return true;
}
