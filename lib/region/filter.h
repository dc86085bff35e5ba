/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Of whom anything may be known beyond what limits have counted: a block, a class, an exemption.
 * One bit a principal, at its mark's upper bits, set before what it stands for is put anywhere
 * and never cleared.  Clear: nothing is known.  Set: look.  64 lines that hardly ever
 * change, so that they stay in every cache; thousands of such principals fill it, and then every
 * decision looks.
 */
#ifndef WI_REGION_FILTER_H
#define WI_REGION_FILTER_H

#include "region/region.h"

#define WI_FILTER_SHIFT 49 /* of a mark: 15 bits are left                                */
_Static_assert(WI_FILTER_BITS == 1u << (64 - WI_FILTER_SHIFT), "as many bits as the mark gives");

WI_INLINE bool wi_filter_has(const struct wi_region *region, uint64_t mark)
{
  uint64_t bit = mark >> WI_FILTER_SHIFT;

  /* Partner: wi_filter_add(). */
  return (wi_load_acquire(&region->side->filter[bit / 64]) >> (bit % 64) & 1) != 0;
}

static inline void wi_filter_add(const struct wi_region *region, uint64_t mark)
{
  uint64_t bit = mark >> WI_FILTER_SHIFT;

  if (!wi_filter_has(region, mark)) /* partner: wi_filter_has() of every decision */
    wi_fetch_or_seq_cst(&region->side->filter[bit / 64], (uint64_t)1 << (bit % 64));
}

#endif
