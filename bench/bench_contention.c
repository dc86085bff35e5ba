/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What becomes of one key that everybody asks for at once?
 *
 * All threads of all processes decide for one key, under a limit that never denies; beside it,
 * in turn, the same workers with a key each, and one worker alone.  ns a decision is processor
 * time by decisions, so that it can be compared where there are more workers than processors.
 * fairness: of the shares of all decisions that the workers got, the least by the largest, and
 * Jain's index (1: all the same); again by processor time, which leaves out what the scheduler
 * gave to each.  Then one process is stopped in the middle of its decisions, again and again at
 * another instruction: what the others do before and meanwhile.  Prints TSV; never asserts.
 *
 * bench_contention [PROCESSES [THREADS [ROUNDS]]]   default 2, 2 threads each, and 15
 */
#include <stdio.h>
#include <stdlib.h>

#include "support/arena.h"
#include "support/clock.h"
#include "support/fail.h"
#include "support/limiter.h"
#include "support/number.h"
#include "support/series.h"

#define PHASE_NS 200000000
#define STOPPED_NS 100000000

struct phase {
  struct bench_series ns, per_s, share_min_max, share_jain, cpu_min_max, cpu_jain;
};

struct stopping {
  struct bench_series before_per_s, stopped_per_s, all_per_s;
};

static void pause_ns(long ns)
{
  (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){.tv_nsec = ns}, NULL);
}

/* Jain, Chiu and Hawe, 1984: (sum of x)^2 / (n * sum of x^2). */
static void add_fairness(const double *values, uint32_t count, struct bench_series *min_max,
                         struct bench_series *jain)
{
  double min = values[0], max = values[0], sum = 0, squares = 0;

  for (uint32_t i = 0; i < count; i++) {
    min = values[i] < min ? values[i] : min;
    max = values[i] > max ? values[i] : max;
    sum += values[i];
    squares += values[i] * values[i];
  }
  bench_series_add(min_max, max > 0 ? min / max : 0);
  bench_series_add(jain, squares > 0 ? sum * sum / (count * squares) : 0);
}

static void run_phase(struct bench_arena *arena, enum bench_phase_kind kind, struct phase *phase)
{
  uint32_t workers = kind == BENCH_PHASE_ALONE ? 1 : arena->processes * arena->threads;
  double *shares = bench_allocate(workers * sizeof *shares);
  double *rates = bench_allocate(workers * sizeof *rates);
  double decisions = 0, cpu_ns = 0, allowed = 0;
  uint64_t begin_ns, end_ns;

  bench_arena_begin(arena, kind);
  begin_ns = bench_now_ns();
  pause_ns(PHASE_NS);
  end_ns = bench_now_ns();
  bench_arena_end(arena);
  for (uint32_t i = 0; i < workers; i++) {
    struct bench_worker worker = bench_arena_look(arena, i);

    decisions += (double)worker.decisions;
    allowed += (double)worker.allowed;
    cpu_ns += (double)worker.cpu_ns;
    shares[i] = (double)worker.allowed;
    rates[i] = worker.cpu_ns > 0 ? (double)worker.allowed / (double)worker.cpu_ns : 0;
  }
  if (allowed < decisions)
    fprintf(stderr, "bench_contention: %.0f of %.0f were denied\n", decisions - allowed, decisions);
  bench_series_add(&phase->ns, decisions > 0 ? cpu_ns / decisions : 0);
  bench_series_add(&phase->per_s, decisions * 1e9 / (double)(end_ns - begin_ns));
  add_fairness(shares, workers, &phase->share_min_max, &phase->share_jain);
  add_fairness(rates, workers, &phase->cpu_min_max, &phase->cpu_jain);
  free(shares);
  free(rates);
}

/* Decisions so far of all processes but one; that of none with `but` out of range. */
static double decisions_without(const struct bench_arena *arena, uint32_t but)
{
  double decisions = 0;

  for (uint32_t i = 0; i < arena->processes * arena->threads; i++)
    if (i / arena->threads != but)
      decisions += (double)bench_arena_look(arena, i).decisions;
  return decisions;
}

struct moment {
  uint64_t at_ns;
  double others, all;
};

static struct moment now(const struct bench_arena *arena, uint32_t but)
{
  struct moment moment = {.others = decisions_without(arena, but),
                          .all = decisions_without(arena, arena->processes)};

  moment.at_ns = bench_now_ns();
  return moment;
}

static double per_s(double decisions, const struct moment *from, const struct moment *to)
{
  return decisions * 1e9 / (double)(to->at_ns - from->at_ns);
}

