/* SPDX-License-Identifier: BSD-2-Clause
 * The only reader of clocks.  All through the vDSO: no system call. */
#ifndef WI_CLOCK_CLOCK_H
#define WI_CLOCK_CLOCK_H

#include <time.h>

#include "base/arith.h"

static inline uint64_t wi_clock_read_ns(clockid_t clock)
{
  struct timespec now;

  /* Fails for an unknown clock only; these exist since Linux 2.6.32. */
  (void)clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* CLOCK_MONOTONIC, ns. */
static inline uint64_t wi_clock_precise_ns(void)
{
  return wi_clock_read_ns(CLOCK_MONOTONIC);
}

/* CLOCK_MONOTONIC_COARSE, ns: late by at most one tick.  A third of the price of
 * the precise clock, and reading it does not make the processor wait for earlier
 * loads, so that the cache misses of consecutive decisions overlap. */
static inline uint64_t wi_clock_coarse_ns(void)
{
  return wi_clock_read_ns(CLOCK_MONOTONIC_COARSE);
}

/* How long the coarse clock's tick is, ns. */
uint64_t wi_clock_coarse_tick_ns(void);

/* CLOCK_REALTIME, ns since 1970: to carry a table over a reboot, and to tell people. */
uint64_t wi_clock_wall_ns(void);

/* A time on another clock as CLOCK_REALTIME, where that clock says now_ns and this wall_ns;
 * UINT64_MAX stays. */
static inline uint64_t wi_clock_on_wall_ns(uint64_t time_ns, uint64_t now_ns, uint64_t wall_ns)
{
  if (time_ns == UINT64_MAX)
    return UINT64_MAX;
  return time_ns >= now_ns ? wi_add_sat(wall_ns, time_ns - now_ns)
                           : wi_sub_floor(wall_ns, now_ns - time_ns);
}

#endif
