/* SPDX-License-Identifier: BSD-2-Clause
 * Everything known of one principal. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "principal.h"
#include "why.h"

static const struct wctl_usage usage = {
    .synopsis = "why [--json] ATTR=VALUE...",
    .help = "Says all that is known of a principal: its block or the last one, since which\n"
            "sign-in its sessions are refused, denials noted, and for each limit in force\n"
            "that counts by exactly these attributes what is used, what is left, and when it\n"
            "is full again.  Limits that count by these and others are named: give those too.\n"
            "Then its last ten events, of those that the table still holds.\n"
            "Whom: one to four words ATTR=VALUE, such as user=alice.\n",
    .operand = "ATTR=VALUE",
    .operands_min = 1,
    .operands_max = 1 << 20,
    .uses_table = true,
};

/* What a table can tell. */
struct why {
  struct weir_why summary;
  struct weir_why_limit limits[64]; /* as many as a table holds                       */
  size_t count;
  struct why_events events;
  struct {
    char policy[WEIR_NAME_BYTES];
    char limit[WEIR_NAME_BYTES];
    char unit[WEIR_NAME_BYTES];
    char key[4 * WEIR_NAME_BYTES];
    char class_name[WEIR_NAME_BYTES];
  } names[64]; /* which the strings of limits point to                               */
};

static const char *keep(char *to, size_t room, const char *from)
{
  (void)snprintf(to, room, "%s", from);
  return to;
}

static int add_limit(void *context, const struct weir_why_limit *limit)
{
  struct why *why = context;
  size_t at = why->count;

  if (at == sizeof why->limits / sizeof why->limits[0])
    return 1;
  why->limits[at] = *limit;
  why->limits[at].policy = keep(why->names[at].policy, WEIR_NAME_BYTES, limit->policy);
  why->limits[at].limit = keep(why->names[at].limit, WEIR_NAME_BYTES, limit->limit);
  why->limits[at].unit = keep(why->names[at].unit, WEIR_NAME_BYTES, limit->unit);
  why->limits[at].key = keep(why->names[at].key, sizeof why->names[at].key, limit->key);
  why->limits[at].class_name = keep(why->names[at].class_name, WEIR_NAME_BYTES, limit->class_name);
  why->count++;
  return 0;
}

/* What sort of thing counts. */
static const char *kind_of(const struct weir_why_limit *limit)
{
  return limit->flags & WEIR_WHY_STRIKES ? "strikes"
         : limit->flags & WEIR_WHY_SCORE ? "score"
         : limit->flags & WEIR_WHY_APART ? "reachable"
                                         : "limit";
}

/* --------------------------------------------------------------------------- JSON -- */

static void print_json_limit(const struct weir_why_limit *limit)
{
  printf("{\"policy\":");
  wctl_json_string(stdout, limit->policy);
  printf(",\"limit\":");
  wctl_json_string(stdout, limit->limit);
  printf(",\"kind\":\"%s\",\"unit\":", kind_of(limit));
  wctl_json_string(stdout, limit->unit);
  printf(",\"per\":");
  wctl_json_string(stdout, limit->key);
  printf(",\"class\":");
  if (*limit->class_name != '\0')
    wctl_json_string(stdout, limit->class_name);
  else
    printf("null");
  if (!(limit->flags & WEIR_WHY_BY_MORE))
    printf(",\"used\":%" PRIu64 ",\"remaining\":%" PRIu64 ",\"full_in_ns\":%" PRIu64, limit->used,
           limit->remaining, limit->full_in_ns);
  printf(",\"quota\":%" PRIu64 ",\"period_ns\":%" PRIu64 ",\"burst\":%" PRIu64
         ",\"lifted\":%s,\"distinct\":%s,\"sliding\":%s,\"shadow\":%s,\"optional\":%s}",
         limit->quota, limit->period_ns, limit->burst,
         limit->flags & WEIR_WHY_LIFTED ? "true" : "false",
         limit->flags & WEIR_WHY_DISTINCT ? "true" : "false",
         limit->flags & WEIR_WHY_SLIDING ? "true" : "false",
         limit->flags & WEIR_WHY_SHADOW ? "true" : "false",
         limit->flags & WEIR_WHY_OPTIONAL ? "true" : "false");
}

