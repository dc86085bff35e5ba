/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What is the floor made of, and what does a decision wait for?
 *
 * The floor of bench_decision with parts left out: the compare-and-swap (the cell is only
 * read), the clock, the hash (two multiplications choose the line).  A processor looks a few
 * hundred instructions ahead: where all that a decision does fits in there more than once, the
 * waits for the memory of several decisions fall together, and where it does not each waits by
 * itself.  Uniform keys and one hot key, single calls, one thread.  Prints TSV; never asserts.
 *
 * bench_parts [KEYS [ROUNDS [FOLDER]]]   default 10000000, 9 and /dev/shm
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/atomic.h" /* the compare-and-swap instruction alone */
#include "peers/floor.h"
#include "support/clock.h"
#include "support/compare.h"
#include "support/fail.h"
#include "support/limiter.h"
#include "support/number.h"
#include "support/sip.h"

#define RUN_NS 20e6
#define DECISIONS_MAX ((uint64_t)1 << 20)
#define BYTES_PER_KEY 26u /* of table, as weir has under one limit */

/* Parts that a subject has. */
enum { CAS = 1, CLOCK = 2, HASH = 4 };

static inline struct wi_cell *find(const struct bench_floor *base, const struct bench_key *key,
                                   uint32_t parts)
{
  struct bench_hash hash;
  uint64_t line;

  if ((parts & HASH) != 0) {
    hash = bench_sip(base->secret, bench_key_through_memory(key));
  } else {
    hash.high = bench_key_through_memory(key)->words[0] * 0x9e3779b97f4a7c15u;
    hash.low = (hash.high ^ hash.high >> 32) * 0xd6e8feb86659fd93u;
  }
  line = (uint64_t)((wi_u128)hash.low * base->lines >> 64);
  return base->cells + line * 4 + hash.high % 4;
}

static inline uint64_t decide(const struct bench_floor *base, struct bench_feed *feed,
                              uint64_t decisions, uint32_t parts)
{
  struct bench_key key;
  uint64_t sum = 0;

  for (uint64_t i = 0; i < decisions; i++) {
    struct wi_cell *cell, seen;
    uint64_t now_ns;

    bench_feed_next(feed, &key);
    cell = find(base, &key, parts);
    now_ns = (parts & CLOCK) != 0 ? bench_coarse_ns() : 0;
    seen.tag = wi_load_relaxed(&cell->tag);
    seen.state = wi_load_relaxed(&cell->state);
    if ((parts & CAS) != 0) /* partner: the same, by no other thread here */
      sum += wi_cell_cas_seq_cst(
          cell, seen, (struct wi_cell){.tag = seen.tag, .state = seen.state + (now_ns | 1)});
    else
      sum += seen.state + now_ns;
  }
  return sum;
}

#define DECIDE(name, parts)                                                                        \
  static uint64_t name(void *self, struct bench_feed *feed, uint64_t decisions, uint32_t batch)    \
  {                                                                                                \
    uint64_t sum = decide(self, feed, decisions, (parts));                                         \
                                                                                                   \
    (void)batch;                                                                                   \
    __asm__ volatile("" : : "r"(sum)); /* nothing is left out because nobody asks for it */        \
    return decisions;                                                                              \
  }

DECIDE(decide_all, CAS | CLOCK | HASH)
DECIDE(decide_without_cas, CLOCK | HASH)
DECIDE(decide_without_clock, CAS | HASH)
DECIDE(decide_without_cas_and_clock, HASH)
DECIDE(decide_without_hash, CAS | CLOCK)
DECIDE(decide_without_hash_and_clock, CAS)
DECIDE(decide_without_any, 0)

enum { SUBJECTS = 7 };

static void measure(struct bench_floor *base, uint64_t keys, uint32_t rounds,
                    enum bench_distribution distribution)
{
  struct bench_subject subjects[SUBJECTS] = {
      {"floor", base, decide_all, 1, false},
      {"floor_without_cas", base, decide_without_cas, 1, false},
      {"floor_without_clock", base, decide_without_clock, 1, false},
      {"floor_without_cas_and_clock", base, decide_without_cas_and_clock, 1, false},
      {"floor_without_hash", base, decide_without_hash, 1, false},
      {"floor_without_hash_and_clock", base, decide_without_hash_and_clock, 1, false},
      {"floor_without_any", base, decide_without_any, 1, false}};
  struct bench_series *results = bench_allocate(SUBJECTS * sizeof *results);
  uint32_t *numbers = bench_sequence_draw(distribution, keys, 1);

  bench_compare(subjects, SUBJECTS, numbers, rounds, RUN_NS, DECISIONS_MAX, results);
  for (uint32_t id = 0; id < SUBJECTS; id++) {
    struct bench_summary summary = bench_series_summary(&results[id]);

    printf("parts\t%s\t%s\t%.1f\t%.1f\t%.1f\t%.2f\n", subjects[id].name,
           bench_distribution_name(distribution), summary.min, summary.median, summary.max,
           bench_series_ratio(&results[id], &results[0]));
  }
  free(numbers);
  free(results);
}

int main(int count, char **arguments)
{
  uint64_t keys = bench_number(count, arguments, 1, "KEYS", 10000000, 1, 1000000000);
  uint32_t rounds = (uint32_t)bench_number(count, arguments, 2, "ROUNDS", 9, 1, BENCH_ROUNDS_MAX);
  struct bench_floor base;

  bench_floor_make(&base, BENCH_PAGES_SHARED, count > 3 ? arguments[3] : bench_limiter_folder(),
                   keys * BYTES_PER_KEY);
  printf("# %llu keys, %llu bytes, %s pages\n", (unsigned long long)keys,
         (unsigned long long)base.bytes, base.huge_pages ? "huge" : "4k");
  printf("question\tsubject\tdistribution\tns_min\tns_median\tns_max\tratio_to_floor\n");
  measure(&base, keys, rounds, BENCH_HOT);
  measure(&base, keys, rounds, BENCH_UNIFORM);
  bench_floor_free(&base);
  return 0;
}
