/* SPDX-License-Identifier: BSD-2-Clause
 * Policies that are replaced: what is kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "admit/admit.h"
#include "support/table.h"

#define T0 (1000 * MINUTE_NS)

static void apply_higher_number_keeps_units_used(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, "policy p\n limit m 10 messages / 1h per user\n");
  const char *higher = "policy p\n limit m 25 messages / 1h per user\n";
  const char *lower = "policy p\n limit m 5 messages / 1h per user\n";
  struct weir_verdict verdict;

  (void)state;
  for (int i = 0; i < 10; i++)
    assert_int_equal(take_at(table, "alice", T0, &verdict), WEIR_ALLOW);
  assert_int_equal(take_at(table, "alice", T0, &verdict), WEIR_DENY);
  assert_int_equal(weir_apply(table, higher, strlen(higher), "h", NULL, NULL), WEIR_OK);
  for (int i = 0; i < 15; i++)
    assert_int_equal(take_at(table, "alice", T0, &verdict), WEIR_ALLOW);
  assert_int_equal(take_at(table, "alice", T0, &verdict), WEIR_DENY);
  assert_int_equal(weir_apply(table, lower, strlen(lower), "l", NULL, NULL), WEIR_OK);
  assert_int_equal(take_at(table, "alice", T0, &verdict), WEIR_DENY);
  assert_int_equal(verdict.retry_after_ns, 720 * SECOND_NS);
  assert_int_equal(take_at(table, "bob", T0, &verdict), WEIR_ALLOW);
  assert_int_equal(verdict.remaining, 4);
  assert_int_equal(weir_verify(table, NULL, NULL), 0);
  weir_close(table);
}

/* On the table's own clock, moved by moving its offset: after a change of numbers a denied user
 * passes after just the wait that was told, whatever the change, and not before. */
static void apply_wait_told_across_change_is_true(void **state)
{
  static const char *const pairs[][2] = {
      {"30 messages / 1d", "30 messages / 1h"},
      {"30 messages / 1d", "300 messages / 1d burst 30"},
      {"100 messages / 1d", "100 messages / 1d burst 10"},
      {"3600 messages / 1h burst 60", "60 messages / 1d"},
      {"60 messages / 1d sliding", "100 messages / 1h sliding"},
      {"100 messages / 1h sliding", "100 messages / 1m sliding"},
      {"100 messages / 1d sliding", "100 messages / 1h"},
      {"100 messages / 1h", "100 messages / 1d sliding"},
  };

  (void)state;
  for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
    char text[2][96];
    struct weir_table *table;
    struct weir_verdict verdict = {.outcome = WEIR_ALLOW};
    struct asking asking;

    for (int j = 0; j < 2; j++)
      snprintf(text[j], sizeof text[j], "policy p\n limit m %s per user\n", pairs[i][j]);
    table = make_table(NULL, 1000, text[0]);
    ask_for(&asking, "alice", NULL);
    while (verdict.outcome == WEIR_ALLOW)
      assert_int_equal(weir_take(table, &asking.request, &verdict), WEIR_OK);
    assert_int_equal(weir_apply(table, text[1], strlen(text[1]), "t", NULL, NULL), WEIR_OK);
    assert_int_equal(weir_peek(table, &asking.request, &verdict), WEIR_OK);
    if (verdict.outcome == WEIR_ALLOW) { /* more burst than before */
      weir_close(table);
      continue;
    }
    assert_true(verdict.retry_after_ns > SECOND_NS);
    table->region.clock_offset_ns += verdict.retry_after_ns - SECOND_NS;
    assert_int_equal(weir_take(table, &asking.request, &verdict), WEIR_OK);
    if (strstr(pairs[i][0], "sliding") == NULL || strstr(pairs[i][1], "sliding") == NULL)
      assert_int_equal(verdict.outcome, WEIR_DENY); /* two windows: each part by itself */
    table->region.clock_offset_ns += 2 * SECOND_NS;
    assert_int_equal(weir_take(table, &asking.request, &verdict), WEIR_OK);
    assert_int_equal(verdict.outcome, WEIR_ALLOW);
    weir_close(table);
  }
}

static void refund_across_change_gives_back(void **state)
{
  static const char *const kinds[] = {"", " sliding"};

  (void)state;
  for (int kind = 0; kind < 4; kind++) {
    char before[96], after[96];
    struct weir_table *table;
    struct weir_verdict verdict;
    struct asking asking;

    snprintf(before, sizeof before, "policy p\n limit m 10 messages / 1h per user%s\n",
             kinds[kind % 2]);
    snprintf(after, sizeof after, "policy p\n limit m 10 messages / 2h per user%s\n",
             kinds[kind / 2]);
    table = make_table(NULL, 1000, before);
    for (int i = 0; i < 10; i++)
      assert_int_equal(take_at(table, "alice", T0, &verdict), WEIR_ALLOW);
    assert_int_equal(weir_apply(table, after, strlen(after), "t", NULL, NULL), WEIR_OK);
    ask_for(&asking, "alice", NULL);
    ask_at(&asking, T0);
    ask_units(&asking, "messages", 4);
    assert_int_equal(weir_refund(table, &asking.request), WEIR_OK);
    for (int i = 0; i < 4; i++)
      assert_int_equal(take_at(table, "alice", T0, &verdict), WEIR_ALLOW);
    assert_int_equal(take_at(table, "alice", T0, &verdict), WEIR_DENY);
    weir_close(table);
  }
}

static void apply_window_counts_on_across_change(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, "policy p\n limit m 10 messages / 1h per user sliding\n");
  const char *higher = "policy p\n limit m 14 messages / 1h per user sliding\n";
  const char *bucket = "policy p\n limit m 16 messages / 1h per user\n";
  struct weir_verdict verdict;

  (void)state;
  for (int i = 0; i < 10; i++)
    assert_int_equal(take_at(table, "alice", T0, &verdict), WEIR_ALLOW);
  assert_int_equal(take_at(table, "alice", T0, &verdict), WEIR_DENY);
  assert_int_equal(weir_apply(table, higher, strlen(higher), "h", NULL, NULL), WEIR_OK);
  for (int i = 0; i < 4; i++)
    assert_int_equal(take_at(table, "alice", T0, &verdict), WEIR_ALLOW);
  assert_int_equal(take_at(table, "alice", T0, &verdict), WEIR_DENY);
  assert_int_equal(weir_apply(table, bucket, strlen(bucket), "b", NULL, NULL), WEIR_OK);
  for (int i = 0; i < 2; i++)
    assert_int_equal(take_at(table, "alice", T0, &verdict), WEIR_ALLOW);
  assert_int_equal(take_at(table, "alice", T0, &verdict), WEIR_DENY);
  weir_close(table);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(apply_higher_number_keeps_units_used),
      cmocka_unit_test(apply_window_counts_on_across_change),
      cmocka_unit_test(apply_wait_told_across_change_is_true),
      cmocka_unit_test(refund_across_change_gives_back),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
