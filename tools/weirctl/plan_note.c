/* SPDX-License-Identifier: BSD-2-Clause
 * What was left out of the figures, in words: nothing is dropped without a line. */
#include <inttypes.h>
#include <stdarg.h>

#include "plan.h"

__attribute__((format(printf, 2, 3))) static void note(struct plan_figures *figures,
                                                       const char *format, ...)
{
  char text[512];
  va_list arguments;

  va_start(arguments, format);
  (void)vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  for (char *at = text; *at != '\0'; at++)
    if ((unsigned char)*at < 0x20 || *at == 0x7f)
      *at = '?';
  if (!figures->json) {
    printf("  note: %s\n", text);
    return;
  }
  plan_figure_between(figures);
  wctl_json_string(stdout, text);
}

static void count_note(void *figures, uint64_t count, const char *what)
{
  if (count > 0)
    note(figures, "%" PRIu64 " %s", count, what);
}

/* How long the limit that remembers longest does so: a full bucket, a window and its part. */
static double longest_memory_ns(const struct wi_policy_set *set)
{
  double longest = 0;

  for (uint32_t i = 0; i < set->limit_count; i++) {
    const struct wi_rule *rule = &set->limits[i].rule;
    double ns = rule->sliding ? (double)rule->period_ns * 9 / 8
                              : (double)rule->burst / (double)rule->count *
                                    (double)rule->period_ns;

    if (ns > longest)
      longest = ns;
  }
  return longest;
}

static void log_notes(const struct plan *plan, struct plan_figures *figures)
{
  log_reader_notes(&plan->reader, count_note, figures);
  if (plan->load.span_ns < longest_memory_ns(plan->set))
    note(figures, "the log spans %.3g h, a limit remembers for up to %.3g h: more may be "
                  "remembered than it shows",
         plan->load.span_ns / 3.6e12, longest_memory_ns(plan->set) / 3.6e12);
}

void plan_report_notes(const struct plan *plan, struct plan_figures *figures)
{
  const struct plan_table *table = &plan->table;

  if (plan->options.logs.from)
    log_notes(plan, figures);
  count_note(figures, plan->left_out,
             "statements of the policy left out: neither values nor blocks are known here");
  if (plan->replay.errors > 0)
    note(figures, "%" PRIu64 " messages not judged, the first: %s", plan->replay.errors,
         plan->replay.error);
  if (table->single_per_s > 0 && table->made_keys < table->keys)
    note(figures, "measured with %.3g of the users, on a table for %" PRIu64 " principals: "
                  "capped to a quarter of the free memory", table->share, table->made_keys);
  if (!plan->options.logs.from && plan->day_users < plan->options.users)
    note(figures, "a sample of %" PRIu64 " users: limits that several users share not judged",
         plan->day_users);
}
