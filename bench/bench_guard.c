/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What does the kill switch cost those who are not blocked, and how soon is it in force?
 *
 * Cost: one thread decides for one hot key and for uniform keys, in tables that differ in one
 * thing: nobody was ever blocked (twice, so that what two equal tables differ by is seen);
 * somebody else is blocked; the hot key is; it was, and was lifted; MANY others are, which sets
 * as many bits of the filter that every decision asks.  All in turn, in SLICES parts a round, by
 * processor time.
 *
 * Spread: 16 processes decide for one key without a pause while another blocks and lifts it: the
 * time from the return of weir_block() to the end of the first refusal in any of them, and how
 * many decisions that began after the return were allowed.  Where there are fewer processors than
 * processes most of them do not run at that moment; the first refusal anywhere is that of one that
 * does.  The same with a single process.  Prints TSV; never asserts.
 *
 * bench_guard [KEYS [ROUNDS [BLOCKS]]]   default 1 million, 9, and 300
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guard_spread.h"
#include "support/clock.h"
#include "support/fail.h"
#include "support/limiter.h"
#include "support/number.h"
#include "support/series.h"

#define SLICES 5u
#define SLICE_HOT 400000u
#define SLICE_UNIFORM 100000u
#define MANY 10000u
#define PROCESSES 16u

enum state { NOBODY, NOBODY_AGAIN, ANOTHER, ITSELF, LIFTED, MANY_OTHERS, STATES };
static const char *const state_names[STATES] = {
    "nobody_blocked", "nobody_blocked_again", "another_blocked",
    "itself_blocked", "itself_lifted",        "many_others_blocked"};

struct figures {
  struct bench_series ns[STATES];
};

static void rule(struct weir_table *table, uint32_t number, bool lift)
{
  struct bench_key key;
  struct weir_attribute user = {"user", &key, BENCH_KEY_BYTES};
  struct weir_block block = {.size_bytes = sizeof block, .attributes = &user, .attribute_count = 1};

  bench_key_write(&key, number);
  if (weir_block(table, &block) != WEIR_OK || (lift && weir_unblock(table, &block) != 1))
    bench_fail("cannot block or lift");
}

static void make_tables(struct bench_limiter tables[STATES], uint32_t keys)
{
  uint32_t hot = bench_sequence_hot(keys);

  for (int state = 0; state < STATES; state++)
    bench_limiter_make(&tables[state], NULL, BENCH_POLICY_ONE, keys, BENCH_FILL_COST,
                       BENCH_BATCH_MAX);
  rule(tables[ANOTHER].table, keys, false);
  rule(tables[ITSELF].table, hot, false);
  rule(tables[LIFTED].table, hot, true);
  bench_limiter_renew(&tables[LIFTED], hot);
  for (uint32_t i = 0; i < MANY; i++)
    rule(tables[MANY_OTHERS].table, keys + i, false);
}

static double slice_ns(struct bench_limiter *limiter, struct bench_feed *feed, uint64_t decisions)
{
  uint64_t begin_ns = bench_clock_ns(CLOCK_THREAD_CPUTIME_ID);

  (void)bench_limiter_decide(limiter, feed, decisions, 1);
  return (double)(bench_clock_ns(CLOCK_THREAD_CPUTIME_ID) - begin_ns);
}

static void measure(struct bench_limiter tables[STATES], enum bench_distribution distribution,
                    uint64_t keys, uint32_t rounds, struct figures *figures)
{
  uint64_t decisions = distribution == BENCH_HOT ? SLICE_HOT : SLICE_UNIFORM;
  uint32_t *numbers = bench_sequence_draw(distribution, keys, 1);
  struct bench_feed feeds[STATES];

  for (int state = 0; state < STATES; state++)
    feeds[state] = (struct bench_feed){.numbers = numbers};
  for (uint32_t round = 0; round < rounds; round++) {
    double ns[STATES] = {0};

    for (uint32_t slice = 0; slice < SLICES; slice++)
      for (uint32_t i = 0; i < STATES; i++) {
        uint32_t state = (i + slice + round) % STATES;

        (void)bench_limiter_decide(&tables[state], &feeds[state], decisions / 10, 1); /* warm */
        ns[state] += slice_ns(&tables[state], &feeds[state], decisions);
      }
    for (int state = 0; state < STATES; state++)
      bench_series_add(&figures->ns[state], ns[state] / (double)(decisions * SLICES));
  }
  free(numbers);
}

