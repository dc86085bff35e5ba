/* SPDX-License-Identifier: BSD-2-Clause */
#include "why.h"

#include <inttypes.h>
#include <string.h>

void wctl_why_events_read(struct weir_table *table, const char *principal,
                          struct why_events *events)
{
  struct weir_event event = {.size_bytes = sizeof event};
  struct weir_events_cursor cursor;
  uint64_t lost;

  events->count = 0;
  if (weir_events_begin(table, &cursor, WEIR_EVENTS_OLDEST) != WEIR_OK)
    return;
  cursor.patience_ns = 0; /* one that is being written is not waited for */
  while (weir_events_next(table, &cursor, &event, &lost) == 1)
    if (strcmp(event.principal, principal) == 0)
      events->last[events->count++ % WHY_EVENTS_MAX] = event;
}

/* The first that is still there. */
static uint64_t first(const struct why_events *events)
{
  return events->count < WHY_EVENTS_MAX ? 0 : events->count - WHY_EVENTS_MAX;
}

static void print_event(const struct weir_event *event)
{
  char at[WCTL_TIME_BYTES], until[WCTL_TIME_BYTES], by[sizeof event->by];
  char reason[sizeof event->reason], limit[sizeof event->limit];

  printf("  %s  %-9s", wctl_time(at, event->wall_ns), weir_event_name(event->kind));
  if (event->limit[0] != '\0')
    printf(" by %s", wctl_shown(limit, sizeof limit, event->limit));
  if (event->until_wall_ns == WEIR_NEVER)
    printf(" until lifted");
  else if (event->until_wall_ns != 0)
    printf(" until %s", wctl_time(until, event->until_wall_ns));
  if (event->level != 0)
    printf(" level %" PRIu32, event->level);
  if (event->by[0] != '\0')
    printf(" by %s", wctl_shown(by, sizeof by, event->by));
  if (event->reason[0] != '\0')
    printf(": %s", wctl_shown(reason, sizeof reason, event->reason));
  putchar('\n');
}

void wctl_why_events_print(const struct why_events *events)
{
  if (events->count == 0)
    return;
  printf("\n  EVENTS\n");
  for (uint64_t i = first(events); i < events->count; i++)
    print_event(&events->last[i % WHY_EVENTS_MAX]);
}

static void print_name(const char *name, const char *value)
{
  printf(",\"%s\":", name);
  if (*value != '\0')
    wctl_json_string(stdout, value);
  else
    printf("null");
}

void wctl_why_events_json(const struct why_events *events)
{
  printf(",\"events\":[");
  for (uint64_t i = first(events); i < events->count; i++) {
    const struct weir_event *event = &events->last[i % WHY_EVENTS_MAX];

    printf("%s{\"event\":\"%s\",\"number\":%" PRIu64 ",", i > first(events) ? "," : "",
           weir_event_name(event->kind), event->number);
    wctl_json_time(stdout, "time", event->wall_ns);
    putchar(',');
    wctl_json_time(stdout, "until", event->until_wall_ns);
    printf(",\"level\":%" PRIu32, event->level);
    print_name("limit", event->limit);
    print_name("by", event->by);
    print_name("reason", event->reason);
    putchar('}');
  }
  putchar(']');
}
