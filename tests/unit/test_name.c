/* SPDX-License-Identifier: BSD-2-Clause
 * Records of names: which one gives way, and what a writer leaves that never ended. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "admit/admit.h"
#include "base/arith.h"
#include "guard/name.h"
#include "support/table.h"

static const char policy[] = "policy p\n limit a 5 messages / 1h per user\n";

static int set_block(struct weir_table *table, const char *user)
{
  struct weir_attribute who = {"user", user, strlen(user)};
  struct weir_block block = {.size_bytes = sizeof block, .attributes = &who, .attribute_count = 1,
                             .reason = "phished", .by = "test"};

  return weir_block(table, &block);
}

struct listing {
  int named, nameless;
};

static int list_one(void *context, const struct weir_block_info *block)
{
  struct listing *listing = context;
  bool is_named = strcmp(block->principal, "(name not kept)") != 0;

  listing->named += is_named;
  listing->nameless += !is_named;
  assert_string_equal(block->reason, is_named ? "phished" : "");
  assert_string_equal(block->by, is_named ? "test" : "");
  return 0;
}

static struct listing list(struct weir_table *table)
{
  struct listing listing = {0, 0};

  assert_int_equal(weir_blocks(table, list_one, &listing), WEIR_OK);
  return listing;
}

static struct wi_hash hash_of(struct weir_table *table, const char *user)
{
  struct weir_attribute who = {"user", user, strlen(user)};
  struct wi_principal principal;

  assert_true(wi_principal_of(&table->region, &who, 1, &principal));
  return principal.hash;
}

static struct wi_name *set_of(struct weir_table *table, const char *user, uint32_t which)
{
  return wi_name_set(&table->region, hash_of(table, user).mark, which);
}

/* Records of writers that were killed before their end, so many ms ago. */
static void begin_records(struct wi_name *set, uint32_t count, uint64_t ago_ms)
{
  uint64_t when = (uint32_t)((wi_clock_coarse_ns() - ago_ms * 1000000) >> 20);

  for (uint32_t i = 0; i < count; i++)
    set[i].claim = (uint64_t)1 << 63 | when << 31 | i;
}

static void block_takes_what_was_given_up_where_nothing_else_is(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, policy);

  (void)state;
  begin_records(set_of(table, "alice", 0), WI_NAME_SET, 5000);
  begin_records(set_of(table, "alice", 1), WI_NAME_SET, 5000);
  assert_int_equal(set_block(table, "alice"), WEIR_OK);
  assert_int_equal(list(table).named, 1);
  assert_int_equal(list(table).nameless, 0);
  weir_close(table);
}

static void block_leaves_records_that_are_being_written(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, policy);

  (void)state;
  begin_records(set_of(table, "alice", 0), WI_NAME_SET, 0);
  begin_records(set_of(table, "alice", 1), WI_NAME_SET, 0);
  assert_int_equal(set_block(table, "alice"), WEIR_OK); /* in force all the same */
  assert_int_equal(list(table).nameless, 1);
  for (uint32_t i = 0; i < WI_NAME_CHOICES * WI_NAME_SET; i++)
    assert_true(set_of(table, "alice", i / WI_NAME_SET)[i % WI_NAME_SET].claim >> 63 != 0);
  weir_close(table);
}

/* Never one of a block in force, whatever else has to give way: here both sets of one user are
 * filled by others. */
static void blocks_in_force_keep_their_names(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, policy);
  struct wi_name *first = set_of(table, "u0", 0), *second = set_of(table, "u0", 1);
  int blocked = 0, room = 2 * WI_NAME_SET;
  char user[16];

  (void)state;
  begin_records(first, 3, 5000);
  for (int i = 0; blocked < room + 4; i++) {
    struct wi_name *one, *other;

    snprintf(user, sizeof user, "u%d", i);
    one = set_of(table, user, 0);
    other = set_of(table, user, 1);
    if ((one != first || other != second) && (one != second || other != first))
      continue;
    assert_int_equal(set_block(table, user), WEIR_OK);
    blocked++;
    assert_int_equal(list(table).named, blocked < room ? blocked : room);
    assert_int_equal(list(table).nameless, blocked < room ? 0 : blocked - room);
  }
  weir_close(table);
}

/* Of half as many blocks as there are records all have a name: with one set for each, four would
 * have none. */
