/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Who was denied, by name.  A denial writes nothing that other processors read: each has a few
 * notes in its stripe, of principals whose names it has put on record lately, and only counts
 * those.  Who has no note gets one, and is put on record (guard/name.h); so does who has
 * one no more after WI_NOTE_REST.  At most WI_NOTES_A_TICK of them in 4 ms, so that a flood of ever
 * new principals that are denied costs no more for it.
 *
 * A note is two words of this processor's own, changed without a lock: where two threads meet
 * there, some denials are counted for another principal or not at all, and nothing else.
 */
#ifndef WI_GUARD_NOTE_H
#define WI_GUARD_NOTE_H

#include "gauge/count.h"

#define WI_NOTE_TICK_SHIFT 22  /* of table's clock, in ns                                 */
#define WI_NOTES_A_TICK 16u    /* 4,000 new names a second: below 2 % of a processor     */
#define WI_NOTE_REST_SHIFT 33  /* a note lasts for 2^33 ns at most                        */

static inline uint64_t wi_note_tag(uint64_t mark, uint64_t now_ns)
{
  return (mark & ~WI_ID_MASK) | (now_ns >> WI_NOTE_REST_SHIFT & WI_ID_MASK);
}

static inline struct wi_note *wi_note_of(struct wi_stripe *stripe, uint64_t mark)
{
  return &stripe->notes[(mark >> 7) % WI_NOTES];
}

/* Count a denial of who is on record; or do nothing, and nothing is to be done, where there were
 * enough new ones in this tick.  false: put the principal on record. */
static inline bool wi_note_count(struct wi_stripe *stripe, uint64_t mark, uint64_t now_ns)
{
  struct wi_note *note = wi_note_of(stripe, mark);
  uint64_t tick = now_ns >> WI_NOTE_TICK_SHIFT << 8;
  uint64_t time = wi_load_relaxed(&stripe->note_time); /* of this processor alone, or nearly */

  if (WI_LIKELY(wi_load_relaxed(&note->tag) == wi_note_tag(mark, now_ns))) {
    wi_count_add(&note->count, 1);
    return true;
  }
  return time >= tick && time < tick + 256 && time - tick >= WI_NOTES_A_TICK;
}

#endif
