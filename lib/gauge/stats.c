/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "gauge/stats.h"
#include "gauge/count.h"

#define SAMPLE_GROUPS_MAX ((uint64_t)1 << 14) /* of 64 cells                           */

struct tally {
  uint64_t groups, used, live, full;
};

static void tally_group(const struct wi_cell *group, wi_word_is_idle *is_idle, void *context,
                        struct tally *tally)
{
  bool room = false;

  tally->groups++;
  for (uint32_t i = 0; i < WI_GROUP_CELLS; i++) {
    uint64_t tag = wi_load_relaxed(&group[i].tag); /* a sample: torn pairs do not matter */
    uint64_t state = wi_load_relaxed(&group[i].state);

    if (tag == WI_TAG_NEVER || tag == WI_TAG_DEAD) {
      room = true;
      tally->used += tag != WI_TAG_NEVER;
      continue;
    }
    tally->used++;
    if ((state & WI_TENTATIVE) != 0 || is_idle(context, wi_tag_id(tag), state))
      room = true;
    else
      tally->live++;
  }
  tally->full += !room;
}

void wi_stats_cells(const struct wi_region *region, wi_word_is_idle *is_idle, void *context,
                    struct weir_stats *stats)
{
  uint64_t groups = region->geometry.groups;
  uint64_t sample = groups < SAMPLE_GROUPS_MAX ? groups : SAMPLE_GROUPS_MAX;
  struct tally tally = {0};

  /* Principals are placed by a hash: evenly spaced groups are a fair sample. */
  for (uint64_t i = 0; i < sample; i++)
    tally_group(region->cells + (uint64_t)((wi_u128)i * groups / sample) * WI_GROUP_CELLS, is_idle,
                context, &tally);
  stats->groups = groups;
  stats->cells = groups * WI_GROUP_CELLS;
  stats->cells_used = (uint64_t)((wi_u128)tally.used * groups / tally.groups);
  stats->cells_live = (uint64_t)((wi_u128)tally.live * groups / tally.groups);
  stats->groups_full = (uint64_t)((wi_u128)tally.full * groups / tally.groups);
}

void wi_stats_counters(const struct wi_region *region, struct weir_stats *stats)
{
  uint64_t flags;

  stats->allowed = wi_count_sum(region, WI_COUNT_ALLOWED);
  stats->denied = wi_count_sum(region, WI_COUNT_DENIED);
  stats->errors = wi_count_sum(region, WI_COUNT_ERRORS);
  stats->shadow_denied = wi_count_sum(region, WI_COUNT_SHADOW_DENIED);
  stats->inserted = wi_count_sum(region, WI_COUNT_INSERTED);
  stats->reclaimed = wi_count_sum(region, WI_COUNT_RECLAIMED);
  stats->evicted = wi_count_sum(region, WI_COUNT_EVICTED);
  stats->inherited = wi_count_sum(region, WI_COUNT_INHERITED);
  stats->full_denied = wi_count_sum(region, WI_COUNT_FULL_DENIED);
  stats->full_allowed = wi_count_sum(region, WI_COUNT_FULL_ALLOWED);
  stats->undone = wi_count_sum(region, WI_COUNT_UNDONE);
  stats->debts_left = wi_count_sum(region, WI_COUNT_DEBTS_LEFT);
  stats->healed = wi_count_sum(region, WI_COUNT_HEALED);
  stats->carried_over = wi_count_sum(region, WI_COUNT_CARRIED_OVER);
  stats->blocked = wi_count_sum(region, WI_COUNT_BLOCKED);
  stats->auto_blocks = wi_count_sum(region, WI_COUNT_AUTO_BLOCKS);
  stats->auto_blocks_failed = wi_count_sum(region, WI_COUNT_AUTO_BLOCKS_FAILED);
  flags = wi_load_acquire(&region->live->hot.flags); /* partner: the CAS of weir_switch() */
  stats->switched = (flags & WI_HOT_DENY_ALL) != 0    ? WEIR_SWITCH_DENY_ALL
                    : (flags & WI_HOT_ALLOW_ALL) != 0 ? WEIR_SWITCH_ALLOW_ALL
                                                      : WEIR_SWITCH_NORMAL;
  stats->events = wi_load_relaxed(&region->side->ring_head);
  stats->events_lost = wi_count_sum(region, WI_COUNT_EVENTS_LOST);
  stats->policy_version = wi_load_acquire(&region->live->hot.policy_version);
  stats->keys = region->geometry.keys;
  stats->file_bytes = region->geometry.file_bytes;
  stats->huge_pages = wi_region_has_huge_pages(region);
}
