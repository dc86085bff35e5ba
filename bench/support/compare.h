/* SPDX-License-Identifier: BSD-2-Clause
 * Subjects beside one another, on one thread and the same keys. */
#ifndef BENCH_SUPPORT_COMPARE_H
#define BENCH_SUPPORT_COMPARE_H

#include "support/crew.h"
#include "support/series.h"

/* Every round runs every subject once, from another one on each time, for as many decisions as
 * the first makes in run_ns, at most decisions_max.  results: one a subject, ns a decision by
 * round. */
void bench_compare(const struct bench_subject *subjects, uint32_t count, const uint32_t *numbers,
                   uint32_t rounds, double run_ns, uint64_t decisions_max,
                   struct bench_series *results);

#endif
