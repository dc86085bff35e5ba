/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/compare.h"

void bench_compare(const struct bench_subject *subjects, uint32_t count, const uint32_t *numbers,
                   uint32_t rounds, double run_ns, uint64_t decisions_max,
                   struct bench_series *results)
{
  struct bench_feed feed = {.numbers = numbers, .at = 0};
  double ns = bench_crew_run(&subjects[0], &feed, 1, decisions_max / 8);
  uint64_t decisions = (uint64_t)(run_ns / ns) / BENCH_BATCH_MAX * BENCH_BATCH_MAX;

  if (decisions > decisions_max)
    decisions = decisions_max;
  for (uint32_t round = 0; round < rounds; round++)
    for (uint32_t i = 0; i < count; i++) {
      uint32_t id = (i + round) % count; /* no fixed place */

      bench_series_add(&results[id], bench_crew_run(&subjects[id], &feed, 1, decisions));
    }
}
