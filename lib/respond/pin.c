/* SPDX-License-Identifier: BSD-2-Clause */
#include "respond/block.h"

/* Cells of one group that are never evicted, so that limits keep half of it.  One that is idle is
 * as good as free. */
static uint32_t count_pinned(const struct wi_place *place, const struct wi_judge *judge)
{
  uint32_t count = 0;

  for (uint32_t i = 0; i < WI_GROUP_CELLS; i++) { /* partner: every CAS on a cell; a hint */
    uint32_t id = wi_tag_id(wi_load_acquire(&place->group[i].tag));
    uint64_t state = wi_load_acquire(&place->group[i].state);
    bool disposable;

    count += (id == WI_ID_BLOCK || id == WI_ID_CLASS) &&
             ((state & WI_TENTATIVE) != 0 ||
              judge->idle_in_ns(judge->context, id, state, &disposable) != 0);
  }
  return count;
}

/* Where there is no room otherwise: a block that is over and was never lifted is idle at once,
 * though sessions from before it are then no longer refused. */
static uint64_t idle_when_over(void *context, uint32_t id, uint64_t state, bool *disposable)
{
  const struct wi_decision *decision = context;
  struct wi_judge judge;

  *disposable = false;
  if (id == WI_ID_BLOCK && wi_block_generation(state) == 0 &&
      !wi_block_is_in_force(state, decision->now_ns))
    return 0;
  wi_judge_of(&((struct wi_placing *)context)->decision, &judge);
  return judge.idle_in_ns(context, id, state, disposable);
}

enum wi_claim wi_pin(const struct wi_decision *decision, const struct wi_place *place, uint32_t id,
                     uint64_t word)
{
  const struct wi_region *region = &decision->table->region;
  struct wi_placing placing;
  struct wi_place own = *place, spill;
  struct wi_judge judge;
  struct wi_claimed claimed;
  enum wi_claim result = WI_CLAIM_FULL;

  own.mark = place->own;
  spill = wi_block_spill_place(region, &own);
  wi_judge_placing(&placing, decision, word, &judge);
  if (count_pinned(place, &judge) < WI_GROUP_CELLS / 2)
    result = wi_claim(&own, id, true, &judge, &claimed);
  if (result == WI_CLAIM_FULL) {
    judge.idle_in_ns = idle_when_over;
    if (count_pinned(place, &judge) < WI_GROUP_CELLS / 2)
      result = wi_claim(&own, id, true, &judge, &claimed);
  }
  if (result != WI_CLAIM_FULL || id != WI_ID_BLOCK)
    return result;
  wi_fetch_or_seq_cst(&region->live->hot.flags, WI_HOT_SPILLED); /* partner: wi_block_find() */
  return wi_claim(&spill, id, false, &judge, &claimed);
}
