/* SPDX-License-Identifier: BSD-2-Clause
 *
 * From a set of policies to what lies in the file: which limit has which ids.
 *
 * A limit is known by (policy, name), what a policy keeps beside its limits by its kind, too.  Where its numbers change so that an old word would
 * mean something else, it gets new ids, and the old ids with the old numbers stay in the
 * image as a former, until every cell of them must be idle.  A decision that meets a
 * former's cell converts a bucket in place, in the one compare-and-swap that changes its
 * tag's id too, or counts a former window's units in addition until they expire.
 */
#ifndef WI_PLAN_IMAGE_H
#define WI_PLAN_IMAGE_H

#include "region/layout.h"

/* Ids that were used before and are given out again: their old cells must go first. */
struct wi_sweep {
  uint32_t count;
  uint8_t again[WI_IDS];      /* 1: sweep this id                                    */
  uint8_t fresh_slot[WI_LIMITS_MAX]; /* 1: a counter slot that begins at 0           */
};

/* The image that follows `old` (NULL: none) under `set`.  now_ns: table's clock.  *lost is
 * the number of formers dropped before their time for want of room.  Returns WEIR_OK or
 * WEIR_E_CAPACITY where no ids are left. */
int wi_image_bind(const struct wi_image *old, const struct wi_policy_set *set, uint64_t now_ns,
                  struct wi_image *image, struct wi_sweep *sweep, uint32_t *lost);

/* Over everything that the image counts. The counts must be in range. */
uint64_t wi_image_checksum(const struct wi_image *image);

/* Copy what an image counts out of shared memory.  Torn or hostile bytes fail
 * wi_image_check(); counts out of range are refused here: WEIR_E_CORRUPT. */
int wi_image_copy(struct wi_image *image, const struct wi_image *shared);

/* Whether bytes copied from a file are an image of that version that bind could have
 * made. */
int wi_image_check(const struct wi_image *image, uint64_t version);

/* Cells that one principal needs at most, over all keys of a set but `overall`. */
uint32_t wi_image_cells_per_principal(const struct wi_policy_set *set);

#endif
