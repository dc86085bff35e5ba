/* SPDX-License-Identifier: BSD-2-Clause
 * Everything beside the cells, written by somebody who may write the file: every call ends, reads
 * what it may, and shows texts that have an end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "admit/admit.h"
#include "guard/name.h"
#include "support/guard.h"
#include "support/policy_full.h"

#define USERS 40
#define ROUNDS 60

static uint64_t seed;

static uint64_t draw(uint64_t below)
{
  return test_random(&seed) % below;
}

/* Numbers of every length, and those at the ends. */
static uint64_t any_word(void)
{
  switch (draw(6)) {
  case 0:
    return 0;
  case 1:
    return UINT64_MAX;
  case 2:
    return draw(16);
  default:
    return test_random(&seed) >> draw(64);
  }
}

static void forge_words(void *words, size_t bytes, uint64_t share)
{
  for (size_t i = 0; i < bytes / sizeof(uint64_t); i++)
    if (draw(share) == 0)
      ((uint64_t *)words)[i] = any_word();
}

/* ------------------------------------------------------------------------- forgers -- */

static void forge_filter(struct weir_table *table)
{
  forge_words(table->region.side->filter, sizeof table->region.side->filter, 1 + draw(3));
}

/* Tags of blocks and members, of limits, of nobody, with words that mean everything. */
static void forge_cell(struct wi_cell *cell)
{
  uint64_t id = draw(3) == 0 ? draw(WI_IDS) : WI_ID_BLOCK + draw(2);

  if (draw(2) == 0)
    cell->tag = (draw(2) == 0 ? wi_tag_mark(cell->tag) : any_word() & ~WI_ID_MASK) | id;
  cell->state = any_word();
}

static void forge_spill(struct weir_table *table)
{
  table->region.live->hot.flags |= WI_HOT_SPILLED;
  for (uint32_t i = 0; i < WI_GROUP_CELLS; i++) {
    if (draw(3) == 0) /* one of somebody's */
      table->region.side->spill[i] =
          table->region.cells[draw(table->region.geometry.groups * WI_GROUP_CELLS)];
    if (draw(2) == 0)
      forge_cell(&table->region.side->spill[i]);
  }
}

static void forge_cells(struct weir_table *table)
{
  for (uint64_t i = 0; i < table->region.geometry.groups * WI_GROUP_CELLS; i++)
    if (draw(3) == 0)
      forge_cell(&table->region.cells[i]);
}

static void forge_shapes(struct weir_table *table)
{
  for (uint32_t i = 0; i < WI_SHAPES_MAX; i++) {
    struct wi_shape *shape = &table->region.side->shapes[i];
    char *names = (char *)shape->names;

    shape->claim = draw(4) == 0 ? any_word() : WI_SHAPE_READY;
    shape->attribute_count = draw(3) == 0 ? any_word() : draw(WI_KEY_ATTRIBUTES_MAX + 2);
    if (draw(3) == 0)
      forge_words(shape->names, sizeof shape->names, 1 + draw(4));
    else if (draw(2) == 0)
      memset(names, 'a' + (int)draw(3), sizeof shape->names); /* without an end */
    else
      for (uint32_t at = 0; at < WI_KEY_ATTRIBUTES_MAX; at++)
        (void)snprintf(names + at * WEIR_NAME_BYTES, WEIR_NAME_BYTES, "%s",
                       draw(2) == 0 ? "user" : "zone");
  }
  table->region.live->hot.flags |= any_word() << WI_HOT_SHAPES_SHIFT;
}

static void forge_names(struct weir_table *table)
{
  for (uint32_t i = 0; i < table->region.geometry.names; i++) {
    struct wi_name *name = &table->region.names[i];

    if (draw(2) == 0)
      forge_words(name, sizeof *name, 1 + draw(8));
    else
      memset(name->principal, (int)draw(256), sizeof *name - offsetof(struct wi_name, principal));
    if (draw(3) == 0)
      name->kind = draw(4);
    if (draw(4) == 0)
      name->claim = (uint64_t)1 << 63 | any_word();
    else if (draw(4) != 0) /* one that passes */
      name->claim = (wi_layout_checksum((const unsigned char *)name + WI_NAME_BODY_OFFSET,
                                        WI_NAME_BODY_BYTES) &
                     ~((uint64_t)1 << 63)) |
                    1;
  }
}

static void forge_ring(struct weir_table *table)
{
  struct wi_side *side = table->region.side;

  if (draw(2) == 0)
    side->ring_head = any_word();
  forge_words(side->ring_reserved, sizeof side->ring_reserved, 1);
  forge_words(side->ring, sizeof side->ring, 1 + draw(20));
}

static void forge_live(struct weir_table *table)
{
  table->region.live->pressure_ns = any_word();
  table->region.live->hot.flags ^= draw(16) & ~(uint64_t)WI_HOT_RETIRED;
  for (uint32_t i = 0; i < table->region.geometry.stripes; i++)
    forge_words(&table->region.stripes[i], sizeof table->region.stripes[i], 2);
}

static void (*const forgers[])(struct weir_table *) = {
    forge_filter, forge_spill, forge_shapes, forge_names, forge_ring, forge_live, forge_cells,
};
#define FORGERS (sizeof forgers / sizeof forgers[0])

/* ------------------------------------------------------------------------ everything -- */

static void expect_text(const char *text, size_t room)
{
  size_t length = strnlen(text, room);

  assert_true(length < room);
  for (size_t i = 0; i < length; i++)
    assert_true((unsigned char)text[i] >= ' ' && text[i] != 0x7f);
}

