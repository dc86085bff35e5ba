/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/sequence.h"

#include <math.h>

#include "support/fail.h"

/* splitmix64 (Steele, Lea and Flood, 2014). */
static uint64_t draw(uint64_t *state)
{
  uint64_t z = *state += 0x9e3779b97f4a7c15u;

  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

__extension__ typedef unsigned __int128 u128;

static uint64_t draw_below(uint64_t *state, uint64_t bound)
{
  return (uint64_t)((u128)draw(state) * bound >> 64);
}

/* Rejection-inversion (Hormann and Derflinger, 1996, "Rejection-inversion to generate variates
 * from monotone discrete distributions"): exact, without a table of all ranks. */
struct zipf {
  uint64_t ranks;
  double first, last; /* of the integral                                               */
  double sure;        /* a rank this near to its x needs no test                       */
};

static double integral(double x)
{
  return (pow(x, 1 - BENCH_ZIPF_EXPONENT) - 1) / (1 - BENCH_ZIPF_EXPONENT);
}

static double integral_inverse(double y)
{
  return pow(1 + y * (1 - BENCH_ZIPF_EXPONENT), 1 / (1 - BENCH_ZIPF_EXPONENT));
}

static double weight(double x)
{
  return pow(x, -BENCH_ZIPF_EXPONENT);
}

static struct zipf zipf_over(uint64_t ranks)
{
  struct zipf zipf = {.ranks = ranks,
                      .first = integral(1.5) - 1,
                      .last = integral((double)ranks + 0.5),
                      .sure = 2 - integral_inverse(integral(2.5) - weight(2))};
  return zipf;
}

/* A rank from 1. */
static uint64_t zipf_draw(const struct zipf *zipf, uint64_t *state)
{
  for (;;) {
    double part = (double)(draw(state) >> 11) * 0x1p-53;
    double y = zipf->last + part * (zipf->first - zipf->last);
    double x = integral_inverse(y);
    uint64_t rank = x < 1 ? 1 : (uint64_t)(x + 0.5);

    if (rank > zipf->ranks)
      rank = zipf->ranks;
    if ((double)rank - x <= zipf->sure || y >= integral((double)rank + 0.5) - weight((double)rank))
      return rank;
  }
}

/* Ranks scattered over the keys, so that frequent ones are no neighbours: a permutation, since
 * the factor is a prime above every number of keys but those that it divides. */
static uint32_t scatter(uint64_t rank, uint64_t keys)
{
  return (uint32_t)(rank * 2654435761u % keys);
}

uint32_t bench_sequence_hot(uint64_t keys)
{
  return scatter(1, keys);
}

uint32_t *bench_sequence_draw(enum bench_distribution distribution, uint64_t keys, uint64_t seed)
{
  uint32_t *numbers = bench_allocate(BENCH_SEQUENCE_COUNT * sizeof *numbers);
  struct zipf zipf = zipf_over(keys);

  for (uint64_t i = 0; i < BENCH_SEQUENCE_COUNT; i++)
    switch (distribution) {
    case BENCH_ZIPF:
      numbers[i] = scatter(zipf_draw(&zipf, &seed), keys);
      break;
    case BENCH_UNIFORM:
      numbers[i] = (uint32_t)draw_below(&seed, keys);
      break;
    case BENCH_HOT:
    case BENCH_DISTRIBUTIONS:
      numbers[i] = bench_sequence_hot(keys);
      break;
    }
  return numbers;
}

const char *bench_distribution_name(enum bench_distribution distribution)
{
  static const char *const names[] = {"hot", "zipf0.99", "uniform"};

  return names[distribution];
}
