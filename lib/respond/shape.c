/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "respond/block.h"

static bool is_same(const struct wi_shape *shape, const struct wi_plan_key *key,
                    const uint64_t *names, size_t words)
{
  if (wi_load_relaxed(&shape->attribute_count) != key->attribute_count)
    return false;
  for (size_t i = 0; i < words; i++)
    if (wi_load_relaxed(&shape->names[i]) != names[i])
      return false;
  return true;
}

static bool is_counted_by(const struct wi_plan *plan, const struct wi_plan_key *key)
{
  for (uint32_t i = 0; plan != NULL && i < plan->image.set.key_count; i++)
    if (wi_plan_same_key(&plan->keys[i], key))
      return true;
  return false;
}

bool wi_shape_need(const struct wi_region *region, const struct wi_plan *plan,
                   const struct wi_plan_key *key)
{
  uint32_t most = is_counted_by(plan, key) ? WI_SHAPES_MAX : WI_SHAPES_FREE;
  union {
    char names[WI_KEY_ATTRIBUTES_MAX][WEIR_NAME_BYTES];
    uint64_t words[WI_KEY_ATTRIBUTES_MAX * WEIR_NAME_BYTES / sizeof(uint64_t)];
  } wanted;

  memset(&wanted, 0, sizeof wanted);
  for (uint32_t i = 0; i < key->attribute_count; i++)
    memcpy(wanted.names[i], key->attributes[i].text,
           strnlen(key->attributes[i].text, WEIR_NAME_BYTES - 1));
  for (uint32_t i = 0; i < WI_SHAPES_MAX; i++) {
    struct wi_shape *shape = &region->side->shapes[i];

    /* Partner: the same by others. */
    if (i < most && wi_cas_seq_cst(&shape->claim, 0, WI_SHAPE_CLAIMED)) {
      wi_store_release(&shape->attribute_count, key->attribute_count);
      for (size_t word = 0; word < WI_COUNT_OF(wanted.words); word++)
        wi_store_release(&shape->names[word], wanted.words[word]);
      /* Partner: the load below. */
      wi_store_release(&shape->claim, WI_SHAPE_READY);
    }
    /* Claimed and not ready: by one that was killed, or the same sort comes twice: no harm. */
    if (wi_load_acquire(&shape->claim) != WI_SHAPE_READY ||
        !is_same(shape, key, wanted.words, WI_COUNT_OF(wanted.words)))
      continue;
    /* Partner: wi_plans_ready().  B2. */
    wi_fetch_or_seq_cst(&region->live->hot.flags, (uint64_t)1 << (WI_HOT_SHAPES_SHIFT + i));
    return true;
  }
  return false;
}
