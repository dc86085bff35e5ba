/* SPDX-License-Identifier: BSD-2-Clause
 * Stats and verify. */
#include <stdlib.h>
#include <string.h>

#include "admit/verify.h"
#include "gauge/count.h"
#include "gauge/stats.h"
#include "guard/name.h"

/* A plan of the policy in force in memory of its own; NULL without a policy. */
static int own_plan(const struct weir_table *table, struct wi_plan **plan)
{
  int error;

  *plan = calloc(1, sizeof **plan);
  if (*plan == NULL)
    return WEIR_E_SPACE;
  error = wi_plan_read_image(&table->region, &(*plan)->image);
  if (error == WEIR_OK) {
    wi_plan_compile(*plan, table->region.secret, 0);
    (*plan)->version = (*plan)->image.version;
    return WEIR_OK;
  }
  free(*plan);
  *plan = NULL;
  return error == WEIR_E_POLICY ? WEIR_OK : error;
}

static bool word_is_idle(void *context, uint32_t id, uint64_t state)
{
  struct wi_judge judge;
  bool disposable;

  wi_judge_of(context, &judge);
  return judge.idle_in_ns(context, id, state, &disposable) == 0;
}

static bool every_word_counts(void *context, uint32_t id, uint64_t state)
{
  (void)context;
  (void)id;
  (void)state;
  return false;
}

WI_PUBLIC int weir_stats(struct weir_table *table, struct weir_stats *stats)
{
  struct wi_decision *decision;
  struct wi_plan *plan;

  if (table == NULL || stats == NULL || stats->size_bytes != sizeof *stats)
    return WEIR_E_ARGUMENT;
  memset(stats, 0, sizeof *stats);
  stats->size_bytes = sizeof *stats;
  wi_stats_counters(&table->region, stats);
  if (wi_guard_suspects_anybody(&table->region))
    stats->blocks =
        wi_name_count_blocks(&table->region, wi_region_now_ns(&table->region, false));
  decision = calloc(1, sizeof *decision);
  if (decision == NULL || own_plan(table, &plan) != WEIR_OK)
    plan = NULL;
  if (plan != NULL) {
    decision->table = table;
    decision->plan = plan;
    decision->version = plan->version;
    decision->now_ns = wi_region_now_ns(&table->region, false);
    stats->limits = plan->image.set.limit_count;
    stats->cells_per_key = wi_image_cells_per_principal(&plan->image.set);
    wi_stats_cells(&table->region, word_is_idle, decision, stats);
  } else {
    wi_stats_cells(&table->region, every_word_counts, NULL, stats);
  }
  free(plan);
  free(decision);
  return WEIR_OK;
}

WI_PUBLIC int weir_stats_limits(struct weir_table *table, weir_limit_visitor *visitor,
                                void *context)
{
  struct wi_plan *plan;
  int error;

  if (table == NULL || visitor == NULL)
    return WEIR_E_ARGUMENT;
  error = own_plan(table, &plan);
  if (error != WEIR_OK || plan == NULL)
    return error;
  for (uint32_t i = 0; i < plan->image.set.limit_count; i++) {
    const struct wi_limit *limit = &plan->image.set.limits[i];
    char key[WI_KEY_NAME_BYTES];
    struct weir_limit_stats each = {.limit = limit->name, .key = key};

    if (limit->kind != WI_KIND_LIMIT)
      continue; /* a class's denials are counted with the limit that it stands for */
    wi_policy_key_name(&plan->image.set, limit->key, key);
    each.policy = plan->image.set.policies[limit->policy].name;
    each.unit = plan->image.set.words[limit->unit];
    each.denied = wi_count_denied(&table->region, plan->limits[i].slot);
    each.shadow_denied = wi_count_shadow_denied(&table->region, plan->limits[i].slot);
    visitor(context, &each);
  }
  free(plan);
  return WEIR_OK;
}

WI_PUBLIC int weir_verify(struct weir_table *table, weir_complaint *complaint, void *context)
{
  struct wi_plan *plan;
  int findings = 0;

  if (table == NULL)
    return WEIR_E_ARGUMENT;
  if (own_plan(table, &plan) != WEIR_OK) {
    findings = 1;
    if (complaint != NULL)
      complaint(context, "the policy in force does not pass its checks");
  }
  findings += wi_verify_cells(table, plan, complaint, context);
  free(plan);
  return findings;
}
