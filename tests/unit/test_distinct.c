/* SPDX-License-Identifier: BSD-2-Clause
 * Distinct limits: different values within a duration, from their last use. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/guard.h"
#include "support/random.h"

#define HOUR_NS (60 * MINUTE_NS)
#define NOW GUARD_NOW_NS

static const char three[] = "policy p\n limit fan 3 distinct recipient / 1h per user\n";

static void known_values_are_free(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, three);

  (void)state;
  assert_int_equal(send_verdict(table, "alice", "a b", NOW).remaining, 1);
  assert_int_equal(send_verdict(table, "alice", "a b", NOW).remaining, 1);
  assert_int_equal(send_verdict(table, "alice", "b a b a", NOW).remaining, 1);
  assert_int_equal(send_verdict(table, "alice", "c", NOW).remaining, 0);
  assert_int_equal(send_to(table, "alice", "d", NOW), WEIR_DENY);
  assert_int_equal(send_to(table, "alice", "a b c", NOW), WEIR_ALLOW);
  assert_int_equal(send_to(table, "bob", "d", NOW), WEIR_ALLOW);
  assert_int_equal(weir_verify(table, NULL, NULL), 0);
  weir_close(table);
}

static void denied_request_leaves_no_value_behind(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, three);
  struct weir_verdict verdict;

  (void)state;
  assert_int_equal(send_to(table, "alice", "a b", NOW), WEIR_ALLOW);
  verdict = send_verdict(table, "alice", "c d", NOW);
  assert_int_equal(verdict.outcome, WEIR_DENY);
  assert_string_equal(verdict.limit, "fan");
  assert_int_equal(verdict.remaining, 1);
  assert_true(verdict.retry_after_ns > 0 && verdict.retry_after_ns <= 2 * HOUR_NS);
  assert_int_equal(send_verdict(table, "alice", "c", NOW).remaining, 0);
  verdict = send_verdict(table, "alice", "1 2 3 4", NOW + 9 * HOUR_NS);
  assert_int_equal(verdict.outcome, WEIR_DENY); /* more than the limit at once */
  assert_true(verdict.retry_after_ns == WEIR_NEVER);
  weir_close(table);
}

static void another_limit_that_denies_takes_the_values_back(void **state)
{
  struct weir_table *table =
      make_table(NULL, 1000,
                 "policy p\n limit fan 3 distinct recipient / 1h per user\n"
                 " limit few 1 messages / 10h per user\n");

  (void)state;
  assert_int_equal(send_to(table, "alice", "a", NOW), WEIR_ALLOW);
  assert_int_equal(send_to(table, "alice", "b", NOW), WEIR_DENY);
  assert_int_equal(send_to(table, "alice", "c d", NOW), WEIR_DENY);
  {
    struct weir_verdict verdict;
    struct sending sending;
    struct weir_cost none = {"messages", 0};

    send_as(&sending, "alice", "x y", NOW);
    sending.request.costs = &none;
    sending.request.cost_count = 1;
    assert_int_equal(weir_take(table, &sending.request, &verdict), WEIR_OK);
    assert_int_equal(verdict.outcome, WEIR_ALLOW); /* three of three: a x y */
  }
  weir_close(table);
}

static void value_counts_from_its_last_use(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, three);

  (void)state;
  assert_int_equal(send_to(table, "alice", "a b c", NOW), WEIR_ALLOW);
  assert_int_equal(send_to(table, "alice", "a b c", NOW + 50 * MINUTE_NS), WEIR_ALLOW);
  /* An hour after the first use, not after the last. */
  assert_int_equal(send_to(table, "alice", "d", NOW + 90 * MINUTE_NS), WEIR_DENY);
  assert_int_equal(send_to(table, "alice", "a", NOW + 90 * MINUTE_NS), WEIR_ALLOW);
  /* b and c are forgotten, a is not. */
  assert_int_equal(send_to(table, "alice", "d e", NOW + 130 * MINUTE_NS), WEIR_ALLOW);
  assert_int_equal(send_to(table, "alice", "f", NOW + 130 * MINUTE_NS), WEIR_DENY);
  weir_close(table);
}

static void canonical_addresses_are_one(void **state)
{
  struct weir_table *table =
      make_table(NULL, 1000, "policy p\n limit fan 2 distinct recipient / 1h per user canonical\n");

  (void)state;
  assert_int_equal(send_to(table, "alice", "x@Example.EDU x+tag@example.edu x@example.edu", NOW),
                   WEIR_ALLOW);
  assert_int_equal(send_verdict(table, "alice", "X@example.edu", NOW).remaining, 0);
  assert_int_equal(send_to(table, "alice", "y@example.edu", NOW), WEIR_DENY);
  weir_close(table);
  table = make_table(NULL, 1000, three);
  assert_int_equal(send_verdict(table, "alice", "x@a x@A x+t@a", NOW).remaining, 0);
  weir_close(table);
}