static void cost_rows(enum bench_distribution distribution, const struct figures *figures)
{
  for (int state = 0; state < STATES; state++) {
    struct bench_summary summary = bench_series_summary(&figures->ns[state]);

    printf("cost\t%s\t%s\tns\t%.4g\t%.4g\t%.4g\n", bench_distribution_name(distribution),
           state_names[state], summary.min, summary.median, summary.max);
  }
  for (int state = NOBODY_AGAIN; state < STATES; state++)
    printf("bar\t%s_%s_to_nobody_blocked\t%.3f\t%s\n", bench_distribution_name(distribution),
           state_names[state], bench_series_ratio(&figures->ns[state], &figures->ns[NOBODY]),
           state == NOBODY_AGAIN || state == MANY_OTHERS ? "none" : "<= 1.05");
}

static int by_value(const void *a, const void *b)
{
  double one = *(const double *)a, other = *(const double *)b;

  return one < other ? -1 : one > other;
}

static double spread_row(const struct guard_spread *spread, const char *figure, double *values)
{
  qsort(values, spread->blocks, sizeof *values, by_value);
  printf("spread\t%u_processes\t%u_blocks\t%s\t%.4g\t%.4g\t%.4g\n", spread->processes,
         spread->blocks, figure, values[0], values[spread->blocks / 2], values[spread->blocks - 1]);
  return values[spread->blocks / 2];
}

static void measure_spread(uint32_t processes, uint32_t blocks)
{
  struct guard_spread spread = {.processes = processes, .blocks = blocks};
  double first_us;

  spread.first_us = bench_allocate(blocks * sizeof *spread.first_us);
  spread.last_us = bench_allocate(blocks * sizeof *spread.last_us);
  spread.call_us = bench_allocate(blocks * sizeof *spread.call_us);
  guard_spread_run(&spread);
  (void)spread_row(&spread, "call_us", spread.call_us);
  first_us = spread_row(&spread, "first_refusal_after_return_us", spread.first_us);
  (void)spread_row(&spread, "all_refused_after_return_us", spread.last_us);
  printf("bar\tfirst_refusal_after_return_us_of_%u\t%.3f\t<= 10\n", processes, first_us);
  printf("bar\tallowed_after_return_of_%u\t%llu\t<= 0\n", processes,
         (unsigned long long)spread.passed_after);
  fprintf(stderr, "bench_guard: %llu decisions by %u processes\n",
          (unsigned long long)spread.decisions, processes);
  free(spread.first_us);
  free(spread.last_us);
  free(spread.call_us);
}

int main(int count, char **arguments)
{
  uint32_t keys = (uint32_t)bench_number(count, arguments, 1, "KEYS", 1000000, 1000, 100000000);
  uint32_t rounds = (uint32_t)bench_number(count, arguments, 2, "ROUNDS", 9, 1, BENCH_ROUNDS_MAX);
  uint32_t blocks = (uint32_t)bench_number(count, arguments, 3, "BLOCKS", 300, 1, 1000000);
  struct bench_limiter *tables = bench_allocate(STATES * sizeof *tables);
  struct figures *figures = bench_allocate(2 * sizeof *figures);

  printf("question\tkeys\tstate\tfigure\tmin\tmedian\tmax\n");
  measure_spread(PROCESSES, blocks);
  measure_spread(1, blocks);
  fflush(stdout);
  make_tables(tables, keys);
  measure(tables, BENCH_HOT, keys, rounds, &figures[0]);
  measure(tables, BENCH_UNIFORM, keys, rounds, &figures[1]);
  cost_rows(BENCH_HOT, &figures[0]);
  cost_rows(BENCH_UNIFORM, &figures[1]);
  for (int state = 0; state < STATES; state++)
    bench_limiter_free(&tables[state]);
  free(tables);
  free(figures);
  return 0;
}
