/* SPDX-License-Identifier: BSD-2-Clause
 * Check and apply. */
#include <stdlib.h>

#include <string.h>

#include "admit/admit.h"
#include "guard/printable.h"
#include "guard/ring.h"

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

/* An event that is lost is counted; the policies are in force all the same. */
static void tell_applied(const struct wi_region *region, const char *name)
{
  struct weir_event event = {.kind = WEIR_EVENT_APPLIED};

  /* Partner: the CAS in plan/publish.c. */
  event.amount = wi_load_acquire(&region->live->hot.policy_version);
  wi_printable(event.reason, sizeof event.reason, name, strlen(name));
  (void)wi_ring_put(region, &event);
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
  if (error == WEIR_OK)
    tell_applied(&table->region, name != NULL ? name : "policy");
  free(set);
  return error;
}
