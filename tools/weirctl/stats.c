/* SPDX-License-Identifier: BSD-2-Clause
 * The counters, for people and as JSON. */
#include "stats.h"

#include <inttypes.h>
#include <string.h>

static const struct wctl_usage usage = {
    .synopsis = "stats [--json | --prometheus]",
    .help = "Prints the counters since the table was made, how full it is, and how often each\n"
            "limit has denied.  cells_used, cells_live and groups_full are from a sample.\n",
    .uses_table = true,
};

#define FIELD(field) #field, offsetof(struct weir_stats, field)

const struct stats_number wctl_stats_numbers[] = {
    {FIELD(allowed), true, "Takes that were allowed."},
    {FIELD(denied), true, "Takes that were denied."},
    {FIELD(blocked), true, "Takes that were refused since somebody was blocked."},
    {FIELD(errors), true, "Requests that were answered by an error."},
    {FIELD(shadow_denied), true, "Takes that a shadow limit would have denied."},
    {FIELD(inserted), true, "Cells claimed for a principal new to a limit."},
    {FIELD(reclaimed), true, "Cells claimed in the place of an idle one."},
    {FIELD(evicted), true, "Cells that lost their place in a full group."},
    {FIELD(inherited), true, "Newcomers that began with the debt of the evicted."},
    {FIELD(full_denied), true, "Takes denied by when-full."},
    {FIELD(full_allowed), true, "Takes let through untracked by when-full allow."},
    {FIELD(undone), true, "Charges taken back since a later limit denied."},
    {FIELD(debts_left), true, "Charges that could not be taken back."},
    {FIELD(healed), true, "Words from the future that were set right."},
    {FIELD(carried_over), true, "Cells converted to a limit's new numbers."},
    {FIELD(events), true, "Events that were begun."},
    {FIELD(events_lost), true, "Events that their writer had to give up."},
    {FIELD(auto_blocks), true, "Blocks by the policy, escalations too."},
    {FIELD(auto_blocks_failed), true, "Times that a block by the policy found no room."},
    {FIELD(blocks), false, "Blocks in force, of those whose names are kept."},
    {FIELD(policy_version), false, "Version of the policy in force; counts the applies."},
    {FIELD(keys), false, "Active principals that the table was made for."},
    {FIELD(file_bytes), false, "Size of the table's file."},
    {FIELD(cells), false, "Cells in the table."},
    {FIELD(cells_used), false, "Cells ever used, from a sample."},
    {FIELD(cells_live), false, "Cells with a debt now, from a sample."},
    {FIELD(groups), false, "Groups of cells in the table."},
    {FIELD(groups_full), false, "Groups without a free cell now, from a sample."},
    {FIELD(cells_per_key), false, "Most cells that one principal takes."},
    {NULL, 0, false, NULL},
};

uint64_t wctl_stats_value(const struct weir_stats *stats, const struct stats_number *number)
{
  uint64_t value;

  memcpy(&value, (const char *)stats + number->offset, sizeof value);
  return value;
}

/* ------------------------------------------------------------------------- people */

static void print_limit(void *context, const struct weir_limit_stats *limit)
{
  (void)context;
  printf("  %-20s %-20s %-12s %-16s %12" PRIu64 " %12" PRIu64 "\n", limit->policy, limit->limit,
         limit->unit, limit->key, limit->denied, limit->shadow_denied);
}

/* part / whole in tenths of a per cent; cell counts are far below 2^54. */
static unsigned per_mille(uint64_t part, uint64_t whole)
{
  return whole == 0 ? 0 : (unsigned)((part * 1000 + whole / 2) / whole);
}

static int print_text(struct weir_table *table, const struct weir_stats *stats)
{
  unsigned used = per_mille(stats->cells_used, stats->cells);
  unsigned live = per_mille(stats->cells_live, stats->cells);
  unsigned full = per_mille(stats->groups_full, stats->groups);

  printf("%s: %u.%u %% of the cells used, %u.%u %% live, %u.%u %% of the groups full; huge pages %s; "
         "switch %s\n\n",
         wctl_table_path(), used / 10, used % 10, live / 10, live % 10, full / 10, full % 10,
         stats->huge_pages ? "yes" : "no", wctl_switch_name(stats->switched));
  for (const struct stats_number *number = wctl_stats_numbers; number->name; number++)
    printf("  %-18s %18" PRIu64 "   %s\n", number->name, wctl_stats_value(stats, number),
           number->help);
  printf("\n  %-20s %-20s %-12s %-16s %12s %12s\n", "POLICY", "LIMIT", "UNIT", "PER", "DENIED",
         "SHADOW");
  return weir_stats_limits(table, print_limit, NULL);
}

/* --------------------------------------------------------------------------- JSON */

static void print_json_limit(void *context, const struct weir_limit_stats *limit)
{
  bool *is_first = context;

  printf("%s{\"policy\":", *is_first ? "" : ",");
  *is_first = false;
  wctl_json_string(stdout, limit->policy);
  printf(",\"limit\":");
  wctl_json_string(stdout, limit->limit);
  printf(",\"unit\":");
  wctl_json_string(stdout, limit->unit);
  printf(",\"per\":");
  wctl_json_string(stdout, limit->key);
  printf(",\"denied\":%" PRIu64 ",\"shadow_denied\":%" PRIu64 "}", limit->denied,
         limit->shadow_denied);
}

static int print_json(struct weir_table *table, const struct weir_stats *stats)
{
  bool is_first = true;
  int error;

  printf("{\"table\":");
  wctl_json_string(stdout, wctl_table_path());
  for (const struct stats_number *number = wctl_stats_numbers; number->name; number++)
    printf(",\"%s\":%" PRIu64, number->name, wctl_stats_value(stats, number));
  printf(",\"huge_pages\":%s,\"switched\":\"%s\",\"limits\":[",
         stats->huge_pages ? "true" : "false", wctl_switch_name(stats->switched));
  error = weir_stats_limits(table, print_json_limit, &is_first);
  printf("]}\n");
  return error;
}

static int print_stats(struct weir_table *table, bool as_json, bool for_prometheus)
{
  struct weir_stats stats = {.size_bytes = sizeof stats};
  int error = weir_stats(table, &stats);

  if (error == WEIR_OK)
    error = as_json          ? print_json(table, &stats)
            : for_prometheus ? wctl_stats_prometheus(table, &stats)
                             : print_text(table, &stats);
  if (error == WEIR_OK)
    return WCTL_DONE;
  wctl_error("%s: %s, expected a sound table: see weirctl verify", wctl_table_path(),
             weir_strerror(error));
  return wctl_status_of(error);
}

int wctl_stats(int argc, char **argv)
{
  bool as_json = false, for_prometheus = false;
  const struct wctl_option accepted[] = {
      {"--json", &as_json, NULL}, {"--prometheus", &for_prometheus, NULL}, {NULL, NULL, NULL}};
  struct weir_table *table;
  int operands, status = wctl_arguments(&usage, accepted, argc, argv, &operands);

  if (status != WCTL_GO_ON)
    return status;
  if (as_json && for_prometheus) {
    wctl_error("--json and --prometheus exclude each other, expected weirctl %s", usage.synopsis);
    return WCTL_USAGE;
  }
  status = wctl_table_open(&table);
  if (status != WCTL_DONE)
    return status;
  status = print_stats(table, as_json, for_prometheus);
  weir_close(table);
  return status;
}
