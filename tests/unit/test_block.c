/* SPDX-License-Identifier: BSD-2-Clause
 * The kill switch: who is blocked, until when, and what a lift clears. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/table.h"

#define DAY_NS (24 * 60 * MINUTE_NS)
#define NOW_NS ((uint64_t)1 << 50)

static const char one_limit[] = "policy p\n limit a 5 messages / 1h per user\n";
static const char three_limits[] = "policy p\n limit a 5 messages / 1h per user\n"
                                   " limit b 50 messages / 1d per user\n"
                                   " limit c 20 messages / 1h per ip optional\n";
static const char sliding[] = "policy p\n limit a 5 messages / 1h per user sliding\n";

static int set_block(struct weir_table *table, const char *name, const char *value,
                     uint64_t duration_ns, uint64_t now_ns)
{
  struct weir_attribute who = {name, value, strlen(value)};
  struct weir_block block = {.size_bytes = sizeof block,
                             .attributes = &who,
                             .attribute_count = 1,
                             .duration_ns = duration_ns,
                             .reason = "phished",
                             .by = "test",
                             .now_ns = now_ns,
                             .flags = now_ns != 0 ? WEIR_NOW_GIVEN : 0};

  return weir_block(table, &block);
}

static int lift(struct weir_table *table, const char *name, const char *value, uint64_t now_ns)
{
  struct weir_attribute who = {name, value, strlen(value)};
  struct weir_block block = {.size_bytes = sizeof block,
                             .attributes = &who,
                             .attribute_count = 1,
                             .now_ns = now_ns,
                             .flags = now_ns != 0 ? WEIR_NOW_GIVEN : 0};

  return weir_unblock(table, &block);
}

static struct weir_verdict take(struct weir_table *table, const char *user, const char *ip,
                                uint64_t now_ns)
{
  struct weir_verdict verdict;
  struct asking asking;

  ask_for(&asking, user, ip);
  if (now_ns != 0)
    ask_at(&asking, now_ns);
  assert_int_equal(weir_take(table, &asking.request, &verdict), WEIR_OK);
  return verdict;
}

static void block_in_force_at_next_decision(void **state)
{
  static const char *const policies[] = {one_limit, three_limits, sliding};

  (void)state;
  for (size_t i = 0; i < 3; i++) {
    struct weir_table *table = make_table(NULL, 1000, policies[i]);
    struct weir_verdict verdict;
    struct asking asking;

    assert_int_equal(take(table, "alice", NULL, 0).outcome, WEIR_ALLOW);
    assert_int_equal(set_block(table, "user", "alice", 0, 0), WEIR_OK);
    verdict = take(table, "alice", NULL, 0);
    assert_int_equal(verdict.outcome, WEIR_BLOCK);
    assert_true(verdict.retry_after_ns == WEIR_NEVER);
    assert_string_equal(verdict.limit, "");
    assert_int_equal(verdict.remaining, 0);
    assert_int_equal(take(table, "bob", NULL, 0).outcome, WEIR_ALLOW);
    ask_for(&asking, "alice", NULL);
    assert_int_equal(weir_peek(table, &asking.request, &verdict), WEIR_OK);
    assert_int_equal(verdict.outcome, WEIR_BLOCK);
    assert_int_equal(weir_take_many(table, &asking.request, &verdict, NULL, 1), 0);
    assert_int_equal(verdict.outcome, WEIR_BLOCK);
    assert_int_equal(weir_verify(table, NULL, NULL), 0);
    weir_close(table);
  }
}

static void block_of_somebody_never_seen_is_in_force(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, one_limit);

  (void)state;
  assert_int_equal(set_block(table, "user", "mallory", 0, 0), WEIR_OK);
  assert_int_equal(take(table, "mallory", NULL, 0).outcome, WEIR_BLOCK);
  weir_close(table);
}

static void block_ends_at_its_time_and_never_before(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, one_limit);
  struct weir_verdict verdict;

  (void)state;
  assert_int_equal(set_block(table, "user", "alice", MINUTE_NS, NOW_NS), WEIR_OK);
  verdict = take(table, "alice", NULL, NOW_NS + MINUTE_NS - 1);
  assert_int_equal(verdict.outcome, WEIR_BLOCK);
  assert_true(verdict.retry_after_ns >= 1 && verdict.retry_after_ns <= 2 * SECOND_NS / 1000);
  assert_int_equal(take(table, "alice", NULL, NOW_NS + MINUTE_NS + 2 * SECOND_NS / 1000).outcome,
                   WEIR_ALLOW);
  weir_close(table);
}

static void block_again_keeps_the_longer(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, one_limit);

  (void)state;
  assert_int_equal(set_block(table, "user", "alice", 60 * MINUTE_NS, NOW_NS), WEIR_OK);
  assert_int_equal(set_block(table, "user", "alice", MINUTE_NS, NOW_NS), WEIR_OK);
  assert_int_equal(take(table, "alice", NULL, NOW_NS + 59 * MINUTE_NS).outcome, WEIR_BLOCK);
  assert_int_equal(set_block(table, "user", "alice", 0, NOW_NS), WEIR_OK);
  assert_int_equal(take(table, "alice", NULL, NOW_NS + 300 * DAY_NS).outcome, WEIR_BLOCK);
  assert_int_equal(set_block(table, "user", "alice", DAY_NS, NOW_NS), WEIR_OK);
  assert_int_equal(take(table, "alice", NULL, NOW_NS + 300 * DAY_NS).outcome, WEIR_BLOCK);
  weir_close(table);
}

static void block_by_what_no_policy_counts_by_is_in_force(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, one_limit);

  (void)state;
  assert_int_equal(take(table, "alice", "10.0.0.1", 0).outcome, WEIR_ALLOW);
  assert_int_equal(set_block(table, "ip", "10.0.0.1", 0, 0), WEIR_OK);
  assert_int_equal(take(table, "alice", "10.0.0.1", 0).outcome, WEIR_BLOCK);
  assert_int_equal(take(table, "alice", "10.0.0.2", 0).outcome, WEIR_ALLOW);
  assert_int_equal(take(table, "alice", NULL, 0).outcome, WEIR_ALLOW);
  assert_int_equal(lift(table, "ip", "10.0.0.1", 0), 1);
  assert_int_equal(take(table, "alice", "10.0.0.1", 0).outcome, WEIR_ALLOW);
  weir_close(table);
}

static void block_of_a_pair_is_of_both_together(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, one_limit);
  struct weir_attribute who[] = {{"user", "alice", 5}, {"ip", "10.0.0.1", 8}};
  struct weir_block block = {
      .size_bytes = sizeof block, .attributes = who, .attribute_count = 2};

  (void)state;
  assert_int_equal(weir_block(table, &block), WEIR_OK);
  assert_int_equal(take(table, "alice", "10.0.0.1", 0).outcome, WEIR_BLOCK);
  assert_int_equal(take(table, "alice", "10.0.0.2", 0).outcome, WEIR_ALLOW);
  assert_int_equal(take(table, "bob", "10.0.0.1", 0).outcome, WEIR_ALLOW);
  weir_close(table);
}

static void unblock_forgets_what_limits_counted(void **state)
{
  static const char *const policies[] = {one_limit, three_limits, sliding};

  (void)state;
  for (size_t i = 0; i < 3; i++) {
    struct weir_table *table = make_table(NULL, 1000, policies[i]);

    for (int n = 0; n < 5; n++)
      assert_int_equal(take(table, "alice", NULL, NOW_NS).outcome, WEIR_ALLOW);
    assert_int_equal(take(table, "alice", NULL, NOW_NS).outcome, WEIR_DENY);
    assert_int_equal(set_block(table, "user", "alice", 0, NOW_NS), WEIR_OK);
    assert_int_equal(lift(table, "user", "alice", NOW_NS), 1);
    assert_int_equal(take(table, "alice", NULL, NOW_NS).remaining, 4);
    assert_int_equal(lift(table, "user", "alice", NOW_NS), 0); /* not blocked: resets all the same */
    assert_int_equal(take(table, "alice", NULL, NOW_NS).remaining, 4);
    assert_int_equal(weir_verify(table, NULL, NULL), 0);
    weir_close(table);
  }
}

