/* SPDX-License-Identifier: BSD-2-Clause
 * Events: check the arguments, then one call down. */
#include "admit/admit.h"
#include "guard/ring.h"

WI_PUBLIC const char *weir_event_name(uint32_t kind)
{
  static const char *const names[] = {
      [WEIR_EVENT_DENIED] = "denied",       [WEIR_EVENT_BLOCKED] = "blocked",
      [WEIR_EVENT_UNBLOCKED] = "unblocked", [WEIR_EVENT_ESCALATED] = "escalated",
      [WEIR_EVENT_PRESSURE] = "pressure",   [WEIR_EVENT_SWITCHED] = "switched",
      [WEIR_EVENT_APPLIED] = "applied",
  };

  return kind < WI_COUNT_OF(names) && names[kind] != NULL ? names[kind] : "unknown";
}

WI_PUBLIC int weir_events_begin(struct weir_table *table, struct weir_events_cursor *cursor,
                                uint32_t from)
{
  if (table == NULL || cursor == NULL || from > WEIR_EVENTS_OLDEST)
    return WEIR_E_ARGUMENT;
  return wi_ring_begin(&table->region, cursor, from == WEIR_EVENTS_OLDEST);
}

WI_PUBLIC int weir_events_next(struct weir_table *table, struct weir_events_cursor *cursor,
                               struct weir_event *event, uint64_t *lost)
{
  bool retired;
  int result;

  if (table == NULL || cursor == NULL || cursor->next == 0 || event == NULL ||
      event->size_bytes != sizeof *event || lost == NULL)
    return WEIR_E_ARGUMENT;
  /* Before the look: who wrote into a table not yet retired is read from it.  Partner: the
   * store by whoever made the larger one. */
  retired = (wi_load_acquire(&table->region.live->hot.flags) & WI_HOT_RETIRED) != 0;
  result = wi_ring_next(&table->region, cursor, event, lost);
  return result == 0 && retired ? WEIR_E_RETIRED : result;
}
