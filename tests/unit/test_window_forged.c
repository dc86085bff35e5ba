/* SPDX-License-Identifier: BSD-2-Clause
 * Words written by others, late or hostile; refunds and merges. */
#include "support/window_ring.h"

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
      cmocka_unit_test(charge_of_a_late_writer_does_not_turn_back),
      cmocka_unit_test(forged_words_stay_within_bounds),
      cmocka_unit_test(forged_counter_saturates),
      cmocka_unit_test(refund_takes_the_oldest_first),
      cmocka_unit_test(merge_counts_at_least_both),
  };

  return cmocka_run_group_tests(tests, begin, NULL);
}
