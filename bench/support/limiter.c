/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/limiter.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/clock.h"
#include "support/fail.h"

/* Requests that are made once; between calls only the bytes of the keys change. */
struct requests {
  struct bench_key keys[BENCH_BATCH_MAX];
  struct weir_attribute users[BENCH_BATCH_MAX];
  struct weir_request requests[BENCH_BATCH_MAX];
  struct weir_verdict verdicts[BENCH_BATCH_MAX];
};

static void prepare(struct requests *all, const struct weir_cost *cost)
{
  memset(all, 0, sizeof *all);
  for (uint32_t i = 0; i < BENCH_BATCH_MAX; i++) {
    all->users[i].name = "user";
    all->users[i].value = &all->keys[i];
    all->users[i].value_bytes = BENCH_KEY_BYTES;
    all->requests[i].size_bytes = sizeof all->requests[i];
    all->requests[i].attributes = &all->users[i];
    all->requests[i].attribute_count = 1;
    all->requests[i].costs = cost;
    all->requests[i].cost_count = cost != NULL ? 1 : 0;
  }
}

static uint64_t decide_singly(struct weir_table *table, struct bench_feed *feed, uint64_t decisions)
{
  struct requests all;
  uint64_t allowed = 0;

  prepare(&all, NULL);
  for (uint64_t i = 0; i < decisions; i++) {
    bench_feed_next(feed, &all.keys[0]);
    if (weir_take(table, &all.requests[0], &all.verdicts[0]) == WEIR_OK)
      allowed += all.verdicts[0].outcome == WEIR_ALLOW;
  }
  return allowed;
}

static uint64_t decide_many(struct weir_table *table, struct bench_feed *feed, uint64_t decisions,
                            uint32_t batch)
{
  struct requests all;
  uint64_t allowed = 0;

  prepare(&all, NULL);
  for (uint64_t i = 0; i < decisions; i += batch) {
    for (uint32_t j = 0; j < batch; j++)
      bench_feed_next(feed, &all.keys[j]);
    if (weir_take_many(table, all.requests, all.verdicts, NULL, batch) != 0)
      continue;
    for (uint32_t j = 0; j < batch; j++)
      allowed += all.verdicts[j].outcome == WEIR_ALLOW;
  }
  return allowed;
}

uint64_t bench_limiter_decide(void *self, struct bench_feed *feed, uint64_t decisions,
                              uint32_t batch)
{
  struct bench_limiter *limiter = self;

  return batch == 1 ? decide_singly(limiter->table, feed, decisions)
                    : decide_many(limiter->table, feed, decisions, batch);
}

/* Returns how many were not allowed. */
static uint64_t fill(struct weir_table *table, uint64_t keys, uint64_t fill_cost, uint32_t batch)
{
  struct weir_cost cost = {"messages", fill_cost};
  struct requests all;
  uint64_t odd = 0;

  prepare(&all, &cost);
  for (uint64_t number = 0; number < keys; number += batch) {
    uint32_t count = keys - number < batch ? (uint32_t)(keys - number) : batch;

    for (uint32_t j = 0; j < count; j++)
      bench_key_write(&all.keys[j], (uint32_t)(number + j));
    if (batch == 1)
      odd += weir_take(table, &all.requests[0], &all.verdicts[0]) != WEIR_OK;
    else
      odd += (uint64_t)weir_take_many(table, all.requests, all.verdicts, NULL, count);
    for (uint32_t j = 0; j < count; j++)
      odd += all.verdicts[j].outcome != WEIR_ALLOW;
  }
  return odd;
}

const char *bench_limiter_folder(void)
{
  return access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
}

void bench_limiter_create(struct bench_limiter *limiter, const char *folder, const char *policy,
                          uint64_t keys)
{
  static unsigned tables;
  struct weir_create_options options = {.size_bytes = sizeof options,
                                        .keys = keys,
                                        .policy_text = policy,
                                        .policy_bytes = strlen(policy)};
  struct weir_fault fault;
  int length = 0;

  memset(limiter, 0, sizeof *limiter);
  if (folder != NULL)
    length = snprintf(limiter->path, sizeof limiter->path, "%s/weir-bench-%ld-%u", folder,
                      (long)getpid(), tables++);
  if (length < 0 || (size_t)length >= sizeof limiter->path)
    bench_fail("%s: too long", folder);
  if (weir_create(folder != NULL ? limiter->path : NULL, &options, &limiter->table, &fault) !=
      WEIR_OK)
    bench_fail("%s", fault.text);
}

void bench_limiter_unname(struct bench_limiter *limiter)
{
  if (limiter->path[0] != '\0')
    (void)unlink(limiter->path);
  limiter->path[0] = '\0';
}

void bench_limiter_fill(struct bench_limiter *limiter, uint64_t keys, uint64_t fill_cost,
                        uint32_t batch)
{
  struct weir_stats stats = {.size_bytes = sizeof stats};
  uint64_t begin_ns = bench_now_ns(), odd = fill(limiter->table, keys, fill_cost, batch);

  limiter->fill_ns = (double)(bench_now_ns() - begin_ns) / (double)keys;
  if (odd * 50 > keys) /* a few newcomers meet a full group */
    fprintf(stderr, "bench: %llu of %llu could not be filled in\n", (unsigned long long)odd,
            (unsigned long long)keys);
  if (weir_stats(limiter->table, &stats) == WEIR_OK) {
    limiter->file_bytes = stats.file_bytes;
    limiter->huge_pages = stats.huge_pages != 0;
  }
}

void bench_limiter_make(struct bench_limiter *limiter, const char *folder, const char *policy,
                        uint64_t keys, uint64_t fill_cost, uint32_t batch)
{
  bench_limiter_create(limiter, folder, policy, keys);
  bench_limiter_unname(limiter);
  bench_limiter_fill(limiter, keys, fill_cost, batch);
}

void bench_limiter_free(struct bench_limiter *limiter)
{
  weir_close(limiter->table);
  limiter->table = NULL;
}

void bench_limiter_renew(struct bench_limiter *limiter, uint32_t number)
{
  struct weir_cost cost = {"messages", BENCH_FILL_COST};
  struct requests all;

  prepare(&all, &cost);
  bench_key_write(&all.keys[0], number);
  if (weir_reset(limiter->table, &all.requests[0]) != WEIR_OK ||
      weir_take(limiter->table, &all.requests[0], &all.verdicts[0]) != WEIR_OK)
    bench_fail("cannot renew a key");
}
