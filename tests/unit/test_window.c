/* SPDX-License-Identifier: BSD-2-Clause
 * Never an admission that the log of length D refuses; never a denial that the log of
 * length (parts + 1) * part_ns allows. */
#include "support/window_ring.h"

/* ----------------------------------------------------------------- geometry */

static void compile_chooses_most_parts_that_fit(void **state)
{
  struct wi_window window;

  (void)state;
  assert_int_equal(compile(&window, 500, DAY), 0);
  assert_int_equal(window.parts, 8);
  assert_int_equal(window.slots, 3);
  assert_true(window.counter_bits >= 9);
  assert_int_equal(window.part_ns, DAY / 8);
  assert_int_equal(compile(&window, 65535, DAY), 0);
  assert_int_equal(window.parts, 8);
  assert_int_equal(compile(&window, 65535, MINUTE), 0);
  assert_int_equal(window.parts, 5);
  assert_int_equal(window.slots, 2);
  assert_int_equal(compile(&window, 1000000000, HOUR), 0);
  assert_int_equal(window.parts, 2);
  assert_int_equal(window.slots, 1);
  assert_int_equal(compile(&window, MOST, MINUTE), -1);
  assert_int_equal(compile(&window, 1, 1), 0);
  assert_int_equal(window.part_ns, 1);
  assert_int_equal(compile(&window, 1, MOST), 0);
}

static void compile_part_is_rounded_up(void **state)
{
  struct wi_window window;

  (void)state;
  assert_int_equal(compile(&window, 10, 1001), 0);
  assert_int_equal(window.parts, 8);
  assert_int_equal(window.part_ns, 126);
}

static void count_max_is_the_border(void **state)
{
  (void)state;
  for (int i = 0; i < 20000; i++) {
    uint64_t period_ns = (random_any_length(&source) >> 1) + 1;
    uint64_t most = wi_window_count_max(period_ns);
    struct wi_window window;

    CHECK(compile(&window, most, period_ns) == 0);
    CHECK(most == MOST || compile(&window, most + 1, period_ns) == -1);
  }
}

/* Every count that fits agrees with the fields that the header describes. */
static void compile_index_outlasts_eight_years(void **state)
{
  (void)state;
  for (int i = 0; i < 20000; i++) {
    uint64_t period_ns = (random_any_length(&source) >> 1) + 1;
    uint64_t count = (random_any_length(&source) >> 1) % wi_window_count_max(period_ns) + 1;
    struct wi_window window;
    wi_u128 lap_ns, range_ns;

    CHECK(compile(&window, count, period_ns) == 0);
    CHECK(window.slots * window.counter_bits + window.index_bits == 63);
    CHECK(count >> (window.counter_bits - 1) >> 1 == 0);
    lap_ns = (wi_u128)window.part_ns * 3 * window.slots;
    range_ns = ((wi_u128)1 << window.index_bits) / window.slots * lap_ns;
    CHECK(range_ns / 8 * 7 > 8 * (wi_u128)YEAR);
  }
}

/* ---------------------------------------------------------------- against the log */

/* Mostly a few parts a hundred steps, at times years. */
static uint64_t some_gap(const struct wi_window *window)
{
  switch (random_below(&source, 12)) {
  case 0:
    return random_below(&source, 3 * window->rule.period_ns / 2 + 2);
  case 1:
    return window->part_ns * random_below(&source, window->parts + 3);
  case 2:
    return random_below(&source, 12) ? 0 : random_below(&source, 8 * YEAR);
  default:
    return random_below(&source, window->part_ns / 2 + 2);
  }
}

static void live(struct ring *ring, uint64_t now_ns, bool time_goes_back, bool refunds)
{
  struct log log = {0};
  uint64_t end_ns = wi_add_sat(now_ns, 8 * YEAR); /* so that no word is idle for longer */

  while (log.count < LOG_MAX && now_ns < end_ns) {
    uint64_t units = some_units(ring);

    compare(ring, &log, now_ns, units);
    if (passes(ring, now_ns, units) && units > 0) {
      charge(ring, now_ns, units);
      log_charge(&log, now_ns, units);
    } else if (log.count > 0 && random_below(&source, 50) == 0) {
      return;
    }
    if (refunds && random_below(&source, 6) == 0) {
      refund(ring, now_ns, units);
      log_refund(&log, &ring->window, now_ns, units);
    }
    if (time_goes_back && random_below(&source, 5) == 0)
      now_ns =
          wi_max(now_ns - wi_min(now_ns, random_below(&source, 4) ? some_gap(&ring->window) : YEAR),
                 wi_sub_floor(log.latest_ns, WI_WINDOW_BACK_NS));
    else
      now_ns = wi_add_sat(now_ns, some_gap(&ring->window));
  }
}

