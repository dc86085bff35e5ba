/* SPDX-License-Identifier: BSD-2-Clause
 * Counters, one stripe a processor, so that counting moves no line between processors.
 * See wi_count_add() for what a count is worth. */
#ifndef WI_GAUGE_COUNT_H
#define WI_GAUGE_COUNT_H

#include <sched.h>

#include "region/region.h"

#if defined(__GLIBC__)
#if __GLIBC_PREREQ(2, 35)
#define WI_HAVE_RSEQ 1
#endif
#endif

#ifdef WI_HAVE_RSEQ
#include <sys/rseq.h>

/* The number of the processor, in memory of the thread that the kernel keeps up to date;
 * negative where it does not. */
static inline int wi_count_processor(void)
{
  const unsigned char *thread;

#if defined(__x86_64__)
  __asm__("movq %%fs:0, %0" : "=r"(thread)); /* its own address is the first word there */
#else
  thread = __builtin_thread_pointer();
#endif
  return (int)__atomic_load_n(
      &((const struct rseq *)(const void *)(thread + __rseq_offset))->cpu_id, __ATOMIC_RELAXED);
}
#else
static inline int wi_count_processor(void)
{
  return -1;
}
#endif

/* Of the processor, whatever it is good for: it may be another's at once. */
static inline uint32_t wi_count_index(void)
{
  int processor = wi_count_processor();

  if (WI_UNLIKELY(processor < 0))
    processor = sched_getcpu(); /* -1 where there is none: the last stripe */
  return (uint32_t)processor;
}

static inline struct wi_stripe *wi_count_stripe_at(const struct wi_region *region, uint32_t index)
{
  return &region->stripes[index & (region->geometry.stripes - 1)];
}

static inline struct wi_stripe *wi_count_stripe(const struct wi_region *region)
{
  return wi_count_stripe_at(region, wi_count_index());
}

static inline void wi_count(const struct wi_region *region, enum wi_counter counter, uint64_t value)
{
  wi_count_add(&wi_count_stripe(region)->counts[counter], value);
}

/* Sums over the stripes. */
uint64_t wi_count_sum(const struct wi_region *region, enum wi_counter counter);
uint64_t wi_count_denied(const struct wi_region *region, uint32_t slot);
uint64_t wi_count_shadow_denied(const struct wi_region *region, uint32_t slot);

#endif
