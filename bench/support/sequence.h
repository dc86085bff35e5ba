/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Who asks: key numbers, drawn beforehand and read one after another.  A Zipf number costs
 * more to draw than a decision takes, so all distributions are drawn beforehand; what is left
 * in the measured part is 4 bytes of a sequential read, the same for every subject.
 */
#ifndef BENCH_SUPPORT_SEQUENCE_H
#define BENCH_SUPPORT_SEQUENCE_H

#include <stdint.h>

#include "support/key.h"

enum bench_distribution { BENCH_HOT, BENCH_ZIPF, BENCH_UNIFORM, BENCH_DISTRIBUTIONS };

#define BENCH_ZIPF_EXPONENT 0.99
#define BENCH_SEQUENCE_COUNT ((uint64_t)1 << 22)

/* Where a thread is in its sequence; it begins anew at the end. */
struct bench_feed {
  const uint32_t *numbers; /* BENCH_SEQUENCE_COUNT of them                              */
  uint64_t at;
};

static inline void bench_feed_next(struct bench_feed *feed, struct bench_key *key)
{
  bench_key_write(key, feed->numbers[feed->at++ & (BENCH_SEQUENCE_COUNT - 1)]);
}

/* The key of which BENCH_HOT is made. */
uint32_t bench_sequence_hot(uint64_t keys);

/* Numbers below keys, which is at most 2^32.  Another seed, another sequence.  To be freed. */
uint32_t *bench_sequence_draw(enum bench_distribution distribution, uint64_t keys, uint64_t seed);

const char *bench_distribution_name(enum bench_distribution distribution);

#endif
