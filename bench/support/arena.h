/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Processes that each open one table and decide with several threads, phase after phase, as
 * one parent tells them through a page that all share.  Every worker counts in a line of its
 * own, so that the parent can look at any time, also at a process that is stopped.
 */
#ifndef BENCH_SUPPORT_ARENA_H
#define BENCH_SUPPORT_ARENA_H

#include <stdbool.h>
#include <sys/types.h>

#include "support/sequence.h"

enum bench_phase_kind {
  BENCH_PHASE_ONE_KEY,  /* all workers, the same key                                     */
  BENCH_PHASE_OWN_KEYS, /* all workers, each a key of its own                            */
  BENCH_PHASE_ALONE,    /* the first worker, the key of BENCH_PHASE_ONE_KEY              */
  BENCH_PHASE_END       /* the processes end                                             */
};

/* What a worker did, in the phase that runs or ran last. */
struct bench_worker {
  _Alignas(128) uint64_t decisions;
  uint64_t allowed;
  uint64_t cpu_ns; /* of the processor, known when it is idle again                    */
  uint64_t idle;   /* the last phase that it has ended                                 */
};

struct bench_arena {
  uint32_t processes, threads; /* threads of each process                               */
  pid_t *children;
  struct bench_shared *shared;
};

/* Start the processes; each has opened the table of that path when it returns. */
void bench_arena_start(struct bench_arena *arena, const char *path, uint32_t processes,
                       uint32_t threads);

/* Counts of all workers are 0 when it returns, or a little more. */
void bench_arena_begin(struct bench_arena *arena, enum bench_phase_kind kind);

/* Returns when every worker is idle. */
void bench_arena_end(struct bench_arena *arena);

/* Ends the processes. */
void bench_arena_stop(struct bench_arena *arena);

/* Worker i is a thread of process i / threads. */
struct bench_worker bench_arena_look(const struct bench_arena *arena, uint32_t worker);

/* Stop a process at whatever instruction it is; returns when it has stopped. */
void bench_arena_freeze(const struct bench_arena *arena, uint32_t process);
void bench_arena_thaw(const struct bench_arena *arena, uint32_t process);

#endif
