/* SPDX-License-Identifier: BSD-2-Clause
 * Who would be refused: by limit, and from a log by name.  Names were chosen by whom the log
 * is about, and go to a terminal. */
#include <inttypes.h>
#include <stdlib.h>

#include "plan.h"

#define LIMITS_SHOWN 3

/* Shared by several users, of whom only a sample was drawn. */
static bool is_unjudged(const struct plan *plan, const struct wi_limit *limit)
{
  return !plan->options.logs.from && plan->day_users < plan->options.users &&
         plan->population.of_key[limit->key] < (double)plan->options.users;
}

static double user_count(const struct plan *plan)
{
  return plan->options.logs.from ? (double)plan->replay.users.entry_count : (double)plan->day_users;
}

static void print_limit(const struct plan *plan, uint32_t i, struct plan_figures *figures)
{
  const struct wi_limit *limit = &plan->set->limits[i];
  const struct sim_limit_counts *counts = &plan->replay.engine.counts[i];
  bool unjudged = is_unjudged(plan, limit);
  double over = unjudged ? -1 : (double)plan_replay_over(&plan->replay, i);
  double share = unjudged ? -1 : over / user_count(plan);

  if (figures->json) {
    plan_figure_between(figures);
    printf("{\"limit\":\"%s\",\"users_over\":", limit->name);
    plan_figure_number(PLAN_COUNT, over);
    printf(",\"share_of_users\":");
    plan_figure_number(PLAN_SHARE, share);
    printf(",\"asked\":%" PRIu64 ",\"denied\":%" PRIu64 ",\"shadow_denied\":%" PRIu64 "}",
           counts->asked, counts->denied, counts->shadow_denied);
  } else {
    char label[WEIR_NAME_BYTES + 16];

    (void)snprintf(label, sizeof label, "over %s", limit->name);
    plan_figure(figures, "", label, PLAN_SHARE, share,
                unjudged ? "not judged from a sample"
                         : "%.0f of %.0f users, %" PRIu64 " messages%s",
                over, user_count(plan),
                limit->flags & WI_LIMIT_SHADOW ? counts->shadow_denied : counts->denied,
                limit->flags & WI_LIMIT_SHADOW ? " (shadow: not refused)" : "");
  }
}

/* -------------------------------------------------------------------------- names -- */

/* The limits that refused a user, the one that did most often first. */
static uint32_t sort_by(const struct plan *plan, const struct plan_refused *refused,
                        uint32_t sorted[WI_LIMITS_MAX])
{
  uint32_t count = 0;

  for (uint32_t i = 0; i < plan->set->limit_count; i++) {
    uint32_t at = count;

    if (refused->by[i] == 0)
      continue;
    for (; at > 0 && refused->by[sorted[at - 1]] < refused->by[i]; at--)
      sorted[at] = sorted[at - 1];
    sorted[at] = i;
    count++;
  }
  return count;
}

static int print_user(const struct plan *plan, const struct plan_refused *refused,
                      struct log_slice user, struct plan_figures *figures)
{
  uint32_t sorted[WI_LIMITS_MAX], count = sort_by(plan, refused, sorted);
  char *name = NULL, first[LOG_STAMP_BYTES];
  size_t bytes;
  FILE *out = open_memstream(&name, &bytes);

  if (!out)
    return -1;
  wctl_value_print(out, user.text, user.bytes);
  if (fclose(out) != 0) {
    free(name);
    return -1;
  }
  (void)log_stamp_print(first, refused->first_ns);
  if (figures->json) {
    plan_figure_between(figures);
    printf("{\"user\":");
    wctl_json_string(stdout, name);
    printf(",\"refused\":%" PRIu64 ",\"first\":\"%s\",\"first_ns\":%" PRIu64 ",\"by\":{",
           refused->count, first, refused->first_ns);
    for (uint32_t i = 0; i < count; i++)
      printf("%s\"%s\":%" PRIu32, i > 0 ? "," : "", plan->set->limits[sorted[i]].name,
             refused->by[sorted[i]]);
    printf("}}");
  } else {
    printf("  %-31.200s %15" PRIu64 "  first %s", name, refused->count, first);
    for (uint32_t i = 0; i < count && i < LIMITS_SHOWN; i++)
      printf("%s%s %" PRIu32, i > 0 ? ", " : "; ", plan->set->limits[sorted[i]].name,
             refused->by[sorted[i]]);
    printf("%s\n", count > LIMITS_SHOWN ? ", …" : "");
  }
  free(name);
  return 0;
}

static int print_users(const struct plan *plan, struct plan_figures *figures)
{
  struct plan_top top;
  int status = 0;

  plan_replay_top(&plan->replay, &top);
  for (size_t i = 0; i < top.count && status == 0; i++)
    status = print_user(plan, top.rows[i].refused, top.rows[i].user, figures);
  if (!figures->json && plan->replay.refused.entry_count > top.count)
    printf("  and %zu more\n", plan->replay.refused.entry_count - top.count);
  return status;
}

/* --------------------------------------------------------------------------- all -- */

int plan_report_refused(const struct plan *plan, struct plan_figures *figures)
{
  const struct plan_replay *replay = &plan->replay;
  bool is_log = plan->options.logs.from != NULL;
  char from[96];
  int status = 0;

  if (is_log)
    (void)snprintf(from, sizeof from, "replay of the log, as weirctl sim");
  else
    (void)snprintf(from, sizeof from, "a day of %" PRIu64 " users drawn with --seed %" PRIu64,
                   plan->day_users, plan->options.seed);
  plan_figure_heading(figures, "Refused");
  plan_figure(figures, "users_refused", "users refused", PLAN_COUNT,
              (double)replay->refused.entry_count, "%s", from);
  plan_figure(figures, "users_judged", "of users", PLAN_COUNT, user_count(plan), "%s",
              is_log ? "log: different users" : "--users, or the sample");
  plan_figure(figures, "messages_refused", "messages refused", PLAN_COUNT,
              (double)replay->refused_events, "%s", from);
  plan_figure(figures, "messages_judged", "of messages", PLAN_COUNT,
              (double)(replay->events - replay->errors), "%s", from);
  if (figures->json) {
    printf(",\"limits\":[");
    figures->between = "";
  }
  for (uint32_t i = 0; i < plan->set->limit_count; i++)
    print_limit(plan, i, figures);
  if (figures->json) {
    printf("],\"refused\":[");
    figures->between = "";
  }
  if (is_log)
    status = print_users(plan, figures);
  if (figures->json)
    putchar(']');
  figures->between = ",";
  return status;
}
