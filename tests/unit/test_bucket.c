/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/bucket_meter.h"

static void compile_whole_interval_tick_is_ns(void **state)
{
  struct wi_bucket bucket = bucket_of(30, MINUTE, 60);

  (void)state;
  assert_int_equal(bucket.exact, 1);
  assert_int_equal(bucket.ticks_per_ns, 1);
  assert_int_equal(bucket.shift, 0);
  assert_int_equal(bucket.unit_ticks, 2000000000);
  assert_int_equal(bucket.tau, 120000000000);
}

static void compile_small_fraction_is_exact(void **state)
{
  struct wi_bucket bucket = bucket_of(3, 10, 6);

  (void)state;
  assert_int_equal(bucket.exact, 1);
  assert_int_equal(bucket.ticks_per_ns, 3);
  assert_int_equal(bucket.unit_ticks, 10);
  assert_int_equal(bucket.tau, 60);
}

static void compile_large_fraction_is_sixteenths(void **state)
{
  struct wi_bucket bucket = bucket_of(37, 1000, 37); /* 27.027 ns: 432.43 ticks */

  (void)state;
  assert_int_equal(bucket.exact, 0);
  assert_int_equal(bucket.ticks_per_ns, 16);
  assert_int_equal(bucket.tau, 16000);
  assert_int_equal(bucket.unit_ticks, 433);
  assert_int_equal(wi_bucket_cost(&bucket, 2), 865); /* 864.86 */
  assert_int_equal(wi_bucket_cost(&bucket, 37), 16000);
}

static void compile_long_burst_coarsens_the_tick(void **state)
{
  struct wi_bucket bucket = bucket_of(1, MOST, 4);

  (void)state;
  /* 4 * (2^63 - 1) ns by 2^s ns, and the tick for now's low bits, in 2^59 ticks: s = 7. */
  assert_int_equal(bucket.shift, 7);
  assert_int_equal(bucket.ticks_per_ns, 1);
  assert_true(bucket.tau <= WI_BUCKET_TAU_MAX);
}

static void fresh_bucket_passes_the_burst_at_once(void **state)
{
  (void)state;
  for (int i = 0; i < 20000; i++) {
    uint64_t now_ns = random_any_length(&source);
    uint64_t burst = random_between(&source, 1, 2000);
    struct meter meter = meter_of(random_between(&source, 1, 5000),
                                  random_between(&source, 1, 2 * DAY), burst, now_ns);
    struct meter other = meter;

    CHECK(take(&meter, now_ns, burst));
    CHECK(!passes(&meter, now_ns, 1));
    if (!other.bucket.exact)
      continue;
    for (uint64_t unit = 0; unit < burst; unit++)
      CHECK(take(&other, now_ns, 1));
    CHECK(!passes(&other, now_ns, 1));
    CHECK(other.word == meter.word);
  }
}

static void cost_above_burst_never_passes(void **state)
{
  struct wi_bucket bucket = bucket_of(30, MINUTE, 60);

  (void)state;
  assert_true(wi_bucket_cost(&bucket, 61) == UINT64_MAX);
  assert_true(wi_bucket_cost(&bucket, UINT64_MAX) == UINT64_MAX);
  assert_true(wi_bucket_wait_ns(&bucket, 0, UINT64_MAX) == UINT64_MAX);
}

static void cost_nothing_is_nothing(void **state)
{
  struct wi_bucket exact = bucket_of(30, MINUTE, 60), rounded = bucket_of(37, 1000, 41);

  (void)state;
  assert_int_equal(wi_bucket_cost(&exact, 0), 0);
  assert_int_equal(wi_bucket_cost(&rounded, 0), 0);
}

/* A short life of a random bucket against the log, times going on by about what a unit
 * takes. */
