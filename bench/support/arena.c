/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/arena.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/clock.h"
#include "support/fail.h"
#include "weir.h"

#define DECISIONS_A_LOOK 16u /* between two looks at whether the phase is over            */
#define POLL_NS 200000

/* A phase runs while number is odd.  kind is set before number, by a release store. */
struct bench_shared {
  _Alignas(128) uint64_t number;
  uint64_t kind;
  uint64_t open; /* processes that have opened the table                                 */
  struct bench_worker workers[];
};

struct seat {
  pthread_t handle;
  struct bench_shared *shared;
  struct weir_table *table;
  uint32_t worker;
};

static void nap(void)
{
  (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){.tv_nsec = POLL_NS}, NULL);
}

static void decide(struct seat *seat, uint64_t number, uint32_t key_number)
{
  struct bench_worker *worker = &seat->shared->workers[seat->worker];
  struct bench_key key;
  struct weir_attribute user = {"user", &key, sizeof key};
  struct weir_request request = {
      .size_bytes = sizeof request, .attributes = &user, .attribute_count = 1};
  uint64_t decisions = 0, allowed = 0, begin_ns = bench_clock_ns(CLOCK_THREAD_CPUTIME_ID);
  struct weir_verdict verdict;

  bench_key_write(&key, key_number);
  /* Acquire: partner of the stores in bench_arena_begin() and bench_arena_end(). */
  while (__atomic_load_n(&seat->shared->number, __ATOMIC_ACQUIRE) == number) {
    for (uint32_t i = 0; i < DECISIONS_A_LOOK; i++)
      if (weir_take(seat->table, &request, &verdict) == WEIR_OK)
        allowed += verdict.outcome == WEIR_ALLOW;
    decisions += DECISIONS_A_LOOK;
    __atomic_store_n(&worker->decisions, decisions, __ATOMIC_RELAXED); /* for who looks   */
    __atomic_store_n(&worker->allowed, allowed, __ATOMIC_RELAXED);
  }
  worker->cpu_ns = bench_clock_ns(CLOCK_THREAD_CPUTIME_ID) - begin_ns;
}

static void *work(void *argument)
{
  struct seat *seat = argument;
  struct bench_shared *shared = seat->shared;
  struct bench_worker *worker = &shared->workers[seat->worker];

  for (uint64_t done = 0;;) {
    uint64_t number = __atomic_load_n(&shared->number, __ATOMIC_ACQUIRE);
    uint64_t kind = __atomic_load_n(&shared->kind, __ATOMIC_RELAXED);

    if (number % 2 == 0 && number != 0 && done != number - 1) {
      done = number - 1; /* a phase that was over before this worker woke               */
      __atomic_store_n(&worker->idle, done, __ATOMIC_RELEASE);
    }
    if (number % 2 == 0 || number == done) {
      nap();
      continue;
    }
    if (kind == BENCH_PHASE_END)
      return NULL;
    if (kind == BENCH_PHASE_OWN_KEYS)
      decide(seat, number, seat->worker + 1);
    else if (kind == BENCH_PHASE_ONE_KEY || seat->worker == 0)
      decide(seat, number, 0);
    done = number;
    /* Release: the parent reads the counts after it has seen this. */
    __atomic_store_n(&worker->idle, number, __ATOMIC_RELEASE);
  }
}

