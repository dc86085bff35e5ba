/* SPDX-License-Identifier: BSD-2-Clause
 * What a policy does about somebody: responses, scores, classes, exemptions, who may be reached. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/guard.h"

#define HOUR_NS (60 * MINUTE_NS)
#define DAY_NS (24 * HOUR_NS)
#define NOW GUARD_NOW_NS
#define SLACK_NS (2 * SECOND_NS / 1000) /* a block ends so much late at most               */

static enum weir_outcome take(struct weir_table *table, const char *user, uint64_t now_ns)
{
  return send_to(table, user, NULL, now_ns);
}

static int take_until_denied(struct weir_table *table, const char *user, uint64_t now_ns)
{
  int allowed = 0;

  while (allowed < 1000 && take(table, user, now_ns) == WEIR_ALLOW)
    allowed++;
  return allowed;
}

static int signal_of(struct weir_table *table, const char *user, const char *name, uint64_t weight,
                     uint64_t now_ns)
{
  struct sending sending;

  send_as(&sending, user, NULL, now_ns);
  return weir_signal(table, &sending.request, name, weight);
}

static void denial_without_strikes_blocks_at_once(void **state)
{
  struct weir_table *table = make_table(NULL, 1000,
                                        "policy p\n limit a 3 messages / 1h per user\n"
                                        " on a denied block user for 2h\n");

  (void)state;
  assert_int_equal(take_until_denied(table, "alice", NOW), 3); /* the denial itself says deny */
  assert_int_equal(take(table, "alice", NOW), WEIR_BLOCK);
  assert_int_equal(take(table, "bob", NOW), WEIR_ALLOW);
  assert_int_equal(take(table, "alice", NOW + 2 * HOUR_NS - 1), WEIR_BLOCK);
  assert_int_equal(take(table, "alice", NOW + 2 * HOUR_NS + SLACK_NS), WEIR_ALLOW);
  weir_close(table);
}

static void strikes_block_at_the_last_of_them(void **state)
{
  struct weir_table *table = make_table(NULL, 1000,
                                        "policy p\n limit a 3 messages / 10h per user\n"
                                        " on a denied 4 in 10m block user for 1h\n");

  (void)state;
  assert_int_equal(take_until_denied(table, "alice", NOW), 3); /* first denial */
  assert_int_equal(take(table, "alice", NOW + 1), WEIR_DENY);
  assert_int_equal(take(table, "alice", NOW + 2), WEIR_DENY);
  assert_int_equal(take(table, "alice", NOW + 3), WEIR_DENY); /* the fourth trips */
  assert_int_equal(take(table, "alice", NOW + 4), WEIR_BLOCK);
  /* Three in ten minutes never do. */
  assert_int_equal(take_until_denied(table, "bob", NOW), 3);
  for (uint64_t i = 1; i < 20; i++)
    assert_int_equal(take(table, "bob", NOW + i * 5 * MINUTE_NS), WEIR_DENY);
  weir_close(table);
}

static void blocks_double_and_are_forgotten(void **state)
{
  struct weir_table *table = make_table(NULL, 1000,
                                        "policy p\n limit a 1 messages / 1000d per user\n"
                                        " on a denied block user for 1h doubling to 4h\n");
  uint64_t now = NOW;

  (void)state;
  assert_int_equal(take_until_denied(table, "alice", now), 1);
  for (int i = 0; i < 4; i++) {
    static const uint64_t hours[] = {1, 2, 4, 4};

    assert_int_equal(take(table, "alice", now + hours[i] * HOUR_NS - 1), WEIR_BLOCK);
    now += hours[i] * HOUR_NS + SLACK_NS;
    assert_int_equal(take(table, "alice", now), WEIR_DENY); /* and blocked anew */
  }
  /* Two levels of five are forgotten in twice 4h of quiet. */
  now += 4 * HOUR_NS + SLACK_NS;
  assert_int_equal(take(table, "alice", now + 19 * HOUR_NS), WEIR_DENY);
  now += 19 * HOUR_NS;
  assert_int_equal(take(table, "alice", now + 2 * HOUR_NS - 1), WEIR_BLOCK);
  assert_int_equal(take(table, "alice", now + 2 * HOUR_NS + SLACK_NS), WEIR_DENY);
  weir_close(table);
}

