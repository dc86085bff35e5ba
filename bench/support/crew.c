/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/crew.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/clock.h"
#include "support/fail.h"

/* Not only code and predictor: the page table of a large mapping is megabytes, which another
 * subject's run has driven from the caches. */
#define WARM_UP ((uint64_t)1 << 17)

struct start {
  uint32_t threads;
  uint32_t arrived;
};

struct member {
  _Alignas(128) const struct bench_subject *subject; /* no line shared with another's feed */
  struct bench_feed feed;
  struct start *start;
  uint64_t decisions, allowed;
  uint64_t begin_ns, end_ns;
  size_t processor; /* CPU_SETSIZE: any                                                 */
};

uint32_t bench_crew_processors(void)
{
  cpu_set_t set;

  return sched_getaffinity(0, sizeof set, &set) == 0 ? (uint32_t)CPU_COUNT(&set) : 1;
}

static size_t nth_processor(uint32_t n)
{
  cpu_set_t set;

  if (sched_getaffinity(0, sizeof set, &set) != 0)
    return CPU_SETSIZE;
  for (size_t i = 0; i < CPU_SETSIZE; i++)
    if (CPU_ISSET(i, &set) && n-- == 0)
      return i;
  return CPU_SETSIZE;
}

static void bind(size_t processor)
{
  cpu_set_t set;

  if (processor >= CPU_SETSIZE)
    return;
  CPU_ZERO(&set);
  CPU_SET(processor, &set);
  (void)sched_setaffinity(0, sizeof set, &set);
}

/* Spins, since who is woken by the kernel starts late; yields for those that wait on the same
 * processor. */
static void wait_for_all(struct start *start)
{
  (void)__atomic_add_fetch(&start->arrived, 1, __ATOMIC_ACQ_REL);
  for (uint32_t spins = 0; __atomic_load_n(&start->arrived, __ATOMIC_ACQUIRE) < start->threads;
       spins++)
    if (spins % 1024 == 1023)
      (void)sched_yield();
}

static void *work(void *argument)
{
  struct member *member = argument;
  const struct bench_subject *subject = member->subject;

  bind(member->processor);
  (void)subject->decide(subject->self, &member->feed, WARM_UP, subject->batch);
  wait_for_all(member->start);
  member->begin_ns = bench_now_ns();
  member->allowed =
      subject->decide(subject->self, &member->feed, member->decisions, subject->batch);
  member->end_ns = bench_now_ns();
  return NULL;
}

static void run_all(struct member *members, uint32_t threads)
{
  pthread_t *handles = bench_allocate(threads * sizeof *handles);

  for (uint32_t i = 0; i < threads; i++)
    if (pthread_create(&handles[i], NULL, work, &members[i]) != 0)
      bench_fail("cannot start a thread");
  for (uint32_t i = 0; i < threads; i++)
    (void)pthread_join(handles[i], NULL);
  free(handles);
}

double bench_crew_run(const struct bench_subject *subject, struct bench_feed *feeds,
                      uint32_t threads, uint64_t decisions)
{
  struct member *members = bench_allocate(threads * sizeof *members);
  struct start start = {.threads = threads};
  uint64_t begin_ns = UINT64_MAX, end_ns = 0, odd = 0;

  decisions -= decisions % subject->batch;
  for (uint32_t i = 0; i < threads; i++) {
    members[i].subject = subject;
    members[i].feed = feeds[i];
    members[i].start = &start;
    members[i].decisions = decisions;
    members[i].processor =
        threads > 1 && threads <= bench_crew_processors() ? nth_processor(i) : CPU_SETSIZE;
  }
  if (threads == 1)
    (void)work(&members[0]);
  else
    run_all(members, threads);
  for (uint32_t i = 0; i < threads; i++) {
    if (members[i].begin_ns < begin_ns)
      begin_ns = members[i].begin_ns;
    if (members[i].end_ns > end_ns)
      end_ns = members[i].end_ns;
    odd += subject->denies ? members[i].allowed : decisions - members[i].allowed;
    feeds[i] = members[i].feed;
  }
  free(members);
  if (odd * 1000 > decisions * threads) /* a newcomer in a full group may be denied */
    fprintf(stderr, "bench: %s: %llu of %llu decisions were not %s\n", subject->name,
            (unsigned long long)odd, (unsigned long long)(decisions * threads),
            subject->denies ? "denied" : "allowed");
  return (double)(end_ns - begin_ns) / (double)decisions;
}