/* A process: the table opened anew, as any program would. */
_Noreturn static void live(const struct bench_arena *arena, const char *path, uint32_t process)
{
  struct seat *seats = bench_allocate(arena->threads * sizeof *seats);
  struct weir_table *table;
  struct weir_fault fault;

  (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* not to outlive a bench that is interrupted  */
  if (weir_open(path, &table, &fault) != WEIR_OK)
    bench_fail("%s", fault.text);
  (void)__atomic_add_fetch(&arena->shared->open, 1, __ATOMIC_RELEASE);
  for (uint32_t i = 0; i < arena->threads; i++) {
    seats[i].shared = arena->shared;
    seats[i].table = table;
    seats[i].worker = process * arena->threads + i;
    if (pthread_create(&seats[i].handle, NULL, work, &seats[i]) != 0)
      bench_fail("cannot start a thread");
  }
  for (uint32_t i = 0; i < arena->threads; i++)
    (void)pthread_join(seats[i].handle, NULL);
  weir_close(table);
  free(seats);
  _exit(0);
}

static uint32_t workers_of(const struct bench_arena *arena)
{
  return arena->processes * arena->threads;
}

static size_t shared_bytes(const struct bench_arena *arena)
{
  return sizeof(struct bench_shared) + workers_of(arena) * sizeof(struct bench_worker);
}

static void check_children(const struct bench_arena *arena)
{
  for (uint32_t i = 0; i < arena->processes; i++)
    if (waitpid(arena->children[i], NULL, WNOHANG) != 0)
      bench_fail("a process has ended");
}

void bench_arena_start(struct bench_arena *arena, const char *path, uint32_t processes,
                       uint32_t threads)
{
  arena->processes = processes;
  arena->threads = threads;
  arena->children = bench_allocate(processes * sizeof *arena->children);
  arena->shared =
      mmap(NULL, shared_bytes(arena), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (arena->shared == MAP_FAILED)
    bench_fail("cannot map a page");
  for (uint32_t i = 0; i < processes; i++) {
    arena->children[i] = fork();
    if (arena->children[i] < 0)
      bench_fail("cannot fork");
    if (arena->children[i] == 0)
      live(arena, path, i);
  }
  while (__atomic_load_n(&arena->shared->open, __ATOMIC_ACQUIRE) < processes) {
    check_children(arena);
    nap();
  }
}

void bench_arena_begin(struct bench_arena *arena, enum bench_phase_kind kind)
{
  struct bench_shared *shared = arena->shared;

  for (uint32_t i = 0; i < workers_of(arena); i++) {
    shared->workers[i].decisions = 0;
    shared->workers[i].allowed = 0;
    shared->workers[i].cpu_ns = 0;
  }
  __atomic_store_n(&shared->kind, (uint64_t)kind, __ATOMIC_RELAXED);
  /* Release: who sees the number sees the kind and the counts of 0. */
  __atomic_store_n(&shared->number, shared->number + 1, __ATOMIC_RELEASE);
}

void bench_arena_end(struct bench_arena *arena)
{
  struct bench_shared *shared = arena->shared;
  uint64_t number = shared->number;

  __atomic_store_n(&shared->number, number + 1, __ATOMIC_RELEASE);
  for (uint32_t i = 0; i < workers_of(arena); i++)
    while (__atomic_load_n(&shared->workers[i].idle, __ATOMIC_ACQUIRE) != number) {
      check_children(arena);
      nap();
    }
}

void bench_arena_stop(struct bench_arena *arena)
{
  bench_arena_begin(arena, BENCH_PHASE_END);
  for (uint32_t i = 0; i < arena->processes; i++)
    (void)waitpid(arena->children[i], NULL, 0);
  (void)munmap(arena->shared, shared_bytes(arena));
  free(arena->children);
}

struct bench_worker bench_arena_look(const struct bench_arena *arena, uint32_t worker)
{
  const struct bench_worker *at = &arena->shared->workers[worker];
  struct bench_worker seen = {.cpu_ns = at->cpu_ns};

  seen.decisions = __atomic_load_n(&at->decisions, __ATOMIC_RELAXED);
  seen.allowed = __atomic_load_n(&at->allowed, __ATOMIC_RELAXED);
  return seen;
}

void bench_arena_freeze(const struct bench_arena *arena, uint32_t process)
{
  int status;

  if (kill(arena->children[process], SIGSTOP) != 0 ||
      waitpid(arena->children[process], &status, WUNTRACED) != arena->children[process] ||
      !WIFSTOPPED(status))
    bench_fail("cannot stop a process");
}

void bench_arena_thaw(const struct bench_arena *arena, uint32_t process)
{
  (void)kill(arena->children[process], SIGCONT);
}
