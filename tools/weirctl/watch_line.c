/* SPDX-License-Identifier: BSD-2-Clause
 * One line an event, for people and as JSON. */
#include <inttypes.h>
#include <time.h>

#include "watch.h"

#define SECOND_NS 1000000000u

const char *wctl_watch_time(char *text, uint64_t wall_ns)
{
  time_t seconds = (time_t)(wall_ns / SECOND_NS);
  struct tm parts;
  char day[WCTL_TIME_BYTES];

  if (!gmtime_r(&seconds, &parts) || strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &parts) == 0)
    day[0] = '\0';
  (void)snprintf(text, WCTL_TIME_BYTES, "%.30s.%03uZ", day,
                 (unsigned)(wall_ns % SECOND_NS / 1000000));
  return text;
}

const char *wctl_watch_until(char *text, uint64_t wall_ns, const char *none)
{
  if (wall_ns == WEIR_NEVER)
    return "lifted";
  return wall_ns == 0 ? none : wctl_watch_time(text, wall_ns);
}

/* For a terminal; a dash where there is nothing to say. */
static const char *or_dash(char *shown, size_t room, const char *text)
{
  return *text != '\0' ? wctl_shown(shown, room, text) : "-";
}

static void print_text(const struct weir_event *event)
{
  char at[WCTL_TIME_BYTES], until[WCTL_TIME_BYTES], level[16] = "-";
  char principal[sizeof event->principal], limit[sizeof event->limit];
  char by[sizeof event->by], reason[sizeof event->reason];

  if (event->level > 0)
    (void)snprintf(level, sizeof level, "%" PRIu32, event->level);
  printf("%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", wctl_watch_time(at, event->wall_ns),
         weir_event_name(event->kind), or_dash(principal, sizeof principal, event->principal),
         or_dash(limit, sizeof limit, event->limit), level,
         wctl_watch_until(until, event->until_wall_ns, "-"), or_dash(by, sizeof by, event->by),
         or_dash(reason, sizeof reason, event->reason));
}

static void print_string(const char *name, const char *text)
{
  printf(",\"%s\":", name);
  if (*text != '\0')
    wctl_json_string(stdout, text);
  else
    printf("null");
}

static void print_json(const struct weir_event *event)
{
  char text[WCTL_TIME_BYTES];

  printf("{\"event\":\"%s\",\"number\":%" PRIu64 ",\"time\":\"%s\",\"wall_ns\":%" PRIu64,
         weir_event_name(event->kind), event->number, wctl_watch_time(text, event->wall_ns),
         event->wall_ns);
  print_string("principal", event->principal);
  print_string("limit", event->limit);
  printf(",\"level\":%" PRIu32, event->level);
  print_string("until", wctl_watch_until(text, event->until_wall_ns, ""));
  print_string("by", event->by);
  print_string("reason", event->reason);
  printf(",\"amount\":%" PRIu64 "}\n", event->amount);
}

void wctl_watch_print(const struct weir_event *event, bool as_json)
{
  if (as_json)
    print_json(event);
  else
    print_text(event);
}

void wctl_watch_print_lost(const struct wctl_watch_lost *lost, bool as_json)
{
  char at[WCTL_TIME_BYTES];

  (void)wctl_watch_time(at, lost->wall_ns);
  if (as_json)
    printf("{\"event\":\"lost\",\"time\":\"%s\",\"wall_ns\":%" PRIu64 ",\"count\":%" PRIu64 "}\n",
           at, lost->wall_ns, lost->count);
  else
    printf("%s\tlost\t-\t-\t-\t-\t-\t%" PRIu64 " events\n", at, lost->count);
}
