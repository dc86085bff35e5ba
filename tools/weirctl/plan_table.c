/* SPDX-License-Identifier: BSD-2-Clause
 * The table that create makes, and what it takes.
 *
 * The table is made in memory, for this process alone, and what it says of itself is
 * reported; where it would take over a quarter of the free memory its size is computed from
 * a small one, and what is measured is as large as may be. */
#include <inttypes.h>

#include "plan.h"
#include "region/layout.h"

#define PROBE_KEYS ((uint64_t)65536)
#define UNMEASURED_BYTES (64.0 * 1024 * 1024) /* made for its size alone              */

static int make(const struct wctl_file *policy, uint64_t keys, struct weir_table **table,
                struct weir_stats *stats)
{
  struct weir_create_options options = {
      .size_bytes = sizeof options,
      .keys = keys,
      .policy_text = policy->text,
      .policy_bytes = policy->bytes,
      .policy_name = policy->name,
  };
  struct weir_fault fault = {0};
  int error = weir_create(NULL, &options, table, &fault);

  *stats = (struct weir_stats){.size_bytes = sizeof *stats};
  if (error == WEIR_OK)
    error = weir_stats(*table, stats);
  else
    wctl_fault(&fault);
  return wctl_status_of(error);
}

int plan_table_probe(const struct wctl_file *policy, struct plan_probe *probe)
{
  struct weir_table *table = NULL;
  struct weir_stats stats;
  int status = make(policy, PROBE_KEYS, &table, &stats);
  double bytes;

  weir_close(table);
  if (status != WCTL_DONE)
    return status;
  bytes = (double)(stats.cells * sizeof(struct wi_cell));
  probe->cells_per_key = (uint32_t)stats.cells_per_key;
  probe->bytes_per_key = bytes / (double)PROBE_KEYS;
  probe->header_bytes = stats.file_bytes - (uint64_t)bytes;
  return WCTL_DONE;
}

double plan_table_groups(const struct plan_probe *probe, double keys)
{
  double groups = keys * probe->bytes_per_key / WI_GROUP_BYTES;
  double whole = (double)(uint64_t)groups;

  if (whole < groups)
    whole++;
  return whole < WI_GROUPS_MIN ? WI_GROUPS_MIN : whole;
}

static void compute(const struct plan_probe *probe, struct plan_table *table)
{
  uint64_t bytes = (uint64_t)plan_table_groups(probe, (double)table->keys) * WI_GROUP_BYTES;

  table->cells = bytes / sizeof(struct wi_cell);
  table->file_bytes = probe->header_bytes + (bytes + 4095) / 4096 * 4096 +
                      (uint64_t)(wi_layout_names(table->keys) - wi_layout_names(PROBE_KEYS)) *
                          sizeof(struct wi_name);
}

/* ------------------------------------------------------------------------- memory -- */

/* What Linux would give without swapping, or no bound where it does not say. */
static double free_bytes(void)
{
  FILE *in = fopen("/proc/meminfo", "re");
  char line[128];
  unsigned long long kib = 0;

  while (in && fgets(line, sizeof line, in))
    if (sscanf(line, "MemAvailable: %llu", &kib) == 1)
      break;
  if (in)
    (void)fclose(in);
  return kib > 0 ? (double)kib * 1024 : 1e18;
}

/* ----------------------------------------------------------------------------- make -- */

int plan_table_make(const struct wctl_file *policy, const struct wi_policy_set *set,
                    const struct plan_options *options, const struct plan_population *population,
                    const struct plan_load *load, const struct plan_probe *probe,
                    struct plan_table *out)
{
  struct weir_table *table = NULL;
  struct weir_stats stats;
  double most = options->measure ? free_bytes() / 4 : UNMEASURED_BYTES;
  int status;

  out->cells_per_key = probe->cells_per_key;
  out->bytes_per_key = probe->bytes_per_key;
  if (plan_table_groups(probe, (double)out->keys) > (double)WI_GROUPS_MAX) {
    wctl_error("a table for %" PRIu64 " principals is more than one holds, expected fewer: "
               "several tables", out->keys);
    return WCTL_INPUT;
  }
  compute(probe, out);
  out->made_keys = out->keys;
  if ((double)out->file_bytes > most) {
    if (!options->measure)
      return WCTL_DONE;
    out->made_keys = (uint64_t)(most / probe->bytes_per_key);
  }
  status = make(policy, out->made_keys, &table, &stats);
  if (status == WCTL_DONE && out->made_keys == out->keys) {
    out->made = true;
    out->cells = stats.cells;
    out->file_bytes = stats.file_bytes;
  }
  out->made_bytes = stats.file_bytes;
  if (status == WCTL_DONE && options->measure &&
      plan_measure(table, set, options, population, load, out) != 0) {
    wctl_error("no memory left, expected room to measure");
    status = WCTL_INTERNAL;
  }
  weir_close(table);
  return status;
}