/* A member is in the filter, but has no block.  With these numbers a limit's word would pass for a
 * block's that was lifted. */
static void who_is_suspected_and_not_blocked_is_counted_as_ever(void **state)
{
  static const int counts[] = {4, 5, 8, 10};

  (void)state;
  for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
    struct weir_attribute who = {"user", "alice", 5};
    struct weir_block member = {
        .size_bytes = sizeof member, .attributes = &who, .attribute_count = 1};
    struct weir_table *table;
    char policy[64];

    snprintf(policy, sizeof policy, "policy p\n limit a %d messages / 1000d per user\n", counts[i]);
    table = make_table(NULL, 1000, policy);
    for (int n = 0; n < 3; n++)
      assert_int_equal(take(table, "alice", NULL, 0).outcome, WEIR_ALLOW);
    assert_int_equal(weir_member(table, &member, "nobodys"), WEIR_OK);
    for (int n = 3; n < counts[i]; n++)
      assert_int_equal(take(table, "alice", NULL, 0).outcome, WEIR_ALLOW);
    assert_int_equal(take(table, "alice", NULL, 0).outcome, WEIR_DENY);
    weir_close(table);
  }
}

/* What they had counted would fill the group's 64 cells many times over. */
static void many_lifts_leave_no_cells_behind(void **state)
{
  static const char *const policies[] = {one_limit, three_limits, sliding};

  (void)state;
  for (size_t i = 0; i < 3; i++) {
    struct weir_table *table = make_table(NULL, 1000, policies[i]);
    struct weir_stats stats = {.size_bytes = sizeof stats};

    for (int lifts = 0; lifts < 200; lifts++) {
      struct weir_verdict verdict = take(table, "alice", NULL, NOW_NS);

      assert_int_equal(verdict.outcome, WEIR_ALLOW);
      assert_int_equal(verdict.flags & WEIR_TABLE_FULL, 0);
      assert_int_equal(lift(table, "user", "alice", NOW_NS), 0);
    }
    assert_int_equal(weir_stats(table, &stats), WEIR_OK);
    assert_int_equal(stats.evicted, 0);
    assert_int_equal(weir_verify(table, NULL, NULL), 0);
    weir_close(table);
  }
}

