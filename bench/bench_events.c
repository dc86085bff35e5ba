/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What do events cost, and who follows them?
 *
 * One thread decides for uniform keys and puts an event each EVENT_EVERY decisions, as if one in
 * so many were the first denial of an episode: without a reader; with two that ask ten times a
 * second, as weirctl watch does, one of which is stopped; with two that ask without a pause, one
 * of which is stopped; and without events.  All in turn, in SLICES parts a round.  By the clock,
 * and by processor time, which leaves out what else runs on the machine.  Then the price of a put,
 * alone and beside a reader without a pause, and of a read.  Prints TSV; never asserts.
 *
 * bench_events [DECISIONS [KEYS [ROUNDS]]]   default 10 million a run, 100,000 and 9
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "admit/admit.h"
#include "guard/ring.h"
#include "support/clock.h"
#include "support/fail.h"
#include "support/limiter.h"
#include "support/number.h"
#include "support/sequence.h"
#include "support/series.h"

#define EVENT_EVERY 1000u
#define SLICES 5u
#define WATCH_NS 100000000
#define PUTS ((uint64_t)1 << 20)

enum arm { NO_READER, TWO_WATCHING, TWO_SPINNING, NO_EVENTS, ARMS };
static const char *const arm_names[ARMS] = {"no_reader", "two_watching_one_stopped",
                                            "two_spinning_one_stopped", "no_events"};

/* A reader and its parent, in a line of its own. */
struct tally {
  _Alignas(128) uint64_t wanted; /* what the parent has it begin                          */
  uint64_t begun;                /* what it has                                           */
  uint64_t lost;                 /* since then                                            */
};

/* Processes from the beginning on, since a fork costs whoever forks; stopped but where they are
 * needed. */
enum reader { WATCHING, SPINNING, STOPPED, READERS };
struct readers {
  struct tally *tallies; /* shared                                                        */
  pid_t children[READERS];
};

/* Of the decisions of one arm in one round. */
struct sum {
  uint64_t decisions, wall_ns, cpu_ns, lost;
};

struct figures {
  struct bench_series ns, cpu_ns, lost_percent;
};

static void pause_ns(long ns)
{
  (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){.tv_nsec = ns}, NULL);
}

/* Until it is killed.  The table is the parent's, as a program's that forks. */
_Noreturn static void follow(struct weir_table *table, struct tally *tally, long poll_ns)
{
  struct weir_events_cursor cursor = {.next = 0};
  struct weir_event event = {.size_bytes = sizeof event};
  uint64_t begun = 0, lost;

  for (;;) {
    uint64_t wanted = __atomic_load_n(&tally->wanted, __ATOMIC_ACQUIRE);
    int result;

    if (wanted != begun) {
      begun = wanted;
      tally->lost = 0;
      if (weir_events_begin(table, &cursor, WEIR_EVENTS_NEWEST) != WEIR_OK)
        _exit(1);
      __atomic_store_n(&tally->begun, begun, __ATOMIC_RELEASE);
    }
    result = begun != 0 ? weir_events_next(table, &cursor, &event, &lost) : 0;
    if (result < 0)
      _exit(1);
    if (begun != 0)
      __atomic_store_n(&tally->lost, tally->lost + lost, __ATOMIC_RELAXED);
    if (result == 0 && (poll_ns > 0 || begun == 0))
      pause_ns(begun != 0 ? poll_ns : 1000000);
  }
}

static void stop_reader(const struct readers *readers, enum reader reader)
{
  (void)kill(readers->children[reader], SIGSTOP);
  (void)waitpid(readers->children[reader], NULL, WUNTRACED);
}

/* It follows when it returns. */
static void go_on(const struct readers *readers, enum reader reader)
{
  struct tally *tally = &readers->tallies[reader];
  uint64_t wanted = tally->wanted + 1;

  __atomic_store_n(&tally->wanted, wanted, __ATOMIC_RELEASE);
  (void)kill(readers->children[reader], SIGCONT);
  while (__atomic_load_n(&tally->begun, __ATOMIC_ACQUIRE) != wanted)
    pause_ns(100000);
}

