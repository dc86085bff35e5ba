/* SPDX-License-Identifier: BSD-2-Clause
 *
 * SipHash-1-3 with a 128-bit result of one 24-byte key, inlined and unrolled: the hash of the
 * floor and of every peer, so that what differs between them is not the hash.  Not the
 * library's own, so that the floor stays where it is when the library changes.
 */
#ifndef BENCH_SUPPORT_SIP_H
#define BENCH_SUPPORT_SIP_H

#include "support/key.h"

struct bench_hash {
  uint64_t low, high;
};

static inline uint64_t bench_rotate(uint64_t x, unsigned bits)
{
  return x << bits | x >> (64 - bits);
}

static inline void bench_sip_round(uint64_t v[4])
{
  v[0] += v[1];
  v[2] += v[3];
  v[1] = bench_rotate(v[1], 13) ^ v[0];
  v[3] = bench_rotate(v[3], 16) ^ v[2];
  v[0] = bench_rotate(v[0], 32);
  v[2] += v[1];
  v[0] += v[3];
  v[1] = bench_rotate(v[1], 17) ^ v[2];
  v[3] = bench_rotate(v[3], 21) ^ v[0];
  v[2] = bench_rotate(v[2], 32);
}

static inline void bench_sip_word(uint64_t v[4], uint64_t word)
{
  v[3] ^= word;
  bench_sip_round(v);
  v[0] ^= word;
}

static inline struct bench_hash bench_sip(const uint64_t secret[2], const struct bench_key *key)
{
  uint64_t v[4] = {secret[0] ^ 0x736f6d6570736575u, secret[1] ^ 0x646f72616e646f6du ^ 0xee,
                   secret[0] ^ 0x6c7967656e657261u, secret[1] ^ 0x7465646279746573u};
  struct bench_hash hash;

  for (unsigned i = 0; i < BENCH_KEY_BYTES / 8; i++)
    bench_sip_word(v, key->words[i]);
  bench_sip_word(v, (uint64_t)BENCH_KEY_BYTES << 56);
  v[2] ^= 0xee;
  bench_sip_round(v);
  bench_sip_round(v);
  bench_sip_round(v);
  hash.low = v[0] ^ v[1] ^ v[2] ^ v[3];
  v[1] ^= 0xdd;
  bench_sip_round(v);
  bench_sip_round(v);
  bench_sip_round(v);
  hash.high = v[0] ^ v[1] ^ v[2] ^ v[3];
  return hash;
}

#endif
