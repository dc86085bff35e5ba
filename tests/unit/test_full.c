/* SPDX-License-Identifier: BSD-2-Clause
 * Groups without a free cell, as whoever asks sees them: who gives way, what it is owed when it
 * comes back, and how long the wait is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "admit/admit.h"
#include "guard/principal.h"
#include "support/guard.h"

#define T0 ((uint64_t)1 << 60) /* a tick's beginning in every bucket                        */
#define DAY_NS (24 * 60 * MINUTE_NS)
#define CELLS 256 /* of a table for one key                                                 */

static struct weir_verdict take(struct weir_table *table, char kind, int index, uint64_t messages,
                                uint64_t now_ns)
{
  struct weir_verdict verdict;
  struct asking asking;
  char name[32];

  (void)snprintf(name, sizeof name, "%c%d", kind, index);
  ask_for(&asking, name, NULL);
  ask_units(&asking, "messages", messages);
  ask_at(&asking, now_ns);
  assert_int_equal(weir_take(table, &asking.request, &verdict), WEIR_OK);
  return verdict;
}

/* How many of ever new ones are allowed. */
static int flood(struct weir_table *table, char kind, int count, uint64_t messages, uint64_t now_ns)
{
  int allowed = 0;

  for (int i = 0; i < count; i++)
    allowed += take(table, kind, i, messages, now_ns).outcome == WEIR_ALLOW;
  return allowed;
}

static uint64_t evicted(struct weir_table *table)
{
  struct weir_stats stats = {.size_bytes = sizeof stats};

  assert_int_equal(weir_stats(table, &stats), WEIR_OK);
  return stats.evicted;
}

/* G2: whoever lost its place finds at least what it had charged. */
static void evicted_have_no_more_than_their_limit(void **state)
{
  static const char *const kinds[] = {"", " sliding"};

  (void)state;
  for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++) {
    struct weir_table *table;
    char policy[128];

    (void)snprintf(policy, sizeof policy, "policy p\n limit m 40 messages / 100d per user%s\n",
                   kinds[kind]);
    table = make_table(NULL, 1, policy);
    assert_int_equal(flood(table, 'a', 100, 10, T0), 100);
    (void)flood(table, 'x', 3000, 11, T0); /* with more to lose: they stay */
    assert_true(evicted(table) > 50);
    for (int i = 0; i < 100; i++) {
      int more = 0;

      while (more < 40 && take(table, 'a', i, 1, T0).outcome == WEIR_ALLOW)
        more++;
      assert_in_range(more, 0, 30);
    }
    assert_int_equal(weir_verify(table, NULL, NULL), 0);
    weir_close(table);
  }
}

/* To the ns, whatever a bucket's tick is. */
static void wait_of_a_newcomer_to_a_full_group_is_true(void **state)
{
  static const struct {
    const char *rate;
    uint64_t messages;
    uint64_t wait_ns; /* 0: of a rounded rate                                               */
  } rates[] = {
      {"1 messages / 1h burst 5", 3, 10800000000000},
      {"2 messages / 3600000000001ns burst 5", 3, 5400000000002}, /* half a ns: rounded up  */
      {"7 messages / 1h", 3, 1542857142858},
      {"1000003 messages / 999999999ns", 11, 0},
      {"1 messages / 3650d burst 1000", 2, 0}, /* a tick of many ns                         */
  };

  (void)state;
  for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
    struct weir_table *table;
    struct weir_verdict verdict;
    char policy[128];

    (void)snprintf(policy, sizeof policy, "policy p\n limit m %s per user when-full deny\n",
                   rates[i].rate);
    table = make_table(NULL, 1, policy);
    assert_int_equal(flood(table, 'a', 3000, rates[i].messages, T0), CELLS);
    verdict = take(table, 'x', 0, 1, T0);
    assert_int_equal(verdict.outcome, WEIR_DENY);
    assert_int_equal(verdict.flags, WEIR_TABLE_FULL);
    assert_true(rates[i].wait_ns == 0 || verdict.retry_after_ns == rates[i].wait_ns);
    assert_int_equal(take(table, 'x', 0, 1, T0 + verdict.retry_after_ns - 1).flags,
                     WEIR_TABLE_FULL);
    assert_int_equal(take(table, 'x', 0, 1, T0 + verdict.retry_after_ns).outcome, WEIR_ALLOW);
    weir_close(table);
  }
}

/* Longer than 2^64 ns: the limit's duration is told. */
static void wait_of_a_newcomer_beyond_all_times_is_the_limits(void **state)
{
  struct weir_table *table = make_table(
      NULL, 1, "policy p\n limit m 1 messages / 3650d per user burst 1000 when-full deny\n");

  (void)state;
  assert_int_equal(flood(table, 'a', 3000, 1000, T0), CELLS);
  assert_true(take(table, 'x', 0, 1, T0).retry_after_ns == 3650 * DAY_NS);
  weir_close(table);
}

