/* SPDX-License-Identifier: BSD-2-Clause
 * What an operator is shown of one principal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

#include "support/see.h"

/* What was visited. */
struct seen {
  uint32_t count;
  struct weir_why_limit limits[64];
  uint32_t stop_at; /* 0: never                                                          */
  char names[64][WEIR_NAME_BYTES];
};

static int note(void *context, const struct weir_why_limit *limit)
{
  struct seen *seen = context;

  (void)snprintf(seen->names[seen->count], WEIR_NAME_BYTES, "%s/%s", limit->policy, limit->limit);
  seen->limits[seen->count++] = *limit;
  return seen->count == seen->stop_at;
}

static struct weir_why why(struct weir_table *table, const char *user, struct seen *seen)
{
  struct weir_attribute who = {"user", user, strlen(user)};
  struct weir_why summary = {.size_bytes = sizeof summary};

  if (seen != NULL)
    memset(seen, 0, sizeof *seen);
  assert_int_equal(
      weir_why(table, &who, 1, &summary, seen != NULL ? note : NULL, seen), WEIR_OK);
  return summary;
}

static void why_of_nobody_is_full_limits_and_nothing_else(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, see_policies);
  struct seen seen;
  struct weir_why summary = why(table, "alice", &seen);

  (void)state;
  assert_string_equal(summary.principal, "user=alice");
  assert_int_equal(summary.blocked, 0);
  assert_int_equal(summary.denied, 0);
  assert_true(summary.until_wall_ns == 0 && summary.cut_before_wall_ns == 0);
  assert_string_equal(summary.denied_limit, "");
  assert_int_equal(summary.limits, 4);
  assert_int_equal(summary.limits_more, 1);
  assert_int_equal(seen.count, 5);
  assert_string_equal(seen.names[0], "p/small");
  assert_string_equal(seen.names[1], "p/large");
  assert_string_equal(seen.names[2], "p/window");
  assert_string_equal(seen.names[3], "q/other");
  assert_string_equal(seen.names[4], "p/pair");
  for (uint32_t i = 0; i < 4; i++) {
    assert_int_equal(seen.limits[i].used, 0);
    assert_true(seen.limits[i].remaining == seen.limits[i].burst);
    assert_int_equal(seen.limits[i].full_in_ns, 0);
  }
  assert_int_equal(seen.limits[0].flags, 0);
  assert_int_equal(seen.limits[1].flags, WEIR_WHY_SHADOW | WEIR_WHY_OPTIONAL);
  assert_int_equal(seen.limits[2].flags, WEIR_WHY_SLIDING);
  assert_int_equal(seen.limits[4].flags, WEIR_WHY_OPTIONAL | WEIR_WHY_BY_MORE);
  assert_int_equal(seen.limits[4].quota, 5);
  assert_true(seen.limits[4].period_ns == DAY_NS);
  weir_close(table);
}

static void why_says_what_is_used_and_when_it_is_back(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, see_policies);
  struct seen seen;

  (void)state;
  take(table, "p", "alice", 3, 400);
  (void)why(table, "alice", &seen);
  assert_int_equal(seen.limits[0].used, 3);
  assert_int_equal(seen.limits[0].remaining, 7);
  assert_int_equal(seen.limits[0].burst, 10);
  /* 3 of 10 in 100 days: 30 days, less what has passed since. */
  assert_true(seen.limits[0].full_in_ns <= 30 * DAY_NS);
  assert_true(seen.limits[0].full_in_ns > 29 * DAY_NS);
  assert_int_equal(seen.limits[1].used, 400);
  assert_true(seen.limits[1].full_in_ns > 39 * DAY_NS && seen.limits[1].full_in_ns <= 40 * DAY_NS);
  assert_int_equal(seen.limits[2].used, 3);
  assert_int_equal(seen.limits[2].remaining, 17);
  /* A window forgets after its length and at most an eighth. */
  assert_true(seen.limits[2].full_in_ns >= 100 * DAY_NS);
  assert_true(seen.limits[2].full_in_ns <= 113 * DAY_NS);
  assert_int_equal(seen.limits[3].used, 0);
  (void)why(table, "bob", &seen);
  assert_int_equal(seen.limits[0].used, 0);
  weir_close(table);
}