static void live(const struct wi_rule *rule, bool exact_expected)
{
  struct meter meter;
  struct log log = {0};
  uint64_t now_ns = random_any_length(&source) >> 2;

  meter = meter_of(rule->count, rule->period_ns, rule->burst, now_ns);
  if (exact_expected && !meter.bucket.exact)
    return;
  while (log.count < LOG_MAX) {
    uint64_t units = random_below(&source, 4) ? random_between(&source, 1, 3)
                                              : random_between(&source, 1, rule->burst);
    bool allowed = log_allows(&log, rule, now_ns, units);

    CHECK(!passes(&meter, now_ns, units) || allowed);
    if (meter.bucket.exact)
      CHECK(passes(&meter, now_ns, units) == allowed);
    if (take(&meter, now_ns, units))
      log.entries[log.count++] = (struct entry){now_ns, units};
    else if (random_below(&source, 2))
      now_ns += wi_bucket_wait_ns(&meter.bucket, debt_of(&meter, now_ns),
                                  wi_bucket_cost(&meter.bucket, 1));
    now_ns += random_below(&source, 2 * (rule->period_ns / rule->count) + 3);
  }
}

static void exact_rate_agrees_with_log(void **state)
{
  (void)state;
  for (int i = 0; i < 3000; i++) {
    uint64_t count = random_between(&source, 1, 31);
    struct wi_rule rule =
        rule_of(count, random_between(&source, 1, MINUTE), random_between(&source, 1, 40));

    if (random_below(&source, 2)) { /* any N where D is a multiple of it */
      rule.count = random_between(&source, 1, 100000);
      rule.period_ns = rule.count * random_between(&source, 1, MINUTE);
    }
    live(&rule, true);
  }
}

static void rounded_rate_is_never_early(void **state)
{
  (void)state;
  for (int i = 0; i < 6000; i++) {
    struct wi_rule rule =
        rule_of(random_between(&source, 32, 5000), random_between(&source, 1, 100000),
                random_between(&source, 1, 100));

    live(&rule, false);
  }
}

/* In units of 1/N ns: a rounded bucket is behind by at most two ticks a charge. */
static void rounded_rate_is_late_by_two_ticks_a_charge(void **state)
{
  (void)state;
  for (int i = 0; i < 3000; i++) {
    struct wi_rule rule =
        rule_of(random_between(&source, 32, 5000), random_between(&source, 1, 100000), 200);
    struct meter meter = meter_of(rule.count, rule.period_ns, rule.burst, 0);
    uint64_t charges = 0, units = 0;
    wi_u128 exact_ticks; /* times N */

    if (meter.bucket.exact)
      continue;
    while (charges < 40) {
      uint64_t each = random_between(&source, 1, 5);

      if (!take(&meter, 0, each)) /* a burst of few ticks, spent on rounding */
        break;
      units += each;
      charges++;
    }
    exact_ticks = (wi_u128)units * rule.period_ns * 16;
    CHECK((wi_u128)debt_of(&meter, 0) * rule.count >= exact_ticks);
    CHECK((wi_u128)debt_of(&meter, 0) * rule.count <= exact_ticks + 2 * charges * rule.count);
  }
}

static void rounded_default_burst_is_late_by_one_tick_a_charge(void **state)
{
  (void)state;
  for (int i = 0; i < 3000; i++) {
    uint64_t count = random_between(&source, 32, 5000);
    uint64_t period_ns = random_between(&source, 1, 100000);
    struct wi_bucket bucket = bucket_of(count, period_ns, count);
    uint64_t units = random_between(&source, 1, count);
    wi_u128 exact_ticks = (wi_u128)units * period_ns * 16; /* times N */

    if (bucket.exact)
      continue;
    CHECK((wi_u128)wi_bucket_cost(&bucket, units) * count >= exact_ticks);
    CHECK((wi_u128)wi_bucket_cost(&bucket, units) * count < exact_ticks + count);
  }
}