static void unblock_clears_strikes_and_level(void **state)
{
  struct weir_table *table = make_table(NULL, 1000,
                                        "policy p\n limit a 1 messages / 1000d per user\n"
                                        " on a denied 2 in 1h block user for 1h doubling to 8h\n");

  (void)state;
  assert_int_equal(take_until_denied(table, "alice", NOW), 1);
  assert_int_equal(take(table, "alice", NOW), WEIR_DENY);
  assert_int_equal(take(table, "alice", NOW), WEIR_BLOCK);
  assert_int_equal(unblock_user(table, "alice", NOW), 1);
  assert_int_equal(take_until_denied(table, "alice", NOW), 1); /* one strike of two */
  assert_int_equal(take(table, "alice", NOW), WEIR_DENY);
  assert_int_equal(take(table, "alice", NOW + HOUR_NS - 1), WEIR_BLOCK);
  assert_int_equal(take(table, "alice", NOW + HOUR_NS + SLACK_NS), WEIR_DENY);
  weir_close(table);
}

static void response_blocks_another_attribute(void **state)
{
  struct weir_table *table = make_table(NULL, 1000,
                                        "policy p\n limit a 2 messages / 1h per user\n"
                                        " on a denied block ip for 1h\n");
  struct weir_attribute who[] = {{"user", "alice", 5}, {"ip", "10.0.0.1", 8}};
  struct weir_request request = {.size_bytes = sizeof request,
                                 .attributes = who,
                                 .attribute_count = 2,
                                 .now_ns = NOW,
                                 .flags = WEIR_NOW_GIVEN};
  struct weir_verdict verdict;

  (void)state;
  for (int i = 0; i < 3; i++)
    assert_int_equal(weir_take(table, &request, &verdict), WEIR_OK);
  assert_int_equal(verdict.outcome, WEIR_DENY);
  who[0] = (struct weir_attribute){"user", "bob", 3};
  assert_int_equal(weir_take(table, &request, &verdict), WEIR_OK);
  assert_int_equal(verdict.outcome, WEIR_BLOCK);
  assert_int_equal(take(table, "alice", NOW), WEIR_DENY); /* without the address: no block */
  weir_close(table);
}

static void full_table_is_no_strike(void **state)
{
  struct weir_table *table =
      make_table(NULL, 1, "policy p\n limit a 100 messages / 1h per user when-full deny\n"
                          " on a denied block user for 1h\n");
  char name[32];
  int denied = 0;

  (void)state;
  for (int i = 0; i < 500; i++) {
    snprintf(name, sizeof name, "user%d", i);
    denied += take(table, name, NOW) == WEIR_DENY;
    assert_int_not_equal(take(table, name, NOW), WEIR_BLOCK);
  }
  assert_true(denied > 0);
  weir_close(table);
}

static void score_trips_at_its_threshold_and_leaks(void **state)
{
  struct weir_table *table =
      make_table(NULL, 1000,
                 "policy p\n limit a 100 messages / 1h per user\n"
                 " score stolen 100 / 10m per user block user for 1h\n"
                 "  signal identity-changed 60\n  signal same-size 10\n"
                 " exempt user=list\n");

  (void)state;
  assert_int_equal(signal_of(table, "alice", "identity-changed", 1, NOW), 0);
  assert_int_equal(signal_of(table, "alice", "same-size", 3, NOW), 0); /* 90 */
  assert_int_equal(take(table, "alice", NOW), WEIR_ALLOW);
  assert_int_equal(signal_of(table, "alice", "same-size", 1, NOW), 1); /* 100 */
  assert_int_equal(take(table, "alice", NOW), WEIR_BLOCK);
  assert_int_equal(signal_of(table, "bob", "identity-changed", 1, NOW), 0);
  assert_int_equal(signal_of(table, "bob", "identity-changed", 1, NOW + 6 * MINUTE_NS), 0); /* 60 */
  assert_int_equal(signal_of(table, "bob", "same-size", 5, NOW + 6 * MINUTE_NS), 1);
  assert_int_equal(signal_of(table, "carol", "identity-changed", 1000, NOW), 1);
  assert_int_equal(signal_of(table, "dave", "same-size", 0, NOW), 0);
  assert_int_equal(signal_of(table, "list", "same-size", 1000, NOW), 1); /* exempt from limits alone */
  assert_int_equal(signal_of(table, "dave", "unheard-of", 1, NOW), WEIR_E_SIGNAL);
  assert_int_equal(unblock_user(table, "alice", NOW), 1);
  assert_int_equal(signal_of(table, "alice", "identity-changed", 1, NOW), 0); /* forgotten */
  weir_close(table);
}

