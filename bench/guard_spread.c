/* SPDX-License-Identifier: BSD-2-Clause */
#include "guard_spread.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/clock.h"
#include "support/fail.h"
#include "support/limiter.h"

#define HOT 7u

/* A process's own line.  Stamps are CLOCK_MONOTONIC, the same on all processors. */
struct spinner {
  _Alignas(128) uint64_t allowed_begin_ns; /* begin of the last decision that was allowed   */
  uint64_t refused_end_ns; /* end of the first that was refused since one was allowed     */
  uint64_t decisions;
};

static struct weir_request request_of(const struct weir_attribute *user)
{
  return (struct weir_request){
      .size_bytes = sizeof(struct weir_request), .attributes = user, .attribute_count = 1};
}

/* Decide until killed. */
static pid_t start_spinner(const char *path, const struct weir_attribute *user,
                           struct spinner *spinner)
{
  struct weir_request request = request_of(user);
  struct weir_table *table;
  pid_t child = fork();

  if (child != 0)
    return child;
  if (weir_open(path, &table, NULL) != WEIR_OK)
    _exit(1);
  for (bool refused = false;;) {
    struct weir_verdict verdict;
    uint64_t begin_ns = bench_now_ns();

    if (weir_take(table, &request, &verdict) != WEIR_OK)
      _exit(1);
    if (verdict.outcome != WEIR_BLOCK) {
      __atomic_store_n(&spinner->allowed_begin_ns, begin_ns, __ATOMIC_RELEASE);
      refused = false;
    } else if (!refused) {
      __atomic_store_n(&spinner->refused_end_ns, bench_now_ns(), __ATOMIC_RELEASE);
      refused = true;
    }
    __atomic_store_n(&spinner->decisions, spinner->decisions + 1, __ATOMIC_RELAXED);
  }
}

static void pause_us(long us)
{
  (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){.tv_nsec = us * 1000}, NULL);
}

/* Until every process has been refused, or allowed, after a moment. */
static void wait_for_all(const struct spinner *spinners, uint32_t count, bool refused,
                         uint64_t after_ns)
{
  for (uint32_t i = 0; i < count; i++)
    while (__atomic_load_n(refused ? &spinners[i].refused_end_ns : &spinners[i].allowed_begin_ns,
                           __ATOMIC_ACQUIRE) < after_ns)
      pause_us(200);
}

static void block_once(struct guard_spread *spread, struct weir_table *table,
                       const struct weir_block *block, const struct spinner *spinners, uint32_t at)
{
  uint64_t first_ns = UINT64_MAX, last_ns = 0, call_ns, return_ns;

  call_ns = bench_now_ns();
  if (weir_block(table, block) != WEIR_OK)
    bench_fail("cannot block");
  return_ns = bench_now_ns();
  wait_for_all(spinners, spread->processes, true, call_ns);
  pause_us(200); /* who passed after it would be seen */
  for (uint32_t i = 0; i < spread->processes; i++) {
    uint64_t end_ns = __atomic_load_n(&spinners[i].refused_end_ns, __ATOMIC_ACQUIRE);

    first_ns = end_ns < first_ns ? end_ns : first_ns;
    last_ns = end_ns > last_ns ? end_ns : last_ns;
    spread->passed_after +=
        __atomic_load_n(&spinners[i].allowed_begin_ns, __ATOMIC_ACQUIRE) > return_ns;
  }
  spread->first_us[at] = ((double)first_ns - (double)return_ns) / 1000;
  spread->last_us[at] = ((double)last_ns - (double)return_ns) / 1000;
  spread->call_us[at] = (double)(return_ns - call_ns) / 1000;
  if (weir_unblock(table, block) != 1)
    bench_fail("cannot lift");
  wait_for_all(spinners, spread->processes, false, bench_now_ns());
}

void guard_spread_run(struct guard_spread *spread)
{
  struct spinner *spinners = mmap(NULL, spread->processes * sizeof *spinners,
                                  PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pid_t *children = bench_allocate(spread->processes * sizeof *children);
  struct bench_limiter limiter;
  struct bench_key key;
  struct weir_attribute user = {"user", &key, BENCH_KEY_BYTES};
  struct weir_block block = {.size_bytes = sizeof block, .attributes = &user, .attribute_count = 1,
                             .reason = "bench", .by = "bench_guard"};

  if (spinners == MAP_FAILED)
    bench_fail("no memory");
  bench_key_write(&key, HOT);
  bench_limiter_create(&limiter, bench_limiter_folder(), BENCH_POLICY_ONE, 10000);
  for (uint32_t i = 0; i < spread->processes; i++)
    children[i] = start_spinner(limiter.path, &user, &spinners[i]);
  wait_for_all(spinners, spread->processes, false, 1);
  bench_limiter_unname(&limiter);
  for (uint32_t at = 0; at < spread->blocks; at++) {
    block_once(spread, limiter.table, &block, spinners, at);
    pause_us(100L * (long)(1 + at % 7)); /* not in step with the scheduler */
  }
  for (uint32_t i = 0; i < spread->processes; i++) {
    (void)kill(children[i], SIGKILL);
    (void)waitpid(children[i], NULL, 0);
    spread->decisions += spinners[i].decisions;
  }
  (void)munmap(spinners, spread->processes * sizeof *spinners);
  bench_limiter_free(&limiter);
}