struct listing {
  int count;
  struct weir_block_info last;
  char principal[256], reason[256], by[256];
};

static int list_one(void *context, const struct weir_block_info *block)
{
  struct listing *listing = context;

  listing->count++;
  listing->last = *block;
  snprintf(listing->principal, sizeof listing->principal, "%s", block->principal);
  snprintf(listing->reason, sizeof listing->reason, "%s", block->reason);
  snprintf(listing->by, sizeof listing->by, "%s", block->by);
  return 0;
}

static void blocks_lists_who_is_blocked_and_why(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, one_limit);
  struct listing listing = {0};

  (void)state;
  assert_int_equal(weir_blocks(table, list_one, &listing), WEIR_OK);
  assert_int_equal(listing.count, 0);
  assert_int_equal(set_block(table, "user", "a \"b\"\n", 0, 0), WEIR_OK);
  assert_int_equal(weir_blocks(table, list_one, &listing), WEIR_OK);
  assert_int_equal(listing.count, 1);
  assert_string_equal(listing.principal, "user=\"a \\\"b\\\"\\x0a\"");
  assert_string_equal(listing.reason, "phished");
  assert_string_equal(listing.by, "test");
  assert_true(listing.last.until_wall_ns == WEIR_NEVER);
  assert_true(listing.last.since_wall_ns != 0);
  assert_int_equal(lift(table, "user", "a \"b\"\n", 0), 1);
  listing.count = 0;
  assert_int_equal(weir_blocks(table, list_one, &listing), WEIR_OK);
  assert_int_equal(listing.count, 0);
  weir_close(table);
}

