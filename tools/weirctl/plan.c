/* SPDX-License-Identifier: BSD-2-Clause */
#include "plan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "table/group.h"

#define KEYS_MOST 1e11
#define SHARE_WANTED 0.02 /* of newcomers that meet a full group, as create is sized for */

static int no_memory(void)
{
  wctl_error("no memory left, expected room for every principal");
  return WCTL_INTERNAL;
}

/* ------------------------------------------------------------------------ the policy -- */

/* Only the limits of one policy: the others' count nothing here.  What depends on values that
 * logs do not have, or on who is blocked, is left out; returns how many statements that is. */
static uint32_t keep_policy(struct wi_policy_set *set, uint32_t policy)
{
  uint32_t kept = 0, left_out = 0;

  for (uint32_t i = 0; i < set->limit_count; i++) {
    const struct wi_limit *limit = &set->limits[i];
    bool is_kept = limit->kind == WI_KIND_LIMIT && (limit->flags & WI_LIMIT_DISTINCT) == 0;

    if (limit->policy != policy)
      continue;
    if (is_kept)
      set->limits[kept++] = *limit;
    left_out += !is_kept && limit->kind != WI_KIND_STRIKES && limit->kind != WI_KIND_APART;
  }
  for (uint32_t i = 0; i < set->special_count; i++)
    left_out += set->specials[i].policy == policy;
  for (uint32_t i = 0; i < set->response_count; i++)
    left_out += set->responses[i].policy == policy;
  memset(&set->limits[kept], 0, (WI_LIMITS_MAX - kept) * sizeof set->limits[0]);
  set->limit_count = kept;
  set->class_count = set->special_count = set->response_count = set->signal_count = 0;
  set->value_bytes = 0;
  return left_out;
}

static int choose_policy(struct wi_policy_set *set, const char *name, uint32_t *left_out)
{
  if (!name && set->policy_count != 1) {
    wctl_error("--name is missing, the file has %u policies: expected --name POLICY",
               set->policy_count);
    return WCTL_USAGE;
  }
  for (uint32_t i = 0; i < set->policy_count; i++)
    if (!name || strcmp(set->policies[i].name, name) == 0) {
      *left_out = keep_policy(set, i);
      if (set->limit_count > 0)
        return WCTL_DONE;
      wctl_error("policy '%s' has distinct limits only, expected a limit of messages, recipients "
                 "or bytes",
                 set->policies[i].name);
      return WCTL_INPUT;
    }
  wctl_error("--name '%s', expected a policy of the file", name);
  return WCTL_USAGE;
}

static int read_policy(struct plan *plan)
{
  int status = wctl_file_read(plan->options.policy_path, &plan->policy);

  if (status != WCTL_DONE)
    return status;
  plan->set = calloc(1, sizeof *plan->set);
  if (!plan->set)
    return no_memory();
  if (wi_policy_parse(plan->policy.text, plan->policy.bytes, plan->policy.name, plan->set,
                      wctl_complain, NULL, NULL) != WEIR_OK)
    return WCTL_INPUT;
  return choose_policy(plan->set, plan->options.policy_name, &plan->left_out);
}

/* --------------------------------------------------------------------------- arrivals -- */

static int replay_logs(struct plan *plan)
{
  const struct plan_replay *replay = &plan->replay;
  int status =
      log_reader_run(&plan->reader, &plan->options.logs, plan_replay_take, &plan->replay);

  if (status == WCTL_DONE)
    status = log_reader_judge(&plan->reader);
  if (status != WCTL_DONE || replay->events > replay->errors)
    return status;
  wctl_error("no message can be judged: %s", replay->error);
  return WCTL_INPUT;
}

static void count_principal(void *context, uint64_t kind, const void *payload, const char *key,
                            size_t key_bytes)
{
  struct plan_population *population = context;

  (void)payload;
  (void)key;
  (void)key_bytes;
  population->of_key[kind]++;
}

/* What the log says of a day, for as many users as were asked for. */
static void load_from_log(struct plan *plan)
{
  const struct plan_replay *replay = &plan->replay;
  const struct plan_live *live = &replay->live;
  struct plan_load *load = &plan->load;
  double scale = plan->options.users > 0
                     ? (double)plan->options.users / (double)replay->users.entry_count
                     : 1;
  double days;

  *load = (struct plan_load){.span_ns = (double)(replay->last_ns - replay->first_ns)};
  days = load->span_ns / (double)LOG_NS_PER_DAY;
  if (days < 1)
    days = 1;
  plan->scale = scale;
  sim_map_visit(&replay->engine.principals, count_principal, &plan->population);
  plan->population.users = (double)replay->users.entry_count * scale;
  for (uint32_t key = 0; key < plan->set->key_count; key++)
    plan->population.of_key[key] *= scale;
  load->peak = live->peak;
  load->peak.cells *= scale;
  load->needed_most = live->needed_most * scale;
  for (uint32_t key = 0; key < plan->set->key_count; key++)
    load->principals_most[key] =
        live->principals_most[key] * (plan->set->keys[key].attribute_count > 0 ? scale : 1);
  for (uint32_t i = 0; i < plan->set->limit_count; i++) {
    load->peak.live[i] *= scale;
    load->newcomers[i] = (double)live->newcomers[i] / days * scale;
  }
  load->messages_per_day = (double)replay->events / days * scale;
  load->peak_per_s = (double)replay->second_most * scale;
  load->minute_most = (double)replay->minute_most * scale;
}

