/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Replace the policies of a live table: write the next image into the slot that nobody in
 * force reads, then publish it by one compare-and-swap of the version.
 *
 * One publisher at a time holds the file's record lock, which the kernel takes back when
 * its process dies.  Killed before the compare-and-swap: nothing has changed, but that the
 * cells of formers given up for want of ids may be gone.  A slot is
 * written again four versions later at the earliest; a reader that slept so long finds a
 * wrong checksum and reads again.
 */
#include "plan/plan.h"

#include <stdlib.h>
#include <string.h>

/* Cells of ids that are given out again, left from limits gone long ago. */
static void sweep_cells(const struct wi_region *region, const struct wi_sweep *sweep)
{
  uint64_t cells = region->geometry.groups * WI_GROUP_CELLS;

  if (sweep->count == 0)
    return;
  for (uint64_t i = 0; i < cells; i++) {
    struct wi_cell *cell = &region->cells[i];
    struct wi_cell found = {.tag = wi_load_acquire(&cell->tag)};

    if (!sweep->again[wi_tag_id(found.tag)])
      continue; /* of a distinct limit the values' id among them */
    found.state = wi_load_acquire(&cell->state);
    if (!wi_cell_cas_seq_cst(cell, found, (struct wi_cell){.tag = WI_TAG_DEAD}))
      i--; /* it changed: look again */
  }
}

static void clear_counters(const struct wi_region *region, const struct wi_sweep *sweep)
{
  for (uint32_t stripe = 0; stripe < region->geometry.stripes; stripe++)
    for (uint32_t slot = 0; slot < WI_LIMITS_MAX; slot++)
      if (sweep->fresh_slot[slot]) {
        wi_store_release(&region->stripes[stripe].denied[slot], 0);
        wi_store_release(&region->stripes[stripe].shadow_denied[slot], 0);
      }
}

static void write_image(const struct wi_region *region, const struct wi_image *image)
{
  uint64_t *to = (uint64_t *)(void *)(region->base + region->geometry.slots_offset +
                                      image->version % WI_SLOTS * WI_SLOT_BYTES);
  const uint64_t *from = (const uint64_t *)(const void *)image;

  for (size_t i = 0; i < sizeof *image / sizeof *to; i++)
    wi_store_release(&to[i], from[i]); /* partner: the acquire of the version, then the copy */
}

static int publish(const struct wi_region *region, const struct wi_policy_set *set,
                   struct wi_image *old, struct wi_image *image, struct weir_fault *fault)
{
  struct wi_sweep sweep;
  uint32_t lost;
  int error = wi_plan_read_image(region, old);

  if (error == WEIR_E_POLICY)
    error = wi_image_bind(NULL, set, wi_region_now_ns(region, false), image, &sweep, &lost);
  else if (error == WEIR_OK)
    error = wi_image_bind(old, set, wi_region_now_ns(region, false), image, &sweep, &lost);
  else
    return wi_fault(fault, error, 0, "the policy in the table does not pass its checks");
  if (error != WEIR_OK)
    return wi_fault(fault, error, 0,
                    "too many limits, counting those that were changed or removed within their "
                    "own duration: try again later, or make a new table");
  sweep_cells(region, &sweep);
  clear_counters(region, &sweep);
  write_image(region, image);
  /* Partner: wi_plans_ready() and wi_plan_read_image(). */
  if (!wi_cas_seq_cst(&region->live->hot.policy_version, image->version - 1, image->version))
    return wi_fault(fault, WEIR_E_BUSY, 0, "another apply was faster");
  return WEIR_OK;
}

int wi_plan_publish(const struct wi_region *region, const struct wi_policy_set *set,
                    struct weir_fault *fault)
{
  struct wi_image *images = calloc(2, sizeof *images);
  int held, error;

  if (images == NULL)
    return wi_fault(fault, WEIR_E_SPACE, 0, "no memory");
  error = wi_region_lock(region, &held);
  if (error == WEIR_OK) {
    error = publish(region, set, &images[0], &images[1], fault);
    wi_region_unlock(held);
  } else {
    (void)wi_fault(fault, error, 0, error == WEIR_E_BUSY ? "another apply is under way"
                                                         : "cannot lock the table");
  }
  free(images);
  return error;
}
