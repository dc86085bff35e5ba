/* SPDX-License-Identifier: BSD-2-Clause
 * What a policy file means once it is compiled: the numbers that a table would keep. */
#include <inttypes.h>
#include <string.h>

#include "limit/bucket.h"
#include "limit/window.h"
#include "policy/policy.h"
#include "weirctl.h"

static const struct wctl_usage usage = {
    .synopsis = "check [--json] FILE",
    .help = "Says what is wrong with a policy file (- is standard input), all mistakes at\n"
            "once, or prints its limits as a table would keep them.  Needs no table.\n"
            "\n"
            "  KIND      bucket exact, or rounded: late by at most so much a decision;\n"
            "            sliding: the parts of its window, and what share of a full rate it\n"
            "            may deny early\n"
            "  INTERVAL  what one unit takes to come back; of a window, how long a part is\n",
    .operand = "FILE",
    .operands_min = 1,
    .operands_max = 1,
};

static const char *const when_full[] = {
    [WI_FULL_INHERIT] = "inherit", [WI_FULL_DENY] = "deny", [WI_FULL_ALLOW] = "allow"};

/* ------------------------------------------------------------------ aligned table */

enum column {
  COLUMN_POLICY,
  COLUMN_LIMIT,
  COLUMN_QUOTA,
  COLUMN_PER,
  COLUMN_BURST,
  COLUMN_KIND,
  COLUMN_INTERVAL,
  COLUMN_FLAGS,
  COLUMN_COUNT
};

#define CELL_BYTES WI_KEY_NAME_BYTES

static void write_bucket_kind(const struct wi_rule *rule, char *text)
{
  struct wi_bucket bucket;
  char tick[WCTL_DURATION_BYTES];

  wi_bucket_compile(&bucket, rule);
  if (bucket.exact)
    (void)snprintf(text, CELL_BYTES, "bucket exact");
  else if (bucket.shift == 0)
    (void)snprintf(text, CELL_BYTES, "bucket rounded to 1/%" PRIu32 " ns", bucket.ticks_per_ns);
  else
    (void)snprintf(text, CELL_BYTES, "bucket rounded to %s",
                   wctl_interval(tick, (uint64_t)1 << bucket.shift, 1));
}

static void write_kind(const struct wi_rule *rule, char *text)
{
  struct wi_window window;

  if (!rule->sliding)
    write_bucket_kind(rule, text);
  else if (wi_window_compile(&window, rule) == 0)
    (void)snprintf(text, CELL_BYTES, "sliding %" PRIu32 " parts, at most 1/%" PRIu32 " early",
                   window.parts, window.parts + 1);
}

static void write_interval(const struct wi_rule *rule, char *text)
{
  struct wi_window window;

  if (!rule->sliding)
    (void)wctl_interval(text, rule->period_ns, rule->count);
  else if (wi_window_compile(&window, rule) == 0)
    (void)wctl_interval(text, window.part_ns, 1);
}

/* Only what is not the default, with a blank between. */
static void write_flags(const struct wi_limit *limit, char *text)
{
  const char *const flags[] = {
      limit->flags & WI_LIMIT_SHADOW ? "shadow" : NULL,
      limit->flags & WI_LIMIT_OPTIONAL ? "optional" : NULL,
      limit->when_full == WI_FULL_DENY    ? "when-full=deny"
      : limit->when_full == WI_FULL_ALLOW ? "when-full=allow"
                                          : NULL,
  };
  size_t bytes = 0;

  for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
    if (flags[i])
      bytes += (size_t)snprintf(text + bytes, CELL_BYTES - bytes, "%s%s", bytes > 0 ? " " : "",
                                flags[i]);
  if (bytes == 0)
    (void)snprintf(text, CELL_BYTES, "-");
}

/* What stands in a column: of its heading where limit is NULL. */
static void write_cell(const struct wi_policy_set *set, const struct wi_limit *limit,
                       enum column column, char *text)
{
  static const char *const headings[COLUMN_COUNT] = {"POLICY", "LIMIT", "QUOTA",    "PER",
                                                     "BURST",  "KIND",  "INTERVAL", "FLAGS"};
  char period[WCTL_DURATION_BYTES];

  text[0] = '\0';
  if (!limit) {
    (void)snprintf(text, CELL_BYTES, "%s", headings[column]);
    return;
  }
  switch (column) {
  case COLUMN_POLICY:
    (void)snprintf(text, CELL_BYTES, "%s", set->policies[limit->policy].name);
    break;
  case COLUMN_LIMIT:
    (void)snprintf(text, CELL_BYTES, "%s", limit->name);
    break;
  case COLUMN_QUOTA:
    (void)snprintf(text, CELL_BYTES, "%" PRIu64 " %s / %s", limit->rule.count,
                   set->words[limit->unit], wctl_duration(period, limit->rule.period_ns));
    break;
  case COLUMN_PER:
    wi_policy_key_name(set, limit->key, text);
    break;
  case COLUMN_BURST:
    if (limit->rule.sliding)
      (void)snprintf(text, CELL_BYTES, "-");
    else
      (void)snprintf(text, CELL_BYTES, "%" PRIu64, limit->rule.burst);
    break;
  case COLUMN_KIND:
    write_kind(&limit->rule, text);
    break;
  case COLUMN_INTERVAL:
    write_interval(&limit->rule, text);
    break;
  case COLUMN_FLAGS:
    write_flags(limit, text);
    break;
  case COLUMN_COUNT:
    break;
  }
}

