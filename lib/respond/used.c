/* SPDX-License-Identifier: BSD-2-Clause */
#include "respond/see.h"

/* Each time since another request put a cell in the place of one that was read. */
#define ROUNDS_MAX 8u

/* A peek for the whole burst: it waits exactly as long as the limit is not full again. */
static void peek(struct wi_decision *decision, struct wi_ask *ask)
{
  static const struct wi_wanted everything = {.enough = WI_GROUP_CELLS + 1};
  struct wi_standing standing;
  struct wi_hits hits;

  for (uint32_t round = 0; round < ROUNDS_MAX; round++) {
    wi_find(ask->place, &everything, &hits);
    wi_standing_read(decision, ask, &hits, &standing);
    wi_standing_judge(decision, ask, &standing);
    if (wi_standing_holds(&standing, ask->limit->meter.words))
      return;
  }
}

void wi_used_read(struct wi_decision *decision, uint32_t limit, const struct wi_place *place,
                  struct wi_used *used)
{
  struct wi_ask *ask = &decision->asks[0];
  struct wi_plan_limit plain = decision->plan->limits[limit];
  const struct wi_meter *meter = &plain.meter;

  plain.distinct = false; /* units, not values of a request                              */
  *ask = (struct wi_ask){.limit = &plain, .place = place};
  ask->units = meter->sliding ? meter->as.window.rule.count : meter->as.bucket.rule.burst;
  ask->cost = meter->sliding ? 0 : wi_bucket_cost(&meter->as.bucket, ask->units);
  *used = (struct wi_used){.remaining = ask->units, .burst = ask->units};
  decision->reading = true;
  peek(decision, ask);
  used->remaining = ask->remaining;
  used->used = ask->units - ask->remaining;
  used->full_in_ns = ask->wait_ns;
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
