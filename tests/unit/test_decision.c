/* SPDX-License-Identifier: BSD-2-Clause
 * Decisions through the public interface, on given times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/table.h"

#define T0 (1000 * MINUTE_NS)

static void take_upto_burst_then_denied_with_exact_wait(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, "policy p\n limit m 30 messages / 1m per user burst 3\n");
  struct weir_verdict verdict;

  (void)state;
  for (uint64_t i = 0; i < 3; i++) {
    assert_int_equal(take_at(table, "alice", T0, &verdict), WEIR_ALLOW);
    assert_int_equal(verdict.remaining, 2 - i);
    assert_int_equal(verdict.retry_after_ns, 0);
    assert_string_equal(verdict.limit, "m");
  }
  assert_int_equal(take_at(table, "alice", T0, &verdict), WEIR_DENY);
  assert_int_equal(verdict.retry_after_ns, 2 * SECOND_NS);
  assert_int_equal(verdict.remaining, 0);
  assert_int_equal(verdict.quota, 30);
  assert_int_equal(verdict.burst, 3);
  assert_int_equal(verdict.period_ns, MINUTE_NS);
  assert_int_equal(take_at(table, "bob", T0, &verdict), WEIR_ALLOW);
  assert_int_equal(take_at(table, "alice", T0 + 2 * SECOND_NS - 1, &verdict), WEIR_DENY);
  assert_int_equal(verdict.retry_after_ns, 1);
  assert_int_equal(take_at(table, "alice", T0 + 2 * SECOND_NS, &verdict), WEIR_ALLOW);
  weir_close(table);
}

static void take_several_limits_denied_charges_none(void **state)
{
  struct weir_table *table = make_table(NULL, 1000,
                                        "policy p\n"
                                        " limit u 10 messages / 1m per user\n"
                                        " limit i 2 messages / 1m per ip\n"
                                        " limit all 100 messages / 1m overall\n");
  struct weir_verdict verdict;
  struct asking asking;

  (void)state;
  ask_for(&asking, "alice", "10.0.0.1");
  ask_at(&asking, T0);
  for (int i = 0; i < 2; i++) {
    assert_int_equal(weir_take(table, &asking.request, &verdict), WEIR_OK);
    assert_int_equal(verdict.outcome, WEIR_ALLOW);
    assert_string_equal(verdict.limit, "i");
  }
  for (int i = 0; i < 50; i++) {
    assert_int_equal(weir_take(table, &asking.request, &verdict), WEIR_OK);
    assert_int_equal(verdict.outcome, WEIR_DENY);
    assert_string_equal(verdict.limit, "i");
  }
  ask_for(&asking, "alice", "10.0.0.2");
  ask_at(&asking, T0);
  ask_units(&asking, "messages", 0);
  assert_int_equal(weir_peek(table, &asking.request, &verdict), WEIR_OK);
  assert_int_equal(verdict.outcome, WEIR_ALLOW);
  ask_for(&asking, "alice", "10.0.0.3");
  ask_at(&asking, T0);
  ask_units(&asking, "messages", 2);
  for (int i = 0; i < 4; i++, asking.attributes[1].value = i == 1   ? "10.0.0.4"
                                                           : i == 2 ? "10.0.0.5"
                                                                    : "10.0.0.6") {
    assert_int_equal(weir_take(table, &asking.request, &verdict), WEIR_OK);
    assert_int_equal(verdict.outcome, WEIR_ALLOW);
  }
  asking.attributes[1].value = "10.0.0.7";
  assert_int_equal(weir_take(table, &asking.request, &verdict), WEIR_OK);
  assert_int_equal(verdict.outcome, WEIR_DENY);
  assert_string_equal(verdict.limit, "u");
  weir_close(table);
}

static void take_lacking_attribute_or_unit_is_error_unless_optional(void **state)
{
  struct weir_table *table = make_table(NULL, 1000,
                                        "policy p\n"
                                        " limit u 10 messages / 1m per user\n"
                                        " limit r 5 recipients / 1m per user\n"
                                        "policy o\n"
                                        " limit u 10 messages / 1m per user optional\n"
                                        " limit r 5 recipients / 1m per user optional\n");
  struct weir_verdict verdict;
  struct asking asking;

  (void)state;
  ask_for(&asking, NULL, "10.0.0.1");
  asking.request.policy = "p";
  assert_int_equal(weir_take(table, &asking.request, &verdict), WEIR_E_ATTRIBUTE);
  ask_for(&asking, "alice", NULL);
  asking.request.policy = "p";
  assert_int_equal(weir_take(table, &asking.request, &verdict), WEIR_E_UNIT);
  asking.request.policy = "none";
  assert_int_equal(weir_take(table, &asking.request, &verdict), WEIR_E_POLICY);
  asking.request.policy = NULL;
  assert_int_equal(weir_take(table, &asking.request, &verdict), WEIR_E_POLICY);
  ask_for(&asking, NULL, "10.0.0.1");
  asking.request.policy = "o";
  assert_int_equal(weir_take(table, &asking.request, &verdict), WEIR_OK);
  assert_int_equal(verdict.outcome, WEIR_ALLOW);
  assert_string_equal(verdict.limit, "");
  weir_close(table);
}

static void take_cost_above_burst_denied_never_on_fresh_principal(void **state)
{
  struct weir_table *table = make_table(NULL, 1000,
                                        "policy p\n limit r 5 recipients / 1m per user\n"
                                        "policy s\n limit r 5 recipients / 1m per user sliding\n");
  struct weir_verdict verdict;
  struct asking asking;

  (void)state;
  for (int sliding = 0; sliding < 2; sliding++) {
    ask_for(&asking, "alice", NULL);
    asking.request.policy = sliding ? "s" : "p";
    ask_units(&asking, "recipients", 6);
    assert_int_equal(weir_take(table, &asking.request, &verdict), WEIR_OK);
    assert_int_equal(verdict.outcome, WEIR_DENY);
    assert_true(verdict.retry_after_ns == WEIR_NEVER);
    assert_int_equal(verdict.remaining, 5);
    asking.costs[0].count = UINT64_MAX;
    assert_int_equal(weir_take(table, &asking.request, &verdict), WEIR_OK);
    assert_int_equal(verdict.outcome, WEIR_DENY);
    asking.costs[0].count = 0;
    assert_int_equal(weir_take(table, &asking.request, &verdict), WEIR_OK);
    assert_int_equal(verdict.outcome, WEIR_ALLOW);
    asking.costs[0].count = 5;
    assert_int_equal(weir_take(table, &asking.request, &verdict), WEIR_OK);
    assert_int_equal(verdict.outcome, WEIR_ALLOW);
  }
  weir_close(table);
}

static void refund_and_reset_give_back(void **state)
{
  static const char *const kinds[] = {"", " sliding"};

  (void)state;
  for (int kind = 0; kind < 2; kind++) {
    char policy[128];
    struct weir_table *table;
    struct weir_verdict verdict;
    struct asking asking;

    snprintf(policy, sizeof policy, "policy p\n limit m 4 messages / 1m per user%s\n", kinds[kind]);
    table = make_table(NULL, 1000, policy);
    ask_for(&asking, "alice", NULL);
    ask_at(&asking, T0);
    for (int i = 0; i < 4; i++)
      assert_int_equal(take_at(table, "alice", T0, &verdict), WEIR_ALLOW);
    assert_int_equal(take_at(table, "alice", T0, &verdict), WEIR_DENY);
    ask_units(&asking, "messages", 2);
    assert_int_equal(weir_refund(table, &asking.request), WEIR_OK);
    assert_int_equal(take_at(table, "alice", T0, &verdict), WEIR_ALLOW);
    assert_int_equal(take_at(table, "alice", T0, &verdict), WEIR_ALLOW);
    assert_int_equal(take_at(table, "alice", T0, &verdict), WEIR_DENY);
    assert_int_equal(weir_reset(table, &asking.request), WEIR_OK);
    for (int i = 0; i < 4; i++)
      assert_int_equal(take_at(table, "alice", T0, &verdict), WEIR_ALLOW);
    assert_int_equal(take_at(table, "alice", T0, &verdict), WEIR_DENY);
    asking.costs[0].count = UINT64_MAX;
    assert_int_equal(weir_refund(table, &asking.request), WEIR_OK);
    for (int i = 0; i < 4; i++)
      assert_int_equal(take_at(table, "alice", T0, &verdict), WEIR_ALLOW);
    assert_int_equal(take_at(table, "alice", T0, &verdict), WEIR_DENY);
    weir_close(table);
  }
}

static void take_two_of_one_name_refused(void **state)
{
  struct weir_table *table = make_table(NULL, 10, "policy p\n limit m 10 messages / 1h per user\n");
  struct weir_verdict verdict;
  struct asking asking;

  (void)state;
  ask_for(&asking, "alice", NULL);
  asking.attributes[asking.request.attribute_count++] = (struct weir_attribute){"user", "bob", 3};
  assert_int_equal(weir_take(table, &asking.request, &verdict), WEIR_E_ARGUMENT);
  ask_for(&asking, "alice", NULL);
  ask_units(&asking, "messages", 3);
  ask_units(&asking, "messages", 5);
  assert_int_equal(weir_take(table, &asking.request, &verdict), WEIR_E_ARGUMENT);
  ask_for(&asking, "alice", NULL);
  asking.request.reserved = 1;
  assert_int_equal(weir_take(table, &asking.request, &verdict), WEIR_E_ARGUMENT);
  weir_close(table);
}

static void shadow_denies_nobody_and_is_counted(void **state)
{
  struct weir_table *table = make_table(NULL, 1000,
                                        "policy p\n limit m 10 messages / 1m per user\n"
                                        " limit tight 2 messages / 1m per user shadow\n");
  struct weir_stats stats = {.size_bytes = sizeof stats};
  struct weir_verdict verdict;

  (void)state;
  for (int i = 0; i < 10; i++) {
    assert_int_equal(take_at(table, "alice", T0, &verdict), WEIR_ALLOW);
    assert_int_equal(verdict.flags, i < 2 ? 0 : WEIR_SHADOW_DENIED);
    assert_string_equal(verdict.limit, "m");
  }
  assert_int_equal(take_at(table, "alice", T0, &verdict), WEIR_DENY);
  assert_int_equal(weir_stats(table, &stats), WEIR_OK);
  assert_int_equal(stats.allowed, 10);
  assert_int_equal(stats.denied, 1);
  assert_int_equal(stats.shadow_denied, 9);
  weir_close(table);
}

static void take_many_equals_take_one_by_one(void **state)
{
  const char *policy = "policy p\n limit m 3 messages / 1m per user\n limit i 40 messages / 1m per ip\n";
  struct weir_table *one = make_table(NULL, 1000, policy), *many = make_table(NULL, 1000, policy);
  struct asking asking[100];
  struct weir_request requests[100];
  struct weir_verdict verdicts[100], verdict;
  int errors[100];
  char names[100][16];

  (void)state;
  for (int i = 0; i < 100; i++) {
    snprintf(names[i], sizeof names[i], "user%d", i * 7 % 13);
    ask_for(&asking[i], i == 50 ? NULL : names[i], "10.1.1.1");
    ask_at(&asking[i], T0 + (unsigned)i);
    requests[i] = asking[i].request;
  }
  assert_int_equal(weir_take_many(many, requests, verdicts, errors, 100), 1);
  for (int i = 0; i < 100; i++) {
    assert_int_equal(weir_take(one, &requests[i], &verdict), errors[i]);
    if (errors[i] != WEIR_OK)
      continue;
    assert_int_equal(verdicts[i].outcome, verdict.outcome);
    assert_int_equal(verdicts[i].remaining, verdict.remaining);
    assert_int_equal(verdicts[i].retry_after_ns, verdict.retry_after_ns);
  }
  weir_close(one);
  weir_close(many);
}

static void values_and_keys_never_share_state(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, "policy p\n limit m 1 messages / 1m per user+ip\n");
  static const struct {
    const char *user;
    size_t user_bytes;
    const char *ip;
    size_t ip_bytes;
  } pairs[] = {{"", 0, "", 0},       {"a", 1, "", 0},          {"", 0, "a", 1},
               {"ab", 2, "c", 1},    {"a", 1, "bc", 2},        {"a\0", 2, "", 0},
               {"a\0b", 3, "", 0},   {"a\0c", 3, "", 0},       {"aaaaaaaa", 8, "", 0},
               {"aaaaaaa", 7, "", 0}, {"aaaaaaaa", 8, "\0", 1}, {"", 0, "aaaaaaaa", 8}};
  struct weir_verdict verdict;

  (void)state;
  for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
    struct weir_attribute attributes[2] = {{"ip", pairs[i].ip, pairs[i].ip_bytes},
                                           {"user", pairs[i].user, pairs[i].user_bytes}};
    struct weir_request request = {.size_bytes = sizeof request,
                                   .attributes = attributes,
                                   .attribute_count = 2,
                                   .flags = WEIR_NOW_GIVEN,
                                   .now_ns = T0};

    assert_int_equal(weir_take(table, &request, &verdict), WEIR_OK);
    assert_int_equal(verdict.outcome, WEIR_ALLOW);
    assert_int_equal(weir_take(table, &request, &verdict), WEIR_OK);
    assert_int_equal(verdict.outcome, WEIR_DENY);
  }
  weir_close(table);
}

/* A group holds 16 cells: 10 times as many fresh principals as cells. */
static void flood_keeps_everybody_who_is_over_the_limit(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, "policy p\n limit m 20 messages / 1h per user\n");
  struct weir_stats stats = {.size_bytes = sizeof stats};
  struct weir_verdict verdict;
  char name[32];
  uint64_t allowed = 0;

  (void)state;
  for (int i = 0; i < 100; i++) {
    snprintf(name, sizeof name, "held%d", i);
    for (int j = 0; j < 20; j++)
      assert_int_equal(take_at(table, name, T0, &verdict), WEIR_ALLOW);
    assert_int_equal(take_at(table, name, T0, &verdict), WEIR_DENY);
  }
  for (int i = 0; i < 20000; i++) {
    snprintf(name, sizeof name, "flood%d", i);
    allowed += take_at(table, name, T0, &verdict) == WEIR_ALLOW;
  }
  for (int i = 0; i < 100; i++) {
    snprintf(name, sizeof name, "held%d", i);
    assert_int_equal(take_at(table, name, T0, &verdict), WEIR_DENY);
    assert_int_equal(take_at(table, name, T0 + 180 * SECOND_NS, &verdict), WEIR_ALLOW);
    assert_int_equal(take_at(table, name, T0 + 180 * SECOND_NS, &verdict), WEIR_DENY);
  }
  assert_int_equal(weir_stats(table, &stats), WEIR_OK);
  assert_true(stats.evicted > 0);
  assert_true(allowed > 1000);
  assert_int_equal(weir_verify(table, NULL, NULL), 0);
  weir_close(table);
}

