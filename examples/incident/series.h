/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What was measured, and when: a growing row of numbers with their minutes.
 */
#ifndef INCIDENT_SERIES_H
#define INCIDENT_SERIES_H

#include <stddef.h>

struct series_point {
  double minute;
  double value;
};

struct series {
  struct series_point *points; /* in the order of their minutes                  */
  size_t count;
  size_t room;
};

/* Ends the program without memory. */
void series_add(struct series *series, double minute, double value);
void series_free(struct series *series);

/* Nearest rank, of the points with from <= minute < to; percent above 0 to 100.
 * -1 where there are none. */
double series_percentile(const struct series *series, double from, double to, double percent);

/* Of all points. */
double series_overall(const struct series *series, double percent);

#endif
