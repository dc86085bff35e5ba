/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Events: a ring in the table (region/side.h) that any process writes and any number of
 * readers follow.  What happens seldom is written here; no allowed decision comes near.
 *
 * Event n, counted from 1 by `ring_head`, lies in entry n % WI_RING_ENTRIES; the next that
 * lies there is n + WI_RING_ENTRIES, a lap later.  An entry's sequence says whose it is:
 *
 *   0         never used
 *   2n        WRITING: event n is being written
 *   2n + 1    READY: it is there
 *
 * and only grows, so of two that meet in an entry the later lap prevails.
 *
 * OWNERS  Anybody writes, anybody reads.  A reader writes nothing that is shared; its cursor
 * is its own.
 *
 * WRITE
 *  1 Claim: add 1 to the head; its new value is n.
 *  2 Mark: compare-and-swap the sequence from what it is to WRITING n, where that is less.
 *    It is more: a writer of a later lap was here, this event is lost.
 *  3 Fill: store the body word by word, and the checksum of n and the body.
 *  4 Publish: compare-and-swap the sequence from WRITING n to READY n.  On failure a writer of
 *    a later lap has marked the entry: this event is lost.
 *  Why compare in 2: a writer that stopped behind 1 for a lap would make a READY entry its own.
 *  Why a mark: without it that writer would only learn at 4 that it was too late, and has then
 *  stored over a newer event.  Why over another's WRITING: its writer may be dead.  One that
 *  stopped within 3 does store over a newer event when it goes on; nothing can prevent that
 *  but the checksum makes it known.  Why n in the checksum: such a writer may have stored all
 *  of its body and its checksum.  Why compare in 4: such a writer would call READY again
 *  what was its own, or turn the sequence back.
 *
 * READ of event n, where the head says that it was claimed
 *  1 The head is n + WI_RING_ENTRIES or more: what is older than the ring is lost; go to the
 *    oldest that is in it.
 *  2 The sequence is not READY n.  More: lost.  Less: wait, see PATIENCE.
 *  3 Copy the body and the checksum, word by word.
 *  4 The sequence is no longer READY n: overtaken while copying, lost.
 *  5 The checksum is not that of n and the copy: a late writer's words are among it, or somebody
 *    has damaged it: lost.  Lost it stays: nobody stores into an entry to mend it.
 *  6 The kind is none that is known: lost.  Names end and are printable (guard/printable.h).
 *  4 alone tells an overtaken copy as long as nobody is late, 5 tells all; both together leave
 *  the hash's 2^-64 to those who are a lap late.  Its key is the table's secret, so that nobody
 *  who chooses names can choose a mixture that fits.
 *
 * PATIENCE  A claimed event that is not READY may be a moment from it, or its writer is dead.
 *  The reader notes the head and the time when it first meets one.  What was claimed by then
 *  is lost if it is not READY when the cursor's patience is over and another event stands
 *  behind it.  The last event holds up nobody, and is waited for without end.
 *
 * ORDER
 *  O1 WRITE 2 before every store of 3: these are release stores.  Who copies a word of a later
 *     event by an acquire load, sees in READ 4 a sequence of that event or a later one.
 *  O2 Every store of 3 before WRITE 4, a full barrier; READ 2 is an acquire load.  Who sees
 *     READY n copies words of n or later ones, never older ones.
 *  O3 WRITE 1 is the order of events.  It promises nothing of what their writers did before:
 *     two events of two processes may be numbered the other way around than they happened.
 *
 * PROGRESS  Writers and readers are wait-free.  A compare-and-swap of 2 fails only as another
 *  writer of the entry succeeds, of an older lap once or twice each, and is given up after
 *  WI_RING_ROUNDS, in case somebody forges the sequence without end.  A reader looks at each
 *  entry once.  No allocation, no system call: the wall clock is read through the vDSO.
 *
 * KILLED behind 1, 2 or 3: that event is never READY, every reader counts it as lost, and the
 *  next lap's writer takes the entry.  Behind 4: it is there.
 *
 * COUNTED  A writer that knows of its loss counts WI_COUNT_EVENTS_LOST.  A reader counts what it
 *  did not get; it needs no writer for that, since numbers have no gaps.
 *
 * tests/model/events_step.c has this protocol, with each step left out in turn.
 */
#ifndef WI_GUARD_RING_H
#define WI_GUARD_RING_H

#include "region/region.h"

#define WI_RING_ROUNDS 64u
#define WI_RING_HEAD_MAX ((uint64_t)1 << 62) /* at a thousand million a second 146 years  */
#define WI_RING_PATIENCE_NS 1000000000u

static inline struct wi_ring_entry *wi_ring_entry(const struct wi_region *region, uint64_t n)
{
  return &region->side->ring[n % WI_RING_ENTRIES];
}

static inline uint64_t wi_ring_writing(uint64_t n)
{
  return 2 * n;
}

static inline uint64_t wi_ring_ready(uint64_t n)
{
  return 2 * n + 1;
}

/* Write an event: kind to by, where a wall_ns of 0 is now; size_bytes and number are not
 * looked at.  Never waits.
 *
 * Returns  WEIR_OK          it is there
 *          WEIR_E_ARGUMENT  an unknown kind
 *          WEIR_E_BUSY      lost and counted: this writer was a lap late
 *          WEIR_E_CORRUPT   lost and counted: the head is no number that it can have */
int wi_ring_put(const struct wi_region *region, const struct weir_event *event);

/* The steps of wi_ring_put(), for tests that stop between them.  false: lost. */
bool wi_ring_claim(const struct wi_region *region, uint64_t *n);
bool wi_ring_mark(const struct wi_region *region, uint64_t n);
void wi_ring_fill(const struct wi_region *region, uint64_t n, const struct wi_ring_body *body);
bool wi_ring_publish(const struct wi_region *region, uint64_t n);

/* Of n and a body. */
uint64_t wi_ring_checksum(const struct wi_region *region, uint64_t n,
                          const uint64_t body[WI_RING_WORDS]);

/* As weir_events_begin() and weir_events_next(), arguments checked. */
int wi_ring_begin(const struct wi_region *region, struct weir_events_cursor *cursor, bool oldest);
int wi_ring_next(const struct wi_region *region, struct weir_events_cursor *cursor,
                 struct weir_event *event, uint64_t *lost);

#endif
