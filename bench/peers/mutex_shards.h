/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A peer: the limiter as people write it.  256 shards, in each a mutex and a chained hash
 * table; an entry is allocated, holds its key as a string of bytes, and counts tokens as a
 * double.
 *
 * It is given the coarse clock and the hash of the floor, where people take a precise clock
 * and any hash: what differs from weir is then the structure alone.  Its tables are made for
 * the number of keys beforehand; it never forgets a key.
 */
#ifndef BENCH_PEERS_MUTEX_SHARDS_H
#define BENCH_PEERS_MUTEX_SHARDS_H

#include "support/subject.h"

struct bench_shard;

struct bench_shards {
  struct bench_shard *shards;
  uint64_t secret[2];
  double fill_ns; /* a key                                                              */
};

/* Filled with keys 0 to keys - 1. */
void bench_shards_make(struct bench_shards *all, uint64_t keys);
void bench_shards_free(struct bench_shards *all);

bench_decide bench_shards_decide;

#endif
