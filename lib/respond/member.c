/* SPDX-License-Identifier: BSD-2-Clause */
#include "region/filter.h"
#include "respond/block.h"

#define ROUNDS_MAX 64u

enum wi_block_result wi_member_set(const struct wi_decision *decision,
                                   const struct wi_principal *principal, const char *name)
{
  const struct wi_region *region = &decision->table->region;
  uint64_t word = name != NULL ? wi_class_word(name) : 0;

  wi_filter_add(region, principal->hash.mark); /* before the cell: region/filter.h */
  for (uint32_t round = 0; round < ROUNDS_MAX; round++) {
    struct wi_hit hit;

    if (wi_guard_cell(region, &principal->place, WI_ID_CLASS, &hit)) {
      /* Partner: the same by others; dead with its word kept, as every cell that goes. */
      if (name != NULL ? wi_hit_replace(&hit, hit.tag, word)
                       : wi_hit_replace(&hit, WI_TAG_DEAD, hit.state))
        return WI_BLOCK_SET;
      continue;
    }
    if (name == NULL)
      return WI_BLOCK_SET;
    switch (wi_pin(decision, &principal->place, WI_ID_CLASS, word)) {
    case WI_CLAIM_CHARGED:
      return WI_BLOCK_SET;
    case WI_CLAIM_FULL:
      return WI_BLOCK_FULL;
    case WI_CLAIM_STALE:
      return WI_BLOCK_STALE;
    default:
      break; /* somebody else makes it: found again */
    }
  }
  return WI_BLOCK_FULL;
}