static void print_json_limits(const struct why *why, const char *name, bool by_more)
{
  bool is_first = true;

  printf(",\"%s\":[", name);
  for (size_t i = 0; i < why->count; i++) {
    if (((why->limits[i].flags & WEIR_WHY_BY_MORE) != 0) != by_more)
      continue;
    if (!is_first)
      putchar(',');
    is_first = false;
    print_json_limit(&why->limits[i]);
  }
  putchar(']');
}

static void print_json_name(const char *name, const char *value)
{
  printf(",\"%s\":", name);
  if (*value != '\0')
    wctl_json_string(stdout, value);
  else
    printf("null");
}

static void print_json(const struct why *why)
{
  const struct weir_why *summary = &why->summary;
  struct weir_block_info block = wctl_block_of(summary);

  printf("{\"blocked\":%s,\"lifted\":%s,", summary->blocked ? "true" : "false",
         summary->lifted ? "true" : "false");
  wctl_block_json(&block);
  printf(",\"sessions_all_refused\":%s,",
         summary->blocked || summary->switched == WEIR_SWITCH_DENY_ALL ? "true" : "false");
  wctl_json_time(stdout, "sessions_refused_before", summary->cut_before_wall_ns);
  putchar(',');
  wctl_json_time(stdout, "sessions_refused_until", summary->cut_until_wall_ns);
  printf(",\"denied\":%" PRIu64 ",", summary->denied);
  wctl_json_time(stdout, "denied_last", summary->denied_last_wall_ns);
  print_json_name("denied_policy", summary->denied_policy);
  print_json_name("denied_limit", summary->denied_limit);
  printf(",\"switched\":\"%s\"", wctl_switch_name(summary->switched));
  print_json_limits(why, "limits", false);
  print_json_limits(why, "limits_by_more", true);
  wctl_why_events_json(&why->events);
  printf("}\n");
}

/* ------------------------------------------------------------------------- people -- */

static void print_block(const struct weir_why *why)
{
  char since[WCTL_TIME_BYTES], until[WCTL_TIME_BYTES], left[WCTL_DURATION_BYTES];
  char by[sizeof why->by], reason[sizeof why->reason];

  if (why->until_wall_ns == 0) {
    printf("  block     none known\n");
    return;
  }
  printf(why->blocked ? "  block     in force" : "  block     over");
  if (why->since_wall_ns != 0)
    printf(", since %s", wctl_time(since, why->since_wall_ns));
  if (why->until_wall_ns == WEIR_NEVER)
    printf(", until lifted");
  else if (why->blocked)
    printf(", until %s (%s)", wctl_time(until, why->until_wall_ns),
           wctl_span(left, why->remaining_ns));
  else
    printf(", %s %s", why->lifted ? "lifted" : "ended", wctl_time(until, why->until_wall_ns));
  if (why->level != 0)
    printf(", level %" PRIu32, why->level);
  if (why->by[0] != '\0')
    printf(", by %s", wctl_shown(by, sizeof by, why->by));
  if (why->reason[0] != '\0')
    printf(": %s", wctl_shown(reason, sizeof reason, why->reason));
  putchar('\n');
}

static void print_sessions(const struct weir_why *why)
{
  char before[WCTL_TIME_BYTES];

  if (why->blocked || why->switched == WEIR_SWITCH_DENY_ALL)
    printf("  sessions  all refused\n");
  else if (why->cut_before_wall_ns != 0)
    printf("  sessions  refused where issued before %s\n",
           wctl_time(before, why->cut_before_wall_ns));
  else
    printf("  sessions  valid\n");
}

static void print_denied(const struct weir_why *why)
{
  char last[WCTL_TIME_BYTES];

  if (why->denied == 0) {
    printf("  denied    none noted\n");
    return;
  }
  printf("  denied    %" PRIu64 " noted", why->denied);
  if (why->denied_last_wall_ns != 0)
    printf(", last %s", wctl_time(last, why->denied_last_wall_ns));
  if (why->denied_limit[0] != '\0')
    printf(", by %s %s", why->denied_policy, why->denied_limit);
  putchar('\n');
}

