/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What does a decision cost, beside the floor of the machine and beside peers?
 *
 * Every round runs every subject once, on one thread, on two and on all processors, for the
 * same number of decisions; a ratio is the median of the rounds' ratios.  All tables are
 * filled with all keys beforehand and lie in memory together.  The peers read the same coarse
 * clock and take the same hash as the floor, and draw the same keys: what differs is the
 * structure.  Prints TSV; rows that begin with `bar` set a ratio beside what is aimed at.
 * Never asserts.
 *
 * bench_decision [KEYS [ROUNDS [FOLDER]]]   default 10000000, 9 and /dev/shm
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peers/ck_table.h"
#include "peers/floor.h"
#include "peers/mutex_shards.h"
#include "support/crew.h"
#include "support/fail.h"
#include "support/limiter.h"
#include "support/number.h"
#include "support/series.h"

/* In one run of the floor, and the most that a run of any subject makes. */
#define FLOOR_RUN_NS 20e6
#define DECISIONS_MAX ((uint64_t)1 << 20)

#define CREWS_MAX 3u

enum subject_id {
  FLOOR_1,
  FLOOR_8,
  FLOOR_16,
  FLOOR_32,
  WEIR_1,
  WEIR_8,
  WEIR_16,
  WEIR_32,
  ROOMY_1,
  THREE_1,
  THREE_32,
  DENY_1,
  DENY_32,
  MUTEX,
  CK,
  SUBJECTS
};

struct bench {
  uint64_t keys;
  uint32_t rounds;
  uint32_t crews[CREWS_MAX]; /* numbers of threads                                       */
  uint32_t crew_count;
  bool has_ck;
  struct bench_floor base;
  struct bench_limiter one, roomy, three, deny; /* roomy: made for twice the keys        */
  struct bench_shards shards;
  struct bench_ck ck;
  struct bench_subject subjects[SUBJECTS];
  struct bench_series results[BENCH_DISTRIBUTIONS][CREWS_MAX][SUBJECTS];
};

static void insert_row(const struct bench *bench, const char *name, double ns)
{
  printf("insert\t%s\t1\t%llu\tin_order\t1\t%.1f\t%.1f\t%.1f\t\t%.0f\n", name,
         (unsigned long long)bench->keys, ns, ns, ns, 1e9 / ns);
  fflush(stdout);
}

static void table_line(const char *name, const struct bench_limiter *limiter)
{
  printf("# %s: %llu bytes, %s pages\n", name, (unsigned long long)limiter->file_bytes,
         limiter->huge_pages ? "huge" : "4k");
}

static void make_tables(struct bench *bench, const char *folder)
{
  bench_limiter_make(&bench->one, folder, BENCH_POLICY_ONE, bench->keys, BENCH_FILL_COST, 1);
  table_line("weir_1_limit", &bench->one);
  bench_limiter_create(&bench->roomy, folder, BENCH_POLICY_ONE, 2 * bench->keys);
  bench_limiter_unname(&bench->roomy);
  bench_limiter_fill(&bench->roomy, bench->keys, BENCH_FILL_COST, 1);
  table_line("weir_1_limit_roomy", &bench->roomy);
  bench_limiter_make(&bench->three, folder, BENCH_POLICY_THREE, bench->keys, BENCH_FILL_COST, 1);
  table_line("weir_3_limits", &bench->three);
  bench_limiter_make(&bench->deny, folder, BENCH_POLICY_DENY, bench->keys, 1, 1);
  table_line("weir_deny", &bench->deny);
  bench_floor_make(&bench->base, BENCH_PAGES_SHARED, folder, bench->one.file_bytes);
  printf("# floor: %llu bytes, %s pages\n", (unsigned long long)bench->base.bytes,
         bench->base.huge_pages ? "huge" : "4k");
  printf("question\tsubject\tthreads\tkeys\tdistribution\tbatch\tns_min\tns_median\tns_max\t"
         "ratio_to_floor\tthroughput_per_s\n");
  insert_row(bench, "weir_1_limit", bench->one.fill_ns);
  insert_row(bench, "weir_3_limits", bench->three.fill_ns);
  bench_shards_make(&bench->shards, bench->keys);
  insert_row(bench, "mutex_shards", bench->shards.fill_ns);
  bench->has_ck = bench_ck_make(&bench->ck, bench->keys);
  if (bench->has_ck)
    insert_row(bench, "ck_ht", bench->ck.fill_ns);
}

