/* SPDX-License-Identifier: BSD-2-Clause
 * weir as a subject: its public interface alone, as a program uses it. */
#ifndef BENCH_SUPPORT_LIMITER_H
#define BENCH_SUPPORT_LIMITER_H

#include "support/subject.h"
#include "weir.h"

/* Limits that never deny here, so slow that the coarse clock serves (weir.h), with a burst
 * that takes longer to spend than a bench runs. */
#define BENCH_POLICY_ONE "policy p\n  limit day 100000 messages / 1d per user burst 100000000\n"
#define BENCH_POLICY_THREE                                                                         \
  "policy p\n  limit hour 36000 messages / 1h per user burst 100000000\n"                          \
  "  limit day 100000 messages / 1d per user burst 100000000\n"                                    \
  "  limit month 1000000 messages / 30d per user burst 100000000\n"
/* One a day: whoever has sent one is over the limit. */
#define BENCH_POLICY_DENY "policy p\n  limit day 1 messages / 1d per user\n"

/* What filling charges: a debt that outlasts the bench.  An idle cell is free for the next
 * newcomer, so a table of idle principals would not hold them all. */
#define BENCH_FILL_COST 10000u

struct bench_limiter {
  struct weir_table *table;
  char path[64];  /* empty: memory only, or no longer named                       */
  double fill_ns; /* a principal, while filling                                   */
  uint64_t file_bytes;
  bool huge_pages;
};

/* An empty table for that many keys.  folder: where its file is; NULL: memory only. */
void bench_limiter_create(struct bench_limiter *limiter, const char *folder, const char *policy,
                          uint64_t keys);

/* Remove its name: it is mapped all the same, and gone when the bench is killed. */
void bench_limiter_unname(struct bench_limiter *limiter);

/* Ask once for keys 0 to keys - 1, `batch` at once. */
void bench_limiter_fill(struct bench_limiter *limiter, uint64_t keys, uint64_t fill_cost,
                        uint32_t batch);

/* A table without a name for that many keys, filled with keys 0 to keys - 1, `batch` at once. */
void bench_limiter_make(struct bench_limiter *limiter, const char *folder, const char *policy,
                        uint64_t keys, uint64_t fill_cost, uint32_t batch);

void bench_limiter_free(struct bench_limiter *limiter);

/* A folder in memory, where the tables of this machine would be. */
const char *bench_limiter_folder(void);

/* Undo what runs have charged to a key: as after filling with BENCH_FILL_COST. */
void bench_limiter_renew(struct bench_limiter *limiter, uint32_t number);

/* weir_take(), and with a batch weir_take_many(). */
bench_decide bench_limiter_decide;

#endif