static void half_as_many_blocks_as_records_have_names(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, policy);
  uint32_t half = table->region.geometry.names / 2;
  char user[16];

  (void)state;
  for (uint32_t i = 0; i < half; i++) {
    snprintf(user, sizeof user, "u%" PRIu32, i);
    assert_int_equal(set_block(table, user), WEIR_OK);
  }
  assert_int_equal(list(table).named, half);
  weir_close(table);
}

static int copy_reason(void *context, const struct weir_block_info *block)
{
  snprintf(context, 72, "%s", block->reason);
  return 0;
}

static void longer_block_keeps_the_reason(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, policy);
  struct weir_attribute who = {"user", "alice", 5};
  struct weir_block block = {.size_bytes = sizeof block, .attributes = &who, .attribute_count = 1,
                             .reason = "phished", .duration_ns = 3600000000000};
  char reason[72] = "none";

  (void)state;
  assert_int_equal(weir_block(table, &block), WEIR_OK);
  block.duration_ns *= 2;
  block.reason = NULL;
  assert_int_equal(weir_block(table, &block), WEIR_OK);
  assert_int_equal(weir_blocks(table, copy_reason, reason), WEIR_OK);
  assert_string_equal(reason, "phished");
  block.duration_ns *= 2;
  block.reason = "";
  assert_int_equal(weir_block(table, &block), WEIR_OK);
  assert_int_equal(weir_blocks(table, copy_reason, reason), WEIR_OK);
  assert_string_equal(reason, "");
  assert_int_equal(weir_unblock(table, &block), 1);
  block.reason = NULL;
  assert_int_equal(weir_block(table, &block), WEIR_OK); /* another block */
  assert_int_equal(weir_blocks(table, copy_reason, reason), WEIR_OK);
  assert_string_equal(reason, "");
  weir_close(table);
}

/* Who may write the file may write a record that passes its checksum. */
static int is_printable(const char *text, size_t room)
{
  size_t length = strnlen(text, room);

  for (size_t i = 0; i < length; i++)
    if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
      return 0;
  return length < room;
}

static int check_strings(void *context, const struct weir_block_info *block)
{
  ++*(int *)context;
  assert_true(is_printable(block->principal, WEIR_PRINCIPAL_BYTES));
  assert_true(is_printable(block->reason, 72) && is_printable(block->by, 32));
  return 0;
}

static void forged_record_is_printable(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, policy);
  struct weir_attribute who = {"user", "alice", 5};
  struct weir_why why = {.size_bytes = sizeof why};
  int blocks = 0;

  (void)state;
  assert_int_equal(set_block(table, "alice"), WEIR_OK);
  for (uint32_t i = 0; i < WI_NAME_CHOICES * WI_NAME_SET; i++) {
    struct wi_name *name = &set_of(table, "alice", i / WI_NAME_SET)[i % WI_NAME_SET];

    if (name->claim == 0)
      continue;
    memset(name->principal, 0x1b, sizeof name->principal);
    memset(name->by, '\n', sizeof name->by);
    memset(name->reason, 0x7f, sizeof name->reason);
    name->claim = (wi_layout_checksum((const unsigned char *)name + WI_NAME_BODY_OFFSET,
                                      WI_NAME_BODY_BYTES) &
                   ~((uint64_t)1 << 63)) |
                  1;
  }
  assert_int_equal(weir_blocks(table, check_strings, &blocks), WEIR_OK);
  assert_int_equal(blocks, 1);
  assert_int_equal(weir_why(table, &who, 1, &why, NULL, NULL), WEIR_OK);
  assert_true(why.reason[0] == '?' && is_printable(why.reason, sizeof why.reason));
  assert_true(is_printable(why.by, sizeof why.by));
  weir_close(table);
}

/* ---------------------------------------------------------------------- denials -- */

static void text_of(struct weir_table *table, const char *user, char text[WEIR_PRINCIPAL_BYTES])
{
  struct weir_attribute who = {"user", user, strlen(user)};
  struct wi_principal principal;

  assert_true(wi_principal_of(&table->region, &who, 1, &principal));
  wi_principal_text(&principal, text);
}

static void put_denied(struct weir_table *table, const char *user)
{
  struct wi_name name = {.kind = WI_NAME_DENIED, .hash = hash_of(table, user)};

  text_of(table, user, name.principal);
  assert_true(wi_name_put(&table->region, &name, weir_now_ns(table)));
}