static void block_beyond_half_of_a_group_goes_to_the_spill(void **state)
{
  struct weir_table *table = make_table(NULL, 1, one_limit); /* 4 groups of 64 cells */
  struct listing listing = {0};
  char name[32];
  int blocked = 0, error = WEIR_OK;

  (void)state;
  for (; error == WEIR_OK && blocked < 1000; blocked++) {
    snprintf(name, sizeof name, "user%d", blocked);
    error = set_block(table, "user", name, 0, 0);
  }
  blocked--;
  assert_int_equal(error, WEIR_E_CAPACITY);
  assert_in_range(blocked, 65, 4 * 32 + 64);
  for (int i = 0; i < blocked; i++) {
    snprintf(name, sizeof name, "user%d", i);
    assert_int_equal(take(table, name, NULL, 0).outcome, WEIR_BLOCK);
  }
  snprintf(name, sizeof name, "user%d", blocked);
  assert_int_equal(take(table, name, NULL, 0).outcome, WEIR_ALLOW);
  assert_int_equal(weir_blocks(table, list_one, &listing), WEIR_OK);
  assert_int_equal(listing.count, blocked);
  for (int i = 0; i < blocked; i++) {
    snprintf(name, sizeof name, "user%d", i);
    assert_int_equal(lift(table, "user", name, 0), 1);
    assert_int_equal(take(table, name, NULL, 0).outcome, WEIR_ALLOW);
  }
  weir_close(table);
}

/* Blocks that are over do not keep others from being blocked. */
static void blocks_that_are_over_give_way_to_blocks(void **state)
{
  struct weir_table *table = make_table(NULL, 1, one_limit); /* 4 groups of 64 cells */
  char name[32];

  (void)state;
  for (uint64_t i = 0; i < 2000; i++) {
    snprintf(name, sizeof name, "user%llu", (unsigned long long)i);
    assert_int_equal(set_block(table, "user", name, SECOND_NS, NOW_NS + i * SECOND_NS), WEIR_OK);
    assert_int_equal(take(table, name, NULL, NOW_NS + i * SECOND_NS).outcome, WEIR_BLOCK);
  }
  assert_int_equal(weir_verify(table, NULL, NULL), 0);
  weir_close(table);
}

static void block_outlasts_a_flood_of_newcomers(void **state)
{
  struct weir_table *table = make_table(NULL, 1, one_limit);
  char name[32];

  (void)state;
  assert_int_equal(set_block(table, "user", "alice", 0, 0), WEIR_OK);
  for (int i = 0; i < 5000; i++) {
    snprintf(name, sizeof name, "flood%d", i);
    (void)take(table, name, NULL, 0);
  }
  assert_int_equal(take(table, "alice", NULL, 0).outcome, WEIR_BLOCK);
  weir_close(table);
}

static void block_without_a_policy_waits_for_one(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, NULL);

  (void)state;
  assert_int_equal(set_block(table, "user", "alice", 0, 0), WEIR_OK);
  assert_int_equal(weir_apply(table, one_limit, strlen(one_limit), "p", NULL, NULL), WEIR_OK);
  assert_int_equal(take(table, "alice", NULL, 0).outcome, WEIR_BLOCK);
  assert_int_equal(lift(table, "user", "alice", 0), 1);
  assert_int_equal(take(table, "alice", NULL, 0).outcome, WEIR_ALLOW);
  weir_close(table);
}

