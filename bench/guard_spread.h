/* SPDX-License-Identifier: BSD-2-Clause
 * How soon a block in one process is in force in the others. */
#ifndef BENCH_GUARD_SPREAD_H
#define BENCH_GUARD_SPREAD_H

#include "support/series.h"

struct guard_spread {
  uint32_t processes, blocks;
  double *first_us; /* blocks of them: from the return of weir_block() to the end of the first
                     * refusal in another process; below 0: it was before the return       */
  double *call_us;  /* likewise: the call itself                                          */
  double *last_us;  /* likewise: until every process has been refused, which is the scheduler's
                     * where there are more processes than processors                     */
  uint64_t passed_after; /* decisions that began after a return, and were allowed          */
  uint64_t decisions;
};

/* Processes decide for one key without a pause, which is blocked and lifted again and again. */
void guard_spread_run(struct guard_spread *spread);

#endif
