/* SPDX-License-Identifier: BSD-2-Clause
 * The counters for Prometheus, in the text exposition format 0.0.4: counters end in _total, each
 * metric has HELP and TYPE once before its samples, which stand together, each series once.
 * No label holds a principal: a label per user is a series per user. */
#include <inttypes.h>

#include "base/compiler.h"
#include "stats.h"

static void print_label(const char *name, const char *value, const char *end)
{
  printf("%s=\"", name);
  for (; *value != '\0'; value++) {
    if (*value == '\n')
      printf("\\n");
    else if (*value == '\\' || *value == '"')
      printf("\\%c", *value);
    else
      putchar(*value);
  }
  printf("\"%s", end);
}

static void print_metric_head(const char *name, const char *suffix, bool counts_up,
                              const char *help)
{
  printf("# HELP weir_%s%s %s\n# TYPE weir_%s%s %s\n", name, suffix, help, name, suffix,
         counts_up ? "counter" : "gauge");
}

static void print_sample(const char *name, const struct weir_limit_stats *limit, uint64_t value)
{
  printf("%s{", name);
  print_label("policy", limit->policy, ",");
  print_label("limit", limit->limit, ",");
  print_label("unit", limit->unit, ",");
  print_label("per", limit->key, "");
  printf("} %" PRIu64 "\n", value);
}

static void print_denied(void *context, const struct weir_limit_stats *limit)
{
  (void)context;
  print_sample("weir_limit_denied_total", limit, limit->denied);
}

static void print_shadow_denied(void *context, const struct weir_limit_stats *limit)
{
  (void)context;
  print_sample("weir_limit_shadow_denied_total", limit, limit->shadow_denied);
}

/* A share of a whole, as Prometheus has them: from 0 to 1. */
static void print_ratio(const char *name, const char *help, uint64_t part, uint64_t whole)
{
  uint64_t ppm = whole == 0 ? 0 : (uint64_t)(((wi_u128)part * 1000000 + whole / 2) / whole);

  print_metric_head(name, "", false, help);
  printf("weir_%s %" PRIu64 ".%06" PRIu64 "\n", name, ppm / 1000000, ppm % 1000000);
}

int wctl_stats_prometheus(struct weir_table *table, const struct weir_stats *stats)
{
  int error;

  print_metric_head("info", "", false, "The version of the library.");
  printf("weir_info{");
  print_label("version", weir_version(), "} 1\n");
  for (const struct stats_number *number = wctl_stats_numbers; number->name; number++) {
    const char *suffix = number->counts_up ? "_total" : "";

    print_metric_head(number->name, suffix, number->counts_up, number->help);
    printf("weir_%s%s %" PRIu64 "\n", number->name, suffix, wctl_stats_value(stats, number));
  }
  print_ratio("occupancy_ratio", "Share of the cells with a debt now, from a sample.",
              stats->cells_live, stats->cells);
  print_ratio("pressure_ratio",
              "Share of the groups where a newcomer would replace somebody, from a sample.",
              stats->groups_full, stats->groups);
  print_metric_head("huge_pages", "", false, "1 where the mapping has huge pages now.");
  printf("weir_huge_pages %" PRIu32 "\n", stats->huge_pages);
  print_metric_head("switched", "", false, "1 for the position of the table's switch, else 0.");
  for (uint32_t i = WEIR_SWITCH_NORMAL; i <= WEIR_SWITCH_ALLOW_ALL; i++) {
    printf("weir_switched{");
    print_label("position", wctl_switch_name(i), "} ");
    printf("%d\n", stats->switched == i);
  }
  print_metric_head("limits", "", false, "Limits in force.");
  printf("weir_limits %" PRIu32 "\n", stats->limits);
  print_metric_head("limit_denied", "_total", true, "Takes that the limit denied.");
  error = weir_stats_limits(table, print_denied, NULL);
  print_metric_head("limit_shadow_denied", "_total", true,
                    "Takes that the limit would have denied, were it no shadow.");
  return error != WEIR_OK ? error : weir_stats_limits(table, print_shadow_denied, NULL);
}