static void exemption_lifts_its_own_limits_alone(void **state)
{
  struct weir_table *table = make_table(NULL, 1000,
                                        "policy p\n limit a 2 messages / 1h per user\n"
                                        " limit b 5 messages / 1h overall\n"
                                        " exempt user=postmaster\n");

  (void)state;
  assert_int_equal(take_until_denied(table, "postmaster", NOW), 5); /* the other limit counts */
  assert_int_equal(block_user(table, "postmaster", NOW), WEIR_OK);
  assert_int_equal(take(table, "postmaster", NOW), WEIR_BLOCK);
  weir_close(table);
}

static void class_numbers_stand_for_the_policys(void **state)
{
  struct weir_table *table = make_table(NULL, 1000,
                                        "policy p\n limit a 2 messages / 1h per user\n"
                                        " limit b 3 messages / 1h per user\n"
                                        "class news\n limit a 6\n limit b unlimited\n"
                                        "member news user=list\n");
  struct weir_attribute who = {"user", "alice", 5};
  struct weir_block member = block_words(&who, NOW);
  struct weir_verdict verdict;

  (void)state;
  verdict = send_verdict(table, "list", NULL, NOW);
  assert_string_equal(verdict.limit, "a");
  assert_int_equal(verdict.quota, 6);
  assert_int_equal(verdict.remaining, 5);
  assert_int_equal(take_until_denied(table, "list", NOW), 5);
  assert_int_equal(take_until_denied(table, "alice", NOW), 2);
  assert_int_equal(weir_member(table, &member, "news"), WEIR_OK);
  assert_int_equal(take_until_denied(table, "alice", NOW), 6);
  assert_int_equal(weir_member(table, &member, "another"), WEIR_OK);
  assert_int_equal(take(table, "alice", NOW), WEIR_DENY);
  assert_int_equal(weir_member(table, &member, NULL), WEIR_OK);
  assert_int_equal(take(table, "alice", NOW), WEIR_DENY); /* what it had used before */
  assert_int_equal(weir_verify(table, NULL, NULL), 0);
  weir_close(table);
}

static void reachable_values_pass_a_block_and_are_charged_apart(void **state)
{
  struct weir_table *table = make_table(NULL, 1000,
                                        "policy p\n limit a 100 messages / 1h per user\n"
                                        " reachable recipient=help@x 2 messages / 1h per user\n");

  (void)state;
  assert_int_equal(send_to(table, "alice", "help@x", NOW), WEIR_ALLOW);
  assert_int_equal(block_user(table, "alice", NOW), WEIR_OK);
  assert_int_equal(send_to(table, "alice", "a@x", NOW), WEIR_BLOCK);
  assert_int_equal(send_to(table, "alice", "help@x a@x", NOW), WEIR_BLOCK);
  assert_int_equal(send_to(table, "alice", "", NOW), WEIR_BLOCK);
  assert_int_equal(send_to(table, "alice", "help@x", NOW), WEIR_ALLOW);
  assert_int_equal(send_to(table, "alice", "help@x", NOW), WEIR_ALLOW);
  assert_int_equal(send_to(table, "alice", "help@x", NOW), WEIR_DENY);
  weir_close(table);
}

