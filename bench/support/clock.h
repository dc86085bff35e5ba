/* SPDX-License-Identifier: BSD-2-Clause
 * Times of the benches, ns. */
#ifndef BENCH_SUPPORT_CLOCK_H
#define BENCH_SUPPORT_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t bench_clock_ns(clockid_t clock)
{
  struct timespec now;

  (void)clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* What measures: around a run, never around a decision. */
static inline uint64_t bench_now_ns(void)
{
  return bench_clock_ns(CLOCK_MONOTONIC);
}

/* What a decision of the floor and of every peer reads, as weir does under slow limits. */
static inline uint64_t bench_coarse_ns(void)
{
  return bench_clock_ns(CLOCK_MONOTONIC_COARSE);
}

#endif