static void live_all(bool time_goes_back, bool refunds)
{
  for (int i = 0; i < 2000; i++) {
    size_t rule = random_below(&source, WI_COUNT_OF(rules) + 4);
    struct ring ring = {.words = {0, 0, 0}};
    uint64_t period_ns, count;

    if (rule < WI_COUNT_OF(rules)) {
      count = rules[rule].count;
      period_ns = rules[rule].period_ns;
    } else {
      period_ns = (random_any_length(&source) >> 6) + 1;
      count = random_any_length(&source) % wi_window_count_max(period_ns) + 1;
    }
    CHECK(compile(&ring.window, count, period_ns) == 0);
    live(&ring, random_below(&source, 3) ? random_any_length(&source) : 0, time_goes_back, refunds);
  }
}

static void log_is_kept_within_its_bounds(void **state)
{
  (void)state;
  live_all(false, false);
}

static void log_is_kept_when_time_goes_back(void **state)
{
  (void)state;
  live_all(true, false);
}

static void log_is_kept_with_refunds(void **state)
{
  (void)state;
  live_all(false, true);
}

static void saturated_throughput_is_parts_of_parts_and_one(void **state)
{
  struct ring ring = {.words = {0, 0, 0}};
  uint64_t admitted = 0;

  (void)state;
  assert_int_equal(compile(&ring.window, 900, DAY), 0);
  for (uint64_t now_ns = 0; now_ns < 90 * DAY; now_ns += MINUTE)
    while (passes(&ring, now_ns, 1)) {
      charge(&ring, now_ns, 1);
      admitted++;
    }
  assert_int_equal(admitted, 900 * 90 * 8 / 9);
}

/* ------------------------------------------------------------------- idle words */

static void idle_eight_years_counts_nothing(void **state)
{
  (void)state;
  for (int i = 0; i < 20000; i++) {
    uint64_t period_ns = random_below(&source, 2) ? random_between(&source, 1, DAY)
                                                  : (random_any_length(&source) >> 2) + 1;
    uint64_t now_ns = random_below(&source, 40 * YEAR), later_ns;
    struct ring ring = {.words = {0, 0, 0}};

    if (period_ns > 6 * YEAR)
      continue;
    CHECK(compile(&ring.window, wi_window_count_max(period_ns) >> random_below(&source, 20) | 1,
                  period_ns) == 0);
    charge(&ring, now_ns, ring.window.rule.count);
    later_ns = now_ns + (ring.window.parts + 1) * ring.window.part_ns;
    later_ns +=
        random_below(&source, now_ns + 8 * YEAR > later_ns ? now_ns + 8 * YEAR - later_ns : 1);
    CHECK(view_of(&ring, later_ns).total == 0);
    CHECK(view_of(&ring, later_ns).epoch == later_ns / ring.window.part_ns);
  }
}

static void idle_in_is_the_first_ns_without_meaning(void **state)
{
  (void)state;
  for (int i = 0; i < 20000; i++) {
    size_t rule = random_below(&source, WI_COUNT_OF(rules));
    uint64_t now_ns = random_below(&source, 40 * YEAR), idle_ns, view_total = 0;
    struct ring ring = {.words = {0, 0, 0}};
    uint32_t which;

    CHECK(compile(&ring.window, rules[rule].count, rules[rule].period_ns) == 0);
    which = wi_window_word_of(&ring.window, now_ns / ring.window.part_ns);
    charge(&ring, now_ns, 1);
    idle_ns = wi_window_idle_in_ns(&ring.window, ring.words[which], which, now_ns);
    CHECK(idle_ns > 0);
    CHECK(view_of(&ring, now_ns + idle_ns).total == 0);
    view_total = view_of(&ring, now_ns + idle_ns - 1).total;
    CHECK(view_total == 1);
    CHECK(wi_window_idle_in_ns(&ring.window, ring.words[which], which, now_ns + idle_ns) == 0);
    /* Asked with an older time: as much longer. */
    CHECK(now_ns < HOUR || wi_window_idle_in_ns(&ring.window, ring.words[which], which,
                                                now_ns - HOUR) == idle_ns + HOUR);
    CHECK(wi_window_idle_in_ns(&ring.window, 0, which, now_ns) == 0);
  }
}

