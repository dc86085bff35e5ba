/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The yardstick is a log of what was charged and when.  Where time goes back the log's
 * times do not: an event counts as of the latest time that was charged before it.
 * Never an admission that the log of length D refuses; never a denial that the log of
 * length (parts + 1) * part_ns allows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arith.h"
#include "limit/window.h"
#include "support/random.h"

#define MS 1000000u
#define SECOND 1000000000u
#define MINUTE ((uint64_t)60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define YEAR (365 * DAY + 6 * HOUR)
#define LOG_MAX 400
#define MOST ((uint64_t)INT64_MAX)

static struct random_state source;

#define CHECK(condition)                                                                           \
  do {                                                                                             \
    if (!(condition)) {                                                                            \
      random_tell(&source);                                                                        \
      fail_msg("%s", #condition);                                                                  \
    }                                                                                              \
  } while (0)

static int compile(struct wi_window *window, uint64_t count, uint64_t period_ns)
{
  struct wi_rule rule = {.count = count, .period_ns = period_ns, .burst = count, .sliding = 1};

  return wi_window_compile(window, &rule);
}

/* ------------------------------------------------------------ a ring, and its log */

struct ring {
  struct wi_window window;
  uint64_t words[WI_WINDOW_WORDS];
};

static struct wi_window_view view_of(const struct ring *ring, uint64_t now_ns)
{
  struct wi_window_view view;

  wi_window_read(&ring->window, ring->words, now_ns, &view);
  return view;
}

static bool passes(const struct ring *ring, uint64_t now_ns, uint64_t units)
{
  struct wi_window_view view = view_of(ring, now_ns);

  return wi_add_sat(view.total, units) <= ring->window.rule.count;
}

static void charge(struct ring *ring, uint64_t now_ns, uint64_t units)
{
  struct wi_window_view view = view_of(ring, now_ns);
  uint32_t which = wi_window_word_of(&ring->window, view.epoch);

  ring->words[which] = wi_window_charge(&ring->window, ring->words[which], view.epoch, units);
}

static void refund(struct ring *ring, uint64_t now_ns, uint64_t units)
{
  uint64_t epoch = view_of(ring, now_ns).epoch;

  for (uint32_t step = 0; step <= WI_WINDOW_WORDS; step++) {
    uint32_t which = (wi_window_word_of(&ring->window, epoch) + step) % WI_WINDOW_WORDS;

    ring->words[which] =
        wi_window_refund(&ring->window, ring->words[which], which, epoch,
                         wi_window_refund_newest(&ring->window, epoch, step), &units);
  }
}

struct entry {
  uint64_t time_ns; /* as of */
  uint64_t units;
};

struct log {
  size_t count;
  uint64_t latest_ns;
  struct entry entries[LOG_MAX];
};

static void log_charge(struct log *log, uint64_t now_ns, uint64_t units)
{
  log->latest_ns = wi_max(log->latest_ns, now_ns);
  log->entries[log->count++] = (struct entry){log->latest_ns, units};
}

/* Units of the last `length_ns`, up to now included. */
static uint64_t log_total(const struct log *log, uint64_t now_ns, uint64_t length_ns)
{
  uint64_t as_of_ns = wi_max(log->latest_ns, now_ns), total = 0;

  for (size_t i = 0; i < log->count; i++)
    if (as_of_ns - log->entries[i].time_ns < length_ns)
      total += log->entries[i].units;
  return total;
}

/* Oldest of the ring's memory first. */
static void log_refund(struct log *log, const struct wi_window *window, uint64_t now_ns,
                       uint64_t units)
{
  uint64_t as_of_ns = wi_max(log->latest_ns, now_ns);
  uint64_t epoch = as_of_ns / window->part_ns;

  for (size_t i = 0; i < log->count; i++) {
    uint64_t back = wi_min(units, log->entries[i].units);

    if (epoch - log->entries[i].time_ns / window->part_ns > window->parts)
      continue;
    log->entries[i].units -= back;
    units -= back;
  }
}

static void compare(const struct ring *ring, const struct log *log, uint64_t now_ns, uint64_t units)
{
  const struct wi_window *window = &ring->window;
  uint64_t strict = log_total(log, now_ns, window->rule.period_ns);
  uint64_t longer = log_total(log, now_ns, (window->parts + 1) * window->part_ns);

  if (passes(ring, now_ns, units))
    CHECK(strict + units <= window->rule.count);
  else
    CHECK(longer + units > window->rule.count);
}

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

static const struct {
  uint64_t count;
  uint64_t period_ns;
} rules[] = {
    {1, 1},
    {1, MINUTE},
    {2, 7},
    {10, 100},
    {10, 10 * (uint64_t)SECOND},
    {500, DAY},
    {200, HOUR},
    {65535, DAY},
    {65535, MINUTE},
    {40000, 10 * MS},
    {1000000, HOUR},
    {31, 999999937},
    {3, 8 * YEAR},
    {9000000, 90 * DAY},
};

static uint64_t some_units(const struct ring *ring)
{
  uint64_t count = ring->window.rule.count;

  switch (random_below(&source, 4)) {
  case 0:
    return random_between(&source, 0, count);
  case 1:
    return random_between(&source, 1, count / 4 + 1);
  default:
    return random_between(&source, 1, count / 40 + 1);
  }
}

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

/* ------------------------------------------------------- others' times, forged words */

static void charge_of_a_late_writer_does_not_turn_back(void **state)
{
  struct ring ring = {.words = {0, 0, 0}};
  const uint64_t lap = 9;
  uint64_t part_ns, now_ns;
  uint32_t which;

  (void)state;
  assert_int_equal(compile(&ring.window, 500, DAY), 0);
  part_ns = ring.window.part_ns;
  now_ns = 900 * part_ns;
  which = wi_window_word_of(&ring.window, 900);
  charge(&ring, now_ns + lap * part_ns, 5);
  /* A writer that saw none of it, a lap and a part behind. */
  ring.words[which] = wi_window_charge(&ring.window, ring.words[which], 900, 7);
  assert_int_equal(view_of(&ring, now_ns + lap * part_ns).epoch, 909);
  assert_int_equal(view_of(&ring, now_ns + lap * part_ns).total, 12);
  assert_int_equal(view_of(&ring, now_ns + (2 * lap - 1) * part_ns).total, 12);
}

static void forged_words_stay_within_bounds(void **state)
{
  (void)state;
  for (int i = 0; i < 200000; i++) {
    size_t rule = random_below(&source, WI_COUNT_OF(rules));
    struct ring ring = {.words = {random_next(&source) & MOST, random_next(&source) & MOST,
                                  random_next(&source) & MOST}};
    uint64_t now_ns = random_any_length(&source), left = random_any_length(&source);
    struct wi_window_view view;
    uint64_t wait_ns, total = 0;
    uint32_t which = (uint32_t)random_below(&source, 3);

    CHECK(compile(&ring.window, rules[rule].count, rules[rule].period_ns) == 0);
    view = view_of(&ring, now_ns);
    CHECK(view.epoch >= now_ns / ring.window.part_ns);
    CHECK(view.epoch <= UINT64_MAX / ring.window.part_ns);
    for (uint32_t age = 0; age <= ring.window.parts; age++)
      total = wi_add_sat(total, view.live[age]);
    CHECK(view.total == total);
    wait_ns = wi_window_wait_ns(&ring.window, &view, 1, now_ns);
    CHECK((wait_ns == 0) == passes(&ring, now_ns, 1));
    charge(&ring, now_ns, random_any_length(&source));
    CHECK(view_of(&ring, now_ns).total >= view.total || view.total > ring.window.rule.count);
    for (int word = 0; word < WI_WINDOW_WORDS; word++)
      CHECK(ring.words[word] <= MOST);
    (void)wi_window_refund(&ring.window, ring.words[which], which, view.epoch, view.epoch, &left);
    (void)wi_window_idle_in_ns(&ring.window, ring.words[which], which, now_ns);
    (void)wi_window_merge(&ring.window, ring.words[which], ring.words[(which + 1) % 3], which,
                          now_ns);
  }
}

static void forged_counter_saturates(void **state)
{
  struct ring ring = {.words = {0, 0, 0}};
  struct wi_window_view view;
  uint64_t most;

  (void)state;
  assert_int_equal(compile(&ring.window, 500, DAY), 0);
  most = ((uint64_t)1 << ring.window.counter_bits) - 1;
  ring.words[0] = wi_window_charge(&ring.window, 0, 0, UINT64_MAX);
  view = view_of(&ring, 0);
  assert_int_equal(view.total, most);
  assert_false(passes(&ring, 0, 0));
  assert_int_equal(view.epoch, 0);
  assert_int_equal(wi_window_wait_ns(&ring.window, &view, 1, 0), 9 * ring.window.part_ns);
}

/* ---------------------------------------------------------------------- refund */

static void refund_takes_the_oldest_first(void **state)
{
  (void)state;
  for (uint64_t first = 0; first < 30; first++) {
    struct ring ring = {.words = {0, 0, 0}};
    uint64_t part_ns;
    struct wi_window_view view;

    assert_int_equal(compile(&ring.window, 500, DAY), 0);
    part_ns = ring.window.part_ns;
    for (uint64_t part = 0; part <= 8; part++)
      charge(&ring, (first + part) * part_ns, 10 + part);
    refund(&ring, (first + 8) * part_ns, 10 + 11 + 12 + 13 + 1); /* the four oldest and one */
    view = view_of(&ring, (first + 8) * part_ns);
    for (uint64_t part = 0; part <= 8; part++)
      assert_int_equal(view.live[8 - part], part < 4 ? 0 : part == 4 ? 13 : 10 + part);
    refund(&ring, (first + 8) * part_ns, UINT64_MAX);
    for (int word = 0; word < WI_WINDOW_WORDS; word++)
      assert_int_equal(ring.words[word], 0);
  }
}

/* ----------------------------------------------------------------------- merge */

static void merge_counts_at_least_both(void **state)
{
  (void)state;
  for (int i = 0; i < 20000; i++) {
    size_t rule = random_below(&source, WI_COUNT_OF(rules));
    struct ring one = {.words = {0, 0, 0}}, other = {.words = {0, 0, 0}}, both;
    uint64_t now_ns = random_below(&source, 40 * YEAR);
    struct wi_window_view a, b, c;

    CHECK(compile(&one.window, rules[rule].count, rules[rule].period_ns) == 0);
    other.window = one.window;
    for (int step = 0; step < 12; step++) {
      struct ring *each = random_below(&source, 2) ? &one : &other;

      if (passes(each, now_ns, 1))
        charge(each, now_ns, some_units(each) % (each->window.rule.count / 12 + 1) + 1);
      now_ns += random_below(&source, one.window.part_ns * 2);
    }
    both = one;
    for (uint32_t which = 0; which < WI_WINDOW_WORDS; which++)
      both.words[which] =
          wi_window_merge(&one.window, one.words[which], other.words[which], which, now_ns);
    a = view_of(&one, now_ns);
    b = view_of(&other, now_ns);
    c = view_of(&both, now_ns);
    CHECK(c.epoch == a.epoch && a.epoch == b.epoch);
    for (uint32_t age = 0; age <= one.window.parts; age++)
      CHECK(c.live[age] == wi_max(a.live[age], b.live[age]));
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
      cmocka_unit_test(charge_of_a_late_writer_does_not_turn_back),
      cmocka_unit_test(forged_words_stay_within_bounds),
      cmocka_unit_test(forged_counter_saturates),
      cmocka_unit_test(refund_takes_the_oldest_first),
      cmocka_unit_test(merge_counts_at_least_both),
  };

  return cmocka_run_group_tests(tests, begin, NULL);
}
