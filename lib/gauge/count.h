/* SPDX-License-Identifier: BSD-2-Clause
 * Counters, one stripe a processor, so that counting moves no line between processors.
 * See wi_count_add() for what a count is worth. */
#ifndef WI_GAUGE_COUNT_H
#define WI_GAUGE_COUNT_H

#include <sched.h>

#include "region/region.h"

static inline struct wi_stripe *wi_count_stripe(const struct wi_region *region)
{
  int processor = sched_getcpu(); /* from memory that the kernel keeps up to date: no call */

  return &region->stripes[(uint32_t)(processor < 0 ? 0 : processor) &
                          (region->geometry.stripes - 1)];
}

static inline void wi_count(const struct wi_region *region, enum wi_counter counter, uint64_t value)
{
  wi_count_add(&wi_count_stripe(region)->counts[counter], value);
}

/* Sums over the stripes. */
uint64_t wi_count_sum(const struct wi_region *region, enum wi_counter counter);
uint64_t wi_count_denied(const struct wi_region *region, uint32_t slot);
uint64_t wi_count_shadow_denied(const struct wi_region *region, uint32_t slot);

#endif