/* ------------------------------------------------------------- beginning and end */

static void time_zero_counts_and_forgets(void **state)
{
  (void)state;
  for (size_t rule = 0; rule < WI_COUNT_OF(rules); rule++) {
    struct ring ring = {.words = {0, 0, 0}};

    assert_int_equal(compile(&ring.window, rules[rule].count, rules[rule].period_ns), 0);
    assert_true(passes(&ring, 0, ring.window.rule.count));
    charge(&ring, 0, ring.window.rule.count);
    assert_false(passes(&ring, 0, 1));
    assert_false(passes(&ring, ring.window.rule.period_ns, 1));
    assert_false(passes(&ring, (ring.window.parts + 1) * ring.window.part_ns - 1, 1));
    assert_true(
        passes(&ring, (ring.window.parts + 1) * ring.window.part_ns, ring.window.rule.count));
  }
}

static void end_of_time_counts(void **state)
{
  (void)state;
  for (size_t rule = 0; rule < WI_COUNT_OF(rules); rule++) {
    struct ring ring = {.words = {0, 0, 0}};
    struct wi_window_view view;

    assert_int_equal(compile(&ring.window, rules[rule].count, rules[rule].period_ns), 0);
    charge(&ring, UINT64_MAX - 1, 1);
    charge(&ring, UINT64_MAX, ring.window.rule.count - 1);
    view = view_of(&ring, UINT64_MAX);
    assert_int_equal(view.total, ring.window.rule.count);
    assert_int_equal(view.epoch, UINT64_MAX / ring.window.part_ns);
    assert_true(wi_window_wait_ns(&ring.window, &view, 1, UINT64_MAX) > 0);
    /* Time went back from there. */
    view = view_of(&ring, UINT64_MAX - ring.window.part_ns);
    assert_int_equal(view.total, ring.window.rule.count);
  }
}

/* ------------------------------------------------------------------------ wait */

static void wait_is_the_first_ns_that_passes(void **state)
{
  (void)state;
  for (int i = 0; i < 5000; i++) {
    size_t rule = random_below(&source, WI_COUNT_OF(rules));
    struct ring ring = {.words = {0, 0, 0}};
    uint64_t now_ns = random_below(&source, 40 * YEAR), units, wait_ns;
    struct wi_window_view view;

    CHECK(compile(&ring.window, rules[rule].count, rules[rule].period_ns) == 0);
    for (int step = 0; step < 20; step++) {
      units = some_units(&ring);
      if (passes(&ring, now_ns, units))
        charge(&ring, now_ns, units);
      now_ns += random_below(&source, ring.window.part_ns * 2);
    }
    units = random_between(&source, 1, ring.window.rule.count);
    now_ns -= random_below(&source, 4) ? 0 : wi_min(now_ns, ring.window.part_ns * 3);
    view = view_of(&ring, now_ns);
    wait_ns = wi_window_wait_ns(&ring.window, &view, units, now_ns);
    CHECK((wait_ns == 0) == passes(&ring, now_ns, units));
    CHECK(passes(&ring, now_ns + wait_ns, units));
    CHECK(wait_ns == 0 || !passes(&ring, now_ns + wait_ns - 1, units));
    CHECK(wi_window_wait_ns(&ring.window, &view, ring.window.rule.count + 1, now_ns) == UINT64_MAX);
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
      cmocka_unit_test(compile_chooses_most_parts_that_fit),
      cmocka_unit_test(compile_part_is_rounded_up),
      cmocka_unit_test(count_max_is_the_border),
      cmocka_unit_test(compile_index_outlasts_eight_years),
      cmocka_unit_test(log_is_kept_within_its_bounds),
      cmocka_unit_test(log_is_kept_when_time_goes_back),
      cmocka_unit_test(log_is_kept_with_refunds),
      cmocka_unit_test(saturated_throughput_is_parts_of_parts_and_one),
      cmocka_unit_test(idle_eight_years_counts_nothing),
      cmocka_unit_test(idle_in_is_the_first_ns_without_meaning),
      cmocka_unit_test(time_zero_counts_and_forgets),
      cmocka_unit_test(end_of_time_counts),
      cmocka_unit_test(wait_is_the_first_ns_that_passes),
  };

  return cmocka_run_group_tests(tests, begin, NULL);
}
