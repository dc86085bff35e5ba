/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Token bucket as GCRA (virtual scheduling, ITU-T I.371): its whole state is one
 * 63-bit word, the theoretical arrival time (TAT) in ticks.
 *
 *   debt = max(TAT - now, 0)        how long the bucket needs to be full again
 *   a request of c units passes where debt + c * D/N <= tau,  tau = B * D/N
 *   and makes the debt that sum.
 *
 * Ticks.  An emission interval D/N that is no whole number of ns must not lose
 * its fraction.  With q = N / gcd(N, D) a tick of 1/q ns makes it whole; where
 * q <= WI_BUCKET_EXACT_MAX that is the tick and the bucket is exact for ever.
 * For other rates the tick is 1/16 ns and each charge is rounded up, so that such
 * a bucket is never early, and late by at most one tick a decision where B * 16 * D/N
 * is whole (burst = N), by two where it is not.  Where tau would not fit, the tick is
 * 1 ns, or 2^shift ns and the charge one tick more for the bits that times lose.
 * A burst of over 2^122 ns does not fit either: it is shortened.
 *
 * The word counts ticks modulo 2^63.  A word up to WI_BUCKET_AHEAD ticks ahead of
 * now is a debt; all else is the past, and means nothing: 1.15e18 ticks ahead
 * (1.1 years at 31 ticks a ns) and 8.07e18 behind (8.2 years).
 */
#ifndef WI_LIMIT_BUCKET_H
#define WI_LIMIT_BUCKET_H

#include "limit/rule.h"

#define WI_BUCKET_WORD_MASK (UINT64_MAX >> 1)
#define WI_BUCKET_AHEAD ((uint64_t)1 << 60)
#define WI_BUCKET_TAU_MAX ((uint64_t)1 << 59)
#define WI_BUCKET_EXACT_MAX 31u
#define WI_BUCKET_INEXACT_TICKS 16u

struct wi_bucket {
  struct wi_rule rule;  /* burst: what fits, see above                            */
  uint64_t tau;         /* ticks, at most WI_BUCKET_TAU_MAX                      */
  uint64_t unit_ticks;  /* ticks one unit costs, rounded up; at least 1          */
  uint64_t unit_inverse; /* exact: floor((2^64 - 1) / unit_ticks), a division saved; or 0 */
  uint32_t ticks_per_ns; /* 1 to 31; 1 where shift is above 0                   */
  uint32_t shift;       /* a tick is 2^shift ns; 0 to 63                        */
  uint32_t exact;       /* 1: unit_ticks is D/N to the last bit                 */
  uint32_t reserved;
};

/* Compile a rule (in range, not sliding). */
void wi_bucket_compile(struct wi_bucket *bucket, const struct wi_rule *rule);

/* The table's clock in the bucket's ticks, modulo 2^63. */
static inline uint64_t wi_bucket_ticks(const struct wi_bucket *bucket, uint64_t now_ns)
{
  return ((now_ns >> bucket->shift) * bucket->ticks_per_ns) & WI_BUCKET_WORD_MASK;
}

/* The same without the modulus, for who hands it on to wi_bucket_debt() and wi_bucket_word()
 * alone: both take it. */
static inline uint64_t wi_bucket_ticks_unmasked(const struct wi_bucket *bucket, uint64_t now_ns)
{
  return (now_ns >> bucket->shift) * bucket->ticks_per_ns;
}

/* Debt in ticks that a word stands for at now_ticks; 0 where it is past. */
static inline uint64_t wi_bucket_debt(uint64_t word, uint64_t now_ticks)
{
  uint64_t ahead = (word - now_ticks) & WI_BUCKET_WORD_MASK;
  return ahead <= WI_BUCKET_AHEAD ? ahead : 0;
}

static inline uint64_t wi_bucket_word(uint64_t debt, uint64_t now_ticks)
{
  return (now_ticks + debt) & WI_BUCKET_WORD_MASK;
}

/* What `units` cost in ticks, rounded up, at least 1 for 1 unit; UINT64_MAX
 * where units is above the burst.  One multiplication where the rate is exact or units is
 * 1; else a 128-bit division. */
uint64_t wi_bucket_cost(const struct wi_bucket *bucket, uint64_t units);

/* Whole units that a debt leaves, by divisions of up to 128 bits. */
uint64_t wi_bucket_remaining_rounded(const struct wi_bucket *bucket, uint64_t debt);

/* Whole units that a debt of at most tau leaves.  Exact rates: tau is a multiple of a unit, so it
 * is what tau - debt holds of them.  That is below 2^60, so the product below is short of the
 * quotient by less than 1/16 + 1, and one step sets it right. */
static inline uint64_t wi_bucket_remaining_within(const struct wi_bucket *bucket, uint64_t debt)
{
  uint64_t left = bucket->tau - debt, units;

  if (WI_UNLIKELY(bucket->unit_inverse == 0)) /* not exact */
    return wi_bucket_remaining_rounded(bucket, debt);
  units = (uint64_t)(((wi_u128)left * bucket->unit_inverse) >> 64);
  return units + (left - units * bucket->unit_ticks >= bucket->unit_ticks);
}

static inline uint64_t wi_bucket_remaining(const struct wi_bucket *bucket, uint64_t debt)
{
  return debt < bucket->tau ? wi_bucket_remaining_within(bucket, debt) : 0;
}

/* Nanoseconds until debt + cost <= tau: 0 where it is so; WI_NEVER (UINT64_MAX)
 * for a cost above tau. */
uint64_t wi_bucket_wait_ns(const struct wi_bucket *bucket, uint64_t debt, uint64_t cost);

/* Debt of `debt` ticks of the bucket `from`, as the same number of units in `to`:
 * rounded up by at most 2^-16 units and one tick, at most to->tau. */
uint64_t wi_bucket_convert(const struct wi_bucket *from, uint64_t debt,
                           const struct wi_bucket *to);

#endif