/* What says that a value was seen may be lost, and leaves no debt to others. */
static void values_seen_before_give_way_to_new_ones(void **state)
{
  struct weir_table *table =
      make_table(NULL, 1, "policy p\n limit fan 5000 distinct recipient / 1h per user\n");
  char name[32];

  (void)state;
  for (int i = 0; i < 2000; i++) {
    struct weir_verdict first;

    (void)snprintf(name, sizeof name, "r%d", i);
    first = send_verdict(table, "alice", name, T0);
    assert_int_equal(first.outcome, WEIR_ALLOW);
    assert_true(send_verdict(table, "alice", name, T0).remaining == first.remaining); /* known */
  }
  for (uint32_t i = 0; i < CELLS; i++) /* no FLOOR */
    assert_false(wi_tag_mark(table->region.cells[i].tag) == 0 &&
                 wi_tag_id(table->region.cells[i].tag) >= WI_ID_FIRST_WORD);
  weir_close(table);
}

static void cells_of_blocks_that_are_over_long_ago_are_taken(void **state)
{
  struct weir_table *table =
      make_table(NULL, 1, "policy p\n limit m 2 messages / 1h per user when-full deny\n");
  int blocked = 0;

  (void)state;
  for (; blocked < 1000; blocked++) {
    char name[32];
    struct weir_attribute who = {"user", name, 0};
    struct weir_block block = block_words(&who, T0);

    who.value_bytes = (size_t)snprintf(name, sizeof name, "b%d", blocked);
    block.duration_ns = SECOND_NS;
    if (weir_block(table, &block) != WEIR_OK)
      break;
  }
  assert_true(blocked > 64);
  assert_true(flood(table, 'a', 3000, 1, T0) < CELLS);
  assert_int_equal(flood(table, 'x', 3000, 1, T0 + 60 * DAY_NS), CELLS);
  weir_close(table);
}

/* Who is of a class is so until it is said otherwise. */
static void members_outlast_a_flood(void **state)
{
  struct weir_table *table = make_table(NULL, 1,
                                        "policy p\n limit m 2 messages / 100d per user\n"
                                        "class lists\n limit m 9\n");

  (void)state;
  for (int i = 0; i < 10; i++) {
    char name[32];
    struct weir_attribute who = {"user", name, 0};
    struct weir_block member = block_words(&who, T0);

    who.value_bytes = (size_t)snprintf(name, sizeof name, "m%d", i);
    assert_int_equal(weir_member(table, &member, "lists"), WEIR_OK);
  }
  (void)flood(table, 'a', 3000, 1, T0);
  for (int i = 0; i < 10; i++) /* by the class's number: the FLOOR of the others is not its */
    assert_true(take(table, 'm', i, 9, T0 + 300 * DAY_NS).outcome == WEIR_ALLOW);
  weir_close(table);
}

/* Others' cells of a kind that is never idle, wherever there is room. */
static void fill_group_of(struct weir_table *table, const char *user)
{
  struct weir_attribute who = {"user", user, strlen(user)};
  struct wi_principal principal;

  assert_true(wi_principal_of(&table->region, &who, 1, &principal));
  for (uint64_t i = 0; i < WI_GROUP_CELLS; i++)
    if (wi_tag_mark(principal.place.group[i].tag) == 0)
      principal.place.group[i] = (struct wi_cell){(1000 + i) << WI_ID_BITS | WI_ID_CLASS, 1};
}

/* A window's, where time goes on to another of its words. */
static void own_word_that_is_over_makes_room_for_the_next(void **state)
{
  (void)state;
  for (uint64_t part = 0; part < 6; part++) {
    struct weir_table *table =
        make_table(NULL, 1, "policy p\n limit m 5 messages / 8h per user sliding\n");
    struct weir_verdict verdict;
    uint64_t now_ns = T0 + (100 + 2 * part) * 60 * MINUTE_NS;

    assert_int_equal(take(table, 'a', 0, 1, T0).outcome, WEIR_ALLOW);
    fill_group_of(table, "a0");
    verdict = take(table, 'a', 0, 1, now_ns);
    assert_int_equal(verdict.outcome, WEIR_ALLOW);
    assert_int_equal(verdict.flags, 0);
    weir_close(table);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(evicted_have_no_more_than_their_limit),
      cmocka_unit_test(wait_of_a_newcomer_to_a_full_group_is_true),
      cmocka_unit_test(wait_of_a_newcomer_beyond_all_times_is_the_limits),
      cmocka_unit_test(values_seen_before_give_way_to_new_ones),
      cmocka_unit_test(cells_of_blocks_that_are_over_long_ago_are_taken),
      cmocka_unit_test(members_outlast_a_flood),
      cmocka_unit_test(own_word_that_is_over_makes_room_for_the_next),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
