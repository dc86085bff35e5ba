/* SPDX-License-Identifier: BSD-2-Clause
 * Figures of several rounds. */
#ifndef BENCH_SUPPORT_SERIES_H
#define BENCH_SUPPORT_SERIES_H

#include <stdint.h>

#define BENCH_ROUNDS_MAX 101u

struct bench_series {
  uint32_t count;
  double values[BENCH_ROUNDS_MAX]; /* by round                                          */
};

struct bench_summary {
  double min, median, max;
};

void bench_series_add(struct bench_series *series, double value);

struct bench_summary bench_series_summary(const struct bench_series *series);

/* The median of a / b of each round: noise that lasts longer than a round meets both. */
double bench_series_ratio(const struct bench_series *a, const struct bench_series *b);

#endif