static void block_in_another_process_is_in_force_here(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, three_limits);
  int status;
  pid_t child;

  (void)state;
  assert_int_equal(take(table, "alice", "10.0.0.1", 0).outcome, WEIR_ALLOW);
  child = fork();
  if (child == 0)
    _exit(set_block(table, "ip", "10.0.0.1", 0, 0) != WEIR_OK ||
          set_block(table, "user", "bob", 0, 0) != WEIR_OK);
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  assert_int_equal(take(table, "alice", "10.0.0.1", 0).outcome, WEIR_BLOCK);
  assert_int_equal(take(table, "bob", "10.0.0.2", 0).outcome, WEIR_BLOCK);
  weir_close(table);
}

static void block_argument_out_of_range_is_an_error(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, one_limit);
  struct weir_attribute who[] = {{"user", "a", 1}, {"user", "b", 1}, {"x y", "c", 1},
                                 {"overall", "d", 1}};
  struct weir_block block = {.size_bytes = sizeof block, .attributes = who, .attribute_count = 2};

  (void)state;
  assert_int_equal(weir_block(table, NULL), WEIR_E_ARGUMENT);
  assert_int_equal(weir_block(NULL, &block), WEIR_E_ARGUMENT);
  assert_int_equal(weir_block(table, &block), WEIR_E_ARGUMENT); /* twice one name */
  block.attribute_count = 0;
  assert_int_equal(weir_block(table, &block), WEIR_E_ARGUMENT);
  block.attribute_count = 1;
  block.attributes = &who[2];
  assert_int_equal(weir_block(table, &block), WEIR_E_ARGUMENT);
  block.attributes = &who[3];
  assert_int_equal(weir_block(table, &block), WEIR_E_ARGUMENT);
  block.attributes = who;
  block.duration_ns = UINT64_MAX;
  assert_int_equal(weir_block(table, &block), WEIR_E_RANGE);
  block.duration_ns = 0;
  block.reserved = 1;
  assert_int_equal(weir_block(table, &block), WEIR_E_ARGUMENT);
  assert_int_equal(take(table, "a", NULL, 0).outcome, WEIR_ALLOW);
  weir_close(table);
}

static void block_by_a_thirteenth_sort_is_refused_whole(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, one_limit);
  char name[16];

  (void)state;
  for (int i = 0; i < 12; i++) {
    snprintf(name, sizeof name, "sort%d", i);
    assert_int_equal(set_block(table, name, "x", 0, 0), WEIR_OK);
    assert_int_equal(set_block(table, name, "y", 0, 0), WEIR_OK);
  }
  assert_int_equal(set_block(table, "sort12", "x", 0, 0), WEIR_E_CAPACITY);
  assert_int_equal(set_block(table, "sort3", "z", 0, 0), WEIR_OK);
  assert_int_equal(set_block(table, "user", "alice", 0, 0), WEIR_OK); /* a policy counts by it */
  assert_int_equal(take(table, "alice", NULL, 0).outcome, WEIR_BLOCK);
  weir_close(table);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(block_in_force_at_next_decision),
      cmocka_unit_test(block_of_somebody_never_seen_is_in_force),
      cmocka_unit_test(block_ends_at_its_time_and_never_before),
      cmocka_unit_test(block_again_keeps_the_longer),
      cmocka_unit_test(block_by_what_no_policy_counts_by_is_in_force),
      cmocka_unit_test(block_of_a_pair_is_of_both_together),
      cmocka_unit_test(unblock_forgets_what_limits_counted),
      cmocka_unit_test(who_is_suspected_and_not_blocked_is_counted_as_ever),
      cmocka_unit_test(many_lifts_leave_no_cells_behind),
      cmocka_unit_test(blocks_lists_who_is_blocked_and_why),
      cmocka_unit_test(block_beyond_half_of_a_group_goes_to_the_spill),
      cmocka_unit_test(blocks_that_are_over_give_way_to_blocks),
      cmocka_unit_test(block_outlasts_a_flood_of_newcomers),
      cmocka_unit_test(block_without_a_policy_waits_for_one),
      cmocka_unit_test(block_in_another_process_is_in_force_here),
      cmocka_unit_test(block_argument_out_of_range_is_an_error),
      cmocka_unit_test(block_by_a_thirteenth_sort_is_refused_whole),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
