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

bool wi_place_is_former(const struct wi_region *region, const struct wi_place *place)
{
  struct wi_hit hit;
  uint64_t word = wi_block_find(region, place, &hit) ? hit.state : 0;

  return wi_block_generation(word) != wi_block_generation(place->block);
}

/* A cell that is charged meanwhile is tried again; a word is charged at most as often as there
 * are decisions that began before the lift. */
#define CLEAR_ROUNDS_MAX 16u

static void kill_cell(struct wi_cell *cell, uint64_t tag)
{
  for (uint32_t round = 0; round < CLEAR_ROUNDS_MAX; round++) {
    struct wi_hit hit = {.cell = cell, .tag = tag, .state = wi_load_acquire(&cell->state)};

    /* Partner: every other CAS on the cell. */
    if (wi_hit_replace(&hit, WI_TAG_DEAD, hit.state) || wi_load_acquire(&cell->tag) != tag)
      return;
  }
}

void wi_place_clear_former(const struct wi_place *place, uint32_t generation)
{
  uint64_t marks[WI_FORMER_GENERATIONS];
  uint32_t count = (uint32_t)wi_min(generation, WI_FORMER_GENERATIONS);

  for (uint32_t i = 0; i < count; i++) {
    struct wi_place former = *place;

    wi_place_turn_by(&former, (uint64_t)(generation - 1 - i) << WI_BLOCK_GENERATION_SHIFT);
    marks[i] = former.mark;
  }
  for (uint32_t i = 0; i < WI_GROUP_CELLS; i++) {
    uint64_t tag = wi_load_acquire(&place->group[i].tag); /* partner: every CAS on the cell */

    if (wi_tag_id(tag) < WI_ID_FIRST_WORD)
      continue;
    for (uint32_t j = 0; j < count; j++)
      if (wi_tag_mark(tag) == marks[j])
        kill_cell(&place->group[i], tag);
  }
}
