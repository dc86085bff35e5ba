/* SPDX-License-Identifier: BSD-2-Clause
 * What ends a session for good, and the switch of the whole table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

#include "support/table.h"

static const char one_limit[] = "policy p\n limit a 5 messages / 1h per user\n";

static int block(struct weir_table *table, const char *user)
{
  struct weir_attribute who = {"user", user, strlen(user)};

  return weir_block(table, &(struct weir_block){.size_bytes = sizeof(struct weir_block),
                                                .attributes = &who, .attribute_count = 1});
}

static int lift(struct weir_table *table, const char *user)
{
  struct weir_attribute who = {"user", user, strlen(user)};

  return weir_unblock(table, &(struct weir_block){.size_bytes = sizeof(struct weir_block),
                                                  .attributes = &who, .attribute_count = 1});
}

static struct weir_verdict take(struct weir_table *table, const char *user)
{
  struct weir_verdict verdict;
  struct asking asking;

  ask_for(&asking, user, NULL);
  assert_int_equal(weir_take(table, &asking.request, &verdict), WEIR_OK);
  return verdict;
}

static int session(struct weir_table *table, const char *user, uint64_t issued_ns)
{
  struct weir_attribute who = {"user", user, strlen(user)};

  return weir_session_valid(table, &who, 1, issued_ns);
}

static uint64_t wall_ns(void)
{
  struct timespec now;

  (void)clock_gettime(CLOCK_REALTIME, &now);
  return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

static void session_before_a_block_is_refused_after_its_lift(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, one_limit);
  uint64_t before_ns = wall_ns();

  (void)state;
  assert_int_equal(session(table, "alice", before_ns), 1);
  assert_int_equal(block(table, "alice"), WEIR_OK);
  assert_int_equal(session(table, "alice", before_ns), 0);
  assert_int_equal(session(table, "alice", wall_ns()), 0);
  assert_int_equal(session(table, "bob", before_ns), 1);
  assert_int_equal(lift(table, "alice"), 1);
  assert_int_equal(session(table, "alice", before_ns), 0);
  while (session(table, "alice", wall_ns()) != 1) /* within two ms of the lift: the safe side */
    ;
  assert_int_equal(session(table, "alice", before_ns), 0);
  weir_close(table);
}

static void unblock_of_who_is_not_blocked_keeps_sessions(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, one_limit);
  uint64_t before_ns = wall_ns();

  (void)state;
  assert_int_equal(lift(table, "alice"), 0);
  assert_int_equal(session(table, "alice", before_ns), 1);
  weir_close(table);
}

static int refund(struct weir_table *table, const char *user)
{
  struct asking asking;

  ask_for(&asking, user, NULL);
  return weir_refund(table, &asking.request);
}

static void switch_denies_or_allows_all(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, one_limit);
  struct weir_verdict verdict;

  (void)state;
  assert_int_equal(block(table, "mallory"), WEIR_OK);
  assert_int_equal(weir_switch(table, WEIR_SWITCH_DENY_ALL, NULL), WEIR_OK);
  assert_int_equal(take(table, "alice").outcome, WEIR_BLOCK);
  assert_int_equal(session(table, "alice", wall_ns()), 0);
  assert_int_equal(weir_switch(table, WEIR_SWITCH_ALLOW_ALL, NULL), WEIR_OK);
  for (int i = 0; i < 20; i++) {
    verdict = take(table, "alice");
    assert_int_equal(verdict.outcome, WEIR_ALLOW);
    assert_true(verdict.remaining == UINT64_MAX);
  }
  assert_int_equal(take(table, "mallory").outcome, WEIR_BLOCK);
  assert_int_equal(weir_switch(table, WEIR_SWITCH_NORMAL, NULL), WEIR_OK);
  assert_int_equal(take(table, "alice").remaining, 4);
  assert_int_equal(weir_switch(table, WEIR_SWITCH_ALLOW_ALL, NULL), WEIR_OK);
  assert_int_equal(refund(table, "alice"), WEIR_OK); /* of what was not charged */
  assert_int_equal(weir_switch(table, WEIR_SWITCH_NORMAL, NULL), WEIR_OK);
  assert_int_equal(take(table, "alice").remaining, 3);
  assert_int_equal(weir_switch(table, (enum weir_switch_position)7, NULL), WEIR_E_RANGE);
  weir_close(table);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(session_before_a_block_is_refused_after_its_lift),
      cmocka_unit_test(unblock_of_who_is_not_blocked_keeps_sessions),
      cmocka_unit_test(switch_denies_or_allows_all),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