static void lacking_list_is_an_error_unless_optional(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, three);
  struct weir_verdict verdict;
  struct sending sending;

  (void)state;
  send_as(&sending, "alice", NULL, NOW);
  assert_int_equal(weir_take(table, &sending.request, &verdict), WEIR_E_ATTRIBUTE);
  send_as(&sending, "alice", "", NOW);
  assert_int_equal(weir_take(table, &sending.request, &verdict), WEIR_OK);
  assert_int_equal(verdict.remaining, 3);
  weir_close(table);
  table = make_table(NULL, 1000,
                     "policy p\n limit fan 3 distinct recipient / 1h per user optional\n");
  send_as(&sending, "alice", NULL, NOW);
  assert_int_equal(weir_take(table, &sending.request, &verdict), WEIR_OK);
  weir_close(table);
}

static void single_attribute_is_a_list_of_one(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, three);
  struct weir_attribute who[] = {{"user", "alice", 5}, {"recipient", "a@x", 3}};
  struct weir_request request = {.size_bytes = sizeof request,
                                 .attributes = who,
                                 .attribute_count = 2,
                                 .now_ns = NOW,
                                 .flags = WEIR_NOW_GIVEN};
  struct weir_verdict verdict;

  (void)state;
  for (int i = 0; i < 3; i++) {
    assert_int_equal(weir_take(table, &request, &verdict), WEIR_OK);
    assert_int_equal(verdict.remaining, 2);
  }
  weir_close(table);
}

static void unblock_forgets_values(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, three);

  (void)state;
  assert_int_equal(send_to(table, "alice", "a b c", NOW), WEIR_ALLOW);
  assert_int_equal(unblock_user(table, "alice", NOW), 0);
  assert_int_equal(send_verdict(table, "alice", "a", NOW).remaining, 2);
  assert_int_equal(send_to(table, "alice", "d e f", NOW), WEIR_DENY);
  assert_int_equal(send_to(table, "alice", "d e", NOW), WEIR_ALLOW);
  weir_close(table);
}

static void full_table_counts_again_and_never_more(void **state)
{
  struct weir_table *table =
      make_table(NULL, 1, "policy p\n limit fan 100 distinct recipient / 1h per user\n");
  char name[32];
  int allowed = 0;

  (void)state;
  for (int i = 0; i < 3000; i++) { /* 256 cells in all */
    snprintf(name, sizeof name, "r%d", i);
    allowed += send_to(table, "alice", name, NOW) == WEIR_ALLOW;
  }
  assert_in_range(allowed, 1, 100);
  assert_int_equal(weir_verify(table, NULL, NULL), 0);
  weir_close(table);
}

/* Against a log of every use: never more than N different values in any D; and what a log of
 * D + 2 D/8 would allow is allowed. */
#define VALUES 12
#define STEPS 4000

static void random_uses_keep_the_bound(void **state)
{
  struct random_state random = random_begin();

  (void)state;
  for (int round = 0; round < 20; round++) {
    struct weir_table *table = make_table(NULL, 1000, three);
    uint64_t last[VALUES] = {0}, now = NOW;

    for (int step = 0; step < STEPS / 20; step++) {
      char recipients[64] = "";
      bool used[VALUES] = {false};
      uint64_t count = 1 + random_below(&random, 3), exact = 0, loose = 0;
      enum weir_outcome outcome;

      now += random_below(&random, 20 * MINUTE_NS);
      for (uint64_t i = 0; i < count; i++) {
        uint64_t value = random_below(&random, VALUES);
        size_t length = strlen(recipients);

        used[value] = true;
        snprintf(recipients + length, sizeof recipients - length, "%s%c", i ? " " : "",
                 (char)('a' + value));
      }
      outcome = send_to(table, "alice", recipients, now);
      for (int value = 0; value < VALUES; value++) {
        exact += used[value] || (last[value] != 0 && now - last[value] < HOUR_NS);
        loose += used[value] || (last[value] != 0 && now - last[value] < HOUR_NS + HOUR_NS / 4);
      }
      if (outcome == WEIR_ALLOW && exact > 3)
        fail_msg("WEIR_SEED=%llu round %d step %d: %llu values", (unsigned long long)random.seed, round,
                 step, (unsigned long long)exact);
      if (outcome == WEIR_DENY && loose <= 3)
        fail_msg("WEIR_SEED=%llu round %d step %d: denied with %llu values",
                 (unsigned long long)random.seed, round, step, (unsigned long long)loose);
      for (int value = 0; value < VALUES && outcome == WEIR_ALLOW; value++)
        if (used[value])
          last[value] = now;
    }
    weir_close(table);
  }
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(known_values_are_free),
      cmocka_unit_test(denied_request_leaves_no_value_behind),
      cmocka_unit_test(another_limit_that_denies_takes_the_values_back),
      cmocka_unit_test(value_counts_from_its_last_use),
      cmocka_unit_test(canonical_addresses_are_one),
      cmocka_unit_test(lacking_list_is_an_error_unless_optional),
      cmocka_unit_test(single_attribute_is_a_list_of_one),
      cmocka_unit_test(unblock_forgets_values),
      cmocka_unit_test(full_table_counts_again_and_never_more),
      cmocka_unit_test(random_uses_keep_the_bound),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
