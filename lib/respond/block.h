/* SPDX-License-Identifier: BSD-2-Clause
 * To block and to lift: guard/block.h has the protocol. */
#ifndef WI_RESPOND_BLOCK_H
#define WI_RESPOND_BLOCK_H

#include "admit/admit.h"
#include "guard/name.h"

/* What is ordered. */
struct wi_block_order {
  uint64_t duration_ns; /* UINT64_MAX: until lifted                                       */
  uint64_t longest_ns;  /* above 0: automatic, and the duration doubles up to this         */
  uint32_t generation;  /* of an automatic one: that of what it is about; lifted since: no block */
  const char *reason;   /* may be NULL, as by                                             */
  const char *by;
};

enum wi_block_result {
  WI_BLOCK_SET,
  WI_BLOCK_KEPT,  /* blocked for as long or longer already: nothing has changed             */
  WI_BLOCK_FULL,  /* no room in its group, none in the spill group                         */
  WI_BLOCK_STALE  /* the policy has changed: with the new plan again                        */
};

/* decision: its table, plan (NULL where there is no policy), version and now_ns are used.
 * *word: of the cell as it is then. */
enum wi_block_result wi_block_set(const struct wi_decision *decision,
                                  const struct wi_principal *principal,
                                  const struct wi_block_order *order, uint64_t *word);

/* Lift, and make void strikes, level, scores and what limits have counted.  *was_blocked: it was in
 * force.  WI_BLOCK_SET, WI_BLOCK_FULL or WI_BLOCK_STALE (nothing done). */
enum wi_block_result wi_block_lift(const struct wi_decision *decision,
                                   const struct wi_principal *principal, bool *was_blocked);

/* Make a principal a member of the class of that name; NULL: of none.  Results as wi_block_lift(). */
enum wi_block_result wi_member_set(const struct wi_decision *decision,
                                   const struct wi_principal *principal, const char *name);

/* pin.c.  Make a cell that is never evicted, of the id, for the place's principal.  Results as
 * wi_claim(), but never WI_CLAIM_DENIED or WI_CLAIM_CONVERT. */
enum wi_claim wi_pin(const struct wi_decision *decision, const struct wi_place *place, uint32_t id,
                     uint64_t word);

/* shape.c.  Make sure that decisions look for blocks by these attributes.  false: there are as
 * many other sorts already as region/side.h has room for.  plan may be NULL. */
bool wi_shape_need(const struct wi_region *region, const struct wi_plan *plan,
                   const struct wi_plan_key *key);

#endif