static void full_group_deny_and_allow_do_as_named(void **state)
{
  struct weir_stats stats = {.size_bytes = sizeof stats};
  struct weir_verdict verdict;

  (void)state;
  for (int allow = 0; allow < 2; allow++) {
    struct weir_table *table =
        make_table(NULL, 1, allow ? "policy p\n limit m 2 messages / 1h per user when-full allow\n"
                                  : "policy p\n limit m 2 messages / 1h per user when-full deny\n");
    char name[32];
    int allowed = 0;

    for (int i = 0; i < 2000; i++) {
      snprintf(name, sizeof name, "user%d", i);
      allowed += take_at(table, name, T0, &verdict) == WEIR_ALLOW;
    }
    assert_int_equal(weir_stats(table, &stats), WEIR_OK);
    assert_int_equal(stats.evicted, 0);
    if (allow) {
      assert_int_equal(allowed, 2000);
      assert_true(stats.full_allowed >= 2000 - 256);
    } else {
      assert_int_equal(allowed, 256);
      assert_int_equal(stats.full_denied, 2000 - 256);
      assert_int_equal(verdict.flags, WEIR_TABLE_FULL);
      assert_true(verdict.retry_after_ns > 0);
    }
    weir_close(table);
  }
}

static void time_back_mints_nothing(void **state)
{
  struct weir_table *table = make_table(NULL, 1000,
                                        "policy b\n limit m 5 messages / 1m per user\n"
                                        "policy w\n limit m 5 messages / 1m per user sliding\n");
  struct weir_verdict verdict;
  struct asking asking;

  (void)state;
  for (int window = 0; window < 2; window++) {
    int allowed = 0;

    ask_for(&asking, "alice", NULL);
    asking.request.policy = window ? "w" : "b";
    for (int i = 0; i < 1000; i++) {
      ask_at(&asking, T0 - (uint64_t)i * 10 * SECOND_NS);
      assert_int_equal(weir_take(table, &asking.request, &verdict), WEIR_OK);
      allowed += verdict.outcome == WEIR_ALLOW;
    }
    assert_in_range(allowed, 1, 5); /* the later time stays: it may deny more, never less */
  }
  weir_close(table);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(take_upto_burst_then_denied_with_exact_wait),
      cmocka_unit_test(take_several_limits_denied_charges_none),
      cmocka_unit_test(take_lacking_attribute_or_unit_is_error_unless_optional),
      cmocka_unit_test(take_cost_above_burst_denied_never_on_fresh_principal),
      cmocka_unit_test(refund_and_reset_give_back),
      cmocka_unit_test(take_two_of_one_name_refused),
      cmocka_unit_test(shadow_denies_nobody_and_is_counted),
      cmocka_unit_test(take_many_equals_take_one_by_one),
      cmocka_unit_test(values_and_keys_never_share_state),
      cmocka_unit_test(flood_keeps_everybody_who_is_over_the_limit),
      cmocka_unit_test(full_group_deny_and_allow_do_as_named),
      cmocka_unit_test(time_back_mints_nothing),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
