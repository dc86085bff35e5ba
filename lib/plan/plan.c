/* SPDX-License-Identifier: BSD-2-Clause */
#include "plan/plan.h"

#include "clock/clock.h"

int wi_plan_read_image(const struct wi_region *region, struct wi_image *image)
{
  int error = WEIR_E_CORRUPT;

  for (int attempt = 0; attempt < 8 && error == WEIR_E_CORRUPT; attempt++) {
    /* Partner: the CAS in plan/publish.c. */
    uint64_t version = wi_load_acquire(&region->live->hot.policy_version);
    unsigned char *slot =
        region->base + region->geometry.slots_offset + version % WI_SLOTS * WI_SLOT_BYTES;

    if (version == 0)
      return WEIR_E_POLICY;
    wi_region_touch(region, slot);
    error = wi_image_copy(image, (const struct wi_image *)(const void *)slot);
    if (error == WEIR_OK)
      error = wi_image_check(image, version);
  }
  return error;
}

int wi_plan_make(struct wi_plan *plan, const struct wi_region *region)
{
  int error;

  wi_store_release(&plan->version, 0); /* partner: who slept through WI_PLANS versions */
  error = wi_plan_read_image(region, &plan->image);
  if (error != WEIR_OK)
    return error;
  wi_region_touch(region, region->side->filter); /* whatever is decided looks there      */
  wi_plan_compile(plan, region->secret, wi_clock_coarse_tick_ns());
  wi_plan_compile_specials(plan, region);
  wi_plan_read_shapes(plan, region);
  wi_store_release(&plan->version, plan->image.version);
  return WEIR_OK;
}

void wi_plans_end(struct wi_plans *plans)
{
  for (uint32_t i = 0; i < WI_PLANS && i < plans->made; i++)
    plans->ring[i].version = 0;
}

int wi_plans_load(struct wi_plans *plans, const struct wi_region *region,
                  const struct wi_plan **plan)
{
  struct wi_plan *next;
  uint64_t unusual;
  int error = WEIR_OK;

  *plan = NULL;
  /* Partner: the release stores below. */
  if (wi_exchange_acquire(&plans->loading, 1) != 0)
    return WEIR_OK;
  *plan = wi_plans_ready(plans, region, &unusual); /* made by another thread meanwhile? */
  if (*plan == NULL) {
    uint32_t place = (uint32_t)(plans->made % WI_PLANS);

    next = plans->made < WI_PLANS ||
                   wi_clock_precise_ns() - plans->superseded_ns[place] > WI_PLAN_REST_NS
               ? &plans->ring[place]
               : NULL;
    if (next != NULL)
      error = wi_plan_make(next, region);
    if (next != NULL && error == WEIR_OK) {
      if (plans->made > 0)
        plans->superseded_ns[(plans->made - 1) % WI_PLANS] = wi_clock_precise_ns();
      plans->made++;
      wi_store_release(&plans->current, (uint64_t)(uintptr_t)next); /* partner: wi_plans_ready() */
      *plan = next;
    }
  }
  wi_store_release(&plans->loading, 0);
  return error;
}
