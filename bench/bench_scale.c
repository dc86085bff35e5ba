/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What does a decision cost as the table grows, beside the floor on small and on huge pages?
 *
 * From 10^3 keys to KEYS in decades: one thread, uniform keys, one limit, single calls and
 * batches of 32, beside a floor of as many bytes on 4 KiB pages and one on huge pages.  weir
 * maps its table as it does (memory only, or a file in FOLDER) and cannot be told which pages
 * to use: `pages` is what weir_stats() says of it, and its ratio is to the floor on the same
 * pages.  A tmpfs mounted with huge=always as FOLDER gives it huge pages where the kernel's
 * default does not.  A size is skipped where memory has no room for it or filling would take
 * too long.  Prints TSV; never asserts.
 *
 * bench_scale [KEYS [ROUNDS [FOLDER]]]   default 100000000 and 7
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peers/floor.h"
#include "support/clock.h"
#include "support/compare.h"
#include "support/fail.h"
#include "support/limiter.h"
#include "support/number.h"

#define FLOOR_RUN_NS 15e6
#define DECISIONS_MAX ((uint64_t)1 << 19)
#define TOTAL_NS 150e9
#define BYTES_PER_KEY 27u
#define TABLES 3u /* weir's and two floors'                                              */

enum subject_id { SMALL_1, SMALL_32, HUGE_1, HUGE_32, WEIR_1, WEIR_32, SUBJECTS };

struct bench {
  uint64_t keys;
  uint32_t rounds;
  const char *folder;
  uint64_t begin_ns;
  struct bench_limiter limiter;
  struct bench_floor small, huge;
};

static uint64_t available_bytes(void)
{
  FILE *info = fopen("/proc/meminfo", "re");
  unsigned long long kilobytes = 0;
  char line[256];

  if (info == NULL)
    return 0;
  while (fgets(line, sizeof line, info) != NULL)
    if (sscanf(line, "MemAvailable: %llu", &kilobytes) == 1)
      break;
  (void)fclose(info);
  return (uint64_t)kilobytes * 1024;
}

/* fill_ns: a principal, in the decade before; the next one is dearer. */
static bool is_possible(const struct bench *bench, uint64_t keys, double fill_ns)
{
  double needed_bytes = (double)keys * BYTES_PER_KEY * TABLES * 1.25;
  double elapsed_ns = (double)(bench_now_ns() - bench->begin_ns);

  if (needed_bytes > (double)available_bytes()) {
    printf("# %llu keys skipped: no room in memory\n", (unsigned long long)keys);
    return false;
  }
  if (elapsed_ns + fill_ns * 1.5 * (double)keys > TOTAL_NS) {
    printf("# %llu keys skipped: filling would take too long\n", (unsigned long long)keys);
    return false;
  }
  return true;
}

static const char *pages_of(bool huge)
{
  return huge ? "huge" : "4k";
}

static void print_rows(const struct bench *bench, uint64_t keys,
                       const struct bench_subject subjects[SUBJECTS],
                       const struct bench_series results[SUBJECTS])
{
  const bool huge[SUBJECTS] = {
      [SMALL_1] = bench->small.huge_pages,  [SMALL_32] = bench->small.huge_pages,
      [HUGE_1] = bench->huge.huge_pages,    [HUGE_32] = bench->huge.huge_pages,
      [WEIR_1] = bench->limiter.huge_pages, [WEIR_32] = bench->limiter.huge_pages};

  printf("insert\tweir_1_limit\t1\t%llu\tin_order\t32\t%s\t%.1f\t%.1f\t%.1f\t\t%.0f\t%llu\n",
         (unsigned long long)keys, pages_of(huge[WEIR_1]), bench->limiter.fill_ns,
         bench->limiter.fill_ns, bench->limiter.fill_ns, 1e9 / bench->limiter.fill_ns,
         (unsigned long long)bench->limiter.file_bytes);
  for (uint32_t id = 0; id < SUBJECTS; id++) {
    struct bench_summary ns = bench_series_summary(&results[id]);
    bool batched = subjects[id].batch > 1;
    enum subject_id base = huge[id] && huge[HUGE_1] ? batched ? HUGE_32 : HUGE_1
                           : batched                ? SMALL_32
                                                    : SMALL_1;

    printf("scale\t%s\t1\t%llu\tuniform\t%u\t%s\t%.1f\t%.1f\t%.1f\t%.2f\t%.0f\t%llu\n",
           subjects[id].name, (unsigned long long)keys, subjects[id].batch, pages_of(huge[id]),
           ns.min, ns.median, ns.max, bench_series_ratio(&results[id], &results[base]),
           1e9 / ns.median, (unsigned long long)bench->limiter.file_bytes);
  }
  fflush(stdout);
}

static void measure(struct bench *bench, uint64_t keys)
{
  struct bench_subject subjects[SUBJECTS] = {
      [SMALL_1] = {"floor", &bench->small, bench_floor_decide, 1, false},
      [SMALL_32] = {"floor", &bench->small, bench_floor_decide, 32, false},
      [HUGE_1] = {"floor_huge", &bench->huge, bench_floor_decide, 1, false},
      [HUGE_32] = {"floor_huge", &bench->huge, bench_floor_decide, 32, false},
      [WEIR_1] = {"weir_1_limit", &bench->limiter, bench_limiter_decide, 1, false},
      [WEIR_32] = {"weir_1_limit", &bench->limiter, bench_limiter_decide, 32, false}};
  struct bench_series *results = bench_allocate(SUBJECTS * sizeof *results);
  uint32_t *numbers = bench_sequence_draw(BENCH_UNIFORM, keys, keys);

  bench_compare(subjects, SUBJECTS, numbers, bench->rounds, FLOOR_RUN_NS, DECISIONS_MAX, results);
  print_rows(bench, keys, subjects, results);
  free(numbers);
  free(results);
}

int main(int count, char **arguments)
{
  struct bench *bench = bench_allocate(sizeof *bench);
  double fill_ns = 500; /* before the first is known                                      */

  bench->keys = bench_number(count, arguments, 1, "KEYS", 100000000, 1000, 4000000000);
  bench->rounds = (uint32_t)bench_number(count, arguments, 2, "ROUNDS", 7, 1, BENCH_ROUNDS_MAX);
  bench->folder = count > 3 ? arguments[3] : NULL;
  bench->begin_ns = bench_now_ns();
  printf("question\tsubject\tthreads\tkeys\tdistribution\tbatch\tpages\tns_min\tns_median\tns_max\t"
         "ratio_to_floor\tthroughput_per_s\ttable_bytes\n");
  for (uint64_t keys = 1000; keys <= bench->keys && is_possible(bench, keys, fill_ns); keys *= 10) {
    bench_limiter_make(&bench->limiter, bench->folder, BENCH_POLICY_ONE, keys, BENCH_FILL_COST, 32);
    bench_floor_make(&bench->small, BENCH_PAGES_4K, NULL, bench->limiter.file_bytes);
    bench_floor_make(&bench->huge, BENCH_PAGES_HUGE, NULL, bench->limiter.file_bytes);
    measure(bench, keys);
    if (keys >= 100000) /* small ones are all first touches of pages */
      fill_ns = bench->limiter.fill_ns;
    bench_limiter_free(&bench->limiter);
    bench_floor_free(&bench->small);
    bench_floor_free(&bench->huge);
  }
  free(bench);
  return 0;
}