static int see_block(void *context, const struct weir_block_info *block)
{
  (void)context;
  expect_text(block->principal, WEIR_PRINCIPAL_BYTES);
  expect_text(block->reason, 72);
  expect_text(block->by, 32);
  assert_true(block->level <= WI_BLOCK_LEVEL_MAX);
  return 0;
}

static int see_limit(void *context, const struct weir_why_limit *limit)
{
  (void)context;
  expect_text(limit->limit, WEIR_NAME_BYTES);
  assert_true((limit->flags & WEIR_WHY_BY_MORE) != 0 ||
              limit->used + limit->remaining == limit->burst);
  return 0;
}

static int see_top(void *context, const struct weir_top *top)
{
  (void)context;
  expect_text(top->principal, WEIR_PRINCIPAL_BYTES);
  expect_text(top->denied_limit, WEIR_NAME_BYTES);
  assert_true(top->used_per_mille <= 1000);
  return 0;
}

static void follow_events(struct weir_table *table)
{
  struct weir_events_cursor cursor;
  struct weir_event event = {.size_bytes = sizeof event};
  uint64_t lost;
  int result = 1;

  if (weir_events_begin(table, &cursor, WEIR_EVENTS_OLDEST) != WEIR_OK)
    return;
  cursor.patience_ns = 0;
  for (int i = 0; i < 3000 && result == 1; i++) {
    result = weir_events_next(table, &cursor, &event, &lost);
    if (result == 1)
      expect_text(event.principal, sizeof event.principal);
  }
  assert_true(result != 1);
}

static void ask(struct weir_table *table, const char *user, uint64_t now_ns)
{
  struct weir_attribute attributes[] = {{"user", user, strlen(user)}, {"ip", user, strlen(user)},
                                        {"zone", user, strlen(user)}};
  struct weir_cost costs[] = {{"recipients", 1 + draw(3)}};
  struct weir_verdict verdict;
  struct sending sending;

  send_as(&sending, user, draw(2) == 0 ? "a@b c+d@e helpdesk@example.edu" : "helpdesk@example.edu",
          now_ns);
  sending.request.policy = "submission";
  sending.request.attributes = attributes;
  sending.request.attribute_count = 2 + draw(2);
  sending.request.costs = costs;
  sending.request.cost_count = 1;
  if (now_ns == 0)
    sending.request.flags = 0;
  assert_int_equal(weir_take(table, &sending.request, &verdict), WEIR_OK);
  assert_int_equal(weir_peek(table, &sending.request, &verdict), WEIR_OK);
  assert_int_equal(weir_refund(table, &sending.request), WEIR_OK);
  assert_true(weir_signal(table, &sending.request, "identity-changed", 1 + draw(2)) >= 0);
  if (draw(8) == 0)
    assert_int_equal(weir_reset(table, &sending.request), WEIR_OK);
}

/* Any error is an answer here. */
static void rule(struct weir_table *table, const char *user, uint64_t now_ns)
{
  struct weir_attribute who[] = {{"user", user, strlen(user)}, {"zone", user, strlen(user)}};
  struct weir_block block = block_words(who + draw(2), now_ns);
  struct weir_why why = {.size_bytes = sizeof why};

  block.duration_ns = draw(2) == 0 ? 0 : any_word() >> 1;
  block.reason = "reason";
  block.flags = now_ns != 0 ? WEIR_NOW_GIVEN : 0;
  (void)weir_block(table, &block);
  if (draw(2) == 0)
    (void)weir_unblock(table, &block);
  (void)weir_member(table, &block, draw(2) == 0 ? "newsletters" : NULL);
  (void)weir_session_valid(table, who, 1, any_word());
  assert_int_equal(weir_why(table, who, 1, &why, see_limit, NULL), WEIR_OK);
  expect_text(why.principal, sizeof why.principal);
  expect_text(why.reason, sizeof why.reason);
  expect_text(why.by, sizeof why.by);
  expect_text(why.denied_limit, sizeof why.denied_limit);
}

static void do_everything(struct weir_table *table)
{
  struct weir_stats stats = {.size_bytes = sizeof stats};

  for (int i = 0; i < USERS; i++) {
    char user[16];

    (void)snprintf(user, sizeof user, "user%d", i);
    ask(table, user, draw(2) == 0 ? 0 : any_word());
    rule(table, user, draw(2) == 0 ? 0 : any_word());
    ask(table, user, 0);
  }
  assert_int_equal(weir_blocks(table, see_block, NULL), WEIR_OK);
  assert_int_equal(weir_top(table, WEIR_TOP_DENIED, 1000, see_top, NULL), WEIR_OK);
  assert_int_equal(weir_top(table, WEIR_TOP_COST, 1000, see_top, NULL), WEIR_OK);
  assert_int_equal(weir_stats(table, &stats), WEIR_OK);
  (void)weir_verify(table, NULL, NULL);
  follow_events(table);
}

static void run(size_t only)
{
  struct weir_table *table = make_table(NULL, 100, full_example);

  do_everything(table); /* there are blocks, members, denials */
  for (int again = 0; again < 2; again++) {
    for (size_t i = 0; i < FORGERS; i++)
      if (only == i || (only == FORGERS && draw(2) == 0))
        forgers[i](table);
    do_everything(table);
  }
  weir_close(table);
}

static void each_part_forged_ends_and_shows_texts(void **state)
{
  (void)state;
  seed = test_seed();
  for (size_t i = 0; i < FORGERS; i++)
    for (int round = 0; round < ROUNDS / 6; round++)
      run(i);
}

static void all_forged_ends_and_shows_texts(void **state)
{
  (void)state;
  seed = test_seed();
  for (int round = 0; round < ROUNDS; round++)
    run(FORGERS);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_part_forged_ends_and_shows_texts),
      cmocka_unit_test(all_forged_ends_and_shows_texts),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
