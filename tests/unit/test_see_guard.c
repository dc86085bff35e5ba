/* SPDX-License-Identifier: BSD-2-Clause
 * What why says of classes, exemptions, distinct limits, strikes, scores and denials that nobody
 * has put on record yet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/guard.h"

/* No unit comes back while a test runs. */
static const char policies[] = "policy p\n"
                               " limit small 10 messages / 100d per user\n"
                               " limit fan 20 distinct recipient / 100d per user optional\n"
                               " on small denied 4 in 100d block user for 1h\n"
                               " score bad 100 / 100d per user block user for 1h\n"
                               "  signal changed 40\n"
                               " exempt user=postmaster\n"
                               "class lists\n"
                               " limit small 500\n"
                               " limit fan unlimited\n"
                               "member lists user=owner\n"
                               "policy q\n"
                               " limit small 7 messages / 100d per user\n";

enum { SMALL, FAN, SCORE, OTHER, STRIKES, COUNT }; /* strikes behind what the text names */

struct seen {
  uint32_t count;
  struct weir_why summary;
  struct weir_why_limit limits[COUNT];
  char names[COUNT][3][WEIR_NAME_BYTES]; /* policy, limit, class                           */
};

static int note(void *context, const struct weir_why_limit *limit)
{
  struct seen *seen = context;
  uint32_t at = seen->count++;

  assert_true(at < COUNT);
  seen->limits[at] = *limit;
  (void)snprintf(seen->names[at][0], WEIR_NAME_BYTES, "%s", limit->policy);
  (void)snprintf(seen->names[at][1], WEIR_NAME_BYTES, "%s", limit->limit);
  (void)snprintf(seen->names[at][2], WEIR_NAME_BYTES, "%s", limit->class_name);
  return 0;
}

static void look(struct weir_table *table, const char *user, struct seen *seen)
{
  struct weir_attribute who = {"user", user, strlen(user)};

  memset(seen, 0, sizeof *seen);
  seen->summary.size_bytes = sizeof seen->summary;
  assert_int_equal(weir_why(table, &who, 1, &seen->summary, note, seen), WEIR_OK);
  assert_int_equal(seen->count, COUNT);
  assert_int_equal(seen->summary.limits, COUNT);
}

static enum weir_outcome send_now(struct weir_table *table, const char *user,
                                  const char *recipients, uint64_t messages)
{
  struct weir_cost cost = {"messages", messages};
  struct weir_verdict verdict;
  struct sending sending;

  send_as(&sending, user, recipients, 0);
  sending.request.flags = 0;
  sending.request.policy = "p";
  sending.request.costs = &cost;
  sending.request.cost_count = 1;
  assert_int_equal(weir_take(table, &sending.request, &verdict), WEIR_OK);
  return (enum weir_outcome)verdict.outcome;
}

static void anybody_has_what_the_policy_says(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, policies);
  struct seen seen;

  (void)state;
  look(table, "alice", &seen);
  assert_int_equal(seen.limits[SMALL].burst, 10);
  assert_int_equal(seen.limits[SMALL].flags, 0);
  assert_int_equal(seen.limits[FAN].flags,
                   WEIR_WHY_DISTINCT | WEIR_WHY_OPTIONAL | WEIR_WHY_SLIDING);
  assert_string_equal(seen.names[STRIKES][1], "small");
  assert_int_equal(seen.limits[STRIKES].flags & WEIR_WHY_STRIKES, WEIR_WHY_STRIKES);
  assert_int_equal(seen.limits[STRIKES].quota, 3); /* the fourth blocks */
  assert_string_equal(seen.names[SCORE][1], "bad");
  assert_int_equal(seen.limits[SCORE].flags & WEIR_WHY_SCORE, WEIR_WHY_SCORE);
  assert_string_equal(seen.names[OTHER][0], "q");
  for (uint32_t i = 0; i < COUNT; i++)
    assert_true(seen.limits[i].used == 0 && seen.limits[i].full_in_ns == 0);
  weir_close(table);
}

static void member_has_the_numbers_of_the_class(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, policies);
  struct weir_attribute alice = {"user", "alice", 5};
  struct weir_block member = {
      .size_bytes = sizeof member, .attributes = &alice, .attribute_count = 1};
  struct seen seen;

  (void)state;
  assert_int_equal(send_now(table, "owner", NULL, 30), WEIR_ALLOW);
  look(table, "owner", &seen);
  assert_string_equal(seen.names[SMALL][1], "small");
  assert_string_equal(seen.names[SMALL][2], "lists");
  assert_int_equal(seen.limits[SMALL].burst, 500);
  assert_int_equal(seen.limits[SMALL].used, 30);
  assert_int_equal(seen.limits[FAN].flags & WEIR_WHY_LIFTED, WEIR_WHY_LIFTED);
  assert_string_equal(seen.names[OTHER][2], ""); /* the other policy has no such class */
  assert_int_equal(seen.limits[OTHER].burst, 7);
  assert_int_equal(weir_member(table, &member, "lists"), WEIR_OK);
  look(table, "alice", &seen);
  assert_string_equal(seen.names[SMALL][2], "lists");
  assert_int_equal(weir_member(table, &member, NULL), WEIR_OK);
  look(table, "alice", &seen);
  assert_string_equal(seen.names[SMALL][2], "");
  weir_close(table);
}

