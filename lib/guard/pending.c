/* SPDX-License-Identifier: BSD-2-Clause */
#include "guard/pending.h"

#include "base/arith.h"

/* The processor's note, if it is about that principal. */
static struct wi_note *find(const struct wi_region *region, uint32_t stripe, uint64_t own)
{
  struct wi_note *note = wi_note_of(&region->stripes[stripe], own);

  /* Partner: the store of wi_note_denied(). */
  return wi_tag_mark(wi_load_acquire(&note->tag)) == wi_tag_mark(own) ? note : NULL;
}

uint64_t wi_pending_denied(const struct wi_region *region, uint64_t own)
{
  uint64_t count = 0;

  for (uint32_t i = 0; i < region->geometry.stripes; i++) {
    const struct wi_note *note = find(region, i, own);

    if (note != NULL)
      count = wi_add_sat(count, wi_load_relaxed(&note->count)); /* partner: wi_note_count() */
  }
  return count;
}

void wi_pending_clear(const struct wi_region *region, uint64_t own)
{
  for (uint32_t i = 0; i < region->geometry.stripes; i++) {
    struct wi_note *note = find(region, i, own);

    if (note != NULL && wi_load_relaxed(&note->count) != 0)
      wi_store_release(&note->count, 0); /* partner: wi_note_count() */
  }
}
