/* SPDX-License-Identifier: BSD-2-Clause
 * What the forms of stats share. */
#ifndef WCTL_STATS_H
#define WCTL_STATS_H

#include "weirctl.h"

/* One number of struct weir_stats; a NULL name ends the array. */
struct stats_number {
  const char *name;
  size_t offset; /* of a uint64_t in struct weir_stats                             */
  bool counts_up;
  const char *help; /* one line, without a backslash                               */
};

extern const struct stats_number wctl_stats_numbers[];

uint64_t wctl_stats_value(const struct weir_stats *stats, const struct stats_number *number);

/* In the text exposition format.  Returns an error of the library. */
int wctl_stats_prometheus(struct weir_table *table, const struct weir_stats *stats);

#endif
