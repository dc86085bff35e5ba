/* SPDX-License-Identifier: BSD-2-Clause */
#include "peers/mutex_shards.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "support/clock.h"
#include "support/fail.h"
#include "support/sip.h"

#define SHARDS 256u
#define TOKENS_PER_NS 1e-6
#define BURST 1e15 /* nothing is ever denied                                             */

struct entry {
  struct entry *next;
  double tokens;
  uint64_t last_ns;
  size_t key_bytes;
  unsigned char key[];
};

struct bench_shard {
  _Alignas(128) pthread_mutex_t mutex;
  struct entry **buckets;
  uint64_t mask;
};

static struct entry *find(struct bench_shard *shard, uint64_t hash, const void *key,
                          size_t key_bytes)
{
  struct entry **bucket = &shard->buckets[(hash / SHARDS) & shard->mask];
  struct entry *entry;

  for (entry = *bucket; entry != NULL; entry = entry->next)
    if (entry->key_bytes == key_bytes && memcmp(entry->key, key, key_bytes) == 0)
      return entry;
  entry = malloc(sizeof *entry + key_bytes);
  if (entry == NULL)
    bench_fail("no memory for a key");
  entry->tokens = BURST;
  entry->last_ns = 0;
  entry->key_bytes = key_bytes;
  memcpy(entry->key, key, key_bytes);
  entry->next = *bucket;
  *bucket = entry;
  return entry;
}

static bool take(struct bench_shards *all, const struct bench_key *key)
{
  uint64_t hash = bench_sip(all->secret, bench_key_through_memory(key)).low;
  struct bench_shard *shard = &all->shards[hash % SHARDS];
  uint64_t now_ns = bench_coarse_ns();
  struct entry *entry;
  bool allowed;

  (void)pthread_mutex_lock(&shard->mutex);
  entry = find(shard, hash, key, sizeof *key);
  entry->tokens += (double)(now_ns - entry->last_ns) * TOKENS_PER_NS;
  if (entry->tokens > BURST)
    entry->tokens = BURST;
  entry->last_ns = now_ns;
  allowed = entry->tokens >= 1;
  if (allowed)
    entry->tokens -= 1;
  (void)pthread_mutex_unlock(&shard->mutex);
  return allowed;
}

uint64_t bench_shards_decide(void *self, struct bench_feed *feed, uint64_t decisions,
                             uint32_t batch)
{
  struct bench_key key;
  uint64_t allowed = 0;

  (void)batch; /* it has no batches */
  for (uint64_t i = 0; i < decisions; i++) {
    bench_feed_next(feed, &key);
    allowed += take(self, &key);
  }
  return allowed;
}

void bench_shards_make(struct bench_shards *all, uint64_t keys)
{
  uint64_t buckets = 16, begin_ns;
  struct bench_key key;

  while (buckets * SHARDS < keys)
    buckets *= 2;
  all->secret[0] = 0x1716151413121110u;
  all->secret[1] = 0x1f1e1d1c1b1a1918u;
  all->shards = bench_allocate(SHARDS * sizeof *all->shards);
  for (uint32_t i = 0; i < SHARDS; i++) {
    (void)pthread_mutex_init(&all->shards[i].mutex, NULL);
    all->shards[i].buckets = bench_allocate(buckets * sizeof(struct entry *));
    all->shards[i].mask = buckets - 1;
  }
  begin_ns = bench_now_ns();
  for (uint64_t number = 0; number < keys; number++) {
    bench_key_write(&key, (uint32_t)number);
    (void)take(all, &key);
  }
  all->fill_ns = (double)(bench_now_ns() - begin_ns) / (double)keys;
}

void bench_shards_free(struct bench_shards *all)
{
  for (uint32_t i = 0; i < SHARDS; i++) {
    struct bench_shard *shard = &all->shards[i];

    for (uint64_t j = 0; j <= shard->mask; j++)
      for (struct entry *entry = shard->buckets[j], *next; entry != NULL; entry = next) {
        next = entry->next;
        free(entry);
      }
    free(shard->buckets);
    (void)pthread_mutex_destroy(&shard->mutex);
  }
  free(all->shards);
  all->shards = NULL;
}
