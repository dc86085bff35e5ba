/* SPDX-License-Identifier: BSD-2-Clause
 * What a policy does about somebody where others come between, or nothing is free: calls inside the
 * library, one after another as two processes could do them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "admit/subject.h"
#include "respond/response.h"
#include "support/guard.h"

#define NOW GUARD_NOW_NS

static const struct weir_attribute alice = {"user", "alice", 5};

/* A take of another process, which goes on when this one says so. */
struct late {
  struct wi_decision decision;
  struct wi_subject subject;
  struct sending sending;
  struct weir_verdict verdict;
};

static void begin_take(struct late *late, struct weir_table *table, const char *recipients)
{
  const struct wi_plan *plan = wi_plans_ready(&table->plans, &table->region, &(uint64_t){0});

  send_as(&late->sending, "alice", recipients, NOW);
  assert_int_equal(
      wi_subject_resolve(plan, &table->region, &late->sending.request, &late->subject), WEIR_OK);
  late->decision.table = table;
  late->decision.plan = plan;
  late->decision.version = plan->version;
  late->decision.given = true;
  late->decision.reading = false;
  late->decision.subject = &late->subject;
  late->decision.now_ns = NOW;
  assert_int_equal(wi_decide_guarded(&late->decision, &late->sending.request, &late->verdict),
                   WEIR_OK);
}

static void end_take(struct late *late)
{
  wi_respond_denied(&late->decision, &late->sending.request);
}

static enum weir_outcome take(struct weir_table *table)
{
  return send_to(table, "alice", NULL, NOW);
}

static uint32_t level_of(struct weir_table *table)
{
  struct weir_why why = {.size_bytes = sizeof why};

  assert_int_equal(weir_why(table, &alice, 1, &why, NULL, NULL), WEIR_OK);
  return why.level;
}

/* A lift has forgotten what the denial was about: who was denied before it and comes late does not
 * block again. */
static void denial_before_a_lift_blocks_nobody_after_it(void **state)
{
#define LIMIT "policy p\n limit a 2 messages / 1000d per user\n"
  static const char *const policies[] = {
      LIMIT " on a denied block user for 1h\n",
      LIMIT " on a denied block user for 1h doubling to 8h\n",
      LIMIT " on a denied 2 in 1h block user for 1h\n",
  };

  (void)state;
  for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++)
    for (int was_blocked = 0; was_blocked < 2; was_blocked++) {
      struct weir_table *table = make_table(NULL, 1000, policies[i]);
      struct late late;

      assert_int_equal(take(table), WEIR_ALLOW);
      assert_int_equal(take(table), WEIR_ALLOW);
      if (i == 2)
        assert_int_equal(take(table), WEIR_DENY); /* a strike */
      begin_take(&late, table, NULL);
      assert_int_equal(late.verdict.outcome, WEIR_DENY);
      if (was_blocked)
        assert_int_equal(take(table), WEIR_DENY); /* it blocks, the late one does not yet */
      assert_int_equal(unblock_user(table, "alice", NOW), was_blocked);
      end_take(&late);
      assert_int_equal(take(table), WEIR_ALLOW);
      assert_int_equal(level_of(table), 0);
      assert_int_equal(take(table), WEIR_ALLOW);
      if (i == 2)
        assert_int_equal(take(table), WEIR_DENY); /* the late one was no strike */
      assert_int_equal(take(table), WEIR_DENY);
      assert_int_equal(take(table), WEIR_BLOCK);
      weir_close(table);
    }
}

/* Others' cells, all over their limit, so that none can be evicted. */
static void fill_group(struct weir_table *table)
{
  struct wi_principal principal;
  struct wi_cell own = {0};

  assert_true(wi_principal_of(&table->region, &alice, 1, &principal));
  for (uint32_t i = 0; i < WI_GROUP_CELLS; i++)
    if (wi_tag_mark(principal.place.group[i].tag) == principal.place.own)
      own = principal.place.group[i];
  for (uint32_t i = 0; i < WI_GROUP_CELLS; i++)
    if (wi_tag_mark(principal.place.group[i].tag) == 0) {
      principal.place.group[i].state = own.state;
      principal.place.group[i].tag = (1000 + i) << WI_ID_BITS | wi_tag_id(own.tag);
    }
}

/* A full table is nobody's fault. */
static void strikes_without_room_block_nobody(void **state)
{
  struct weir_table *table = make_table(
      NULL, 1, "policy p\n limit a 1 messages / 1000d per user\n"
               " on a denied 3 in 1h block user for 1h\n");

  (void)state;
  assert_int_equal(take(table), WEIR_ALLOW);
  fill_group(table);
  for (int i = 0; i < 10; i++)
    assert_int_equal(take(table), WEIR_DENY);
  weir_close(table);
}

static void points_without_room_block_nobody(void **state)
{
  struct weir_table *table = make_table(
      NULL, 1, "policy p\n limit a 1 messages / 1000d per user\n"
               " score s 100 / 1h per user block user for 1h\n  signal odd 10\n");
  struct sending sending;

  (void)state;
  assert_int_equal(take(table), WEIR_ALLOW);
  fill_group(table);
  send_as(&sending, "alice", NULL, NOW);
  assert_int_equal(weir_signal(table, &sending.request, "odd", 1), 0);
  assert_int_equal(take(table), WEIR_DENY);
  weir_close(table);
}

/* What a denial rests on outlives the part of the decision that looked for it. */
static void denial_of_what_is_reachable_is_noted_of_its_principal(void **state)
{
  struct weir_table *table = make_table(
      NULL, 1000, "policy p\n limit a 100 messages / 1h per user\n"
                  " reachable recipient=helpdesk 1 messages / 1h per user\n");
  struct wi_principal principal;
  struct late late;
  uint64_t own = 0;

  (void)state;
  assert_int_equal(block_user(table, "alice", NOW), WEIR_OK);
  assert_int_equal(send_to(table, "alice", "helpdesk", NOW), WEIR_ALLOW);
  begin_take(&late, table, "helpdesk");
  assert_int_equal(late.verdict.outcome, WEIR_DENY);
  assert_true(wi_principal_of(&table->region, &alice, 1, &principal));
  for (uint32_t i = 0; i < late.decision.ask_count; i++)
    own |= late.decision.asks[i].place->own;
  assert_true(own == principal.place.own);
  end_take(&late);
  weir_close(table);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(denial_before_a_lift_blocks_nobody_after_it),
      cmocka_unit_test(strikes_without_room_block_nobody),
      cmocka_unit_test(points_without_room_block_nobody),
      cmocka_unit_test(denial_of_what_is_reachable_is_noted_of_its_principal),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
