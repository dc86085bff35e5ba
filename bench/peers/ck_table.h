/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A peer: Concurrency Kit's ck_ht of byte-string keys, an atomic GCRA word an entry.  ck_ht
 * has one writer and any readers, so it is filled beforehand by one thread, and the threads
 * that decide only look up and change the entry's word: a limiter made of it would have to
 * put a lock around every newcomer.
 *
 * It is given the coarse clock and the hash of the floor, so that what differs from weir is
 * the structure.  Built where libck is (WI_HAVE_CK); elsewhere bench_ck_make() says false.
 */
#ifndef BENCH_PEERS_CK_TABLE_H
#define BENCH_PEERS_CK_TABLE_H

#include "support/subject.h"

struct bench_ck {
  void *table; /* ck_ht_t                                                              */
  void *entries;
  double fill_ns; /* a key                                                               */
};

/* Filled with keys 0 to keys - 1. */
bool bench_ck_make(struct bench_ck *ck, uint64_t keys);
void bench_ck_free(struct bench_ck *ck);

bench_decide bench_ck_decide;

#endif