static void exempt_has_no_limit_of_that_policy(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, policies);
  struct seen seen;

  (void)state;
  look(table, "postmaster", &seen);
  assert_int_equal(seen.limits[SMALL].flags & WEIR_WHY_LIFTED, WEIR_WHY_LIFTED);
  assert_int_equal(seen.limits[FAN].flags & WEIR_WHY_LIFTED, WEIR_WHY_LIFTED);
  assert_int_equal(seen.limits[OTHER].flags & WEIR_WHY_LIFTED, 0);
  weir_close(table);
}

static void distinct_limit_counts_values(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, policies);
  struct seen seen;

  (void)state;
  assert_int_equal(send_now(table, "alice", "a b c", 1), WEIR_ALLOW);
  assert_int_equal(send_now(table, "alice", "c d", 1), WEIR_ALLOW);
  look(table, "alice", &seen);
  assert_int_equal(seen.limits[FAN].used, 4);
  assert_int_equal(seen.limits[FAN].remaining, 16);
  assert_true(seen.limits[FAN].full_in_ns >= seen.limits[FAN].period_ns);
  assert_true(seen.limits[FAN].full_in_ns != WEIR_NEVER);
  weir_close(table);
}

static void denials_are_strikes_and_are_noted_at_once(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, policies);
  struct weir_attribute who = {"user", "alice", 5};
  struct weir_block block = {.size_bytes = sizeof block, .attributes = &who, .attribute_count = 1};
  struct seen seen;

  (void)state;
  assert_int_equal(send_now(table, "alice", NULL, 10), WEIR_ALLOW);
  for (int i = 0; i < 3; i++)
    assert_int_equal(send_now(table, "alice", NULL, 1), WEIR_DENY);
  look(table, "alice", &seen);
  /* A thread that moves to another processor between two instructions may lose a count. */
  assert_true(seen.summary.denied >= 1 && seen.summary.denied <= 3);
  assert_string_equal(seen.summary.denied_limit, "small");
  assert_string_equal(seen.summary.denied_policy, "p");
  assert_int_equal(seen.limits[STRIKES].used, 3);
  assert_int_equal(seen.limits[STRIKES].remaining, 0);
  assert_int_equal(seen.summary.blocked, 0);
  assert_int_equal(send_now(table, "alice", NULL, 1), WEIR_DENY);
  look(table, "alice", &seen);
  assert_int_equal(seen.summary.blocked, 1);
  assert_int_equal(seen.summary.level, 1);
  assert_string_equal(seen.summary.by, "policy");
  assert_int_equal(weir_unblock(table, &block), 1);
  look(table, "alice", &seen);
  assert_int_equal(seen.summary.denied, 0); /* nor those that were not on record yet */
  assert_int_equal(seen.summary.level, 0);
  for (uint32_t i = 0; i < COUNT; i++)
    assert_int_equal(seen.limits[i].used, 0);
  weir_close(table);
}

static void score_is_points_of_signals(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, policies);
  struct sending sending;
  struct seen seen;

  (void)state;
  send_as(&sending, "alice", NULL, 0);
  sending.request.flags = 0;
  sending.request.policy = "p";
  assert_int_equal(weir_signal(table, &sending.request, "changed", 2), 0);
  look(table, "alice", &seen);
  assert_int_equal(seen.limits[SCORE].used, 80);
  assert_int_equal(seen.limits[SCORE].burst, 100);
  weir_close(table);
}

static int count_limits(void *context, const struct weir_top *top)
{
  uint64_t *denied = context;

  assert_string_equal(top->principal, "user=owner");
  assert_string_equal(top->limit, "small");
  assert_int_equal(top->used, 500);
  assert_int_equal(top->used_per_mille, 1000);
  *denied = top->denied;
  return 0;
}

static void sum_of_limit(void *context, const struct weir_limit_stats *limit)
{
  uint64_t *sums = context;

  sums[strcmp(limit->policy, "p") != 0] += strcmp(limit->limit, "small") == 0;
  if (strcmp(limit->policy, "p") == 0 && strcmp(limit->limit, "small") == 0)
    sums[2] += limit->denied;
}

static void denials_by_a_class_are_the_limits(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, policies);
  uint64_t denied = 0, sums[3] = {0, 0, 0};

  (void)state;
  assert_int_equal(send_now(table, "owner", NULL, 500), WEIR_ALLOW);
  assert_int_equal(send_now(table, "owner", NULL, 1), WEIR_DENY);
  assert_int_equal(weir_top(table, WEIR_TOP_DENIED, 10, count_limits, &denied), WEIR_OK);
  assert_int_equal(denied, 1);
  weir_stats_limits(table, sum_of_limit, sums);
  assert_int_equal(sums[0], 1); /* once a limit, whatever classes and strikes there are */
  assert_int_equal(sums[1], 1);
  assert_int_equal(sums[2], 1);
  weir_close(table);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(anybody_has_what_the_policy_says),
      cmocka_unit_test(member_has_the_numbers_of_the_class),
      cmocka_unit_test(exempt_has_no_limit_of_that_policy),
      cmocka_unit_test(distinct_limit_counts_values),
      cmocka_unit_test(denials_are_strikes_and_are_noted_at_once),
      cmocka_unit_test(score_is_points_of_signals),
      cmocka_unit_test(denials_by_a_class_are_the_limits),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
