/* SPDX-License-Identifier: BSD-2-Clause
 * The plan as it is printed: every figure with where it comes from. */
#include <inttypes.h>

#include "plan.h"
#include "table/group.h"

static bool is_log(const struct plan *plan)
{
  return plan->options.logs.from != NULL;
}

/* "", or by how much the log's figures were multiplied. */
static const char *scaled(const struct plan *plan)
{
  static char text[48];

  if (plan->scale == 1)
    return "";
  (void)snprintf(text, sizeof text, ", x %.4g for --users", plan->scale);
  return text;
}

static void print_log(const struct plan *plan, struct plan_figures *figures)
{
  char first[LOG_STAMP_BYTES], last[LOG_STAMP_BYTES];

  plan_figure(figures, "log_lines", "lines", PLAN_COUNT, (double)plan->reader.sources.lines,
              "log: %zu files, %" PRIu64 " lines about something else",
              plan->options.logs.count, plan->reader.other_lines);
  plan_figure(figures, "messages", "messages", PLAN_COUNT, (double)plan->replay.events,
              "log: %s to %s", log_stamp_print(first, plan->replay.first_ns),
              log_stamp_print(last, plan->replay.last_ns));
  plan_figure(figures, "log_users", "different users", PLAN_COUNT,
              (double)plan->replay.users.entry_count, "log: sign-in name, else envelope sender");
  plan_figure(figures, "queue_ids", "queue ids open at once", PLAN_COUNT,
              (double)plan->reader.queue.open_most, "log: most at a time");
}

static void print_arrivals(const struct plan *plan, struct plan_figures *figures)
{
  const struct plan_options *options = &plan->options;
  const struct plan_load *load = &plan->load;

  plan_figure_heading(figures, "Arrivals");
  if (is_log(plan)) {
    print_log(plan, figures);
    plan_figure(figures, "messages_per_day", "messages a day", PLAN_REAL, load->messages_per_day,
                "log: mean of its days, of a shorter log all%s", scaled(plan));
    plan_figure(figures, "peak_per_minute", "messages in the busiest minute", PLAN_COUNT,
                load->minute_most, "log%s", scaled(plan));
    plan_figure(figures, "peak_per_second", "peak arrivals a second", PLAN_REAL, load->peak_per_s,
                "log: the busiest second%s", scaled(plan));
    return;
  }
  plan_figure(figures, "users", "users", PLAN_COUNT, (double)options->users, "--users");
  plan_figure(figures, "messages_per_day", "messages a day", PLAN_REAL, load->messages_per_day,
              "users x --per-day %g (log-normal, --sigma %g)", options->per_day, options->sigma);
  plan_figure(figures, "peak_per_second", "peak arrivals a second", PLAN_REAL, load->peak_per_s,
              "messages a day x --peak %g / 86400 s", options->peak);
}

static void print_keys(const struct plan *plan, struct plan_figures *figures)
{
  const struct plan_load *load = &plan->load;

  plan_figure_heading(figures, "Remembered at once, at the most");
  if (figures->json) {
    printf(",\"principals\":[");
    figures->between = "";
  }
  for (uint32_t key = 0; key < plan->set->key_count; key++) {
    char name[WI_KEY_NAME_BYTES], from[96];
    uint32_t cells = plan_key_cells(plan->set, key);

    if (cells == 0)
      continue;
    wi_policy_key_name(plan->set, key, name);
    if (is_log(plan))
      (void)snprintf(from, sizeof from, "log: replay%s",
                     plan->set->keys[key].attribute_count > 0 ? scaled(plan) : "");
    else
      (void)snprintf(from, sizeof from, "formula: %.0f x P(in debt), end of the busy hours",
                     plan->population.of_key[key]);
    if (figures->json) {
      plan_figure_between(figures);
      printf("{\"key\":\"%s\",\"cells\":%" PRIu32 ",\"remembered\":", name, cells);
      plan_figure_number(PLAN_COUNT, load->principals_most[key]);
      printf(",\"from\":\"%s\"}", from);
    } else {
      char label[WI_KEY_NAME_BYTES + 32];

      (void)snprintf(label, sizeof label, "per %s (%" PRIu32 " cells)", name, cells);
      plan_figure(figures, "", label, PLAN_COUNT, load->principals_most[key], "%s", from);
    }
  }
  if (figures->json)
    putchar(']');
  figures->between = ",";
  plan_figure(figures, "cells_needed", "cells for all of them", PLAN_COUNT, load->needed_most,
              "%s: principals x cells, most at a time", is_log(plan) ? "log" : "formula");
  plan_figure(figures, "cells_live", "cells in debt", PLAN_COUNT, load->peak.cells,
              "%s: limits not yet forgotten", is_log(plan) ? "log" : "formula");
}