/* "3 messages / 1m burst 6 shadow": the numbers that stand for the principal. */
static void print_rule(const struct weir_why_limit *limit)
{
  char period[WCTL_DURATION_BYTES];
  bool is_distinct = (limit->flags & WEIR_WHY_DISTINCT) != 0;

  if (limit->flags & WEIR_WHY_STRIKES)
    printf("%" PRIu64 " denials", limit->quota + 1); /* one more than is counted */
  else
    printf("%" PRIu64 "%s %s", limit->quota, is_distinct ? " distinct" : "", limit->unit);
  printf(" / %s", wctl_duration(period, limit->period_ns));
  if (limit->flags & WEIR_WHY_SLIDING)
    printf("%s", is_distinct ? "" : " sliding");
  else if (limit->burst != limit->quota)
    printf(" burst %" PRIu64, limit->burst);
  if (*limit->class_name != '\0')
    printf(" class %s", limit->class_name);
  if (strcmp(kind_of(limit), "limit") != 0)
    printf(" %s", kind_of(limit));
  printf("%s%s%s\n", limit->flags & WEIR_WHY_LIFTED ? " lifted" : "",
         limit->flags & WEIR_WHY_SHADOW ? " shadow" : "",
         limit->flags & WEIR_WHY_OPTIONAL ? " optional" : "");
}

static void print_limit(const struct weir_why_limit *limit)
{
  char full[WCTL_DURATION_BYTES];

  printf("  %-16s %-16s %-12s ", limit->policy, limit->limit, limit->key);
  if (limit->flags & (WEIR_WHY_BY_MORE | WEIR_WHY_LIFTED))
    printf("%10s %10s %10s  ", "-", "-", "-");
  else
    printf("%10" PRIu64 " %10" PRIu64 " %10s  ", limit->used, limit->remaining,
           limit->full_in_ns == 0 ? "now" : wctl_span(full, limit->full_in_ns));
  print_rule(limit);
}

static void print_limits(const struct why *why)
{
  if (why->count == 0) {
    printf("  limits    none in force counts by that\n");
    return;
  }
  printf("\n  %-16s %-16s %-12s %10s %10s %10s  %s\n", "POLICY", "LIMIT", "PER", "USED", "LEFT",
         "FULL IN", "OF");
  for (size_t i = 0; i < why->count; i++)
    print_limit(&why->limits[i]);
  if (why->summary.limits_more != 0)
    printf("\n  -: counts by more than is given here, each combination for itself, or is lifted\n");
}

static void print_text(const struct why *why)
{
  const struct weir_why *summary = &why->summary;
  char principal[WEIR_PRINCIPAL_BYTES];

  printf("%s\n", wctl_shown(principal, sizeof principal, summary->principal));
  if (summary->switched != WEIR_SWITCH_NORMAL)
    printf("  switch    %s, for everybody\n", wctl_switch_name(summary->switched));
  print_block(summary);
  print_sessions(summary);
  print_denied(summary);
  print_limits(why);
  wctl_why_events_print(&why->events);
}

int wctl_why(int argc, char **argv)
{
  static struct wctl_request request; /* zeroed, and large                            */
  static struct why why;
  bool as_json = false;
  const struct wctl_option accepted[] = {{"--json", &as_json, NULL}, {NULL, NULL, NULL}};
  struct weir_table *table = NULL;
  int operands, error, status = wctl_arguments(&usage, accepted, argc, argv, &operands);

  if (status != WCTL_GO_ON)
    return status;
  status = wctl_principal_read(operands, argv + 1, &request);
  if (status == WCTL_DONE)
    status = wctl_table_open(&table);
  if (status == WCTL_DONE) {
    why.summary.size_bytes = sizeof why.summary;
    error = weir_why(table, request.attributes, request.request.attribute_count, &why.summary,
                     add_limit, &why);
    if (error == WEIR_OK)
      wctl_why_events_read(table, why.summary.principal, &why.events);
    if (error != WEIR_OK)
      status = wctl_block_error(error);
    else if (as_json)
      print_json(&why);
    else
      print_text(&why);
    weir_close(table);
  }
  wctl_request_free(&request);
  return status;
}
