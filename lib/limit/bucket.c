/* SPDX-License-Identifier: BSD-2-Clause */
#include "limit/bucket.h"

#include "base/arith.h"

#define SHIFT_MAX 63u
#define FRACTION_BITS 16 /* of a unit, in a conversion */

/* Whole ns of units * D / N, and in *rest what is left, in 1/N ns. */
static wi_u128 interval_ns(const struct wi_rule *rule, uint64_t units, uint64_t *rest)
{
  wi_u128 product = (wi_u128)units * rule->period_ns;

  *rest = (uint64_t)(product % rule->count);
  return product / rule->count;
}

/* Ticks of units * D / N, rounded down; units is at most the burst. */
static uint64_t ticks_floor(const struct wi_bucket *bucket, uint64_t units)
{
  uint64_t rest;
  wi_u128 ns = interval_ns(&bucket->rule, units, &rest);

  if (bucket->shift > 0)
    return (uint64_t)(ns >> bucket->shift);
  return (uint64_t)(ns * bucket->ticks_per_ns +
                    (wi_u128)rest * bucket->ticks_per_ns / bucket->rule.count);
}

/* The burst's ticks, rounded up, saturated.  With a shift, one more: times lose their
 * low bits there, so a charge made late in a tick would otherwise end a tick early. */
static uint64_t burst_ticks(const struct wi_rule *rule, uint32_t ticks_per_ns, uint32_t shift)
{
  uint64_t rest;
  wi_u128 ns = interval_ns(rule, rule->burst, &rest);

  if (shift > 0) {
    wi_u128 whole = ns + (rest != 0);

    return wi_u128_clamp(wi_u128_div_up(whole, (wi_u128)1 << shift) + 1);
  }
  if (ns > UINT64_MAX) /* before the product below can leave 128 bits */
    return UINT64_MAX;
  return wi_u128_clamp(ns * ticks_per_ns +
                       wi_u128_div_up((wi_u128)rest * ticks_per_ns, rule->count));
}

static int compile_exact(struct wi_bucket *bucket)
{
  const struct wi_rule *rule = &bucket->rule;
  uint64_t common = wi_gcd(rule->count, rule->period_ns);
  uint64_t per_ns = rule->count / common;
  uint64_t unit = rule->period_ns / common;
  uint64_t tau = wi_mul_sat(rule->burst, unit);

  if (per_ns > WI_BUCKET_EXACT_MAX || tau > WI_BUCKET_TAU_MAX)
    return -1;
  bucket->ticks_per_ns = (uint32_t)per_ns;
  bucket->unit_ticks = unit;
  bucket->tau = tau;
  bucket->exact = 1;
  bucket->unit_inverse = UINT64_MAX / unit;
  return 0;
}

static int compile_rounded(struct wi_bucket *bucket, uint32_t ticks_per_ns, uint32_t shift)
{
  uint64_t tau = burst_ticks(&bucket->rule, ticks_per_ns, shift);

  if (tau > WI_BUCKET_TAU_MAX)
    return -1;
  bucket->ticks_per_ns = ticks_per_ns;
  bucket->shift = shift;
  bucket->tau = tau;
  bucket->unit_ticks = tau - ticks_floor(bucket, bucket->rule.burst - 1);
  return 0;
}

/* A burst that takes over 2^122 ns to refill: only what fits is let through, which
 * the clock's 584 years cannot tell from the rule but on the strict side. */
static void shorten_burst(struct wi_rule *rule)
{
  wi_u128 longest_ns = (wi_u128)(WI_BUCKET_TAU_MAX - 1) << SHIFT_MAX;

  /* N is below 16 here, or the burst would fit: the product stays below 2^126. */
  rule->burst = wi_min(rule->burst, wi_u128_clamp(longest_ns * rule->count / rule->period_ns));
}

void wi_bucket_compile(struct wi_bucket *bucket, const struct wi_rule *rule)
{
  *bucket = (struct wi_bucket){.rule = *rule};
  if (compile_exact(bucket) == 0)
    return;
  if (compile_rounded(bucket, WI_BUCKET_INEXACT_TICKS, 0) == 0)
    return;
  for (uint32_t shift = 0; shift <= SHIFT_MAX; shift++)
    if (compile_rounded(bucket, 1, shift) == 0)
      return;
  shorten_burst(&bucket->rule);
  (void)compile_rounded(bucket, 1, SHIFT_MAX);
}