static int draw_day(struct plan *plan)
{
  int status = plan_spread_check(plan->set);

  if (status == WCTL_DONE)
    status = plan_population_read(plan->set, &plan->options, &plan->population);
  if (status != WCTL_DONE)
    return status;
  plan->day_users = plan_day_users(&plan->options);
  if (plan_day_run(&plan->options, plan->set, &plan->population, &plan->replay) != 0)
    return no_memory();
  if (plan->replay.events > 0 && plan->replay.errors == plan->replay.events) {
    wctl_error("no message can be judged: %s", plan->replay.error);
    return WCTL_INPUT;
  }
  plan_spread_load(plan->set, &plan->options, &plan->population, &plan->load);
  return WCTL_DONE;
}

/* ------------------------------------------------------------------------------ table -- */

/* The fewest keys whose table gives newcomers room, by bisection. */
static double find_roomy_keys(const struct plan *plan)
{
  double low = 1, high = KEYS_MOST;
  struct plan_groups groups;

  while (high - low > 1 && high / low > 1.001) {
    double keys = (double)(uint64_t)(low < 1e3 && high > 1e6 ? low * 1000 : (low + high) / 2);

    plan_groups_read(plan->set, &plan->load, plan_table_groups(&plan->probe, keys), &groups);
    *(groups.meet_full > SHARE_WANTED ? &low : &high) = keys;
  }
  return high;
}

static int size_table(struct plan *plan)
{
  struct plan_table *table = &plan->table;
  double keys;
  int status = plan_table_probe(&plan->policy, &plan->probe);

  if (status != WCTL_DONE)
    return status;
  keys = plan->load.needed_most / plan->probe.cells_per_key;
  table->keys = (uint64_t)keys;
  if ((double)table->keys < keys || table->keys == 0)
    table->keys++;
  if (plan->options.keys > 0)
    table->keys = plan->options.keys;
  status = plan_table_make(&plan->policy, plan->set, &plan->options, &plan->population, &plan->load,
                           &plan->probe, table);
  if (status != WCTL_DONE)
    return status;
  plan_groups_read(plan->set, &plan->load, (double)table->cells / WI_GROUP_CELLS, &plan->groups);
  plan->roomy_keys = find_roomy_keys(plan);
  return WCTL_DONE;
}

/* ---------------------------------------------------------------------------- command -- */

static int make_plan(struct plan *plan)
{
  int status = plan->options.logs.from ? replay_logs(plan) : draw_day(plan);

  if (status != WCTL_DONE)
    return status;
  if (plan->options.logs.from)
    load_from_log(plan);
  status = size_table(plan);
  if (status != WCTL_DONE)
    return status;
  return plan_report(plan) == 0 ? WCTL_DONE : no_memory();
}

/* The trace on standard output, what it leaves out on standard error. */
static int print_trace(struct plan *plan)
{
  int status = replay_logs(plan);

  if (status == WCTL_DONE && plan->reader.not_understood > 0)
    wctl_error("%" PRIu64 " of %" PRIu64 " lines not understood, expected a log of Postfix or Exim",
               plan->reader.not_understood, plan->reader.sources.lines);
  return status;
}

int wctl_plan(int argc, char **argv)
{
  static struct plan plan;
  int status;

  plan = (struct plan){.scale = 1};
  status = plan_options_read(argc, argv, &plan.options);
  if (status != WCTL_GO_ON)
    return status;
  status = plan.options.policy_path ? read_policy(&plan) : WCTL_DONE;
  if (status == WCTL_DONE) {
    plan_replay_begin(&plan.replay, plan.options.trace ? NULL : plan.set, &plan.options);
    status = plan.options.trace ? print_trace(&plan) : make_plan(&plan);
  }
  if (!plan.replay.has_engine)
    free(plan.set);
  plan_replay_free(&plan.replay);
  log_reader_free(&plan.reader);
  wctl_file_free(&plan.policy);
  return status;
}