static bool add_denied(struct weir_table *table, uint64_t mark, uint64_t count)
{
  uint64_t before_ns;

  return wi_name_add_denied(&table->region, mark, count, 0, weir_now_ns(table), &before_ns);
}

/* The next user from *at on whose records are in the same set as u0's. */
static void find_neighbour(struct weir_table *table, int *at, char *user, size_t room)
{
  do
    snprintf(user, room, "u%d", (*at)++);
  while (set_of(table, user, 0) != set_of(table, "u0", 0));
}

static void denials_are_counted_for_whom_they_are_about(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, policy);
  char users[WI_NAME_SET][16], other[16];
  int at = 0;

  (void)state;
  for (uint32_t i = 0; i < WI_NAME_SET; i++) {
    find_neighbour(table, &at, users[i], sizeof users[i]);
    put_denied(table, users[i]);
  }
  for (uint32_t i = 0; i < WI_NAME_SET; i++) {
    uint64_t mark = hash_of(table, users[i]).mark;

    assert_true(add_denied(table, mark, i + 1));
    assert_true(add_denied(table, mark ^ WI_ID_MASK, 100)); /* a note's tag ends in a time */
  }
  for (uint32_t i = 0; i < WI_NAME_SET; i++) {
    char text[WEIR_PRINCIPAL_BYTES];
    struct wi_name copy;

    text_of(table, users[i], text);
    assert_true(wi_name_find_denied(&table->region, hash_of(table, users[i]), &copy));
    assert_string_equal(copy.principal, text);
    assert_int_equal(copy.denied, 101 + i);
  }
  find_neighbour(table, &at, other, sizeof other); /* on no record */
  assert_false(add_denied(table, hash_of(table, other).mark, 1));
  weir_close(table);
}

static void record_of_a_block_counts_no_denials(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, policy);
  struct wi_hash alice = hash_of(table, "alice");
  struct wi_name copy;

  (void)state;
  assert_int_equal(set_block(table, "alice"), WEIR_OK);
  assert_false(add_denied(table, alice.mark, 1));
  assert_false(wi_name_find_denied(&table->region, alice, &copy));
  put_denied(table, "alice");
  assert_true(add_denied(table, alice.mark, 3));
  assert_true(wi_name_find_denied(&table->region, alice, &copy));
  assert_int_equal(copy.denied, 3);
  assert_int_equal(list(table).named, 1);
  weir_close(table);
}

/* What a flood of ever new ones that are denied may cost: each processor puts 16 on record in one
 * tick, and in the next tick again. */
static void names_put_on_record_in_one_tick_are_few(void **state)
{
  struct weir_table *table =
      make_table(NULL, 10000, "policy p\n limit a 1 messages / 100d per user\n");
  uint32_t stripes = table->region.geometry.stripes;

  (void)state;
  for (uint64_t tick = 1000; tick < 1002; tick++) {
    uint64_t most = 0;

    for (uint32_t i = 0; i < 40 * stripes; i++) {
      struct weir_verdict verdict;
      char user[16];

      snprintf(user, sizeof user, "u%d%" PRIu32, (int)(tick % 10), i);
      assert_int_equal(take_at(table, user, tick << 22, &verdict), WEIR_ALLOW);
      assert_int_equal(take_at(table, user, tick << 22, &verdict), WEIR_DENY);
    }
    for (uint32_t i = 0; i < stripes; i++)
      if (table->region.stripes[i].note_time >> 8 == tick)
        most = wi_max(most, table->region.stripes[i].note_time & 255);
    assert_int_equal(most, 16);
  }
  weir_close(table);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(block_takes_what_was_given_up_where_nothing_else_is),
      cmocka_unit_test(block_leaves_records_that_are_being_written),
      cmocka_unit_test(blocks_in_force_keep_their_names),
      cmocka_unit_test(half_as_many_blocks_as_records_have_names),
      cmocka_unit_test(longer_block_keeps_the_reason),
      cmocka_unit_test(forged_record_is_printable),
      cmocka_unit_test(denials_are_counted_for_whom_they_are_about),
      cmocka_unit_test(record_of_a_block_counts_no_denials),
      cmocka_unit_test(names_put_on_record_in_one_tick_are_few),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
