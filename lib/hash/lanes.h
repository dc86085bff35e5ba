/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The hash of siphash.h of four byte strings at once, for batches: its rounds are additions,
 * rotations and exclusive ors of 64-bit words, which a vector unit does for four keys in the
 * instructions of one.
 */
#ifndef WI_HASH_LANES_H
#define WI_HASH_LANES_H

#include "hash/siphash.h"

#define WI_LANES 4u

/* What wi_sip_bytes() and wi_sip_end() make of each string after `begun`, to the last bit. */
void wi_sip_lanes(const struct wi_sip *begun, const unsigned char *const bytes[WI_LANES],
                  const size_t length_bytes[WI_LANES], struct wi_hash hashes[WI_LANES]);

/* The ways to do it, the best last; for tests.  Returns how many this processor has. */
#define WI_LANES_WAYS_MAX 3u
typedef void wi_sip_lanes_way(const struct wi_sip *begun,
                              const unsigned char *const bytes[WI_LANES],
                              const size_t length_bytes[WI_LANES], struct wi_hash hashes[WI_LANES]);
uint32_t wi_sip_lanes_ways(wi_sip_lanes_way *ways[WI_LANES_WAYS_MAX]);

#endif
