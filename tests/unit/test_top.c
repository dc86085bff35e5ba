/* SPDX-License-Identifier: BSD-2-Clause
 * Top of those whose names are kept, and how many blocks are in force. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/see.h"

struct ranking {
  uint32_t count;
  char principals[16][WEIR_PRINCIPAL_BYTES];
  char limits[16][WEIR_NAME_BYTES];
  char denied_limits[16][WEIR_NAME_BYTES];
  struct weir_top tops[16];
};

static int rank(void *context, const struct weir_top *top)
{
  struct ranking *ranking = context;
  uint32_t at = ranking->count++;

  assert_true(at < 16);
  (void)snprintf(ranking->principals[at], WEIR_PRINCIPAL_BYTES, "%s", top->principal);
  (void)snprintf(ranking->limits[at], WEIR_NAME_BYTES, "%s", top->limit);
  (void)snprintf(ranking->denied_limits[at], WEIR_NAME_BYTES, "%s", top->denied_limit);
  ranking->tops[at] = *top;
  return 0;
}

static struct ranking top(struct weir_table *table, enum weir_top_order order_by, size_t count)
{
  struct ranking ranking = {.count = 0};

  assert_int_equal(weir_top(table, order_by, count, rank, &ranking), WEIR_OK);
  return ranking;
}

static void top_of_a_table_without_names_is_empty(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, see_policies);

  (void)state;
  take(table, "p", "alice", 9, 0);
  assert_int_equal(top(table, WEIR_TOP_DENIED, 10).count, 0);
  assert_int_equal(top(table, WEIR_TOP_COST, 10).count, 0);
  weir_close(table);
}

static void top_by_denials_is_the_most_denied_first(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, see_policies);
  struct weir_attribute dave = {"user", "dave", 4}, carol = {"user", "carol", 5};
  struct weir_block block = order(&dave, 0);
  struct ranking ranking;

  (void)state;
  note_denials(table, "alice", 5, slot_of(table, 0));
  note_denials(table, "bob", 50, slot_of(table, 2));
  note_denials(table, "carol", 7, slot_of(table, 0));
  assert_int_equal(weir_block(table, &block), WEIR_OK); /* never denied: not in this list */
  block = order(&carol, 0);
  assert_int_equal(weir_block(table, &block), WEIR_OK);
  ranking = top(table, WEIR_TOP_DENIED, 10);
  assert_int_equal(ranking.count, 3);
  assert_string_equal(ranking.principals[0], "user=bob");
  assert_string_equal(ranking.principals[1], "user=carol");
  assert_string_equal(ranking.principals[2], "user=alice");
  assert_int_equal(ranking.tops[0].denied, 50);
  assert_string_equal(ranking.denied_limits[0], "window");
  assert_int_equal(ranking.tops[0].blocked, 0);
  assert_int_equal(ranking.tops[1].blocked, 1);
  assert_int_equal(top(table, WEIR_TOP_DENIED, 2).count, 2);
  assert_int_equal(top(table, WEIR_TOP_DENIED, 0).count, 0);
  weir_close(table);
}

static void top_by_cost_is_the_fullest_limit_first(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, see_policies);
  struct weir_attribute alice = {"user", "alice", 5}, bob = {"user", "bob", 3};
  struct weir_block block = order(&alice, 0);
  struct ranking ranking;

  (void)state;
  take(table, "p", "alice", 2, 700); /* 2 of 10, 700 of 1000, 2 of 20 */
  take(table, "p", "bob", 9, 0);
  take(table, "p", "carol", 10, 0); /* unknown by name */
  note_denials(table, "alice", 1, 0);
  note_denials(table, "dave", 9, 0); /* has used nothing */
  assert_int_equal(weir_block(table, &block), WEIR_OK); /* two records, one principal */
  block = order(&bob, 0);
  assert_int_equal(weir_block(table, &block), WEIR_OK);
  ranking = top(table, WEIR_TOP_COST, 10);
  assert_int_equal(ranking.count, 2);
  assert_string_equal(ranking.principals[0], "user=bob");
  assert_string_equal(ranking.limits[0], "small");
  assert_int_equal(ranking.tops[0].used, 9);
  assert_int_equal(ranking.tops[0].burst, 10);
  assert_int_equal(ranking.tops[0].used_per_mille, 900);
  assert_string_equal(ranking.principals[1], "user=alice");
  assert_string_equal(ranking.limits[1], "large");
  assert_int_equal(ranking.tops[1].used, 700);
  assert_int_equal(ranking.tops[1].denied, 1);
  assert_int_equal(ranking.tops[1].blocked, 1);
  weir_close(table);
}

static void top_arguments_that_are_none_are_refused(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, see_policies);

  (void)state;
  assert_int_equal(weir_top(NULL, WEIR_TOP_DENIED, 1, rank, NULL), WEIR_E_ARGUMENT);
  assert_int_equal(weir_top(table, WEIR_TOP_DENIED, 1, NULL, NULL), WEIR_E_ARGUMENT);
  assert_int_equal(weir_top(table, (enum weir_top_order)7, 1, rank, NULL), WEIR_E_RANGE);
  weir_close(table);
}

/* ------------------------------------------------------------------------- stats -- */

static uint64_t blocks_in_force(struct weir_table *table)
{
  struct weir_stats stats = {.size_bytes = sizeof stats};

  assert_int_equal(weir_stats(table, &stats), WEIR_OK);
  assert_true(stats.groups * WI_GROUP_CELLS == stats.cells);
  return stats.blocks;
}

static void stats_counts_the_named_blocks_in_force(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, see_policies);
  struct weir_attribute alice = {"user", "alice", 5}, bob = {"user", "bob", 3};
  struct weir_block first = order(&alice, DAY_NS), second = order(&bob, 0);
  struct weir_block longer = order(&alice, 0);

  (void)state;
  assert_int_equal(blocks_in_force(table), 0);
  note_denials(table, "carol", 3, 0);
  assert_int_equal(weir_block(table, &first), WEIR_OK);
  assert_int_equal(weir_block(table, &second), WEIR_OK);
  assert_int_equal(blocks_in_force(table), 2);
  assert_int_equal(weir_block(table, &longer), WEIR_OK); /* the record before tells of none now */
  assert_int_equal(blocks_in_force(table), 2);
  assert_int_equal(weir_unblock(table, &second), 1);
  assert_int_equal(blocks_in_force(table), 1);
  weir_close(table);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(top_of_a_table_without_names_is_empty),
      cmocka_unit_test(top_by_denials_is_the_most_denied_first),
      cmocka_unit_test(top_by_cost_is_the_fullest_limit_first),
      cmocka_unit_test(top_arguments_that_are_none_are_refused),
      cmocka_unit_test(stats_counts_the_named_blocks_in_force),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
