/* SPDX-License-Identifier: BSD-2-Clause */
#include "respond/see.h"

#include "base/arith.h"

/* Each time since another request put a cell in the place of one that was read. */
#define ROUNDS_MAX 8u

/* A peek for the whole burst: it waits exactly as long as the limit is not full again. */
static void peek(struct wi_decision *decision, struct wi_ask *ask, struct wi_standing *standing)
{
  static const struct wi_wanted everything = {.enough = WI_GROUP_CELLS + 1};
  struct wi_hits hits;

  for (uint32_t round = 0; round < ROUNDS_MAX; round++) {
    wi_find(ask->place, &everything, &hits);
    wi_standing_read(decision, ask, &hits, standing);
    wi_standing_judge(decision, ask, standing);
    if (wi_standing_holds(standing, ask->limit->meter.words))
      return;
  }
}

void wi_used_read(struct wi_decision *decision, const struct wi_plan_limit *limit,
                  const struct wi_place *place, struct wi_used *used)
{
  struct wi_ask *ask = &decision->asks[0];
  const struct wi_meter *meter = &limit->meter;
  struct wi_standing standing;
  uint64_t burst = meter->sliding ? meter->as.window.rule.count : meter->as.bucket.rule.burst;

  *ask = (struct wi_ask){.limit = limit, .place = place, .units = burst};
  ask->cost = meter->sliding ? 0 : wi_bucket_cost(&meter->as.bucket, burst);
  decision->reading = true;
  peek(decision, ask, &standing);
  *used = (struct wi_used){.used = burst - ask->remaining,
                           .remaining = ask->remaining,
                           .burst = burst,
                           .full_in_ns = ask->wait_ns};
  if (limit->distinct) /* its units are those of a request's values: none here */
    used->full_in_ns =
        wi_max(wi_window_wait_ns(&meter->as.window, &standing.view, burst, decision->now_ns),
               standing.extra_wait_ns);
}

int wi_used_limit_of_slot(const struct wi_plan *plan, uint64_t slot)
{
  if (plan == NULL)
    return -1;
  for (uint32_t i = 0; i < plan->image.set.limit_count; i++)
    if (plan->limits[i].slot == slot)
      return (int)i;
  return -1;
}

uint32_t wi_used_flags(const struct wi_limit *limit)
{
  static const uint32_t kinds[] = {[WI_KIND_STRIKES] = WEIR_WHY_STRIKES,
                                   [WI_KIND_SCORE] = WEIR_WHY_SCORE,
                                   [WI_KIND_APART] = WEIR_WHY_APART};

  return (limit->kind < WI_COUNT_OF(kinds) ? kinds[limit->kind] : 0) |
         (limit->rule.sliding != 0 ? WEIR_WHY_SLIDING : 0u) |
         ((limit->flags & WI_LIMIT_SHADOW) != 0 ? WEIR_WHY_SHADOW : 0u) |
         ((limit->flags & WI_LIMIT_OPTIONAL) != 0 ? WEIR_WHY_OPTIONAL : 0u) |
         ((limit->flags & WI_LIMIT_DISTINCT) != 0 ? WEIR_WHY_DISTINCT : 0u);
}
