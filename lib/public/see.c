/* SPDX-License-Identifier: BSD-2-Clause
 * Why, top. */
#include <stdlib.h>

#include "respond/see.h"

#define STALE_ROUNDS_MAX 64u

/* What a look needs, in memory of its own: nobody waits for an operator. */
struct look {
  struct wi_decision decision;
  struct wi_plan plan;
  struct wi_why_limits limits;
};

/* The policy in force, or none, and now. */
static int begin(struct look *look, const struct weir_table *table)
{
  int error = wi_plan_make(&look->plan, &table->region);

  if (error != WEIR_OK && error != WEIR_E_POLICY)
    return error;
  look->decision.table = table;
  look->decision.plan = error == WEIR_OK ? &look->plan : NULL;
  look->decision.version = error == WEIR_OK ? wi_load_relaxed(&look->plan.version) : 0;
  look->decision.now_ns = wi_region_now_ns(&table->region, false);
  return WEIR_OK;
}

/* NULL, and *error: why. */
static struct look *make_look(const struct weir_table *table, int *error)
{
  struct look *look;

  /* Acquire: partner is the store by whoever made the larger table. */
  if ((wi_load_acquire(&table->region.live->hot.flags) & WI_HOT_RETIRED) != 0) {
    *error = WEIR_E_RETIRED;
    return NULL;
  }
  look = calloc(1, sizeof *look);
  *error = look != NULL ? WEIR_OK : WEIR_E_SPACE;
  return look;
}

WI_PUBLIC int weir_why(struct weir_table *table, const struct weir_attribute *attributes,
                       size_t attribute_count, struct weir_why *summary, weir_why_visitor *visitor,
                       void *context)
{
  struct wi_principal principal;
  struct look *look;
  bool done = false;
  int error;

  if (table == NULL || summary == NULL || summary->size_bytes != sizeof *summary ||
      !wi_principal_of(&table->region, attributes, attribute_count, &principal))
    return WEIR_E_ARGUMENT;
  look = make_look(table, &error);
  if (look == NULL)
    return error;
  for (uint32_t round = 0; error == WEIR_OK && !done && round < STALE_ROUNDS_MAX; round++) {
    error = begin(look, table);
    done = error == WEIR_OK && wi_why(&look->decision, &principal, summary, &look->limits);
  }
  if (error == WEIR_OK && !done)
    error = WEIR_E_BUSY;
  if (error == WEIR_OK && visitor != NULL)
    for (uint32_t i = 0; i < look->limits.count; i++)
      if (visitor(context, &look->limits.limits[i]) != 0)
        break;
  free(look);
  return error;
}

WI_PUBLIC int weir_top(struct weir_table *table, enum weir_top_order order, size_t count,
                       weir_top_visitor *visitor, void *context)
{
  struct look *look;
  int error;

  if (table == NULL || visitor == NULL)
    return WEIR_E_ARGUMENT;
  if (order != WEIR_TOP_DENIED && order != WEIR_TOP_COST)
    return WEIR_E_RANGE;
  look = make_look(table, &error);
  if (look == NULL)
    return error;
  error = begin(look, table);
  if (error == WEIR_OK)
    error = wi_top(&look->decision, order, count, visitor, context);
  free(look);
  return error;
}