static void why_counts_what_was_used_under_former_numbers(void **state)
{
  static const char larger[] = "policy p\n limit small 40 messages / 100d per user\n"
                               " limit window 50 messages / 100d per user\n";
  struct weir_table *table = make_table(NULL, 1000, see_policies);
  struct seen seen;

  (void)state;
  take(table, "p", "alice", 4, 0);
  assert_int_equal(weir_apply(table, larger, strlen(larger), "larger", NULL, NULL), WEIR_OK);
  (void)why(table, "alice", &seen);
  assert_int_equal(seen.count, 2);
  assert_int_equal(seen.limits[0].used, 4);
  assert_int_equal(seen.limits[0].remaining, 36);
  assert_true(seen.limits[0].full_in_ns > 9 * DAY_NS && seen.limits[0].full_in_ns <= 10 * DAY_NS);
  assert_int_equal(seen.limits[1].used, 4); /* a window that became a bucket */
  assert_true(seen.limits[1].full_in_ns >= 100 * DAY_NS);
  weir_close(table);
}

static void why_of_rates_that_are_rounded_is_full_again_some_time(void **state)
{
  static const char odd[] = "policy p\n"
                            " limit a 7 messages / 100d per user burst 13\n"
                            " limit b 999983 bytes / 97d per user burst 17\n"
                            " limit c 1000003 messages / 7d per user\n"
                            " limit d 97 messages / 100000d per user burst 3\n"
                            " limit e 9007199254740993 messages / 1ns per user\n"
                            " limit f 63 messages / 101d per user sliding\n";
  struct weir_table *table = make_table(NULL, 1000, odd);
  struct seen seen;

  (void)state;
  (void)why(table, "alice", &seen);
  assert_int_equal(seen.count, 6);
  for (uint32_t i = 0; i < seen.count; i++) {
    assert_int_equal(seen.limits[i].full_in_ns, 0);
    assert_int_equal(seen.limits[i].used, 0);
  }
  take(table, "p", "alice", 2, 2);
  (void)why(table, "alice", &seen);
  for (uint32_t i = 0; i < seen.count; i++) {
    const struct weir_why_limit *limit = &seen.limits[i];
    double unit_ns = (double)limit->period_ns / (double)limit->quota;

    assert_true(limit->used + limit->remaining == limit->burst);
    assert_true(limit->used <= 2);
    if ((limit->flags & WEIR_WHY_SLIDING) == 0)
      assert_true((double)limit->full_in_ns <= 2 * unit_ns + 2);
    else
      assert_true(limit->full_in_ns >= limit->period_ns && limit->full_in_ns != WEIR_NEVER);
  }
  weir_close(table);
}

static void why_visitor_that_returns_nonzero_is_not_called_again(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, see_policies);
  struct weir_attribute who = {"user", "alice", 5};
  struct weir_why summary = {.size_bytes = sizeof summary};
  struct seen seen = {.stop_at = 2};

  (void)state;
  assert_int_equal(weir_why(table, &who, 1, &summary, note, &seen), WEIR_OK);
  assert_int_equal(seen.count, 2);
  weir_close(table);
}

static void why_of_a_blocked_says_who_and_until_when(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, see_policies);
  struct weir_attribute who = {"user", "alice", 5};
  struct weir_block block = order(&who, DAY_NS);
  struct weir_why summary;
  struct seen seen;

  (void)state;
  take(table, "p", "alice", 3, 0);
  assert_int_equal(weir_block(table, &block), WEIR_OK);
  summary = why(table, "alice", &seen);
  assert_int_equal(summary.blocked, 1);
  assert_int_equal(summary.lifted, 0);
  assert_string_equal(summary.reason, "phished");
  assert_string_equal(summary.by, "noc");
  assert_true(summary.since_wall_ns != 0);
  assert_true(summary.remaining_ns > DAY_NS - 60 * MINUTE_NS &&
              summary.remaining_ns <= DAY_NS + 2 * SECOND_NS);
  assert_true(summary.until_wall_ns > summary.since_wall_ns);
  assert_true(summary.cut_before_wall_ns == WEIR_NEVER);
  assert_true(summary.cut_until_wall_ns - summary.until_wall_ns == 30 * DAY_NS);
  assert_int_equal(seen.limits[0].used, 3);
  block = order(&who, 0);
  assert_int_equal(weir_block(table, &block), WEIR_OK);
  summary = why(table, "alice", NULL);
  assert_true(summary.until_wall_ns == WEIR_NEVER && summary.remaining_ns == WEIR_NEVER);
  assert_true(summary.cut_until_wall_ns == WEIR_NEVER);
  weir_close(table);
}

