/* SPDX-License-Identifier: BSD-2-Clause
 * Enough of <math.h> for a forecast, good to about 15 digits.  Own, since the command links
 * against libc alone and a seed shall give the same day everywhere. */
#include <math.h>

#include "plan.h"

#define LN2 0.693147180559945309417
#define TERMS 22 /* (ln 2 / 2)^22 / 22! is below 2^-53                               */

double plan_exp(double x)
{
  double term = 1, sum = 1;
  int power;

  if (x < -740)
    return 0;
  if (x > 709)
    x = 709;
  power = (int)(x / LN2 + (x < 0 ? -0.5 : 0.5));
  x -= power * LN2;
  for (int i = 1; i < TERMS; i++) {
    term *= x / i;
    sum += term;
  }
  return ldexp(sum, power);
}

/* 2 artanh((m - 1) / (m + 1)) of a mantissa near 1. */
double plan_log(double x)
{
  int power;
  double m = frexp(x, &power), y, square, term, sum = 0;

  if (m < 0.70710678118654752) {
    m *= 2;
    power--;
  }
  y = (m - 1) / (m + 1);
  square = y * y;
  term = y;
  for (int i = 1; i < 2 * TERMS; i += 2) {
    sum += term / i;
    term *= square;
  }
  return 2 * sum + power * LN2;
}

/* Heron's method, from a power of two. */
double plan_sqrt(double x)
{
  int power;
  double root;

  if (x <= 0)
    return 0;
  (void)frexp(x, &power);
  root = ldexp(1, power / 2);
  for (int i = 0; i < 8; i++)
    root = (root + x / root) / 2;
  return root;
}

/* ------------------------------------------------------------------- random -- */

/* splitmix64 (Steele, Lea, Flood 2014). */
uint64_t plan_random_next(struct plan_random *random)
{
  uint64_t z = random->state += 0x9e3779b97f4a7c15u;

  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

double plan_random_unit(struct plan_random *random)
{
  return ((double)(plan_random_next(random) >> 12) + 0.5) / 4503599627370496.0;
}

/* Marsaglia's polar method: no sine. */
double plan_random_normal(struct plan_random *random)
{
  double x, y, square;

  do {
    x = 2 * plan_random_unit(random) - 1;
    y = 2 * plan_random_unit(random) - 1;
    square = x * x + y * y;
  } while (square >= 1 || square == 0);
  return x * plan_sqrt(-2 * plan_log(square) / square);
}

uint64_t plan_random_geometric(struct plan_random *random, double mean)
{
  if (mean <= 1)
    return 1;
  return 1 + (uint64_t)(plan_log(plan_random_unit(random)) / plan_log(1 - 1 / mean));
}
