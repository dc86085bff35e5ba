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
 *
 * All of it inline: half of a decision is this, and its state stays in registers so.
 */
#ifndef WI_HASH_SIPHASH_H
#define WI_HASH_SIPHASH_H

#include <string.h>

#include "base/compiler.h"

struct wi_sip {
  uint64_t v[4];
};

struct wi_hash {
  uint64_t place; /* chooses the group                                         */
  uint64_t mark;  /* becomes the tag                                           */
};

static inline uint64_t wi_sip_rotate(uint64_t x, unsigned bits)
{
  return x << bits | x >> (64 - bits);
}

static inline void wi_sip_round(uint64_t v[4])
{
  v[0] += v[1];
  v[2] += v[3];
  v[1] = wi_sip_rotate(v[1], 13) ^ v[0];
  v[3] = wi_sip_rotate(v[3], 16) ^ v[2];
  v[0] = wi_sip_rotate(v[0], 32);
  v[2] += v[1];
  v[0] += v[3];
  v[1] = wi_sip_rotate(v[1], 17) ^ v[2];
  v[3] = wi_sip_rotate(v[3], 21) ^ v[0];
  v[2] = wi_sip_rotate(v[2], 32);
}

static inline void wi_sip_begin(struct wi_sip *sip, const uint64_t secret[2])
{
  sip->v[0] = secret[0] ^ 0x736f6d6570736575u;
  sip->v[1] = secret[1] ^ 0x646f72616e646f6du ^ 0xee;
  sip->v[2] = secret[0] ^ 0x6c7967656e657261u;
  sip->v[3] = secret[1] ^ 0x7465646279746573u;
}

WI_INLINE void wi_sip_word(struct wi_sip *sip, uint64_t word)
{
  sip->v[3] ^= word;
  wi_sip_round(sip->v);
  sip->v[0] ^= word;
}

/* Little-endian on both machines that weir runs on (base/compiler.h). */
static inline uint64_t wi_sip_load(const unsigned char *bytes)
{
  uint64_t word;
  memcpy(&word, bytes, sizeof word);
  return word;
}

/* The last word of a value: the 0 to 7 bytes that are no whole word, and the length above them.
 * From 8 bytes on without a branch, by a load that ends with the value: lengths vary, and a
 * branch on one mispredicts. */
WI_INLINE uint64_t wi_sip_last(const unsigned char *bytes, size_t length_bytes)
{
  uint64_t top = (uint64_t)length_bytes << 56;
  size_t rest = length_bytes % 8;

  if (WI_LIKELY(length_bytes >= 8)) /* 64 - 8 * rest, of which 8 first: 64 is no shift */
    return wi_sip_load(bytes + length_bytes - 8) >> 8 >> (~length_bytes * 8 % 64) | top;
  if (rest >= 4) {
    uint32_t low, high;
    memcpy(&low, bytes, 4);
    memcpy(&high, bytes + rest - 4, 4);
    return (uint64_t)low | (uint64_t)high << (8 * (rest - 4)) | top;
  }
  if (rest == 0)
    return top;
  return (uint64_t)bytes[0] | (uint64_t)bytes[rest / 2] << (8 * (rest / 2)) |
         (uint64_t)bytes[rest - 1] << (8 * (rest - 1)) | top;
}

WI_INLINE void wi_sip_bytes(struct wi_sip *sip, const void *bytes, size_t length_bytes)
{
  const unsigned char *at = bytes;
  struct wi_sip running = *sip;
  uint64_t last = wi_sip_last(at, length_bytes);

  for (size_t words = length_bytes / 8; words > 0; words--, at += 8)
    wi_sip_word(&running, wi_sip_load(at));
  wi_sip_word(&running, last);
  *sip = running;
}

WI_INLINE struct wi_hash wi_sip_end(const struct wi_sip *sip)
{
  uint64_t v[4] = {sip->v[0], sip->v[1], sip->v[2] ^ 0xee, sip->v[3]};
  struct wi_hash hash;

  wi_sip_round(v);
  wi_sip_round(v);
  wi_sip_round(v);
  hash.place = v[0] ^ v[1] ^ v[2] ^ v[3];
  v[1] ^= 0xdd;
  wi_sip_round(v);
  wi_sip_round(v);
  wi_sip_round(v);
  hash.mark = v[0] ^ v[1] ^ v[2] ^ v[3];
  return hash;
}

#endif
