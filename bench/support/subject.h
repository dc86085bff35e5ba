/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What is measured: something that decides for one key after another.  The loop is the
 * subject's own, so that the floor has no call in it that it does not need; each subject makes
 * its keys by bench_feed_next().
 */
#ifndef BENCH_SUPPORT_SUBJECT_H
#define BENCH_SUPPORT_SUBJECT_H

#include <stdbool.h>

#include "support/sequence.h"

/* Decide that often; any number of threads at once, each with its own feed.  Returns how many
 * were allowed: a bench compares it with what was meant, which also keeps the work from being
 * removed by the compiler. */
typedef uint64_t bench_decide(void *self, struct bench_feed *feed, uint64_t decisions,
                              uint32_t batch);

struct bench_subject {
  const char *name;
  void *self;
  bench_decide *decide;
  uint32_t batch; /* decisions a call                                                   */
  bool denies;    /* what every decision is meant to be                                 */
};

#define BENCH_BATCH_MAX 32u

#endif
