/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/series.h"

#include <stdlib.h>

void bench_series_add(struct bench_series *series, double value)
{
  if (series->count < BENCH_ROUNDS_MAX)
    series->values[series->count++] = value;
}

static int compare(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

struct bench_summary bench_series_summary(const struct bench_series *series)
{
  struct bench_series sorted = *series;
  struct bench_summary summary = {0, 0, 0};
  uint32_t half = series->count / 2;

  if (series->count == 0)
    return summary;
  qsort(sorted.values, sorted.count, sizeof *sorted.values, compare);
  summary.min = sorted.values[0];
  summary.max = sorted.values[sorted.count - 1];
  summary.median = sorted.count % 2 != 0 ? sorted.values[half]
                                         : (sorted.values[half - 1] + sorted.values[half]) / 2;
  return summary;
}

double bench_series_ratio(const struct bench_series *a, const struct bench_series *b)
{
  struct bench_series ratios = {.count = 0};

  for (uint32_t i = 0; i < a->count && i < b->count; i++)
    bench_series_add(&ratios, a->values[i] / b->values[i]);
  return bench_series_summary(&ratios).median;
}
