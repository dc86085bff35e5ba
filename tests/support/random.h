/* SPDX-License-Identifier: BSD-2-Clause
 * Random numbers that a failed test can be replayed with: WEIR_SEED in the environment,
 * printed where a test fails. */
#ifndef TEST_RANDOM_H
#define TEST_RANDOM_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* splitmix64 (Steele, Lea, Flood 2014). */
struct random_state {
  uint64_t seed;
  uint64_t word;
};

static inline uint64_t random_next(struct random_state *random)
{
  uint64_t z = random->word += 0x9e3779b97f4a7c15u;

  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

/* From 0 to below `end`; end above 0. */
static inline uint64_t random_below(struct random_state *random, uint64_t end)
{
  return random_next(random) % end;
}

/* From least to most. */
static inline uint64_t random_between(struct random_state *random, uint64_t least, uint64_t most)
{
  return most - least == UINT64_MAX ? random_next(random)
                                    : least + random_below(random, most - least + 1);
}

/* Every length of number equally often. */
static inline uint64_t random_any_length(struct random_state *random)
{
  return random_next(random) >> random_below(random, 64);
}

static inline struct random_state random_begin(void)
{
  const char *given = getenv("WEIR_SEED");
  struct random_state random;

  random.seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
  random.word = random.seed;
  return random;
}

static inline void random_tell(const struct random_state *random)
{
  (void)fprintf(stderr, "replay with WEIR_SEED=%" PRIu64 "\n", random->seed);
}

#endif
