/* SPDX-License-Identifier: BSD-2-Clause */
#include "clock/clock.h"

#include <time.h>

static uint64_t read_ns(clockid_t clock)
{
  struct timespec now;

  /* Fails for an unknown clock only; these exist since Linux 2.6.32. */
  (void)clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t wi_clock_precise_ns(void)
{
  return read_ns(CLOCK_MONOTONIC);
}

uint64_t wi_clock_coarse_ns(void)
{
  return read_ns(CLOCK_MONOTONIC_COARSE);
}

uint64_t wi_clock_wall_ns(void)
{
  return read_ns(CLOCK_REALTIME);
}

uint64_t wi_clock_coarse_tick_ns(void)
{
  struct timespec tick;

  if (clock_getres(CLOCK_MONOTONIC_COARSE, &tick) != 0)
    return 10000000;
  return (uint64_t)tick.tv_sec * 1000000000u + (uint64_t)tick.tv_nsec;
}
