/* SPDX-License-Identifier: BSD-2-Clause
 * What an operator is shown of principals.  Reads only; any thread, at any time.  A decision
 * here has its table, a plan of the caller's own (NULL where there is no policy), that plan's
 * version, and now_ns; its asks are overwritten. */
#ifndef WI_RESPOND_SEE_H
#define WI_RESPOND_SEE_H

#include "admit/admit.h"
#include "guard/name.h"

/* used.c: how a principal stands with a limit now. */
struct wi_used {
  uint64_t used; /* whole units, rounded up                                               */
  uint64_t remaining;
  uint64_t burst;
  uint64_t full_in_ns;
};

/* limit: of the decision's plan; place: turned (guard/block.h). */
void wi_used_read(struct wi_decision *decision, const struct wi_plan_limit *limit,
                  const struct wi_place *place, struct wi_used *used);

/* Of enum weir_why_flag, of a limit of a set. */
uint32_t wi_used_flags(const struct wi_limit *limit);

/* A limit in force by its counter's slot, as a record of a name has it.  -1: gone. */
int wi_used_limit_of_slot(const struct wi_plan *plan, uint64_t slot);

/* why.c.  limits gets up to WI_LIMITS_MAX, *count of them; strings point into the plan and into
 * keys, room for WI_KEYS_MAX.  false: the policy has changed meanwhile. */
struct wi_why_limits {
  uint32_t count;
  struct weir_why_limit limits[WI_LIMITS_MAX];
  char keys[WI_KEYS_MAX][WI_KEY_NAME_BYTES];
};

bool wi_why(struct wi_decision *decision, const struct wi_principal *principal,
            struct weir_why *summary, struct wi_why_limits *limits);

/* top.c.  Returns as weir_top(). */
int wi_top(struct wi_decision *decision, enum weir_top_order order, size_t count,
           weir_top_visitor *visitor, void *context);

#endif
