/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Distinct limits: how many different values of a list a principal has used within D.
 *
 * A value that was used is a cell of its own, {hash of limit, principal and value | the limit's
 * fourth id, part in which it was last used and counted, nonce}, in the group that this hash
 * names.  The limit's window, at the principal's place, counts in each part the values that
 * were last used in it: so a value counts until D to D + D/parts after its last use, and the same
 * value counts once.
 *
 *  new    no cell, or one whose part the window has forgotten: one more, in the part of now
 *  moved  last used in an earlier part: one more in the part of now, one less in that
 *  same   last used in the part of now: nothing is counted
 *
 * PROTOCOL, within admit.h's
 *  D1 Look all values up; denied where the window's total and the new ones are more than N.
 *  D2 Reserve new + moved in the window (S3); verified against N + moved, since each moved value is
 *     counted twice for the moment.
 *  D3 Write every value's cell: claim a new one, compare-and-swap a known one from the word
 *     that was looked up to {part of now, next nonce}.  A value that is no longer as it was
 *     looked up: take everything back and begin at D1.  Cells are written in one order for all
 *     requests, by their place: of two that share values, in each other's way in two orders,
 *     both would take back what both had written, for ever.
 *  D4 When every limit of the decision is reserved: one less for each moved value in the part where
 *     it was.
 *  To take back: first the cells, each by compare-and-swap from exactly what was written (new: dead;
 *  known: the word before).  Who has used the value since has changed its word, and relies on
 *  its being counted: then its unit stays.  Only then the units of the others.  They are
 *  subtracted in the part where they were added: a part's counter is a sum of such units, and is
 *  never clamped to a time (S4's reason against it).
 *  Every use changes the word, so that no one's taking back removes what another relies on.
 *
 * A cell that is evicted in a full group is counted again: the safe side.  KILLED behind D2 or D3:
 * counted and perhaps not known, or counted twice, until the window forgets.
 */
#ifndef WI_ADMIT_SEEN_H
#define WI_ADMIT_SEEN_H

#include "admit/admit.h"

#define WI_SEEN_MAX 1024u /* values of a request, times the distinct limits that they meet */
#define WI_SEEN_NONCE_BITS 16
#define WI_SEEN_NONCE_MASK (((uint64_t)1 << WI_SEEN_NONCE_BITS) - 1)

struct wi_seen {
  struct wi_place place;
  struct wi_hit hit;   /* as it was looked up; cell NULL: there is none                  */
  struct wi_hit wrote; /* as written by D3; cell NULL: not                               */
  bool is_new;
  bool made; /* the cell is dead when taken back                                         */
};

static inline uint64_t wi_seen_epoch(uint64_t word)
{
  return word >> WI_SEEN_NONCE_BITS;
}

/* ns until a value's word means nothing. */
uint64_t wi_seen_idle_in_ns(const struct wi_window *window, uint64_t word, uint64_t now_ns);

/* Find the values of a request for an ask of a distinct limit, different ones once each, in at
 * most `room` entries of list: WEIR_OK with ask->seen and seen_count; WEIR_E_ATTRIBUTE where the
 * request has no such list or attribute; WEIR_E_CAPACITY. */
int wi_seen_resolve(const struct wi_decision *decision, const struct weir_request *request,
                    struct wi_ask *ask, struct wi_seen *list, uint32_t room);

/* D1: set ask->units and ask->moved. */
void wi_seen_look(const struct wi_decision *decision, struct wi_ask *ask, uint64_t epoch);

/* D3: WI_CHARGED; WI_CHARGE_DENIED: begin anew, all taken back but the window's units;
 * WI_CHARGE_STALE likewise. */
enum wi_charge wi_seen_write(struct wi_decision *decision, struct wi_ask *ask);

/* D4. */
void wi_seen_settle(const struct wi_decision *decision, const struct wi_ask *ask);

/* Take back D3 and D2. */
void wi_seen_undo(const struct wi_decision *decision, struct wi_ask *ask);

/* Take back D2 alone, where the window's word is no longer the one that was written. */
void wi_seen_unreserve(const struct wi_decision *decision, const struct wi_ask *ask);

#endif
