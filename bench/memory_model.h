/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a table of groups should do while it fills: principals fall into groups as Poisson has it,
 * each takes a cell for each of its limits, and nothing gets idle. */
#ifndef BENCH_MEMORY_MODEL_H
#define BENCH_MEMORY_MODEL_H

#include <stdint.h>

/* Shares, 0 to 1, of newcomers that find too few free cells in their group. */
struct model_shares {
  double principal; /* at least one of its cells finds none */
  double cell;      /* cells that find none                  */
};

/* The mean over those who come while the principals a group go from one number to the other. */
struct model_shares model_shares(uint32_t group_cells, uint32_t cells, double from, double to);

#endif
