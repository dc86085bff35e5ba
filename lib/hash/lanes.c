/* SPDX-License-Identifier: BSD-2-Clause */
#include "hash/lanes.h"

#include <stdbool.h>

/* One string after the other: on machines without a vector rotation or without wide vectors
 * (aarch64 rotates for nothing within another instruction), and what the others must equal. */
static void lanes_in_turn(const struct wi_sip *begun, const unsigned char *const bytes[WI_LANES],
                          const size_t length_bytes[WI_LANES], struct wi_hash hashes[WI_LANES])
{
  for (uint32_t i = 0; i < WI_LANES; i++) {
    struct wi_sip sip = *begun;

    wi_sip_bytes(&sip, bytes[i], length_bytes[i]);
    hashes[i] = wi_sip_end(&sip);
  }
}

#if defined(__x86_64__)

/* By vectors of the language, not by intrinsics: one text for each width of instruction set.
 * They are handed on by address alone, since how to pass one depends on the instruction set. */
typedef uint64_t lanes __attribute__((vector_size(8 * WI_LANES)));
typedef uint32_t pieces_32 __attribute__((vector_size(8 * WI_LANES)));
typedef uint16_t pieces_16 __attribute__((vector_size(8 * WI_LANES)));

/* Of four words at once.  By whole 16-bit pieces it is one shuffle where there is no rotation. */
#define ROTATE(x, bits) ((x) << (bits) | (x) >> (64 - (bits)))
#define ROTATE_16(x)                                                                               \
  ((lanes)__builtin_shufflevector((pieces_16)(x), (pieces_16)(x), 3, 0, 1, 2, 7, 4, 5, 6, 11, 8,   \
                                  9, 10, 15, 12, 13, 14))
#define ROTATE_32(x)                                                                               \
  ((lanes)__builtin_shufflevector((pieces_32)(x), (pieces_32)(x), 1, 0, 3, 2, 5, 4, 7, 6))

WI_INLINE void lanes_round(lanes v[4])
{
  v[0] += v[1];
  v[2] += v[3];
  v[1] = ROTATE(v[1], 13) ^ v[0];
  v[3] = ROTATE_16(v[3]) ^ v[2];
  v[0] = ROTATE_32(v[0]);
  v[2] += v[1];
  v[0] += v[3];
  v[1] = ROTATE(v[1], 17) ^ v[2];
  v[3] = ROTATE(v[3], 21) ^ v[0];
  v[2] = ROTATE_32(v[2]);
}

WI_INLINE void lanes_word(lanes v[4], const lanes *word)
{
  v[3] ^= *word;
  lanes_round(v);
  v[0] ^= *word;
}

/* Words that not every string has: one that is at its end keeps its state. */
WI_INLINE void lanes_uneven(lanes v[4], const unsigned char *const bytes[WI_LANES],
                            const size_t length_bytes[WI_LANES], const uint64_t last[WI_LANES],
                            size_t at, size_t most)
{
  for (; at <= most; at++) {
    lanes before[4] = {v[0], v[1], v[2], v[3]}, word, live;

    for (uint32_t i = 0; i < WI_LANES; i++) {
      size_t words = length_bytes[i] / 8;

      word[i] = at < words ? wi_sip_load(bytes[i] + at * 8) : last[i];
      live[i] = at <= words ? UINT64_MAX : 0;
    }
    lanes_word(v, &word);
    for (uint32_t i = 0; i < 4; i++)
      v[i] = (v[i] & live) | (before[i] & ~live);
  }
}

WI_INLINE void lanes_end(lanes v[4], struct wi_hash hashes[WI_LANES])
{
  lanes place, mark;

  v[2] ^= 0xee;
  lanes_round(v);
  lanes_round(v);
  lanes_round(v);
  place = v[0] ^ v[1] ^ v[2] ^ v[3];
  v[1] ^= 0xdd;
  lanes_round(v);
  lanes_round(v);
  lanes_round(v);
  mark = v[0] ^ v[1] ^ v[2] ^ v[3];
  for (uint32_t i = 0; i < WI_LANES; i++)
    hashes[i] = (struct wi_hash){.place = place[i], .mark = mark[i]};
}

