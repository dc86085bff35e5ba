/* SPDX-License-Identifier: BSD-2-Clause */
#include "guard/block.h"

#include <string.h>

#include "base/arith.h"

uint64_t wi_block_idle_in_ns(uint64_t word, uint64_t now_ns)
{
  uint64_t rest_ns = wi_add_sat(wi_block_end_ns(word), WI_BLOCK_REST_NS);

  if (rest_ns == UINT64_MAX || (word & WI_BLOCK_RESETTING) != 0)
    return UINT64_MAX;
  return wi_sub_floor(rest_ns, now_ns);
}

struct wi_place wi_block_spill_place(const struct wi_region *region, const struct wi_place *place)
{
  struct wi_place spill = *place;

  spill.group = region->side->spill;
  return spill;
}

static bool find_in(const struct wi_place *place, uint32_t id, struct wi_hit *hit)
{
  static const struct wi_wanted everything = {.enough = WI_GROUP_CELLS + 1};
  uint64_t tag = place->mark | id;
  struct wi_hits hits;

  if (!wi_find_tag(place, tag, hit))
    return false;
  /* The pair may be torn (O3): the same tag behind it, and the word is this cell's. */
  if ((hit->state & WI_TENTATIVE) == 0 && wi_load_acquire(&hit->cell->tag) == tag)
    return true;
  wi_find(place, &everything, &hits); /* a TENTATIVE may stand before the live one */
  return wi_hits_live(place, &hits, id, hit);
}

bool wi_guard_cell(const struct wi_region *region, const struct wi_place *place, uint32_t id,
                   struct wi_hit *hit)
{
  return wi_filter_has(region, place->mark) && find_in(place, id, hit);
}

uint64_t wi_class_word(const char *name)
{
  return wi_layout_checksum(name, strnlen(name, WEIR_NAME_BYTES)) >> 1 | 1;
}

/* Of two cells of one principal, which one counts. */
static bool outlasts(uint64_t word, uint64_t other)
{
  if (((word ^ other) & WI_BLOCK_LIFTED) != 0)
    return (word & WI_BLOCK_LIFTED) == 0;
  return wi_block_end(word) > wi_block_end(other);
}

bool wi_block_find(const struct wi_region *region, const struct wi_place *place,
                   struct wi_hit *hit)
{
  struct wi_place spill;
  struct wi_hit spilled;
  bool found;

  if (!wi_filter_has(region, place->mark))
    return false;
  found = find_in(place, WI_ID_BLOCK, hit);
  /* Partner: the fetch_or in respond/block.c, before the cell is made. */
  if (WI_LIKELY((wi_load_acquire(&region->live->hot.flags) & WI_HOT_SPILLED) == 0))
    return found;
  spill = wi_block_spill_place(region, place);
  if (find_in(&spill, WI_ID_BLOCK, &spilled) && (!found || outlasts(spilled.state, hit->state))) {
    *hit = spilled;
    found = true;
  }
  return found;
}