static void measure_row(const struct wi_policy_set *set, const struct wi_limit *limit,
                        int widths[COLUMN_COUNT])
{
  for (int column = 0; column < COLUMN_COUNT; column++) {
    char text[CELL_BYTES];

    write_cell(set, limit, (enum column)column, text);
    if ((int)strlen(text) > widths[column])
      widths[column] = (int)strlen(text);
  }
}

static void print_row(const struct wi_policy_set *set, const struct wi_limit *limit,
                      const int widths[COLUMN_COUNT])
{
  for (int column = 0; column < COLUMN_COUNT; column++) {
    char text[CELL_BYTES];

    write_cell(set, limit, (enum column)column, text);
    if (column + 1 < COLUMN_COUNT)
      printf("%-*s  ", widths[column], text);
    else
      printf("%s\n", text);
  }
}

static void print_table(const struct wi_policy_set *set)
{
  int widths[COLUMN_COUNT] = {0};

  measure_row(set, NULL, widths);
  for (size_t i = 0; i < WI_LIMITS_MAX && set->limits[i].in_use; i++)
    measure_row(set, &set->limits[i], widths);
  print_row(set, NULL, widths);
  for (size_t i = 0; i < WI_LIMITS_MAX && set->limits[i].in_use; i++)
    print_row(set, &set->limits[i], widths);
}

/* --------------------------------------------------------------------------- JSON */

static void print_json_kind(const struct wi_rule *rule)
{
  struct wi_bucket bucket;
  struct wi_window window;

  if (!rule->sliding) {
    wi_bucket_compile(&bucket, rule);
    printf("\"kind\":\"bucket\",\"exact\":%s,\"burst\":%" PRIu64, bucket.exact ? "true" : "false",
           rule->burst);
  } else if (wi_window_compile(&window, rule) == 0) {
    printf("\"kind\":\"sliding\",\"parts\":%" PRIu32 ",\"part_ns\":%" PRIu64
           ",\"early_denial\":\"1/%" PRIu32 "\"",
           window.parts, window.part_ns, window.parts + 1);
  }
}

static void print_json_limit(const struct wi_policy_set *set, const struct wi_limit *limit)
{
  const struct wi_key *key = &set->keys[limit->key];
  char interval[WCTL_DURATION_BYTES];

  printf("{\"policy\":");
  wctl_json_string(stdout, set->policies[limit->policy].name);
  printf(",\"limit\":");
  wctl_json_string(stdout, limit->name);
  printf(",\"quota\":%" PRIu64 ",\"unit\":", limit->rule.count);
  wctl_json_string(stdout, set->words[limit->unit]);
  printf(",\"period_ns\":%" PRIu64 ",\"per\":[", limit->rule.period_ns);
  for (uint32_t i = 0; i < key->attribute_count; i++) {
    printf("%s", i > 0 ? "," : "");
    wctl_json_string(stdout, set->words[key->attributes[i]]);
  }
  printf("],");
  print_json_kind(&limit->rule);
  printf(",\"emission_interval\":\"%s\",\"shadow\":%s,\"optional\":%s,\"when_full\":\"%s\"}",
         wctl_interval(interval, limit->rule.period_ns, limit->rule.count),
         limit->flags & WI_LIMIT_SHADOW ? "true" : "false",
         limit->flags & WI_LIMIT_OPTIONAL ? "true" : "false", when_full[limit->when_full]);
}

static void print_json(const struct wi_policy_set *set)
{
  printf("{\"limits\":[");
  for (size_t i = 0; i < WI_LIMITS_MAX && set->limits[i].in_use; i++) {
    printf("%s", i > 0 ? "," : "");
    print_json_limit(set, &set->limits[i]);
  }
  printf("]}\n");
}

int wctl_check(int argc, char **argv)
{
  static struct wi_policy_set set;
  bool as_json = false;
  const struct wctl_option accepted[] = {{"--json", &as_json, NULL}, {NULL, NULL, NULL}};
  struct wctl_file file;
  int operands, status = wctl_arguments(&usage, accepted, argc, argv, &operands);

  if (status != WCTL_GO_ON)
    return status;
  status = wctl_file_read(argv[1], &file);
  if (status != WCTL_DONE)
    return status;
  status = wctl_status_of(
      wi_policy_parse(file.text, file.bytes, file.name, &set, wctl_complain, NULL, NULL));
  if (status == WCTL_DONE && as_json)
    print_json(&set);
  else if (status == WCTL_DONE)
    print_table(&set);
  wctl_file_free(&file);
  return status;
}
