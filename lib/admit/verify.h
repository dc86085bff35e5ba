/* SPDX-License-Identifier: BSD-2-Clause
 * Whether a table is sound.  Reads only; the table may be in use: what looks wrong is read
 * again before it is reported. */
#ifndef WI_ADMIT_VERIFY_H
#define WI_ADMIT_VERIFY_H

#include "admit/admit.h"

/* Number of findings, each given to complaint. plan: of the policy in force, or NULL. */
int wi_verify_cells(const struct weir_table *table, const struct wi_plan *plan,
                    weir_complaint *complaint, void *context);

#endif
