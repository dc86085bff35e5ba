/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The yardstick is a log of what was charged.  Bucket: for every earlier start i the
 * units from i on come to at most B + (t - t_i) * N / D.  Window: never more than N in
 * any D, and no denial of what a log of length (parts + 1) * part_ns allows.  Where time
 * goes back the log's times do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/arith.h"
#include "limit/exact.h"
#include "support/random.h"

#define SECOND 1000000000u
#define MINUTE ((uint64_t)60 * SECOND)
#define DAY (1440 * MINUTE)
#define LOG_MAX 100
#define MOST ((uint64_t)INT64_MAX)

static struct random_state source;

#define CHECK(condition)                                                                           \
  do {                                                                                             \
    if (!(condition)) {                                                                            \
      random_tell(&source);                                                                        \
      fail_msg("%s", #condition);                                                                  \
    }                                                                                              \
  } while (0)

struct meter {
  struct wi_exact exact;
  struct wi_exact_state state;
};

static struct meter bucket_of(uint64_t count, uint64_t period_ns, uint64_t burst)
{
  struct wi_rule rule = {.count = count, .period_ns = period_ns, .burst = burst};
  struct meter meter = {.state = {.tat = 0}};

  wi_exact_compile(&meter.exact, &rule);
  return meter;
}

static struct meter window_of(uint64_t count, uint64_t period_ns)
{
  struct wi_rule rule = {.count = count, .period_ns = period_ns, .burst = count, .sliding = 1};
  struct meter meter = {.state = {.tat = 0}};

  wi_exact_compile(&meter.exact, &rule);
  return meter;
}

static struct wi_answer ask(const struct meter *meter, uint64_t now_ns, uint64_t units)
{
  return wi_exact_ask(&meter->exact, &meter->state, now_ns, units);
}

static bool passes(const struct meter *meter, uint64_t now_ns, uint64_t units)
{
  return ask(meter, now_ns, units).retry_after_ns == 0;
}

static bool take(struct meter *meter, uint64_t now_ns, uint64_t units)
{
  if (!passes(meter, now_ns, units))
    return false;
  wi_exact_charge(&meter->exact, &meter->state, now_ns, units);
  return true;
}

struct log {
  size_t count;
  uint64_t latest_ns;
  struct {
    uint64_t time_ns;
    uint64_t units;
  } entries[LOG_MAX];
};

static void log_charge(struct log *log, uint64_t now_ns, uint64_t units)
{
  log->latest_ns = wi_max(log->latest_ns, now_ns);
  log->entries[log->count].time_ns = log->latest_ns;
  log->entries[log->count++].units = units;
}

/* Times in order. */
static bool bucket_log_allows(const struct log *log, const struct wi_rule *rule, uint64_t now_ns,
                              uint64_t units)
{
  wi_u128 sum = units;

  if (units == 0)
    return true;
  for (size_t i = log->count; i-- > 0;) {
    uint64_t since_ns = now_ns - log->entries[i].time_ns;

    sum += log->entries[i].units;
    if (sum > rule->burst && sum - rule->burst > (wi_u128)since_ns * rule->count / rule->period_ns)
      return false;
  }
  return units <= rule->burst;
}

static wi_u128 window_log_total(const struct log *log, uint64_t now_ns, wi_u128 length_ns)
{
  uint64_t as_of_ns = wi_max(log->latest_ns, now_ns);
  wi_u128 total = 0;

  for (size_t i = 0; i < log->count; i++)
    if (as_of_ns - log->entries[i].time_ns < length_ns)
      total += log->entries[i].units;
  return total;
}

static uint64_t extreme(void)
{
  static const uint64_t numbers[] = {
      1, 2, 3, 7, 31, 65535, 1000000007, ((uint64_t)1 << 61) - 1, MOST - 1, MOST};

  if (random_below(&source, 2))
    return numbers[random_below(&source, WI_COUNT_OF(numbers))];
  return wi_max(random_any_length(&source) >> 1, 1);
}

/* Often the very ns at which something changes, or the one before. */
static uint64_t later(const struct meter *meter, uint64_t now_ns, uint64_t units)
{
  uint64_t wait_ns = ask(meter, now_ns, units).retry_after_ns;

  switch (random_below(&source, 4)) {
  case 0:
    return wi_add_sat(now_ns, wait_ns < UINT64_MAX - 1 ? wait_ns : 0);
  case 1:
    return wi_add_sat(now_ns, wait_ns < UINT64_MAX - 1 && wait_ns > 0 ? wait_ns - 1 : 0);
  case 2:
    return wi_add_sat(now_ns, random_below(&source, meter->exact.rule.period_ns));
  default:
    return wi_add_sat(now_ns, random_any_length(&source) % meter->exact.rule.period_ns);
  }
}

/* -------------------------------------------------------------------- bucket */

static void bucket_agrees_with_log(void **state)
{
  (void)state;
  for (int i = 0; i < 20000; i++) {
    struct meter meter = bucket_of(extreme(), extreme(), extreme());
    const struct wi_rule *rule = &meter.exact.rule;
    struct log log = {.count = 0};
    uint64_t now_ns = random_below(&source, 2) ? random_any_length(&source) : 0;

    for (int step = 0; step < 40; step++) {
      uint64_t units = random_below(&source, 3) ? random_between(&source, 0, 3) : extreme();
      bool allowed = bucket_log_allows(&log, rule, now_ns, units);

      CHECK(passes(&meter, now_ns, units) == allowed);
      CHECK(allowed || units > rule->burst ||
            ask(&meter, now_ns, units).retry_after_ns < UINT64_MAX);
      CHECK(units <= rule->burst || ask(&meter, now_ns, units).retry_after_ns == UINT64_MAX);
      if (take(&meter, now_ns, units) && units > 0)
        log_charge(&log, now_ns, units);
      now_ns = later(&meter, now_ns, units);
    }
  }
}

static void bucket_remaining_is_the_most_that_passes(void **state)
{
  (void)state;
  for (int i = 0; i < 30000; i++) {
    struct meter meter = bucket_of(extreme(), extreme(), extreme());
    uint64_t now_ns = random_any_length(&source), left;

    for (int step = 0; step < 5; step++)
      (void)take(&meter, now_ns, extreme());
    now_ns -= random_below(&source, 3) ? 0 : now_ns >> random_below(&source, 64) >> 1;
    left = ask(&meter, now_ns, 0).remaining;
    CHECK(left <= meter.exact.rule.burst);
    CHECK(passes(&meter, now_ns, left));
    CHECK(!passes(&meter, now_ns, left + 1));
  }
}

static void bucket_wait_is_the_first_ns_that_passes(void **state)
{
  (void)state;
  for (int i = 0; i < 30000; i++) {
    struct meter meter = bucket_of(extreme(), extreme(), extreme());
    uint64_t now_ns = random_any_length(&source) >> 1, units, wait_ns;

    for (int step = 0; step < 5; step++)
      (void)take(&meter, now_ns, extreme());
    units = random_between(&source, 1, meter.exact.rule.burst);
    wait_ns = ask(&meter, now_ns, units).retry_after_ns;
    if (wait_ns > UINT64_MAX - 2 - now_ns) /* 2^64 - 2 stands for longer waits too */
      continue;
    CHECK(passes(&meter, now_ns + wait_ns, units));
    CHECK(wait_ns == 0 || !passes(&meter, now_ns + wait_ns - 1, units));
  }
}

static void bucket_longest_wait_is_not_never(void **state)
{
  struct meter meter = bucket_of(1, MOST, MOST);

  (void)state;
  assert_true(take(&meter, 0, MOST));
  assert_true(ask(&meter, 0, MOST).retry_after_ns == UINT64_MAX - 1);
  assert_true(ask(&meter, 0, 1).retry_after_ns == MOST);
}

static void bucket_time_gone_back_mints_nothing(void **state)
{
  (void)state;
  for (int i = 0; i < 20000; i++) {
    struct meter meter = bucket_of(extreme(), extreme(), extreme());
    uint64_t now_ns = random_any_length(&source);

    CHECK(take(&meter, now_ns, meter.exact.rule.burst));
    CHECK(!passes(&meter, now_ns - (now_ns >> random_below(&source, 64)), 1));
  }
}

static void bucket_refund_gives_back_what_is_charged(void **state)
{
  struct meter meter = bucket_of(10, 1000, 10);

  (void)state;
  assert_true(take(&meter, 5000, 10));
  wi_exact_refund(&meter.exact, &meter.state, 5000, 3);
  assert_int_equal(ask(&meter, 5000, 0).remaining, 3);
  assert_int_equal(ask(&meter, 5000, 4).retry_after_ns, 100);
  wi_exact_refund(&meter.exact, &meter.state, 5000, UINT64_MAX);
  assert_int_equal(ask(&meter, 5000, 0).remaining, 10);
  assert_true(take(&meter, 5000, 10));
  assert_false(passes(&meter, 5000, 1));
  wi_exact_refund(&meter.exact, &meter.state, 4000, UINT64_MAX); /* time went back */
  assert_int_equal(ask(&meter, 4000, 0).remaining, 10);
}

static void bucket_refund_of_a_full_one_charges_no_earlier_time(void **state)
{
  struct meter meter = bucket_of(10, 1000, 10);

  (void)state;
  wi_exact_refund(&meter.exact, &meter.state, 5000, 3);
  assert_int_equal(ask(&meter, 4000, 0).remaining, 10);
}

/* -------------------------------------------------------------------- window */

static void window_has_the_parts_of_a_table(void **state)
{
  struct meter day = window_of(500, DAY), minute = window_of(65535, MINUTE),
               none = window_of(MOST, MINUTE);

  (void)state;
  assert_int_equal(day.exact.parts, 8);
  assert_int_equal(day.exact.part_ns, DAY / 8);
  assert_int_equal(minute.exact.parts, 5);
  assert_int_equal(none.exact.parts, 8); /* no table holds it */
  assert_int_equal(none.exact.part_ns, MINUTE / 8);
}

static void window_keeps_between_its_logs(void **state)
{
  (void)state;
  for (int i = 0; i < 20000; i++) {
    struct meter meter = window_of(extreme(), extreme());
    const struct wi_exact *exact = &meter.exact;
    struct log log = {.count = 0};
    uint64_t now_ns = random_below(&source, 2) ? random_any_length(&source) : 0;

    for (int step = 0; step < 60; step++) {
      uint64_t units = random_below(&source, 3) ? 1 + exact->rule.count / 20 : extreme();
      wi_u128 strict = window_log_total(&log, now_ns, exact->rule.period_ns);
      wi_u128 longer = window_log_total(&log, now_ns, ((wi_u128)exact->parts + 1) * exact->part_ns);

      if (passes(&meter, now_ns, units))
        CHECK(strict + units <= exact->rule.count);
      else
        CHECK(longer + units > exact->rule.count);
      if (take(&meter, now_ns, units))
        log_charge(&log, now_ns, units);
      if (random_below(&source, 8) == 0)
        now_ns -= now_ns >> random_below(&source, 64);
      else
        now_ns = later(&meter, now_ns, units);
    }
  }
}

static void window_wait_is_the_first_ns_that_passes(void **state)
{
  (void)state;
  for (int i = 0; i < 20000; i++) {
    struct meter meter = window_of(extreme(), extreme());
    uint64_t now_ns = random_any_length(&source) >> 1, units, wait_ns;

    for (int step = 0; step < 30; step++) {
      (void)take(&meter, now_ns, 1 + meter.exact.rule.count / 15);
      now_ns += random_below(&source, meter.exact.part_ns) & (MOST >> 6);
    }
    units = random_between(&source, 1, meter.exact.rule.count);
    wait_ns = ask(&meter, now_ns, units).retry_after_ns;
    CHECK((wait_ns == 0) == (units <= ask(&meter, now_ns, units).remaining));
    if (wait_ns > UINT64_MAX - 2 - now_ns) /* 2^64 - 2 stands for longer waits too */
      continue;
    CHECK(passes(&meter, now_ns + wait_ns, units));
    CHECK(wait_ns == 0 || !passes(&meter, now_ns + wait_ns - 1, units));
  }
}

static void window_cost_above_count_never_passes(void **state)
{
  struct meter meter = window_of(10, MINUTE);

  (void)state;
  assert_true(ask(&meter, 0, 11).retry_after_ns == UINT64_MAX);
  assert_true(ask(&meter, UINT64_MAX, UINT64_MAX).retry_after_ns == UINT64_MAX);
  assert_int_equal(ask(&meter, 0, 11).remaining, 10);
}

static void window_cost_nothing_passes_when_full(void **state)
{
  struct meter meter = window_of(10, MINUTE);

  (void)state;
  assert_true(take(&meter, 0, 10));
  assert_true(passes(&meter, 0, 0));
  assert_int_equal(ask(&meter, 0, 0).remaining, 0);
}

static void window_charge_of_nothing_does_not_move_on(void **state)
{
  struct meter meter = window_of(10, MINUTE);

  (void)state;
  assert_true(take(&meter, 0, 10));
  assert_true(take(&meter, DAY, 0));
  assert_int_equal(ask(&meter, 0, 0).remaining, 0); /* time went back */
}

static void window_refund_takes_the_oldest_first(void **state)
{
  struct meter meter = window_of(10, 8 * (uint64_t)SECOND);

  (void)state;
  assert_int_equal(meter.exact.parts, 8);
  assert_true(take(&meter, 0, 6));
  assert_true(take(&meter, 3 * (uint64_t)SECOND, 4));
  wi_exact_refund(&meter.exact, &meter.state, 3 * (uint64_t)SECOND, 7);
  assert_int_equal(ask(&meter, 3 * (uint64_t)SECOND, 0).remaining, 7);
  /* What is left is of the third second, and stays for nine. */
  assert_int_equal(ask(&meter, 12 * (uint64_t)SECOND - 1, 0).remaining, 7);
  assert_int_equal(ask(&meter, 12 * (uint64_t)SECOND, 0).remaining, 10);
}

static void window_refund_after_idleness_changes_nothing(void **state)
{
  struct meter meter = window_of(10, MINUTE);

  (void)state;
  assert_true(take(&meter, 0, 10));
  wi_exact_refund(&meter.exact, &meter.state, DAY, 5);
  assert_int_equal(ask(&meter, DAY, 0).remaining, 10);
  assert_int_equal(ask(&meter, MINUTE, 0).remaining, 0); /* time went back */
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
      cmocka_unit_test(bucket_agrees_with_log),
      cmocka_unit_test(bucket_remaining_is_the_most_that_passes),
      cmocka_unit_test(bucket_wait_is_the_first_ns_that_passes),
      cmocka_unit_test(bucket_longest_wait_is_not_never),
      cmocka_unit_test(bucket_time_gone_back_mints_nothing),
      cmocka_unit_test(bucket_refund_gives_back_what_is_charged),
      cmocka_unit_test(bucket_refund_of_a_full_one_charges_no_earlier_time),
      cmocka_unit_test(window_has_the_parts_of_a_table),
      cmocka_unit_test(window_keeps_between_its_logs),
      cmocka_unit_test(window_wait_is_the_first_ns_that_passes),
      cmocka_unit_test(window_cost_above_count_never_passes),
      cmocka_unit_test(window_cost_nothing_passes_when_full),
      cmocka_unit_test(window_charge_of_nothing_does_not_move_on),
      cmocka_unit_test(window_refund_takes_the_oldest_first),
      cmocka_unit_test(window_refund_after_idleness_changes_nothing),
  };

  return cmocka_run_group_tests(tests, begin, NULL);
}
