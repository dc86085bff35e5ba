/* SPDX-License-Identifier: BSD-2-Clause */
#include "guard/block.h"

#include <string.h>

#include "base/arith.h"

uint64_t wi_block_idle_in_ns(uint64_t word, uint64_t now_ns)
{
  uint64_t rest_ns = (word & WI_BLOCK_LIFTED) != 0 || wi_block_generation(word) != 0
                         ? WI_LIFTED_REST_NS
                         : WI_BLOCK_REST_NS;
  uint64_t until_ns = wi_add_sat(wi_block_end_ns(word), rest_ns);

  return until_ns == UINT64_MAX ? UINT64_MAX : wi_sub_floor(until_ns, now_ns);
}

bool wi_guard_suspects_anybody(const struct wi_region *region)
{
  uint64_t bits = 0;

  for (uint32_t i = 0; i < WI_COUNT_OF(region->side->filter); i++)
    bits |= wi_load_acquire(&region->side->filter[i]); /* partner: wi_filter_add() */
  return bits != 0;
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
  struct wi_place own = *place;
  uint64_t tag = place->own | id;
  struct wi_hits hits;

  if (!wi_find_tag(place, tag, hit))
    return false;
  /* The pair may be torn (O3): the same tag behind it, and the word is this cell's. */
  if ((hit->state & WI_TENTATIVE) == 0 && wi_load_acquire(&hit->cell->tag) == tag)
    return true;
  own.mark = place->own;
  wi_find(&own, &everything, &hits); /* a TENTATIVE may stand before the live one */
  return wi_hits_live(&own, &hits, id, hit);
}

bool wi_guard_cell(const struct wi_region *region, const struct wi_place *place, uint32_t id,
                   struct wi_hit *hit)
{
  return wi_filter_has(region, place->own) && find_in(place, id, hit);
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

  if (!wi_filter_has(region, place->own))
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

void wi_place_turn(const struct wi_region *region, struct wi_place *place)
{
  struct wi_hit hit;

  wi_place_turn_by(place, wi_block_find(region, place, &hit) ? hit.state : 0);
}
