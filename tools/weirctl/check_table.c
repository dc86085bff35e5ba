/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "check.h"
#include "limit/bucket.h"
#include "limit/window.h"

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

static void write_kind(const struct wi_limit *limit, char *text)
{
  const struct wi_rule *rule = &limit->rule;
  struct wi_window window;

  if (limit->flags & WI_LIMIT_UNLIMITED)
    (void)snprintf(text, CELL_BYTES, "-");
  else if (limit->flags & WI_LIMIT_DISTINCT)
    (void)snprintf(text, CELL_BYTES, "distinct, by last use");
  else if (!rule->sliding)
    write_bucket_kind(rule, text);
  else if (wi_window_compile(&window, rule) == 0)
    (void)snprintf(text, CELL_BYTES, "sliding %" PRIu32 " parts, at most 1/%" PRIu32 " early",
                   window.parts, window.parts + 1);
}

static void write_interval(const struct wi_limit *limit, char *text)
{
  const struct wi_rule *rule = &limit->rule;
  struct wi_window window;

  if (limit->flags & (WI_LIMIT_UNLIMITED | WI_LIMIT_DISTINCT))
    (void)snprintf(text, CELL_BYTES, "-");
  else if (!rule->sliding)
    (void)wctl_interval(text, rule->period_ns, rule->count);
  else if (wi_window_compile(&window, rule) == 0)
    (void)wctl_interval(text, window.part_ns, 1);
}

/* Only what is not the default, with a blank between. */
static void write_flags(const struct wi_policy_set *set, const struct wi_limit *limit, char *text)
{
  char class_name[WEIR_NAME_BYTES + 8];
  const char *const flags[] = {
      limit->kind == WI_KIND_CLASS   ? class_name
      : limit->kind == WI_KIND_SCORE ? "score"
      : limit->kind == WI_KIND_APART ? "apart"
                                     : NULL,
      limit->flags & WI_LIMIT_CANONICAL ? "canonical" : NULL,
      limit->flags & WI_LIMIT_SHADOW ? "shadow" : NULL,
      limit->flags & WI_LIMIT_OPTIONAL ? "optional" : NULL,
      limit->when_full == WI_FULL_DENY    ? "when-full=deny"
      : limit->when_full == WI_FULL_ALLOW ? "when-full=allow"
                                          : NULL,
  };
  size_t bytes = 0;

  if (limit->kind == WI_KIND_CLASS)
    (void)snprintf(class_name, sizeof class_name, "class=%s", set->classes[limit->class_at].name);
  for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
    if (flags[i])
      bytes += (size_t)snprintf(text + bytes, CELL_BYTES - bytes, "%s%s", bytes > 0 ? " " : "",
                                flags[i]);
  if (bytes == 0)
    (void)snprintf(text, CELL_BYTES, "-");
}

static void write_quota(const struct wi_policy_set *set, const struct wi_limit *limit, char *text)
{
  char period[WCTL_DURATION_BYTES];

  if (limit->flags & WI_LIMIT_UNLIMITED)
    (void)snprintf(text, CELL_BYTES, "unlimited");
  else
    (void)snprintf(text, CELL_BYTES, "%" PRIu64 " %s%s / %s", limit->rule.count,
                   limit->flags & WI_LIMIT_DISTINCT ? "distinct " : "", set->words[limit->unit],
                   wctl_duration(period, limit->rule.period_ns));
}

/* What stands in a column: of its heading where limit is NULL. */
static void write_cell(const struct wi_policy_set *set, const struct wi_limit *limit,
                       enum column column, char *text)
{
  static const char *const headings[COLUMN_COUNT] = {"POLICY", "LIMIT", "QUOTA",    "PER",
                                                     "BURST",  "KIND",  "INTERVAL", "FLAGS"};

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
    write_quota(set, limit, text);
    break;
  case COLUMN_PER:
    wi_policy_key_name(set, limit->key, text);
    break;
  case COLUMN_BURST:
    if (limit->rule.sliding || (limit->flags & WI_LIMIT_UNLIMITED) != 0)
      (void)snprintf(text, CELL_BYTES, "-");
    else
      (void)snprintf(text, CELL_BYTES, "%" PRIu64, limit->rule.burst);
    break;
  case COLUMN_KIND:
    write_kind(limit, text);
    break;
  case COLUMN_INTERVAL:
    write_interval(limit, text);
    break;
  case COLUMN_FLAGS:
    write_flags(set, limit, text);
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

/* Strikes are shown where their response is. */
static bool has_row(const struct wi_limit *limit)
{
  return limit->kind != WI_KIND_STRIKES;
}

void check_table_print(const struct wi_policy_set *set)
{
  int widths[COLUMN_COUNT] = {0};

  measure_row(set, NULL, widths);
  for (uint32_t i = 0; i < set->limit_count; i++)
    if (has_row(&set->limits[i]))
      measure_row(set, &set->limits[i], widths);
  print_row(set, NULL, widths);
  for (uint32_t i = 0; i < set->limit_count; i++)
    if (has_row(&set->limits[i]))
      print_row(set, &set->limits[i], widths);
}
