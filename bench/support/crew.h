/* SPDX-License-Identifier: BSD-2-Clause
 * Threads that run one subject from a common start. */
#ifndef BENCH_SUPPORT_CREW_H
#define BENCH_SUPPORT_CREW_H

#include "support/subject.h"

/* Every thread decides `decisions` times with its own feed, after 2^17 that warm up
 * what it needs.  Returns the wall time from the common start to the last end, in ns a
 * decision and thread.  feeds: one a thread; they go on where they were.  One thread is the
 * caller; several are bound to a processor each where there are as many. */
double bench_crew_run(const struct bench_subject *subject, struct bench_feed *feeds,
                      uint32_t threads, uint64_t decisions);

/* Processors that this process may use. */
uint32_t bench_crew_processors(void);

#endif