static void free_tables(struct bench *bench)
{
  bench_limiter_free(&bench->one);
  bench_limiter_free(&bench->roomy);
  bench_limiter_free(&bench->three);
  bench_limiter_free(&bench->deny);
  bench_floor_free(&bench->base);
  bench_shards_free(&bench->shards);
  if (bench->has_ck)
    bench_ck_free(&bench->ck);
}

static void name_subjects(struct bench *bench)
{
  const struct bench_subject subjects[SUBJECTS] = {
      [FLOOR_1] = {"floor", &bench->base, bench_floor_decide, 1, false},
      [FLOOR_8] = {"floor", &bench->base, bench_floor_decide, 8, false},
      [FLOOR_16] = {"floor", &bench->base, bench_floor_decide, 16, false},
      [FLOOR_32] = {"floor", &bench->base, bench_floor_decide, 32, false},
      [WEIR_1] = {"weir_1_limit", &bench->one, bench_limiter_decide, 1, false},
      [WEIR_8] = {"weir_1_limit", &bench->one, bench_limiter_decide, 8, false},
      [WEIR_16] = {"weir_1_limit", &bench->one, bench_limiter_decide, 16, false},
      [WEIR_32] = {"weir_1_limit", &bench->one, bench_limiter_decide, 32, false},
      [ROOMY_1] = {"weir_1_limit_roomy", &bench->roomy, bench_limiter_decide, 1, false},
      [THREE_1] = {"weir_3_limits", &bench->three, bench_limiter_decide, 1, false},
      [THREE_32] = {"weir_3_limits", &bench->three, bench_limiter_decide, 32, false},
      [DENY_1] = {"weir_deny", &bench->deny, bench_limiter_decide, 1, true},
      [DENY_32] = {"weir_deny", &bench->deny, bench_limiter_decide, 32, true},
      [MUTEX] = {"mutex_shards", &bench->shards, bench_shards_decide, 1, false},
      [CK] = {"ck_ht", &bench->ck, bench_ck_decide, 1, false}};

  memcpy(bench->subjects, subjects, sizeof subjects);
}

/* Runs start at different places of the sequences: not every subject finds the lines of the
 * keys that the one before it has asked for. */
static double run(const struct bench *bench, enum subject_id id, uint32_t threads,
                  uint32_t **numbers, uint64_t *at, uint64_t decisions)
{
  struct bench_feed *feeds = bench_allocate(threads * sizeof *feeds);
  double ns;

  for (uint32_t i = 0; i < threads; i++) {
    feeds[i].numbers = numbers[i];
    feeds[i].at = *at;
  }
  ns = bench_crew_run(&bench->subjects[id], feeds, threads, decisions);
  *at = feeds[0].at;
  free(feeds);
  return ns;
}

/* As many decisions as the floor makes in its time, a multiple of every batch. */
static uint64_t choose_decisions(const struct bench *bench, uint32_t **numbers, uint64_t *at)
{
  double ns = run(bench, FLOOR_1, 1, numbers, at, DECISIONS_MAX / 8);
  uint64_t decisions = (uint64_t)(FLOOR_RUN_NS / ns) / 32 * 32;

  return decisions < DECISIONS_MAX ? decisions : DECISIONS_MAX;
}

static void measure(struct bench *bench, enum bench_distribution distribution)
{
  uint32_t most = bench->crews[bench->crew_count - 1];
  uint32_t **numbers = bench_allocate(most * sizeof *numbers);
  uint64_t at = 0, decisions;

  for (uint32_t i = 0; i < most; i++)
    numbers[i] = bench_sequence_draw(distribution, bench->keys, 1000 + i);
  decisions = choose_decisions(bench, numbers, &at);
  for (uint32_t round = 0; round < bench->rounds; round++) {
    bench_limiter_renew(&bench->one, bench_sequence_hot(bench->keys));
    bench_limiter_renew(&bench->roomy, bench_sequence_hot(bench->keys));
    bench_limiter_renew(&bench->three, bench_sequence_hot(bench->keys));
    for (uint32_t crew = 0; crew < bench->crew_count; crew++)
      for (uint32_t i = 0; i < SUBJECTS; i++) {
        enum subject_id id = (enum subject_id)((i + round) % SUBJECTS); /* no fixed place  */

        if (id == CK && !bench->has_ck)
          continue;
        bench_series_add(&bench->results[distribution][crew][id],
                         run(bench, id, bench->crews[crew], numbers, &at, decisions));
      }
  }
  for (uint32_t i = 0; i < most; i++)
    free(numbers[i]);
  free(numbers);
}

