/* SPDX-License-Identifier: BSD-2-Clause */
#include "gauge/count.h"

uint64_t wi_count_sum(const struct wi_region *region, enum wi_counter counter)
{
  uint64_t sum = 0;

  for (uint32_t i = 0; i < region->geometry.stripes; i++)
    sum += wi_load_relaxed(&region->stripes[i].counts[counter]);
  return sum;
}

uint64_t wi_count_denied(const struct wi_region *region, uint32_t slot)
{
  uint64_t sum = 0;

  for (uint32_t i = 0; i < region->geometry.stripes; i++)
    sum += wi_load_relaxed(&region->stripes[i].denied[slot]);
  return sum;
}

uint64_t wi_count_shadow_denied(const struct wi_region *region, uint32_t slot)
{
  uint64_t sum = 0;

  for (uint32_t i = 0; i < region->geometry.stripes; i++)
    sum += wi_load_relaxed(&region->stripes[i].shadow_denied[slot]);
  return sum;
}
