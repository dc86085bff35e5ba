/* SPDX-License-Identifier: BSD-2-Clause
 * Where blocks lie: beside one that was begun, in the spill group, in the place of old ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "admit/admit.h"
#include "guard/principal.h"
#include "support/guard.h"

#define DAY_NS (24 * 60 * MINUTE_NS)

static const char one_limit[] = "policy p\n limit a 5 messages / 1h per user\n";

/* now_ns 0: by the table's clock. */
static int block_for(struct weir_table *table, const char *user, uint64_t duration_ns,
                     uint64_t now_ns)
{
  struct weir_attribute who = {"user", user, strlen(user)};
  struct weir_block block = block_words(&who, now_ns);

  block.duration_ns = duration_ns;
  block.flags = now_ns != 0 ? WEIR_NOW_GIVEN : 0;
  return weir_block(table, &block);
}

static enum weir_outcome take(struct weir_table *table, const char *user)
{
  struct weir_verdict verdict;
  struct asking asking;

  ask_for(&asking, user, NULL);
  assert_int_equal(weir_take(table, &asking.request, &verdict), WEIR_OK);
  return (enum weir_outcome)verdict.outcome;
}

/* How many can be blocked for a second, of ever new ones. */
static int block_until_full(struct weir_table *table, char kind, uint64_t now_ns)
{
  char name[32];
  int blocked = 0;

  for (; blocked < 1000; blocked++) {
    snprintf(name, sizeof name, "%c%d", kind, blocked);
    if (block_for(table, name, SECOND_NS, now_ns) != WEIR_OK)
      break;
  }
  return blocked;
}

/* A block that is over makes room for another, be it that sessions still ask for it. */
static void blocks_that_are_over_make_room_for_others(void **state)
{
  struct weir_table *table = make_table(NULL, 1, one_limit); /* 4 groups of 64 cells */
  int first = block_until_full(table, 'a', GUARD_NOW_NS);

  (void)state;
  assert_in_range(first, 65, 4 * 32 + 64);
  assert_int_equal(block_until_full(table, 'x', GUARD_NOW_NS), 0); /* they are in force */
  assert_true(block_until_full(table, 'b', GUARD_NOW_NS + 29 * DAY_NS) > 64);
  assert_true(block_until_full(table, 'c', GUARD_NOW_NS + 31 * DAY_NS) > 64); /* not the spill alone */
  assert_int_equal(weir_verify(table, NULL, NULL), 0);
  weir_close(table);
}

static void verify_looks_at_the_spill_too(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, one_limit);
  struct wi_cell *spill = table->region.side->spill;

  (void)state;
  spill[0] = spill[1] = (struct wi_cell){.tag = 77 << WI_ID_BITS | WI_ID_BLOCK, .state = 1};
  assert_int_equal(weir_verify(table, NULL, NULL), 1); /* two of one principal */
  spill[1].tag = 78 << WI_ID_BITS | WI_ID_BLOCK;
  assert_int_equal(weir_verify(table, NULL, NULL), 0);
  spill[1].tag = 78 << WI_ID_BITS | WI_ID_FIRST_WORD; /* a limit's never lies there */
  assert_int_equal(weir_verify(table, NULL, NULL), 1);
  weir_close(table);
}

/* What a process leaves that is killed between INSERT 2 and 5 (table/group.h), or that goes on
 * beside this one: a cell that counts nothing yet. */
static void block_beside_one_that_was_begun_is_in_force(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, one_limit);
  struct weir_attribute who = {"user", "alice", 5};
  struct wi_principal principal;
  uint64_t now = (uint32_t)(wi_clock_coarse_ns() >> 20);

  (void)state;
  assert_true(wi_principal_of(&table->region, &who, 1, &principal));
  assert_int_equal(block_for(table, "alice", 0, 0), WEIR_OK); /* its bit in the filter */
  for (uint32_t i = 0; i < WI_GROUP_CELLS; i++)
    if (principal.place.group[i].tag == (principal.place.own | WI_ID_BLOCK))
      principal.place.group[i].state = WI_TENTATIVE | now << 31 | 77;
  assert_int_equal(take(table, "alice"), WEIR_ALLOW);
  assert_int_equal(block_for(table, "alice", 0, 0), WEIR_OK);
  assert_int_equal(take(table, "alice"), WEIR_BLOCK);
  assert_int_equal(weir_verify(table, NULL, NULL), 0);
  weir_close(table);
}

