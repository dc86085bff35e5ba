/* SPDX-License-Identifier: BSD-2-Clause
 * The last events of a principal, of those that the table's ring still holds. */
#ifndef WCTL_WHY_H
#define WCTL_WHY_H

#include "weirctl.h"

#define WHY_EVENTS_MAX 10u

struct why_events {
  struct weir_event last[WHY_EVENTS_MAX]; /* a ring: event i in [i % WHY_EVENTS_MAX]      */
  uint64_t count;                         /* ever met                                     */
};

/* Those whose principal is called so.  What cannot be read is not there. */
void wctl_why_events_read(struct weir_table *table, const char *principal,
                          struct why_events *events);

void wctl_why_events_print(const struct why_events *events);

/* ,"events":[...] */
void wctl_why_events_json(const struct why_events *events);

#endif