WI_INLINE void lanes_at_once(const struct wi_sip *begun, const unsigned char *const bytes[WI_LANES],
                             const size_t length_bytes[WI_LANES], struct wi_hash hashes[WI_LANES])
{
  uint64_t last[WI_LANES];
  size_t least = length_bytes[0] / 8, most = least;
  lanes v[4], word;

  for (uint32_t i = 0; i < 4; i++)
    v[i] = begun->v[i] - (lanes){0};
  for (uint32_t i = 0; i < WI_LANES; i++) {
    size_t words = length_bytes[i] / 8;

    last[i] = wi_sip_last(bytes[i], length_bytes[i]);
    least = words < least ? words : least;
    most = words > most ? words : most;
  }
  for (size_t at = 0; at < least; at++) {
    word = (lanes){wi_sip_load(bytes[0] + at * 8), wi_sip_load(bytes[1] + at * 8),
                   wi_sip_load(bytes[2] + at * 8), wi_sip_load(bytes[3] + at * 8)};
    lanes_word(v, &word);
  }
  if (WI_LIKELY(least == most)) {
    word = (lanes){last[0], last[1], last[2], last[3]};
    lanes_word(v, &word);
  } else {
    lanes_uneven(v, bytes, length_bytes, last, least, most);
  }
  lanes_end(v, hashes);
}
_Static_assert(WI_LANES == 4, "four loads a word above");

__attribute__((target("avx2"))) static void lanes_avx2(const struct wi_sip *begun,
                                                       const unsigned char *const bytes[WI_LANES],
                                                       const size_t length_bytes[WI_LANES],
                                                       struct wi_hash hashes[WI_LANES])
{
  lanes_at_once(begun, bytes, length_bytes, hashes);
}

/* With a rotation of its own: 14 instructions a round instead of 20. */
__attribute__((target("avx2,avx512f,avx512vl"))) static void
lanes_avx512(const struct wi_sip *begun, const unsigned char *const bytes[WI_LANES],
             const size_t length_bytes[WI_LANES], struct wi_hash hashes[WI_LANES])
{
  lanes_at_once(begun, bytes, length_bytes, hashes);
}

/* What a constructor of the compiler's own library has found: a load and a test of bits each. */
static bool has_avx2(void)
{
  return __builtin_cpu_supports("avx2") != 0;
}

static bool has_avx512(void)
{
  return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512vl") != 0 &&
         has_avx2();
}

void wi_sip_lanes(const struct wi_sip *begun, const unsigned char *const bytes[WI_LANES],
                  const size_t length_bytes[WI_LANES], struct wi_hash hashes[WI_LANES])
{
  if (WI_LIKELY(has_avx512()))
    lanes_avx512(begun, bytes, length_bytes, hashes);
  else if (has_avx2())
    lanes_avx2(begun, bytes, length_bytes, hashes);
  else
    lanes_in_turn(begun, bytes, length_bytes, hashes);
}

uint32_t wi_sip_lanes_ways(wi_sip_lanes_way *ways[WI_LANES_WAYS_MAX])
{
  uint32_t count = 0;

  ways[count++] = lanes_in_turn;
  if (has_avx2())
    ways[count++] = lanes_avx2;
  if (has_avx512())
    ways[count++] = lanes_avx512;
  return count;
}

#else

void wi_sip_lanes(const struct wi_sip *begun, const unsigned char *const bytes[WI_LANES],
                  const size_t length_bytes[WI_LANES], struct wi_hash hashes[WI_LANES])
{
  lanes_in_turn(begun, bytes, length_bytes, hashes);
}

uint32_t wi_sip_lanes_ways(wi_sip_lanes_way *ways[WI_LANES_WAYS_MAX])
{
  ways[0] = lanes_in_turn;
  return 1;
}

#endif
