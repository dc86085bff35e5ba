/* SPDX-License-Identifier: BSD-2-Clause
 *
 * SipHash-1-3 with a 128-bit result (Aumasson and Bernstein, 2012, "SipHash: a fast
 * short-input PRF"), as a state that can be saved after a common beginning.
 *
 * Why keyed: users choose keys.  Fast unkeyed or merely seeded hashes have published
 * collisions that hold for every seed.
 *
 * Not plain SipHash of one string: values are absorbed one after another, each as
 * whole 8-byte little-endian words and one last word that holds the 0 to 7 bytes
 * left and, in its top byte, the length modulo 256 (as SipHash ends its message).
 * Where a key has several values their lengths come first, one word each, so that
 * no two lists of values absorb the same words.
 */
#ifndef WI_HASH_SIPHASH_H
#define WI_HASH_SIPHASH_H

#include "base/compiler.h"

struct wi_sip {
  uint64_t v[4];
};

struct wi_hash {
  uint64_t place; /* chooses the group                                         */
  uint64_t mark;  /* becomes the tag                                           */
};

void wi_sip_begin(struct wi_sip *sip, const uint64_t secret[2]);
void wi_sip_word(struct wi_sip *sip, uint64_t word);
void wi_sip_bytes(struct wi_sip *sip, const void *bytes, size_t length_bytes);
struct wi_hash wi_sip_end(const struct wi_sip *sip);

#endif
