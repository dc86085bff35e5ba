/* SPDX-License-Identifier: BSD-2-Clause
 * Numbers up to 2^63 - 1 everywhere, and debts carried from one rule to another. */
#include "support/bucket_meter.h"

static uint64_t extreme(void)
{
  static const uint64_t mersenne[] = {((uint64_t)1 << 31) - 1, ((uint64_t)1 << 61) - 1};
  static const uint64_t numbers[] = {1,  2,     3,     5,          7,    16,       31,          32,
                                     37, 65535, 65536, 1000000007, MOST, MOST - 1, MOST / 2 + 1};
  uint64_t any = random_any_length(&source) >> 1;

  if (random_below(&source, 8) == 0)
    return mersenne[random_below(&source, 2)];
  if (random_below(&source, 2))
    return numbers[random_below(&source, WI_COUNT_OF(numbers))];
  return any > 0 ? any : 1;
}

static void extreme_numbers_keep_the_bound(void **state)
{
  (void)state;
  for (int i = 0; i < 30000; i++) {
    struct wi_rule rule = rule_of(extreme(), extreme(), extreme());
    struct meter meter;
    struct log log = {0};
    uint64_t now_ns = random_any_length(&source);

    meter = meter_of(rule.count, rule.period_ns, rule.burst, now_ns);
    CHECK(meter.bucket.tau <= WI_BUCKET_TAU_MAX);
    CHECK(meter.bucket.tau > 0 && meter.bucket.unit_ticks > 0);
    CHECK(meter.bucket.rule.burst <= rule.burst);
    CHECK(passes(&meter, now_ns, meter.bucket.rule.burst));
    CHECK(wi_bucket_remaining(&meter.bucket, 0) == meter.bucket.rule.burst);
    for (int step = 0; step < 30; step++) {
      uint64_t units = random_below(&source, 2) ? extreme() : random_below(&source, 4);
      uint64_t debt = debt_of(&meter, now_ns);
      uint64_t wait_ns =
          wi_bucket_wait_ns(&meter.bucket, debt, wi_bucket_cost(&meter.bucket, units));
      /* 2^64 - 2 ns stands for longer waits too, 2^64 - 1 for never. */
      uint64_t left = now_ns < UINT64_MAX - 2 ? UINT64_MAX - 2 - now_ns : 0;

      CHECK(!passes(&meter, now_ns, units) || log_allows(&log, &rule, now_ns, units));
      CHECK((wait_ns == 0) == passes(&meter, now_ns, units));
      CHECK(wait_ns > left || passes(&meter, now_ns + wait_ns, units));
      CHECK(units == 0 ||
            passes(&meter, now_ns, units) == (units <= wi_bucket_remaining(&meter.bucket, debt)));
      if (take(&meter, now_ns, units) && units > 0)
        log.entries[log.count++] = (struct entry){now_ns, units};
      now_ns += random_below(&source, 2) && wait_ns <= left
                    ? wait_ns
                    : random_below(&source, left / 2 + 1) >> random_below(&source, 64);
    }
  }
}

static void extreme_burst_is_shortened_to_the_strict_side(void **state)
{
  struct wi_bucket bucket = bucket_of(1, MOST, MOST);

  (void)state;
  assert_int_equal(bucket.shift, 63);
  assert_true(bucket.rule.burst >= ((uint64_t)1 << 59) - 1);
  assert_true(bucket.rule.burst < MOST);
  assert_true(wi_bucket_cost(&bucket, bucket.rule.burst) <= bucket.tau);
  assert_true(wi_bucket_cost(&bucket, bucket.rule.burst + 1) == UINT64_MAX);
}

/* ----------------------------------------------------------------- conversion */

static void convert_same_rate_keeps_the_debt(void **state)
{
  struct wi_bucket from = bucket_of(30, MINUTE, 60), to = bucket_of(30, MINUTE, 10);

  (void)state;
  assert_int_equal(wi_bucket_convert(&from, 0, &to), 0);
  assert_int_equal(wi_bucket_convert(&from, 7000000001, &to), 7000000001);
  assert_int_equal(wi_bucket_convert(&from, from.tau, &to), to.tau);
}

static void convert_keeps_the_units_used(void **state)
{
  struct wi_bucket from = bucket_of(30, MINUTE, 60), to = bucket_of(500, DAY, 600);
  const uint64_t unit = 2000000000, unit_after = 172800000000;

  (void)state;
  assert_int_equal(wi_bucket_convert(&from, 5 * unit, &to), 5 * unit_after);
  assert_int_equal(wi_bucket_convert(&from, 5 * unit + unit / 2, &to),
                   5 * unit_after + unit_after / 2);
}

/* Never fewer units than before; more by 2^-16 unit and two ticks of either at most. */
static void convert_random_never_forgives(void **state)
{
  (void)state;
  for (int i = 0; i < 30000; i++) {
    struct wi_bucket from = bucket_of(extreme(), extreme(), extreme());
    struct wi_bucket to = bucket_of(extreme(), extreme(), extreme());
    uint64_t debt = random_between(&source, 1, from.tau);
    uint64_t used = from.rule.burst - wi_bucket_remaining(&from, debt);
    uint64_t converted = wi_bucket_convert(&from, debt, &to);
    uint64_t left = wi_bucket_remaining(&to, converted);

    CHECK(converted <= to.tau && converted > 0);
    CHECK(left == 0 || left <= to.rule.burst - used);
  }
}

static void convert_there_and_back_adds_little(void **state)
{
  (void)state;
  for (int i = 0; i < 20000; i++) {
    uint64_t burst = random_between(&source, 1, 1000);
    struct wi_bucket from =
        bucket_of(random_between(&source, 1, 5000), random_between(&source, MINUTE, DAY), burst);
    struct wi_bucket to =
        bucket_of(random_between(&source, 1, 5000), random_between(&source, MINUTE, DAY), burst);
    uint64_t debt = random_between(&source, 1, from.tau);
    uint64_t back = wi_bucket_convert(&to, wi_bucket_convert(&from, debt, &to), &from);

    CHECK(back >= debt || back == from.tau);
    CHECK(back <= debt + 2 * (from.unit_ticks / 65536 + 1) + 2 + from.unit_ticks / 65536);
  }
}

static int begin(void **state)
{
  (void)state;
  source = random_begin();
  return 0;
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(extreme_numbers_keep_the_bound),
      cmocka_unit_test(extreme_burst_is_shortened_to_the_strict_side),
      cmocka_unit_test(convert_same_rate_keeps_the_debt),
      cmocka_unit_test(convert_keeps_the_units_used),
      cmocka_unit_test(convert_random_never_forgives),
      cmocka_unit_test(convert_there_and_back_adds_little),
  };

  return cmocka_run_group_tests(tests, begin, NULL);
}
