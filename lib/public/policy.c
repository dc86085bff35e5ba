/* SPDX-License-Identifier: BSD-2-Clause
 * Check and apply. */
#include <stdlib.h>

#include "admit/admit.h"

WI_PUBLIC int weir_check(const char *text, size_t text_bytes, const char *name,
                         weir_complaint *complaint, void *context)
{
  struct wi_policy_set *set;
  int error;

  if (text == NULL && text_bytes != 0)
    return WEIR_E_ARGUMENT;
  set = calloc(1, sizeof *set);
  if (set == NULL)
    return WEIR_E_SPACE;
  error = wi_policy_parse(text_bytes != 0 ? text : "", text_bytes, name != NULL ? name : "policy",
                          set, complaint, context, NULL);
  free(set);
  return error;
}

WI_PUBLIC int weir_apply(struct weir_table *table, const char *text, size_t text_bytes,
                         const char *name, weir_complaint *complaint, void *context)
{
  struct wi_policy_set *set;
  struct weir_fault fault = {.error = WEIR_OK};
  int error;

  if (table == NULL || (text == NULL && text_bytes != 0))
    return WEIR_E_ARGUMENT;
  if ((wi_load_acquire(&table->region.live->hot.flags) & WI_HOT_RETIRED) != 0)
    return WEIR_E_RETIRED; /* acquire: partner is the store by whoever made the larger one */
  set = calloc(1, sizeof *set);
  if (set == NULL)
    return WEIR_E_SPACE;
  error = wi_policy_parse(text_bytes != 0 ? text : "", text_bytes, name != NULL ? name : "policy",
                          set, complaint, context, NULL);
  if (error == WEIR_OK) {
    error = wi_plan_publish(&table->region, set, &fault);
    if (error != WEIR_OK && complaint != NULL)
      complaint(context, fault.text[0] != '\0' ? fault.text : weir_strerror(error));
  }
  free(set);
  return error;
}
