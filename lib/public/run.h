/* SPDX-License-Identifier: BSD-2-Clause
 * What is run under the policy in force, and again where that changes meanwhile. */
#ifndef WI_PUBLIC_RUN_H
#define WI_PUBLIC_RUN_H

#include "admit/admit.h"

/* plan: NULL where the table has no policy.  Returns WI_DECISION_STALE to be run again, or what
 * wi_run() is to return. */
typedef int wi_runner(struct weir_table *table, const struct wi_plan *plan, void *context);

/* Returns what the runner did; WEIR_E_BUSY: the policy was replaced again and again;
 * WEIR_E_CORRUPT, WEIR_E_SPACE.  Allocates where another thread makes the plan just then. */
int wi_run(struct weir_table *table, wi_runner *run, void *context);

#endif
