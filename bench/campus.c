/* SPDX-License-Identifier: BSD-2-Clause */
#include "campus.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/fail.h"

#define DIGIT_BITS 16

uint64_t campus_draw(struct campus_random *random)
{
  uint64_t z = random->state += 0x9e3779b97f4a7c15u;

  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

double campus_unit(struct campus_random *random)
{
  return (double)(campus_draw(random) >> 11) * 0x1p-53;
}

double campus_log_normal(struct campus_random *random, double median, double sigma)
{
  /* Box and Muller; 1 - u is never 0. */
  double radius = sqrt(-2 * log(1 - campus_unit(random)));
  double angle = 6.283185307179586 * campus_unit(random);

  return median * exp(sigma * radius * cos(angle));
}

uint16_t campus_binomial(struct campus_random *random, uint32_t of, double chance)
{
  uint16_t count = 0;

  for (uint32_t i = 0; i < of; i++)
    count = (uint16_t)(count + (campus_unit(random) < chance));
  return count;
}

void campus_add(struct campus *campus, const struct campus_event *event)
{
  if (campus->count == campus->room) {
    campus->room = campus->room ? campus->room * 2 : (size_t)1 << 20;
    campus->events = realloc(campus->events, campus->room * sizeof *campus->events);
    if (campus->events == NULL)
      bench_fail("no memory for %zu messages", campus->room);
  }
  campus->events[campus->count++] = *event;
}

/* Stable, by one digit of the time. */
static void sort_by(const struct campus_event *from, struct campus_event *to, size_t count,
                    unsigned shift)
{
  enum { DIGITS = 1 << DIGIT_BITS };
  size_t *starts = bench_allocate((DIGITS + 1) * sizeof *starts);

  for (size_t i = 0; i < count; i++)
    starts[(from[i].ms >> shift) % DIGITS + 1]++;
  for (size_t digit = 0; digit < DIGITS; digit++)
    starts[digit + 1] += starts[digit];
  for (size_t i = 0; i < count; i++)
    to[starts[(from[i].ms >> shift) % DIGITS]++] = from[i];
  free(starts);
}

void campus_make(struct campus *campus, uint64_t seed)
{
  struct campus_event *other;

  memset(campus, 0, sizeof *campus);
  campus_people(campus, seed);
  campus_thieves(campus, seed);
  other = bench_allocate(campus->count * sizeof *other);
  sort_by(campus->events, other, campus->count, 0);
  sort_by(other, campus->events, campus->count, DIGIT_BITS);
  free(other);
}

void campus_free(struct campus *campus)
{
  free(campus->events);
}