static void run_stopping(struct bench_arena *arena, uint32_t stopped, struct stopping *stopping)
{
  struct moment begin, before, frozen, end;

  bench_arena_begin(arena, BENCH_PHASE_ONE_KEY);
  pause_ns(STOPPED_NS / 10); /* until all have begun                                     */
  begin = now(arena, stopped);
  pause_ns(STOPPED_NS);
  before = now(arena, stopped);
  bench_arena_freeze(arena, stopped);
  frozen = now(arena, stopped);
  pause_ns(STOPPED_NS);
  end = now(arena, stopped);
  bench_arena_thaw(arena, stopped);
  bench_arena_end(arena);
  bench_series_add(&stopping->before_per_s, per_s(before.others - begin.others, &begin, &before));
  bench_series_add(&stopping->all_per_s, per_s(before.all - begin.all, &begin, &before));
  bench_series_add(&stopping->stopped_per_s, per_s(end.others - frozen.others, &frozen, &end));
}

static void row(const struct bench_arena *arena, const char *keys, const char *figure,
                const struct bench_series *series)
{
  struct bench_summary summary = bench_series_summary(series);

  printf("contention\t%s\t%u\t%u\t%s\t%.4g\t%.4g\t%.4g\n", keys, arena->processes, arena->threads,
         figure, summary.min, summary.median, summary.max);
}

static void phase_rows(const struct bench_arena *arena, const char *keys, const struct phase *phase)
{
  row(arena, keys, "ns", &phase->ns);
  row(arena, keys, "throughput_per_s", &phase->per_s);
  row(arena, keys, "fairness_min_to_max", &phase->share_min_max);
  row(arena, keys, "fairness_jain", &phase->share_jain);
  row(arena, keys, "fairness_by_cpu_min_to_max", &phase->cpu_min_max);
  row(arena, keys, "fairness_by_cpu_jain", &phase->cpu_jain);
}

static void bar(const char *name, double value)
{
  printf("bar\t%s\t%.2f\tnone\n", name, value);
}

static void print_rows(const struct bench_arena *arena, const struct phase *one,
                       const struct phase *own, const struct phase *alone,
                       const struct stopping *stopping)
{
  printf("question\tkeys\tprocesses\tthreads\tfigure\tmin\tmedian\tmax\n");
  phase_rows(arena, "one", one);
  phase_rows(arena, "own", own);
  row(arena, "one_worker_alone", "ns", &alone->ns);
  row(arena, "one_worker_alone", "throughput_per_s", &alone->per_s);
  if (arena->processes > 1) {
    row(arena, "one", "others_per_s_before_the_stop", &stopping->before_per_s);
    row(arena, "one", "all_per_s_before_the_stop", &stopping->all_per_s);
    row(arena, "one", "others_per_s_while_stopped", &stopping->stopped_per_s);
  }
  bar("one_key_to_own_keys_ns", bench_series_ratio(&one->ns, &own->ns));
  bar("one_key_to_alone_ns", bench_series_ratio(&one->ns, &alone->ns));
  bar("one_key_fairness_min_to_max", bench_series_summary(&one->share_min_max).median);
  bar("one_key_fairness_jain", bench_series_summary(&one->share_jain).median);
  if (arena->processes > 1) {
    bar("others_while_stopped_to_before",
        bench_series_ratio(&stopping->stopped_per_s, &stopping->before_per_s));
    bar("others_while_stopped_to_all_before",
        bench_series_ratio(&stopping->stopped_per_s, &stopping->all_per_s));
  }
}

int main(int count, char **arguments)
{
  uint32_t processes = (uint32_t)bench_number(count, arguments, 1, "PROCESSES", 2, 1, 64);
  uint32_t threads = (uint32_t)bench_number(count, arguments, 2, "THREADS", 2, 1, 64);
  uint32_t rounds = (uint32_t)bench_number(count, arguments, 3, "ROUNDS", 15, 1, BENCH_ROUNDS_MAX);
  struct bench_limiter limiter;
  struct bench_arena arena;
  struct phase *phases = bench_allocate(3 * sizeof *phases);
  struct stopping *stopping = bench_allocate(sizeof *stopping);

  bench_limiter_create(&limiter, bench_limiter_folder(), BENCH_POLICY_ONE, 10000);
  bench_arena_start(&arena, limiter.path, processes, threads);
  bench_limiter_unname(&limiter);
  for (uint32_t round = 0; round < rounds; round++) {
    for (uint32_t number = 0; number <= processes * threads; number++)
      bench_limiter_renew(&limiter, number); /* a full burst for everybody                */
    run_phase(&arena, BENCH_PHASE_ONE_KEY, &phases[0]);
    run_phase(&arena, BENCH_PHASE_OWN_KEYS, &phases[1]);
    run_phase(&arena, BENCH_PHASE_ALONE, &phases[2]);
    if (processes > 1)
      run_stopping(&arena, round % processes, stopping);
  }
  bench_arena_stop(&arena);
  print_rows(&arena, &phases[0], &phases[1], &phases[2], stopping);
  bench_limiter_free(&limiter);
  free(phases);
  free(stopping);
  return 0;
}