static void why_of_a_lifted_says_which_sessions_are_cut_and_full_limits(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, see_policies);
  struct weir_attribute who = {"user", "alice", 5};
  struct weir_block block = order(&who, DAY_NS);
  struct weir_why summary;
  struct seen seen;

  (void)state;
  take(table, "p", "alice", 3, 0);
  note_denials(table, "alice", 4, slot_of(table, 0));
  assert_int_equal(why(table, "alice", NULL).denied, 4);
  assert_int_equal(weir_block(table, &block), WEIR_OK);
  assert_int_equal(weir_unblock(table, &block), 1);
  summary = why(table, "alice", &seen);
  assert_int_equal(summary.blocked, 0);
  assert_int_equal(summary.lifted, 1);
  assert_int_equal(summary.remaining_ns, 0);
  assert_int_equal(summary.denied, 0);
  assert_string_equal(summary.denied_limit, "");
  assert_true(summary.cut_before_wall_ns == summary.until_wall_ns && summary.until_wall_ns != 0);
  assert_int_equal(seen.limits[0].used, 0);
  assert_true(summary.cut_until_wall_ns - summary.cut_before_wall_ns == 30 * DAY_NS);
  assert_int_equal(weir_session_valid(table, &who, 1, summary.cut_before_wall_ns - DAY_NS), 0);
  weir_close(table);
}

static void why_of_one_lifted_who_was_not_blocked_cuts_nothing(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, see_policies);
  struct weir_attribute who = {"user", "alice", 5};
  struct weir_block block = order(&who, 0);
  struct weir_why summary;

  (void)state;
  assert_int_equal(weir_unblock(table, &block), 0);
  summary = why(table, "alice", NULL);
  assert_int_equal(summary.lifted, 0);
  assert_true(summary.until_wall_ns == 0 && summary.cut_before_wall_ns == 0 &&
              summary.cut_until_wall_ns == 0);
  weir_close(table);
}

static void why_of_a_lifted_says_what_was_used_since(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, see_policies);
  struct weir_attribute who = {"user", "alice", 5};
  struct weir_block block = order(&who, 0);
  struct seen seen;

  (void)state;
  take(table, "p", "alice", 5, 0);
  assert_int_equal(weir_block(table, &block), WEIR_OK);
  assert_int_equal(weir_unblock(table, &block), 1);
  (void)why(table, "alice", &seen);
  assert_int_equal(seen.limits[0].used, 0);
  take(table, "p", "alice", 3, 0);
  (void)why(table, "alice", &seen);
  assert_int_equal(seen.limits[0].used, 3);
  assert_int_equal(seen.limits[0].remaining, 7);
  weir_close(table);
}

static void why_of_a_denied_names_the_limit_while_it_is_in_force(void **state)
{
  static const char without[] = "policy q\n limit other 7 messages / 100d per user\n";
  struct weir_table *table = make_table(NULL, 1000, see_policies);
  struct weir_why summary;

  (void)state;
  note_denials(table, "alice", 3, slot_of(table, 2));
  note_denials(table, "alice", 2, slot_of(table, 0));
  summary = why(table, "alice", NULL);
  assert_true(summary.denied >= 2);
  assert_string_equal(summary.denied_limit, "small");
  assert_string_equal(summary.denied_policy, "p");
  assert_true(summary.denied_last_wall_ns != 0);
  assert_int_equal(weir_apply(table, without, strlen(without), "without", NULL, NULL), WEIR_OK);
  summary = why(table, "alice", NULL);
  assert_true(summary.denied >= 2);
  assert_string_equal(summary.denied_limit, "");
  weir_close(table);
}

