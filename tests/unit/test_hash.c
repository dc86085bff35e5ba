/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The hash of four strings at once against that of each, and that of each against a plain
 * reading of lib/hash/siphash.h's description, byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hash/lanes.h"
#include "support/random.h"

#define LENGTH_MAX 100u
#define STEPS 20000

static void turn(uint64_t v[4])
{
#define LEFT(x, n) ((x) << (n) | (x) >> (64 - (n)))
  v[0] += v[1], v[1] = LEFT(v[1], 13), v[1] ^= v[0], v[0] = LEFT(v[0], 32);
  v[2] += v[3], v[3] = LEFT(v[3], 16), v[3] ^= v[2];
  v[0] += v[3], v[3] = LEFT(v[3], 21), v[3] ^= v[0];
  v[2] += v[1], v[1] = LEFT(v[1], 17), v[1] ^= v[2], v[2] = LEFT(v[2], 32);
#undef LEFT
}

/* The published algorithm (128-bit result, 1 and 3 rounds) over the value's words. */
static struct wi_hash plain_hash(const uint64_t secret[2], const unsigned char *bytes,
                                 size_t length)
{
  uint64_t v[4] = {secret[0] ^ 0x736f6d6570736575u, secret[1] ^ 0x646f72616e646f6du ^ 0xee,
                   secret[0] ^ 0x6c7967656e657261u, secret[1] ^ 0x7465646279746573u};
  struct wi_hash hash;

  for (size_t at = 0; at <= length; at += 8) {
    uint64_t word = 0;

    for (size_t i = at; i < at + 8 && i < length; i++)
      word |= (uint64_t)bytes[i] << (8 * (i - at));
    if (length - at < 8)
      word |= (uint64_t)length << 56;
    v[3] ^= word;
    turn(v);
    v[0] ^= word;
  }
  v[2] ^= 0xee;
  turn(v), turn(v), turn(v);
  hash.place = v[0] ^ v[1] ^ v[2] ^ v[3];
  v[1] ^= 0xdd;
  turn(v), turn(v), turn(v);
  hash.mark = v[0] ^ v[1] ^ v[2] ^ v[3];
  return hash;
}

static void hash_of_any_length_is_the_published_algorithm(void **state)
{
  const uint64_t secret[2] = {0x0706050403020100u, 0x0f0e0d0c0b0a0908u};
  unsigned char bytes[LENGTH_MAX];

  (void)state;
  for (unsigned i = 0; i < LENGTH_MAX; i++)
    bytes[i] = (unsigned char)i;
  for (size_t length = 0; length < LENGTH_MAX; length++) {
    struct wi_hash expected = plain_hash(secret, bytes, length), got;
    struct wi_sip sip;

    wi_sip_begin(&sip, secret);
    wi_sip_bytes(&sip, bytes, length);
    got = wi_sip_end(&sip);
    assert_true(got.place == expected.place && got.mark == expected.mark);
  }
}

static void fill(unsigned char *bytes, size_t length, struct random_state *random)
{
  for (size_t i = 0; i < length; i++)
    bytes[i] = (unsigned char)random_next(random);
}

/* Strings end where their memory does, so that a sanitizer sees a load behind one. */
static void compare(struct random_state *random, wi_sip_lanes_way *way,
                    const size_t lengths[WI_LANES])
{
  const uint64_t secret[2] = {random_next(random), random_next(random)};
  unsigned char memory[WI_LANES][LENGTH_MAX];
  const unsigned char *bytes[WI_LANES];
  struct wi_hash hashes[WI_LANES];
  struct wi_sip begun;

  wi_sip_begin(&begun, secret);
  for (uint32_t i = 0; i < WI_LANES; i++) {
    bytes[i] = memory[i] + LENGTH_MAX - lengths[i];
    fill(memory[i] + LENGTH_MAX - lengths[i], lengths[i], random);
  }
  way(&begun, bytes, lengths, hashes);
  for (uint32_t i = 0; i < WI_LANES; i++) {
    struct wi_hash expected = plain_hash(secret, bytes[i], lengths[i]);

    if (hashes[i].place != expected.place || hashes[i].mark != expected.mark)
      random_tell(random);
    assert_true(hashes[i].place == expected.place && hashes[i].mark == expected.mark);
  }
}

static void lanes_of_any_lengths_are_the_hash_of_each(void **state)
{
  struct random_state random = random_begin();
  wi_sip_lanes_way *ways[WI_LANES_WAYS_MAX + 1];
  uint32_t count = wi_sip_lanes_ways(ways);

  (void)state;
  ways[count++] = wi_sip_lanes;
  for (uint32_t way = 0; way < count; way++)
    for (int step = 0; step < STEPS; step++) {
      size_t lengths[WI_LANES];
      size_t most = random_below(&random, LENGTH_MAX) + 1;

      for (uint32_t i = 0; i < WI_LANES; i++) /* a third of all: equal */
        lengths[i] = step % 3 == 0 ? most : random_below(&random, most + 1);
      compare(&random, ways[way], lengths);
    }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(hash_of_any_length_is_the_published_algorithm),
      cmocka_unit_test(lanes_of_any_lengths_are_the_hash_of_each),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
