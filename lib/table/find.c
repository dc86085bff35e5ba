/* SPDX-License-Identifier: BSD-2-Clause */
#include "table/group.h"

/* One line at a time: four comparisons without a branch, then one branch for the line. */
void wi_find(const struct wi_place *place, const struct wi_wanted *wanted, struct wi_hits *hits)
{
  uint32_t found = 0;

  hits->mine = 0;
  hits->room = false;
  for (uint32_t step = 0; step < WI_GROUP_CELLS; step += WI_LINE_CELLS) {
    struct wi_cell *line = wi_place_cell(place, step);
    uint64_t tags[WI_LINE_CELLS];
    uint32_t mine;

    wi_line_tags(line, tags);
    mine = wi_line_mine(tags, place->mark);
    hits->mine |= (uint64_t)mine << (line - place->group);
    for (; mine != 0; mine &= mine - 1) {
      uint32_t i = (uint32_t)__builtin_ctz(mine), id = wi_tag_id(tags[i]);

      /* A tentative one may stand before the live one. */
      if ((wi_load_acquire(&line[i].state) & WI_TENTATIVE) == 0)
        found += (uint32_t)(wanted->ids[id / 64] >> (id % 64) & 1);
    }
    if (wi_line_match(tags, WI_TAG_NEVER) != 0) {
      hits->room = true;
      return;
    }
    if (found >= wanted->enough)
      return;
  }
}

struct wi_cell *wi_find_beyond(struct wi_cell *group, uint32_t first, uint64_t tag)
{
  const struct wi_place place = {.group = group, .first = first};

  for (uint32_t step = 0; step < WI_GROUP_CELLS; step += WI_LINE_CELLS) {
    struct wi_cell *line = wi_place_cell(&place, step);
    uint64_t tags[WI_LINE_CELLS];
    uint32_t match;

    wi_line_tags(line, tags);
    match = step != 0 ? wi_line_match(tags, tag) : 0;
    if (match != 0)
      return line + __builtin_ctz(match);
    if (wi_line_match(tags, WI_TAG_NEVER) != 0)
      return NULL;
  }
  return NULL;
}

uint32_t wi_find_floors(const struct wi_place *place, uint32_t id, struct wi_hit floors[WI_FLOORS])
{
  uint32_t count = 0;

  for (uint32_t step = 0; step < WI_GROUP_CELLS; step += WI_LINE_CELLS) {
    struct wi_cell *line = wi_place_cell(place, step);
    uint64_t tags[WI_LINE_CELLS];

    wi_line_tags(line, tags); /* partner: EVICT's CAS, O2 */
    for (uint32_t match = wi_line_match(tags, id); match != 0; match &= match - 1) {
      struct wi_cell *cell = line + __builtin_ctz(match);
      uint64_t state = wi_load_acquire(&cell->state);

      /* Else torn (O3): it was idle and has been taken since, so that its debt is nobody's. */
      if ((state & WI_TENTATIVE) == 0 && wi_load_acquire(&cell->tag) == id)
        floors[count++] = (struct wi_hit){cell, id, state};
    }
  }
  return count;
}
