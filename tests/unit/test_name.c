/* SPDX-License-Identifier: BSD-2-Clause
 * Records of names: which one gives way, and what a writer leaves that never ended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "admit/admit.h"
#include "guard/name.h"
#include "support/table.h"

#define SET_SHIFT 20 /* of a mark, as guard/name.c chooses a set by                        */

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

static struct wi_name *set_of(struct weir_table *table, const char *user)
{
  struct weir_attribute who = {"user", user, strlen(user)};
  uint32_t sets = table->region.geometry.names / WI_NAME_SET;
  struct wi_principal principal;

  assert_true(wi_principal_of(&table->region, &who, 1, &principal));
  return table->region.names + (uint32_t)(principal.hash.mark >> SET_SHIFT) % sets * WI_NAME_SET;
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
  begin_records(set_of(table, "alice"), WI_NAME_SET, 5000);
  assert_int_equal(set_block(table, "alice"), WEIR_OK);
  assert_int_equal(list(table).named, 1);
  assert_int_equal(list(table).nameless, 0);
  weir_close(table);
}

static void block_leaves_records_that_are_being_written(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, policy);

  (void)state;
  begin_records(set_of(table, "alice"), WI_NAME_SET, 0);
  assert_int_equal(set_block(table, "alice"), WEIR_OK); /* in force all the same */
  assert_int_equal(list(table).nameless, 1);
  for (uint32_t i = 0; i < WI_NAME_SET; i++)
    assert_true(set_of(table, "alice")[i].claim >> 63 != 0);
  weir_close(table);
}

/* Never one of a block in force, whatever else has to give way. */
static void blocks_in_force_keep_their_names(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, policy);
  struct wi_name *set = set_of(table, "u0");
  int blocked = 0;
  char user[16];

  (void)state;
  begin_records(set, 3, 5000);
  for (int i = 0; blocked < 12; i++) {
    snprintf(user, sizeof user, "u%d", i);
    if (set_of(table, user) != set)
      continue;
    assert_int_equal(set_block(table, user), WEIR_OK);
    blocked++;
    assert_int_equal(list(table).named, blocked < 8 ? blocked : 8);
    assert_int_equal(list(table).nameless, blocked < 8 ? 0 : blocked - 8);
  }
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
  for (uint32_t i = 0; i < WI_NAME_SET; i++) {
    struct wi_name *name = &set_of(table, "alice")[i];

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

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(block_takes_what_was_given_up_where_nothing_else_is),
      cmocka_unit_test(block_leaves_records_that_are_being_written),
      cmocka_unit_test(blocks_in_force_keep_their_names),
      cmocka_unit_test(forged_record_is_printable),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
