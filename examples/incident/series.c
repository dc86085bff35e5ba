/* SPDX-License-Identifier: BSD-2-Clause */
#include "series.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void *or_exit(void *memory)
{
  if (!memory) {
    fputs("incident: out of memory\n", stderr);
    exit(70);
  }
  return memory;
}

void series_add(struct series *series, double minute, double value)
{
  if (series->count == series->room) {
    series->room = series->room ? 2 * series->room : 1024;
    series->points = or_exit(realloc(series->points, series->room * sizeof *series->points));
  }
  series->points[series->count++] = (struct series_point){minute, value};
}

void series_free(struct series *series)
{
  free(series->points);
  *series = (struct series){0};
}

static int ascending(const void *a, const void *b)
{
  double x = *(const double *)a;
  double y = *(const double *)b;

  return (x > y) - (x < y);
}

double series_percentile(const struct series *series, double from, double to, double percent)
{
  double *values;
  double result = -1;
  size_t count = 0;

  if (series->count == 0)
    return -1;
  values = or_exit(malloc(series->count * sizeof *values));
  for (size_t i = 0; i < series->count; i++) {
    if (series->points[i].minute >= from && series->points[i].minute < to)
      values[count++] = series->points[i].value;
  }
  if (count) {
    size_t rank = (size_t)ceil(percent / 100 * (double)count);
    qsort(values, count, sizeof *values, ascending);
    result = values[rank ? rank - 1 : 0];
  }
  free(values);
  return result;
}

double series_overall(const struct series *series, double percent)
{
  return series_percentile(series, -INFINITY, INFINITY, percent);
}
