/* SPDX-License-Identifier: BSD-2-Clause
 * Figures of a table for its operator.  Reads only; any thread, at any time. */
#ifndef WI_GAUGE_STATS_H
#define WI_GAUGE_STATS_H

#include "region/region.h"

typedef bool wi_word_is_idle(void *context, uint32_t id, uint64_t state);

/* Occupancy, from an evenly spaced sample of at most 2^20 cells. */
void wi_stats_cells(const struct wi_region *region, wi_word_is_idle *is_idle, void *context,
                    struct weir_stats *stats);

void wi_stats_counters(const struct wi_region *region, struct weir_stats *stats);

#endif
