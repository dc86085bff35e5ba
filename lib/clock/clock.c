/* SPDX-License-Identifier: BSD-2-Clause */
#include "clock/clock.h"

#include <time.h>

uint64_t wi_clock_wall_ns(void)
{
  return wi_clock_read_ns(CLOCK_REALTIME);
}

uint64_t wi_clock_coarse_tick_ns(void)
{
  struct timespec tick;

  if (clock_getres(CLOCK_MONOTONIC_COARSE, &tick) != 0)
    return 10000000;
  return (uint64_t)tick.tv_sec * 1000000000u + (uint64_t)tick.tv_nsec;
}
