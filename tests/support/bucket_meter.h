/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A bucket, asked and charged as a decision does, and its yardstick: the definition of a
 * token bucket over a log of what passed.  A request conforms where for every earlier
 * start i the units from i on come to at most
 *   B + (t - t_i) * N / D
 * where the right side may be rounded down, since the left is whole. */
#ifndef TEST_BUCKET_METER_H
#define TEST_BUCKET_METER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "limit/bucket.h"
#include "support/random.h"

#define MINUTE 60000000000u
#define DAY 86400000000000u
#define YEAR ((uint64_t)365 * DAY)
#define LOG_MAX 120
#define MOST ((uint64_t)INT64_MAX)

static struct random_state source;

/* Asserts, and says how to replay. */
#define CHECK(condition)                                                                           \
  do {                                                                                             \
    if (!(condition)) {                                                                            \
      random_tell(&source);                                                                        \
      fail_msg("%s", #condition);                                                                  \
    }                                                                                              \
  } while (0)

static inline struct wi_rule rule_of(uint64_t count, uint64_t period_ns, uint64_t burst)
{
  return (struct wi_rule){.count = count, .period_ns = period_ns, .burst = burst};
}

static inline struct wi_bucket bucket_of(uint64_t count, uint64_t period_ns, uint64_t burst)
{
  struct wi_rule rule = rule_of(count, period_ns, burst);
  struct wi_bucket bucket;

  wi_bucket_compile(&bucket, &rule);
  return bucket;
}

/* One word, asked and charged as a decision does. */
struct meter {
  struct wi_bucket bucket;
  uint64_t word;
};

static inline uint64_t debt_of(const struct meter *meter, uint64_t now_ns)
{
  return wi_bucket_debt(meter->word, wi_bucket_ticks(&meter->bucket, now_ns));
}

static inline bool passes(const struct meter *meter, uint64_t now_ns, uint64_t units)
{
  uint64_t cost = wi_bucket_cost(&meter->bucket, units);

  return cost <= meter->bucket.tau && debt_of(meter, now_ns) <= meter->bucket.tau - cost;
}

static inline bool take(struct meter *meter, uint64_t now_ns, uint64_t units)
{
  uint64_t ticks = wi_bucket_ticks(&meter->bucket, now_ns);

  if (!passes(meter, now_ns, units))
    return false;
  meter->word = wi_bucket_word(
      wi_bucket_debt(meter->word, ticks) + wi_bucket_cost(&meter->bucket, units), ticks);
  return true;
}

static inline struct meter meter_of(uint64_t count, uint64_t period_ns, uint64_t burst,
                                    uint64_t now_ns)
{
  struct meter meter = {.bucket = bucket_of(count, period_ns, burst)};

  meter.word = wi_bucket_word(0, wi_bucket_ticks(&meter.bucket, now_ns));
  return meter;
}

struct entry {
  uint64_t now_ns;
  uint64_t units;
};

struct log {
  size_t count;
  struct entry entries[LOG_MAX];
};

static inline bool log_allows(const struct log *log, const struct wi_rule *rule, uint64_t now_ns,
                              uint64_t units)
{
  wi_u128 sum = units;

  if (units > rule->burst)
    return false;
  for (size_t i = log->count; i-- > 0;) {
    const struct entry *entry = &log->entries[i];

    sum += entry->units;
    if (sum > rule->burst &&
        sum - rule->burst > (wi_u128)(now_ns - entry->now_ns) * rule->count / rule->period_ns)
      return false;
  }
  return true;
}

#endif