static void start_readers(struct readers *readers, struct weir_table *table)
{
  readers->tallies = mmap(NULL, READERS * sizeof *readers->tallies, PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (readers->tallies == MAP_FAILED)
    bench_fail("no memory");
  for (int i = 0; i < READERS; i++) {
    pid_t child = fork();

    if (child < 0)
      bench_fail("cannot fork");
    if (child == 0)
      follow(table, &readers->tallies[i], i == SPINNING ? 0 : WATCH_NS);
    readers->children[i] = child;
    go_on(readers, (enum reader)i); /* also the one that is never continued */
    stop_reader(readers, (enum reader)i);
  }
}

static void end_readers(const struct readers *readers)
{
  for (int i = 0; i < READERS; i++) {
    (void)kill(readers->children[i], SIGKILL);
    (void)waitpid(readers->children[i], NULL, 0);
  }
}

static void put(const struct wi_region *region, uint64_t amount)
{
  static struct weir_event event = {.kind = WEIR_EVENT_DENIED,
                                    .principal = "user=aaaabbbb@webmail.example ip=192.0.2.17",
                                    .limit = "user-minute"};

  event.amount = amount;
  (void)wi_ring_put(region, &event);
}

static void decide(struct bench_limiter *limiter, struct bench_feed *feed, uint64_t decisions,
                   bool events, struct sum *sum)
{
  uint64_t begin_ns = bench_now_ns(), begin_cpu_ns = bench_clock_ns(CLOCK_THREAD_CPUTIME_ID);
  uint64_t allowed = 0, done = 0;

  for (; done < decisions; done += EVENT_EVERY) {
    allowed += bench_limiter_decide(limiter, feed, EVENT_EVERY, 1);
    if (events)
      put(&limiter->table->region, done);
  }
  sum->cpu_ns += bench_clock_ns(CLOCK_THREAD_CPUTIME_ID) - begin_cpu_ns;
  sum->wall_ns += bench_now_ns() - begin_ns;
  sum->decisions += done;
  if (allowed * 1000 < done * 999)
    fprintf(stderr, "bench_events: %llu of %llu were denied\n",
            (unsigned long long)(done - allowed), (unsigned long long)done);
}

static void run_slice(struct bench_limiter *limiter, struct bench_feed *feed, uint64_t decisions,
                      enum arm arm, const struct readers *readers, struct sum *sum)
{
  enum reader reader = arm == TWO_WATCHING ? WATCHING : arm == TWO_SPINNING ? SPINNING : READERS;
  struct sum warm = {.lost = 0};

  if (reader != READERS)
    go_on(readers, reader);
  decide(limiter, feed, decisions / 20, false, &warm); /* what the last arm has driven out */
  decide(limiter, feed, decisions, arm != NO_EVENTS, sum);
  if (reader == READERS)
    return;
  sum->lost += __atomic_load_n(&readers->tallies[reader].lost, __ATOMIC_RELAXED);
  stop_reader(readers, reader);
}

static void run_round(struct bench_limiter *limiter, struct bench_feed *feed, uint64_t decisions,
                      uint32_t round, const struct readers *readers, struct figures figures[ARMS])
{
  struct sum sums[ARMS] = {{.lost = 0}};

  for (uint32_t slice = 0; slice < SLICES; slice++)
    for (uint32_t i = 0; i < ARMS; i++) {
      enum arm arm = (enum arm)((round + slice + i) % ARMS); /* each is first in its turn */

      run_slice(limiter, feed, decisions / SLICES, arm, readers, &sums[arm]);
    }
  for (uint32_t arm = 0; arm < ARMS; arm++) {
    double done = (double)sums[arm].decisions;

    bench_series_add(&figures[arm].ns, (double)sums[arm].wall_ns / done);
    bench_series_add(&figures[arm].cpu_ns, (double)sums[arm].cpu_ns / done);
    if (arm == TWO_WATCHING || arm == TWO_SPINNING)
      bench_series_add(&figures[arm].lost_percent,
                       100.0 * EVENT_EVERY * (double)sums[arm].lost / done);
  }
}

static double put_ns(const struct wi_region *region)
{
  uint64_t begin_ns = bench_now_ns();

  for (uint64_t i = 0; i < PUTS; i++)
    put(region, i);
  return (double)(bench_now_ns() - begin_ns) / (double)PUTS;
}

static double read_ns(struct weir_table *table)
{
  struct weir_event event = {.size_bytes = sizeof event};
  uint64_t begin_ns = bench_now_ns(), got = 0, lost;

  for (uint32_t i = 0; i < 64; i++) {
    struct weir_events_cursor cursor;

    (void)weir_events_begin(table, &cursor, WEIR_EVENTS_OLDEST);
    while (weir_events_next(table, &cursor, &event, &lost) == 1)
      got++;
  }
  return (double)(bench_now_ns() - begin_ns) / (double)(got > 0 ? got : 1);
}

static void row(const char *readers, const char *figure, const struct bench_series *series)
{
  struct bench_summary summary = bench_series_summary(series);

  if (series->count > 0)
    printf("events\t%s\t%s\t%.4g\t%.4g\t%.4g\n", readers, figure, summary.min, summary.median,
           summary.max);
}

static void bar(const char *name, const struct bench_series *a, const struct bench_series *b,
                const char *aim)
{
  printf("bar\t%s\t%.3f\t%s\n", name, bench_series_ratio(a, b), aim);
}

static void print_rows(const struct figures figures[ARMS], const struct bench_series *alone,
                       const struct bench_series *beside, const struct bench_series *reading)
{
  printf("question\treaders\tfigure\tmin\tmedian\tmax\n");
  for (int arm = 0; arm < ARMS; arm++) {
    row(arm_names[arm], "decision_ns", &figures[arm].ns);
    row(arm_names[arm], "decision_cpu_ns", &figures[arm].cpu_ns);
    row(arm_names[arm], "events_lost_percent", &figures[arm].lost_percent);
  }
  row("no_reader", "put_ns", alone);
  row("one_spinning", "put_ns", beside);
  row("itself", "next_ns", reading);
  /* Throughput: no reader's ns by theirs. */
  bar("two_readers_one_stopped_to_none_throughput", &figures[NO_READER].ns,
      &figures[TWO_WATCHING].ns, ">=0.95");
  bar("two_readers_one_stopped_to_none_by_cpu", &figures[NO_READER].cpu_ns,
      &figures[TWO_WATCHING].cpu_ns, ">=0.95");
  bar("two_spinning_readers_one_stopped_to_none_by_cpu", &figures[NO_READER].cpu_ns,
      &figures[TWO_SPINNING].cpu_ns, "none");
  bar("events_to_no_events_by_cpu", &figures[NO_EVENTS].cpu_ns, &figures[NO_READER].cpu_ns, "none");
}

int main(int count, char **arguments)
{
  uint64_t decisions =
      bench_number(count, arguments, 1, "DECISIONS", 10000000, EVENT_EVERY * SLICES, UINT32_MAX);
  uint64_t keys = bench_number(count, arguments, 2, "KEYS", 100000, 1, UINT32_MAX);
  uint32_t rounds = (uint32_t)bench_number(count, arguments, 3, "ROUNDS", 9, 1, BENCH_ROUNDS_MAX);
  struct figures *figures = bench_allocate(ARMS * sizeof *figures);
  struct bench_series *puts = bench_allocate(3 * sizeof *puts);
  struct readers readers;
  struct bench_limiter limiter;
  struct bench_feed feed = {.at = 0};
  uint32_t *numbers;

  numbers = bench_sequence_draw(BENCH_UNIFORM, keys, 1);
  feed.numbers = numbers;
  bench_limiter_make(&limiter, bench_limiter_folder(), BENCH_POLICY_ONE, keys, BENCH_FILL_COST, 32);
  start_readers(&readers, limiter.table);
  for (uint32_t round = 0; round < rounds; round++) {
    run_round(&limiter, &feed, decisions, round, &readers, figures);
    bench_series_add(&puts[0], put_ns(&limiter.table->region));
    go_on(&readers, SPINNING);
    bench_series_add(&puts[1], put_ns(&limiter.table->region));
    stop_reader(&readers, SPINNING);
    bench_series_add(&puts[2], read_ns(limiter.table));
  }
  end_readers(&readers);
  print_rows(figures, &puts[0], &puts[1], &puts[2]);
  bench_limiter_free(&limiter);
  free(numbers);
  free(figures);
  free(puts);
  return 0;
}