static enum subject_id floor_of(const struct bench_subject *subject)
{
  switch (subject->batch) {
  case 8:
    return FLOOR_8;
  case 16:
    return FLOOR_16;
  case 32:
    return FLOOR_32;
  default:
    return FLOOR_1;
  }
}

static void print_rows(const struct bench *bench, enum bench_distribution distribution)
{
  for (uint32_t crew = 0; crew < bench->crew_count; crew++)
    for (uint32_t id = 0; id < SUBJECTS; id++) {
      const struct bench_subject *subject = &bench->subjects[id];
      const struct bench_series *series = bench->results[distribution][crew];
      struct bench_summary ns = bench_series_summary(&series[id]);

      if (series[id].count == 0)
        continue;
      printf("decision\t%s\t%u\t%llu\t%s\t%u\t%.1f\t%.1f\t%.1f\t%.2f\t%.0f\n", subject->name,
             bench->crews[crew], (unsigned long long)bench->keys,
             bench_distribution_name(distribution), subject->batch, ns.min, ns.median, ns.max,
             bench_series_ratio(&series[id], &series[floor_of(subject)]),
             1e9 / ns.median * bench->crews[crew]);
    }
  fflush(stdout);
}

static void bar(const char *name, double value, const char *aim)
{
  printf("bar\t%s\t%.2f\t%s\n", name, value, aim);
}

static void print_bars(const struct bench *bench)
{
  const struct bench_series *hot = bench->results[BENCH_HOT][0];
  const struct bench_series *uniform = bench->results[BENCH_UNIFORM][0];

  bar("hot_1_limit_to_floor", bench_series_ratio(&hot[WEIR_1], &hot[FLOOR_1]), "<=1.25");
  bar("uniform_1_limit_to_floor", bench_series_ratio(&uniform[WEIR_1], &uniform[FLOOR_1]),
      "<=1.20");
  bar("uniform_1_limit_roomy_to_floor", bench_series_ratio(&uniform[ROOMY_1], &uniform[FLOOR_1]),
      "none");
  bar("uniform_batch32_to_floor32", bench_series_ratio(&uniform[WEIR_32], &uniform[FLOOR_32]),
      "<=1.35");
  bar("hot_deny_to_allow", bench_series_ratio(&hot[DENY_1], &hot[WEIR_1]), "<=1.00");
  bar("uniform_deny_to_allow", bench_series_ratio(&uniform[DENY_1], &uniform[WEIR_1]), "<=1.00");
  bar("uniform_3_limits_to_1", bench_series_ratio(&uniform[THREE_1], &uniform[WEIR_1]), "<=1.60");
  bar("uniform_mutex_to_weir", bench_series_ratio(&uniform[MUTEX], &uniform[WEIR_1]), ">=4");
  if (bench->has_ck)
    bar("uniform_ck_ht_to_weir", bench_series_ratio(&uniform[CK], &uniform[WEIR_1]), ">=4");
  bar("uniform_mutex_to_floor", bench_series_ratio(&uniform[MUTEX], &uniform[FLOOR_1]), "none");
  if (bench->has_ck)
    bar("uniform_ck_ht_to_floor", bench_series_ratio(&uniform[CK], &uniform[FLOOR_1]), "none");
  if (bench->crew_count > 1) {
    const struct bench_series *two = bench->results[BENCH_UNIFORM][1];

    bar("uniform_2_threads_to_1_throughput", 2 * bench_series_ratio(&uniform[WEIR_1], &two[WEIR_1]),
        ">=1.8");
    bar("uniform_2_threads_to_1_throughput_floor",
        2 * bench_series_ratio(&uniform[FLOOR_1], &two[FLOOR_1]), "none");
  }
}

int main(int count, char **arguments)
{
  struct bench *bench = bench_allocate(sizeof *bench);
  uint32_t processors = bench_crew_processors();

  bench->keys = bench_number(count, arguments, 1, "KEYS", 10000000, 1, 1000000000);
  bench->rounds = (uint32_t)bench_number(count, arguments, 2, "ROUNDS", 9, 1, BENCH_ROUNDS_MAX);
  bench->crews[bench->crew_count++] = 1;
  if (processors >= 2)
    bench->crews[bench->crew_count++] = 2;
  if (processors > 2)
    bench->crews[bench->crew_count++] = processors;
  make_tables(bench, count > 3 ? arguments[3] : bench_limiter_folder());
  name_subjects(bench);
  for (int i = 0; i < BENCH_DISTRIBUTIONS; i++) {
    measure(bench, (enum bench_distribution)i);
    print_rows(bench, (enum bench_distribution)i);
  }
  print_bars(bench);
  free_tables(bench);
  free(bench);
  return 0;
}
