/* SPDX-License-Identifier: BSD-2-Clause */
#include "public/run.h"

#include <stdlib.h>

#define STALE_ROUNDS_MAX 64u

int wi_run(struct weir_table *table, wi_runner *run, void *context)
{
  struct wi_plan *spare = NULL;
  int error = WI_DECISION_STALE;

  for (uint32_t round = 0; error == WI_DECISION_STALE && round < STALE_ROUNDS_MAX; round++) {
    const struct wi_plan *plan;

    error = wi_plans_load(&table->plans, &table->region, &plan);
    if (error == WEIR_OK && plan == NULL) { /* another thread makes it just now */
      if (spare == NULL)
        spare = calloc(1, sizeof *spare);
      error = spare != NULL ? wi_plan_make(spare, &table->region) : WEIR_E_SPACE;
      plan = spare;
    }
    if (error == WEIR_E_POLICY) {
      error = WEIR_OK;
      plan = NULL;
    }
    if (error == WEIR_OK)
      error = run(table, plan, context);
  }
  free(spare);
  return error == WI_DECISION_STALE ? WEIR_E_BUSY : error;
}