static void each_change_is_one_event(void **state)
{
  struct weir_table *table = make_table(NULL, 1000,
                                        "policy p\n limit a 1 messages / 1000d per user\n"
                                        " on a denied block user for 1h doubling to 8h\n");
  static const uint32_t expected[] = {WEIR_EVENT_BLOCKED,   WEIR_EVENT_DENIED,
                                      WEIR_EVENT_ESCALATED, WEIR_EVENT_DENIED,
                                      WEIR_EVENT_UNBLOCKED, WEIR_EVENT_SWITCHED};
  struct weir_events_cursor cursor;
  struct weir_event event = {.size_bytes = sizeof event};
  uint64_t lost;

  (void)state;
  assert_int_equal(weir_events_begin(table, &cursor, WEIR_EVENTS_NEWEST), WEIR_OK);
  (void)take_until_denied(table, "alice", NOW);
  for (int i = 0; i < 5; i++)
    assert_int_equal(take(table, "alice", NOW), WEIR_BLOCK);
  (void)take(table, "alice", NOW + HOUR_NS + SLACK_NS);
  assert_int_equal(unblock_user(table, "alice", NOW + HOUR_NS + 2 * SLACK_NS), 1);
  assert_int_equal(weir_switch(table, WEIR_SWITCH_NORMAL, NULL), WEIR_OK); /* no change */
  assert_int_equal(weir_switch(table, WEIR_SWITCH_DENY_ALL, "noc"), WEIR_OK);
  for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
    assert_int_equal(weir_events_next(table, &cursor, &event, &lost), 1);
    assert_int_equal(event.kind, expected[i]);
    assert_int_equal(lost, 0);
    assert_string_equal(event.principal, event.kind != WEIR_EVENT_SWITCHED ? "user=alice" : "");
    if (event.kind != WEIR_EVENT_SWITCHED)
      continue;
    assert_string_equal(event.reason, "deny-all");
    assert_string_equal(event.by, "noc");
  }
  assert_int_equal(weir_events_next(table, &cursor, &event, &lost), 0);
  weir_close(table);
}

static void policy_that_changes_keeps_strikes_and_blocks(void **state)
{
  static const char before[] = "policy p\n limit a 1 messages / 1000d per user\n"
                               " on a denied 3 in 1h block user for 1h\n";
  static const char after[] = "policy p\n limit b 9 messages / 1h per user optional\n"
                              " limit a 1 messages / 1000d per user\n"
                              " on a denied 3 in 1h block user for 2h\n";
  struct weir_table *table = make_table(NULL, 1000, before);

  (void)state;
  assert_int_equal(take_until_denied(table, "alice", NOW), 1);
  assert_int_equal(take(table, "alice", NOW), WEIR_DENY);
  assert_int_equal(weir_apply(table, after, strlen(after), "p", NULL, NULL), WEIR_OK);
  assert_int_equal(take(table, "alice", NOW), WEIR_DENY); /* the third */
  assert_int_equal(take(table, "alice", NOW), WEIR_BLOCK);
  assert_int_equal(weir_apply(table, before, strlen(before), "p", NULL, NULL), WEIR_OK);
  assert_int_equal(take(table, "alice", NOW + 2 * HOUR_NS - 1), WEIR_BLOCK);
  weir_close(table);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(denial_without_strikes_blocks_at_once),
      cmocka_unit_test(strikes_block_at_the_last_of_them),
      cmocka_unit_test(blocks_double_and_are_forgotten),
      cmocka_unit_test(unblock_clears_strikes_and_level),
      cmocka_unit_test(response_blocks_another_attribute),
      cmocka_unit_test(full_table_is_no_strike),
      cmocka_unit_test(score_trips_at_its_threshold_and_leaks),
      cmocka_unit_test(exemption_lifts_its_own_limits_alone),
      cmocka_unit_test(class_numbers_stand_for_the_policys),
      cmocka_unit_test(reachable_values_pass_a_block_and_are_charged_apart),
      cmocka_unit_test(each_change_is_one_event),
      cmocka_unit_test(policy_that_changes_keeps_strikes_and_blocks),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