/* Of two who block at once one may find room in the group and the other not. */
static void lift_of_a_block_that_lies_twice_forgets_all(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, one_limit);
  struct weir_attribute who = {"user", "alice", 5};
  uint64_t now_ns = GUARD_NOW_NS;
  struct wi_principal principal;

  (void)state;
  for (int i = 0; i < 5; i++)
    assert_int_equal(send_to(table, "alice", NULL, now_ns), WEIR_ALLOW);
  assert_int_equal(block_for(table, "alice", SECOND_NS, now_ns), WEIR_OK);
  assert_true(wi_principal_of(&table->region, &who, 1, &principal));
  table->region.side->spill[principal.place.first] =
      (struct wi_cell){.tag = principal.place.own | WI_ID_BLOCK, .state = WI_BLOCK_FOREVER};
  table->region.live->hot.flags |= WI_HOT_SPILLED;
  now_ns += MINUTE_NS; /* that of the group is over */
  assert_int_equal(send_to(table, "alice", NULL, now_ns), WEIR_BLOCK);
  assert_int_equal(unblock_user(table, "alice", now_ns), 1);
  for (int i = 0; i < 5; i++)
    assert_int_equal(send_to(table, "alice", NULL, now_ns), WEIR_ALLOW);
  assert_int_equal(send_to(table, "alice", NULL, now_ns), WEIR_DENY);
  weir_close(table);
}

/* The thief is denied all the same; that it could not be blocked is counted and told. */
static void automatic_block_without_room_is_counted(void **state)
{
  static const char text[] = "policy p\n limit a 1 messages / 1h per user\n"
                             " on a denied block user for 1h\n";
  struct weir_table *table = make_table(NULL, 1, text);
  struct weir_stats stats = {.size_bytes = sizeof stats};
  struct weir_event event = {.size_bytes = sizeof event};
  struct weir_events_cursor cursor;
  uint64_t lost;
  char name[32];
  int full = 0;

  (void)state;
  assert_int_equal(send_to(table, "alice", NULL, GUARD_NOW_NS), WEIR_ALLOW);
  for (int i = 0; i < 2000; i++) { /* until each group is full, and the spill group */
    snprintf(name, sizeof name, "u%d", i);
    full += block_for(table, name, SECOND_NS, GUARD_NOW_NS) == WEIR_E_CAPACITY;
  }
  assert_true(full > 1000);
  assert_int_equal(weir_stats(table, &stats), WEIR_OK);
  assert_int_equal(stats.auto_blocks_failed, 0);
  assert_int_equal(weir_events_begin(table, &cursor, WEIR_EVENTS_NEWEST), WEIR_OK);
  for (int i = 0; i < 3; i++)
    assert_int_equal(send_to(table, "alice", NULL, GUARD_NOW_NS), WEIR_DENY);
  assert_int_equal(weir_stats(table, &stats), WEIR_OK);
  assert_int_equal(stats.auto_blocks_failed, 3);
  assert_int_equal(stats.auto_blocks, 0);
  do
    assert_int_equal(weir_events_next(table, &cursor, &event, &lost), 1);
  while (event.kind != WEIR_EVENT_PRESSURE);
  assert_string_equal(event.principal, "user=alice");
  assert_string_equal(event.limit, "a");
  weir_close(table);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(blocks_that_are_over_make_room_for_others),
      cmocka_unit_test(lift_of_a_block_that_lies_twice_forgets_all),
      cmocka_unit_test(verify_looks_at_the_spill_too),
      cmocka_unit_test(block_beside_one_that_was_begun_is_in_force),
      cmocka_unit_test(automatic_block_without_room_is_counted),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