static void why_without_a_policy_says_what_else_is_known(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, NULL);
  struct weir_attribute who = {"user", "alice", 5};
  struct weir_block block = order(&who, 0);
  struct seen seen;

  (void)state;
  assert_int_equal(weir_block(table, &block), WEIR_OK);
  assert_int_equal(why(table, "alice", &seen).blocked, 1);
  assert_int_equal(seen.count, 0);
  weir_close(table);
}

static void why_of_a_pair_is_its_own_limit_whatever_the_order(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, see_policies);
  struct weir_attribute who[] = {{"user", "alice", 5}, {"ip", "::1", 3}};
  struct weir_why summary = {.size_bytes = sizeof summary};
  struct weir_verdict verdict;
  struct asking asking;
  struct seen seen = {.count = 0};

  (void)state;
  ask_for(&asking, "alice", "::1");
  asking.request.policy = "p";
  assert_int_equal(weir_take(table, &asking.request, &verdict), WEIR_OK);
  assert_int_equal(weir_why(table, who, 2, &summary, note, &seen), WEIR_OK);
  assert_string_equal(summary.principal, "ip=::1 user=alice");
  assert_int_equal(seen.count, 1);
  assert_string_equal(seen.names[0], "p/pair");
  assert_int_equal(seen.limits[0].used, 1);
  assert_int_equal(summary.limits_more, 0);
  weir_close(table);
}

static void why_arguments_that_are_none_are_refused(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, see_policies);
  struct weir_attribute who[] = {{"user", "a", 1}, {"user", "b", 1}};
  struct weir_attribute nameless = {"", "a", 1};
  struct weir_why summary = {.size_bytes = sizeof summary};

  (void)state;
  assert_int_equal(weir_why(NULL, who, 1, &summary, NULL, NULL), WEIR_E_ARGUMENT);
  assert_int_equal(weir_why(table, NULL, 1, &summary, NULL, NULL), WEIR_E_ARGUMENT);
  assert_int_equal(weir_why(table, who, 1, NULL, NULL, NULL), WEIR_E_ARGUMENT);
  assert_int_equal(weir_why(table, who, 0, &summary, NULL, NULL), WEIR_E_ARGUMENT);
  assert_int_equal(weir_why(table, who, 2, &summary, NULL, NULL), WEIR_E_ARGUMENT);
  assert_int_equal(weir_why(table, &nameless, 1, &summary, NULL, NULL), WEIR_E_ARGUMENT);
  summary.size_bytes = 8;
  assert_int_equal(weir_why(table, who, 1, &summary, NULL, NULL), WEIR_E_ARGUMENT);
  weir_close(table);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(why_of_nobody_is_full_limits_and_nothing_else),
      cmocka_unit_test(why_says_what_is_used_and_when_it_is_back),
      cmocka_unit_test(why_counts_what_was_used_under_former_numbers),
      cmocka_unit_test(why_of_rates_that_are_rounded_is_full_again_some_time),
      cmocka_unit_test(why_visitor_that_returns_nonzero_is_not_called_again),
      cmocka_unit_test(why_of_a_blocked_says_who_and_until_when),
      cmocka_unit_test(why_of_a_lifted_says_which_sessions_are_cut_and_full_limits),
      cmocka_unit_test(why_of_one_lifted_who_was_not_blocked_cuts_nothing),
      cmocka_unit_test(why_of_a_lifted_says_what_was_used_since),
      cmocka_unit_test(why_of_a_denied_names_the_limit_while_it_is_in_force),
      cmocka_unit_test(why_without_a_policy_says_what_else_is_known),
      cmocka_unit_test(why_of_a_pair_is_its_own_limit_whatever_the_order),
      cmocka_unit_test(why_arguments_that_are_none_are_refused),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
