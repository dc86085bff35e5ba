/* SPDX-License-Identifier: BSD-2-Clause
 * Integer arithmetic that saturates instead of wrapping: a limit errs by being
 * too strict, never by a wrap that frees everybody. */
#ifndef WI_BASE_ARITH_H
#define WI_BASE_ARITH_H

#include "base/compiler.h"

static inline uint64_t wi_add_sat(uint64_t a, uint64_t b)
{
  uint64_t sum;
  return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

static inline uint64_t wi_sub_floor(uint64_t a, uint64_t b)
{
  return a > b ? a - b : 0;
}

static inline uint64_t wi_mul_sat(uint64_t a, uint64_t b)
{
  uint64_t product;
  return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

static inline uint64_t wi_min(uint64_t a, uint64_t b)
{
  return a < b ? a : b;
}

static inline uint64_t wi_max(uint64_t a, uint64_t b)
{
  return a > b ? a : b;
}

static inline uint64_t wi_u128_clamp(wi_u128 value)
{
  return value > UINT64_MAX ? UINT64_MAX : (uint64_t)value;
}

static inline wi_u128 wi_u128_add_sat(wi_u128 a, wi_u128 b)
{
  wi_u128 sum = a + b;
  return sum < a ? ~(wi_u128)0 : sum;
}

static inline wi_u128 wi_u128_sub_floor(wi_u128 a, wi_u128 b)
{
  return a > b ? a - b : 0;
}

/* a / b rounded up; b above 0. */
static inline wi_u128 wi_u128_div_up(wi_u128 a, wi_u128 b)
{
  return a / b + (a % b != 0);
}

static inline uint64_t wi_gcd(uint64_t a, uint64_t b)
{
  while (b != 0) {
    uint64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

#endif