static void print_table(const struct plan *plan, struct plan_figures *figures)
{
  const struct plan_table *table = &plan->table;
  const struct plan_groups *groups = &plan->groups;

  plan_figure_heading(figures, "Table");
  plan_figure(figures, "keys", "--keys", PLAN_COUNT, (double)table->keys, "%s",
              plan->options.keys > 0 ? "--keys" : "cells for all / cells a principal");
  plan_figure(figures, "cells_per_principal", "cells a principal", PLAN_COUNT,
              table->cells_per_key, "policy: the key with most");
  plan_figure(figures, "bytes_per_principal", "bytes a principal", PLAN_REAL,
              table->bytes_per_key, "weirctl create: %zu bytes a cell and room",
              sizeof(struct wi_cell));
  plan_figure(figures, "table_cells", "cells", PLAN_COUNT, (double)table->cells, "%s",
              table->made ? "weirctl create: a table made in memory"
                          : "weirctl create: computed from a small table");
  plan_figure(figures, "table_bytes", "bytes", PLAN_COUNT, (double)table->file_bytes,
              "the same; %.1f MB", (double)table->file_bytes / 1e6);
  plan_figure(figures, "load", "load", PLAN_SHARE, plan->load.peak.cells / (double)table->cells,
              "cells in debt / cells");
  plan_figure(figures, "newcomers_meeting_full_group", "newcomers meeting a full group",
              PLAN_SHARE, groups->meet_full, "Poisson(%.3g cells) over groups of %u cells",
              groups->per_group, WI_GROUP_CELLS);
  plan_figure(figures, "evictions_per_day", "cells evicted a day", PLAN_REAL, groups->evicted,
              "newcomers a day x that, cell by cell");
  if (figures->json || groups->meet_full > 0.02)
    plan_figure(figures, "keys_for_2_percent", "--keys for at most 2 %", PLAN_COUNT,
                plan->roomy_keys, "the same model");
}

static void print_speed(const struct plan *plan, struct plan_figures *figures)
{
  const struct plan_table *table = &plan->table;
  bool measured = table->single_per_s > 0;

  plan_figure_heading(figures, "Speed");
  plan_figure(figures, "decisions_per_second", "decisions a second a core", PLAN_REAL,
              measured ? table->single_per_s : -1,
              measured ? "measured here, %.1f s after %" PRIu64 " decisions, %.0f %% allowed"
                       : "not measured: --no-measure",
              table->seconds, table->filled, table->allowed * 100);
  plan_figure(figures, "batch_decisions_per_second", "in batches of 32", PLAN_REAL,
              measured ? table->batch_per_s : -1,
              measured ? "measured here, %.1f s" : "not measured: --no-measure",
              table->seconds);
  plan_figure(figures, "cores", "cores", PLAN_COUNT, plan->options.cores,
              "--cores, or those of this machine");
  plan_figure(figures, "headroom", "headroom", PLAN_REAL,
              measured && plan->load.peak_per_s > 0
                  ? table->single_per_s * plan->options.cores / plan->load.peak_per_s
                  : -1,
              "cores x decisions a second / peak arrivals");
}

int plan_report(const struct plan *plan)
{
  struct plan_figures figures = {.json = plan->options.json, .between = ","};
  int status;

  if (figures.json) {
    printf("{\"policy\":");
    wctl_json_string(stdout, plan->policy.name);
    printf(",\"mode\":\"%s\"", is_log(plan) ? "log" : "distribution");
  } else {
    printf("%s: plan from %s\n", plan->policy.name,
           is_log(plan) ? "a mail log" : "a distribution");
  }
  print_arrivals(plan, &figures);
  print_keys(plan, &figures);
  print_table(plan, &figures);
  print_speed(plan, &figures);
  status = plan_report_refused(plan, &figures);
  if (figures.json) {
    printf(",\"notes\":[");
    figures.between = "";
  }
  plan_report_notes(plan, &figures);
  if (figures.json)
    printf("]}\n");
  return status;
}