/* Rounded rates: a request of c units must pass exactly where the debt is at most
 * floor((B - c) * D/N), which is never early; so that floor is what its cost leaves
 * of tau.  Rounding c * D/N up alone would be early by the part of a tick by which
 * tau was rounded up. */
uint64_t wi_bucket_cost(const struct wi_bucket *bucket, uint64_t units)
{
  if (WI_UNLIKELY(units > bucket->rule.burst))
    return UINT64_MAX;
  if (WI_LIKELY(bucket->exact))
    return units * bucket->unit_ticks;
  if (units <= 1)
    return units * bucket->unit_ticks;
  return bucket->tau - ticks_floor(bucket, bucket->rule.burst - units);
}

/* The units that a debt is worth, rounded up: the debt is at most tau. */
static uint64_t units_owed(const struct wi_bucket *bucket, uint64_t debt)
{
  if (WI_LIKELY(bucket->exact))
    return debt / bucket->unit_ticks + (debt % bucket->unit_ticks != 0);
  /* tau * N * 2^shift is at most B * D + 2 * N * 2^shift, and N * 2^shift at most
   * B * D / 2^57 where there is a shift. */
  wi_u128 scaled = (wi_u128)debt * bucket->rule.count << bucket->shift;
  return wi_u128_clamp(
      wi_u128_div_up(scaled, (wi_u128)bucket->rule.period_ns * bucket->ticks_per_ns));
}

uint64_t wi_bucket_remaining_rounded(const struct wi_bucket *bucket, uint64_t debt)
{
  return wi_sub_floor(bucket->rule.burst, units_owed(bucket, debt));
}

uint64_t wi_bucket_wait_ns(const struct wi_bucket *bucket, uint64_t debt, uint64_t cost)
{
  if (cost > bucket->tau)
    return UINT64_MAX;
  uint64_t excess = wi_sub_floor(wi_add_sat(debt, cost), bucket->tau);
  if (bucket->shift == 0)
    return excess / bucket->ticks_per_ns + (excess % bucket->ticks_per_ns != 0);
  /* now may be anywhere in its tick: counted as if it had just begun. */
  uint64_t wait_ns = wi_u128_clamp((wi_u128)excess << bucket->shift);
  return wi_min(wait_ns, UINT64_MAX - 1);
}

/* `whole` units (below the burst) and `fraction` / 2^16 of one, in ticks, rounded up. */
static uint64_t ticks_of(const struct wi_bucket *bucket, uint64_t whole, uint64_t fraction)
{
  const struct wi_rule *rule = &bucket->rule;
  uint64_t rest;
  wi_u128 ns = interval_ns(rule, whole, &rest);
  wi_u128 divisor = (wi_u128)rule->count << FRACTION_BITS; /* the rest is in 1/divisor ns */
  wi_u128 small = ((wi_u128)rest << FRACTION_BITS) + (wi_u128)fraction * rule->period_ns;

  ns += small / divisor;
  small %= divisor;
  if (bucket->shift > 0) /* and one for the low bits of now, as in burst_ticks() */
    return wi_u128_clamp(wi_u128_div_up(ns + (small != 0), (wi_u128)1 << bucket->shift) + 1);
  return wi_u128_clamp(ns * bucket->ticks_per_ns +
                       wi_u128_div_up(small * bucket->ticks_per_ns, divisor));
}

uint64_t wi_bucket_convert(const struct wi_bucket *from, uint64_t debt, const struct wi_bucket *to)
{
  if (debt == 0)
    return 0;
  if (from->rule.count == to->rule.count && from->rule.period_ns == to->rule.period_ns &&
      from->ticks_per_ns == to->ticks_per_ns && from->shift == to->shift)
    return wi_min(debt, to->tau);
  wi_u128 scaled = (wi_u128)wi_min(debt, from->tau) * from->rule.count << from->shift;
  wi_u128 unit = (wi_u128)from->rule.period_ns * from->ticks_per_ns;
  wi_u128 whole = scaled / unit;
  wi_u128 fraction = wi_u128_div_up((scaled % unit) << FRACTION_BITS, unit);
  if (whole >= to->rule.burst)
    return to->tau;
  return wi_min(to->tau, ticks_of(to, (uint64_t)whole, (uint64_t)fraction));
}