static void wait_is_the_first_ns_that_passes(void **state)
{
  (void)state;
  for (int i = 0; i < 20000; i++) {
    uint64_t now_ns = random_any_length(&source) >> 1, wait_ns;
    uint64_t burst = random_between(&source, 1, 50), units = random_between(&source, 1, burst);
    struct meter meter =
        meter_of(random_between(&source, 1, 300), random_between(&source, 1, DAY), burst, now_ns);

    while (take(&meter, now_ns, random_between(&source, 1, burst)))
      continue;
    wait_ns = wi_bucket_wait_ns(&meter.bucket, debt_of(&meter, now_ns),
                                wi_bucket_cost(&meter.bucket, units));
    CHECK((wait_ns == 0) == passes(&meter, now_ns, units));
    CHECK(passes(&meter, now_ns + wait_ns, units));
    CHECK(wait_ns == 0 || !passes(&meter, now_ns + wait_ns - 1, units));
  }
}

static void remaining_is_the_most_that_passes(void **state)
{
  (void)state;
  for (int i = 0; i < 5000; i++) {
    uint64_t burst = random_between(&source, 1, 60), units = 0;
    struct wi_bucket bucket =
        bucket_of(random_between(&source, 1, 300), random_between(&source, 1, 100000), burst);
    uint64_t debt = random_below(&source, bucket.tau + 3);

    while (units < burst && wi_bucket_cost(&bucket, units + 1) + debt <= bucket.tau)
      units++;
    CHECK(wi_bucket_remaining(&bucket, debt) == units);
  }
}

static void idle_years_word_is_past(void **state)
{
  (void)state;
  for (int i = 0; i < 20000; i++) {
    uint64_t now_ns = random_any_length(&source) >> 1;
    struct meter meter =
        meter_of(random_between(&source, 1, 40), random_between(&source, 1, DAY), 10, now_ns);

    assert_true(take(&meter, now_ns, 10));
    /* 10 days at most to be full again. */
    CHECK(debt_of(&meter, now_ns + random_between(&source, 10 * DAY, 8 * YEAR)) == 0);
  }
}

static void time_gone_back_mints_nothing(void **state)
{
  (void)state;
  for (int i = 0; i < 20000; i++) {
    uint64_t now_ns = random_between(&source, YEAR, UINT64_MAX);
    struct meter meter =
        meter_of(random_between(&source, 1, 40), random_between(&source, 1, DAY), 10, now_ns);

    assert_true(take(&meter, now_ns, 10));
    CHECK(!passes(&meter, now_ns - random_between(&source, 0, YEAR), 1));
  }
}

static void end_of_time_passes_over_it(void **state)
{
  struct meter meter = meter_of(1, 10, 3, UINT64_MAX);

  (void)state;
  assert_true(take(&meter, UINT64_MAX, 3));
  assert_false(passes(&meter, UINT64_MAX, 1));
  assert_int_equal(wi_bucket_wait_ns(&meter.bucket, debt_of(&meter, UINT64_MAX),
                                     wi_bucket_cost(&meter.bucket, 1)),
                   10);
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
      cmocka_unit_test(compile_whole_interval_tick_is_ns),
      cmocka_unit_test(compile_small_fraction_is_exact),
      cmocka_unit_test(compile_large_fraction_is_sixteenths),
      cmocka_unit_test(compile_long_burst_coarsens_the_tick),
      cmocka_unit_test(fresh_bucket_passes_the_burst_at_once),
      cmocka_unit_test(cost_above_burst_never_passes),
      cmocka_unit_test(cost_nothing_is_nothing),
      cmocka_unit_test(exact_rate_agrees_with_log),
      cmocka_unit_test(rounded_rate_is_never_early),
      cmocka_unit_test(rounded_rate_is_late_by_two_ticks_a_charge),
      cmocka_unit_test(rounded_default_burst_is_late_by_one_tick_a_charge),
      cmocka_unit_test(wait_is_the_first_ns_that_passes),
      cmocka_unit_test(remaining_is_the_most_that_passes),
      cmocka_unit_test(idle_years_word_is_past),
      cmocka_unit_test(time_gone_back_mints_nothing),
      cmocka_unit_test(end_of_time_passes_over_it),
  };

  return cmocka_run_group_tests(tests, begin, NULL);
}
