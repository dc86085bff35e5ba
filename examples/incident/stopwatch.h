/* SPDX-License-Identifier: BSD-2-Clause
 * Real time, in ns, from any beginning. */
#ifndef INCIDENT_STOPWATCH_H
#define INCIDENT_STOPWATCH_H

#include <stdint.h>
#include <time.h>

static inline uint64_t stopwatch_ns(void)
{
  struct timespec now;

  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

#endif
