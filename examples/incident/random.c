/* SPDX-License-Identifier: BSD-2-Clause */
#include "random.h"

#include <math.h>

static uint64_t rotated(uint64_t word, int bits)
{
  return word << bits | word >> (64 - bits);
}

void random_seed(struct random *random, uint64_t seed)
{
  for (int i = 0; i < 4; i++) {
    uint64_t word = seed += 0x9e3779b97f4a7c15u;
    word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9u;
    word = (word ^ word >> 27) * 0x94d049bb133111ebu;
    random->state[i] = word ^ word >> 31;
  }
}

static uint64_t next(struct random *random)
{
  uint64_t *s = random->state;
  uint64_t result = rotated(s[1] * 5, 7) * 9;
  uint64_t shifted = s[1] << 17;

  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= shifted;
  s[3] = rotated(s[3], 45);
  return result;
}

double random_unit(struct random *random)
{
  return (double)(next(random) >> 11) * 0x1p-53;
}

uint32_t random_below(struct random *random, uint32_t limit)
{
  return (uint32_t)(random_unit(random) * limit);
}

double random_log_normal(struct random *random, double median, double sigma)
{
  /* Box and Muller; 1 - u is never 0. */
  double radius = sqrt(-2 * log(1 - random_unit(random)));
  double angle = 6.283185307179586 * random_unit(random);

  return median * exp(sigma * radius * cos(angle));
}
