/* SPDX-License-Identifier: BSD-2-Clause
 * What an operator is shown: why one principal, top of those named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

#include "admit/admit.h"
#include "guard/name.h"
#include "support/table.h"

#define DAY_NS (24 * 60 * MINUTE_NS)

/* Rates so slow that no test lives to see a unit come back. */
static const char policies[] = "policy p\n"
                               " limit small 10 messages / 100d per user\n"
                               " limit large 1000 bytes / 100d per user optional shadow\n"
                               " limit window 20 messages / 100d per user sliding\n"
                               " limit pair 5 messages / 1d per user+ip optional\n"
                               " limit all 5000 messages / 1d overall\n"
                               "policy q\n"
                               " limit other 7 messages / 100d per user\n"
                               " limit host 9 messages / 100d per ip\n";

/* What was visited. */
struct seen {
  uint32_t count;
  struct weir_why_limit limits[64];
  uint32_t stop_at; /* 0: never                                                          */
  char names[64][WEIR_NAME_BYTES];
};

static int note(void *context, const struct weir_why_limit *limit)
{
  struct seen *seen = context;

  (void)snprintf(seen->names[seen->count], WEIR_NAME_BYTES, "%s/%s", limit->policy, limit->limit);
  seen->limits[seen->count++] = *limit;
  return seen->count == seen->stop_at;
}

static struct weir_why why(struct weir_table *table, const char *user, struct seen *seen)
{
  struct weir_attribute who = {"user", user, strlen(user)};
  struct weir_why summary = {.size_bytes = sizeof summary};

  if (seen != NULL)
    memset(seen, 0, sizeof *seen);
  assert_int_equal(
      weir_why(table, &who, 1, &summary, seen != NULL ? note : NULL, seen), WEIR_OK);
  return summary;
}

static void take(struct weir_table *table, const char *policy, const char *user, uint64_t messages,
                 uint64_t bytes)
{
  struct weir_verdict verdict;
  struct asking asking;

  ask_for(&asking, user, NULL);
  asking.request.policy = policy;
  ask_units(&asking, "messages", messages);
  ask_units(&asking, "bytes", bytes);
  assert_int_equal(weir_take(table, &asking.request, &verdict), WEIR_OK);
  assert_int_equal(verdict.outcome, WEIR_ALLOW);
}

static struct weir_block order(const struct weir_attribute *who, uint64_t duration_ns)
{
  return (struct weir_block){.size_bytes = sizeof(struct weir_block),
                             .attributes = who,
                             .attribute_count = 1,
                             .duration_ns = duration_ns,
                             .reason = "phished",
                             .by = "noc"};
}

/* A record as a denial would leave it. */
static void note_denials(struct weir_table *table, const char *user, uint64_t count, uint32_t slot)
{
  struct weir_attribute who = {"user", user, strlen(user)};
  struct wi_principal principal;
  uint64_t now_ns = weir_now_ns(table), before_ns;
  struct wi_name name;

  memset(&name, 0, sizeof name);
  assert_true(wi_principal_of(&table->region, &who, 1, &principal));
  name.kind = WI_NAME_DENIED;
  name.hash = principal.hash;
  wi_principal_text(&principal, name.principal);
  assert_true(wi_name_put(&table->region, &name, now_ns));
  assert_true(wi_name_add_denied(&table->region, principal.hash.mark, count, slot, now_ns, &before_ns));
}

/* The slot of a limit's counter, by its place in the text. */
static uint32_t slot_of(struct weir_table *table, uint32_t index)
{
  struct wi_plan *plan = calloc(1, sizeof *plan);
  uint32_t slot;

  assert_non_null(plan);
  assert_int_equal(wi_plan_make(plan, &table->region), WEIR_OK);
  slot = plan->limits[index].slot;
  free(plan);
  return slot;
}

static void why_of_nobody_is_full_limits_and_nothing_else(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, policies);
  struct seen seen;
  struct weir_why summary = why(table, "alice", &seen);

  (void)state;
  assert_string_equal(summary.principal, "user=alice");
  assert_int_equal(summary.blocked, 0);
  assert_int_equal(summary.denied, 0);
  assert_true(summary.until_wall_ns == 0 && summary.cut_before_wall_ns == 0);
  assert_string_equal(summary.denied_limit, "");
  assert_int_equal(summary.limits, 4);
  assert_int_equal(summary.limits_more, 1);
  assert_int_equal(seen.count, 5);
  assert_string_equal(seen.names[0], "p/small");
  assert_string_equal(seen.names[1], "p/large");
  assert_string_equal(seen.names[2], "p/window");
  assert_string_equal(seen.names[3], "q/other");
  assert_string_equal(seen.names[4], "p/pair");
  for (uint32_t i = 0; i < 4; i++) {
    assert_int_equal(seen.limits[i].used, 0);
    assert_true(seen.limits[i].remaining == seen.limits[i].burst);
    assert_int_equal(seen.limits[i].full_in_ns, 0);
  }
  assert_int_equal(seen.limits[0].flags, 0);
  assert_int_equal(seen.limits[1].flags, WEIR_WHY_SHADOW | WEIR_WHY_OPTIONAL);
  assert_int_equal(seen.limits[2].flags, WEIR_WHY_SLIDING);
  assert_int_equal(seen.limits[4].flags, WEIR_WHY_OPTIONAL | WEIR_WHY_BY_MORE);
  assert_int_equal(seen.limits[4].quota, 5);
  assert_true(seen.limits[4].period_ns == DAY_NS);
  weir_close(table);
}

static void why_says_what_is_used_and_when_it_is_back(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, policies);
  struct seen seen;

  (void)state;
  take(table, "p", "alice", 3, 400);
  (void)why(table, "alice", &seen);
  assert_int_equal(seen.limits[0].used, 3);
  assert_int_equal(seen.limits[0].remaining, 7);
  assert_int_equal(seen.limits[0].burst, 10);
  /* 3 of 10 in 100 days: 30 days, less what has passed since. */
  assert_true(seen.limits[0].full_in_ns <= 30 * DAY_NS);
  assert_true(seen.limits[0].full_in_ns > 29 * DAY_NS);
  assert_int_equal(seen.limits[1].used, 400);
  assert_true(seen.limits[1].full_in_ns > 39 * DAY_NS && seen.limits[1].full_in_ns <= 40 * DAY_NS);
  assert_int_equal(seen.limits[2].used, 3);
  assert_int_equal(seen.limits[2].remaining, 17);
  /* A window forgets after its length and at most an eighth. */
  assert_true(seen.limits[2].full_in_ns >= 100 * DAY_NS);
  assert_true(seen.limits[2].full_in_ns <= 113 * DAY_NS);
  assert_int_equal(seen.limits[3].used, 0);
  (void)why(table, "bob", &seen);
  assert_int_equal(seen.limits[0].used, 0);
  weir_close(table);
}

static void why_counts_what_was_used_under_former_numbers(void **state)
{
  static const char larger[] = "policy p\n limit small 40 messages / 100d per user\n"
                               " limit window 50 messages / 100d per user\n";
  struct weir_table *table = make_table(NULL, 1000, policies);
  struct seen seen;

  (void)state;
  take(table, "p", "alice", 4, 0);
  assert_int_equal(weir_apply(table, larger, strlen(larger), "larger", NULL, NULL), WEIR_OK);
  (void)why(table, "alice", &seen);
  assert_int_equal(seen.count, 2);
  assert_int_equal(seen.limits[0].used, 4);
  assert_int_equal(seen.limits[0].remaining, 36);
  assert_true(seen.limits[0].full_in_ns > 9 * DAY_NS && seen.limits[0].full_in_ns <= 10 * DAY_NS);
  assert_int_equal(seen.limits[1].used, 4); /* a window that became a bucket */
  assert_true(seen.limits[1].full_in_ns >= 100 * DAY_NS);
  weir_close(table);
}

static void why_of_rates_that_are_rounded_is_full_again_some_time(void **state)
{
  static const char odd[] = "policy p\n"
                            " limit a 7 messages / 100d per user burst 13\n"
                            " limit b 999983 bytes / 97d per user burst 17\n"
                            " limit c 1000003 messages / 7d per user\n"
                            " limit d 97 messages / 100000d per user burst 3\n"
                            " limit e 9007199254740993 messages / 1ns per user\n"
                            " limit f 63 messages / 101d per user sliding\n";
  struct weir_table *table = make_table(NULL, 1000, odd);
  struct seen seen;

  (void)state;
  (void)why(table, "alice", &seen);
  assert_int_equal(seen.count, 6);
  for (uint32_t i = 0; i < seen.count; i++) {
    assert_int_equal(seen.limits[i].full_in_ns, 0);
    assert_int_equal(seen.limits[i].used, 0);
  }
  take(table, "p", "alice", 2, 2);
  (void)why(table, "alice", &seen);
  for (uint32_t i = 0; i < seen.count; i++) {
    const struct weir_why_limit *limit = &seen.limits[i];
    double unit_ns = (double)limit->period_ns / (double)limit->quota;

    assert_true(limit->used + limit->remaining == limit->burst);
    assert_true(limit->used <= 2);
    if ((limit->flags & WEIR_WHY_SLIDING) == 0)
      assert_true((double)limit->full_in_ns <= 2 * unit_ns + 2);
    else
      assert_true(limit->full_in_ns >= limit->period_ns && limit->full_in_ns != WEIR_NEVER);
  }
  weir_close(table);
}

static void why_visitor_that_returns_nonzero_is_not_called_again(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, policies);
  struct weir_attribute who = {"user", "alice", 5};
  struct weir_why summary = {.size_bytes = sizeof summary};
  struct seen seen = {.stop_at = 2};

  (void)state;
  assert_int_equal(weir_why(table, &who, 1, &summary, note, &seen), WEIR_OK);
  assert_int_equal(seen.count, 2);
  weir_close(table);
}

static void why_of_a_blocked_says_who_and_until_when(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, policies);
  struct weir_attribute who = {"user", "alice", 5};
  struct weir_block block = order(&who, DAY_NS);
  struct weir_why summary;
  struct seen seen;

  (void)state;
  take(table, "p", "alice", 3, 0);
  assert_int_equal(weir_block(table, &block), WEIR_OK);
  summary = why(table, "alice", &seen);
  assert_int_equal(summary.blocked, 1);
  assert_int_equal(summary.lifted, 0);
  assert_string_equal(summary.reason, "phished");
  assert_string_equal(summary.by, "noc");
  assert_true(summary.since_wall_ns != 0);
  assert_true(summary.remaining_ns > DAY_NS - 60 * MINUTE_NS &&
              summary.remaining_ns <= DAY_NS + 2 * SECOND_NS);
  assert_true(summary.until_wall_ns > summary.since_wall_ns);
  assert_true(summary.cut_before_wall_ns == WEIR_NEVER);
  assert_true(summary.cut_until_wall_ns - summary.until_wall_ns == 30 * DAY_NS);
  assert_int_equal(seen.limits[0].used, 3);
  block = order(&who, 0);
  assert_int_equal(weir_block(table, &block), WEIR_OK);
  summary = why(table, "alice", NULL);
  assert_true(summary.until_wall_ns == WEIR_NEVER && summary.remaining_ns == WEIR_NEVER);
  assert_true(summary.cut_until_wall_ns == WEIR_NEVER);
  weir_close(table);
}

static void why_of_a_lifted_says_which_sessions_are_cut_and_full_limits(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, policies);
  struct weir_attribute who = {"user", "alice", 5};
  struct weir_block block = order(&who, DAY_NS);
  struct weir_why summary;
  struct seen seen;

  (void)state;
  take(table, "p", "alice", 3, 0);
  note_denials(table, "alice", 4, slot_of(table, 0));
  assert_int_equal(why(table, "alice", NULL).denied, 4);
  assert_int_equal(weir_block(table, &block), WEIR_OK);
  assert_int_equal(weir_unblock(table, &block), 1);
  summary = why(table, "alice", &seen);
  assert_int_equal(summary.blocked, 0);
  assert_int_equal(summary.lifted, 1);
  assert_int_equal(summary.remaining_ns, 0);
  assert_int_equal(summary.denied, 0);
  assert_string_equal(summary.denied_limit, "");
  assert_true(summary.cut_before_wall_ns == summary.until_wall_ns && summary.until_wall_ns != 0);
  assert_int_equal(seen.limits[0].used, 0);
  assert_true(summary.cut_until_wall_ns - summary.cut_before_wall_ns == 30 * DAY_NS);
  assert_int_equal(weir_session_valid(table, &who, 1, summary.cut_before_wall_ns - DAY_NS), 0);
  weir_close(table);
}

static void why_of_one_lifted_who_was_not_blocked_cuts_nothing(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, policies);
  struct weir_attribute who = {"user", "alice", 5};
  struct weir_block block = order(&who, 0);
  struct weir_why summary;

  (void)state;
  assert_int_equal(weir_unblock(table, &block), 0);
  summary = why(table, "alice", NULL);
  assert_int_equal(summary.lifted, 0);
  assert_true(summary.until_wall_ns == 0 && summary.cut_before_wall_ns == 0 &&
              summary.cut_until_wall_ns == 0);
  weir_close(table);
}

static void why_of_a_lifted_says_what_was_used_since(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, policies);
  struct weir_attribute who = {"user", "alice", 5};
  struct weir_block block = order(&who, 0);
  struct seen seen;

  (void)state;
  take(table, "p", "alice", 5, 0);
  assert_int_equal(weir_block(table, &block), WEIR_OK);
  assert_int_equal(weir_unblock(table, &block), 1);
  (void)why(table, "alice", &seen);
  assert_int_equal(seen.limits[0].used, 0);
  take(table, "p", "alice", 3, 0);
  (void)why(table, "alice", &seen);
  assert_int_equal(seen.limits[0].used, 3);
  assert_int_equal(seen.limits[0].remaining, 7);
  weir_close(table);
}

static void why_of_a_denied_names_the_limit_while_it_is_in_force(void **state)
{
  static const char without[] = "policy q\n limit other 7 messages / 100d per user\n";
  struct weir_table *table = make_table(NULL, 1000, policies);
  struct weir_why summary;

  (void)state;
  note_denials(table, "alice", 3, slot_of(table, 2));
  note_denials(table, "alice", 2, slot_of(table, 0));
  summary = why(table, "alice", NULL);
  assert_true(summary.denied >= 2);
  assert_string_equal(summary.denied_limit, "small");
  assert_string_equal(summary.denied_policy, "p");
  assert_true(summary.denied_last_wall_ns != 0);
  assert_int_equal(weir_apply(table, without, strlen(without), "without", NULL, NULL), WEIR_OK);
  summary = why(table, "alice", NULL);
  assert_true(summary.denied >= 2);
  assert_string_equal(summary.denied_limit, "");
  weir_close(table);
}

static void why_without_a_policy_says_what_else_is_known(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, NULL);
  struct weir_attribute who = {"user", "alice", 5};
  struct weir_block block = order(&who, 0);
  struct seen seen;

  (void)state;
  assert_int_equal(weir_block(table, &block), WEIR_OK);
  assert_int_equal(why(table, "alice", &seen).blocked, 1);
  assert_int_equal(seen.count, 0);
  weir_close(table);
}

static void why_of_a_pair_is_its_own_limit_whatever_the_order(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, policies);
  struct weir_attribute who[] = {{"user", "alice", 5}, {"ip", "::1", 3}};
  struct weir_why summary = {.size_bytes = sizeof summary};
  struct weir_verdict verdict;
  struct asking asking;
  struct seen seen = {.count = 0};

  (void)state;
  ask_for(&asking, "alice", "::1");
  asking.request.policy = "p";
  assert_int_equal(weir_take(table, &asking.request, &verdict), WEIR_OK);
  assert_int_equal(weir_why(table, who, 2, &summary, note, &seen), WEIR_OK);
  assert_string_equal(summary.principal, "ip=::1 user=alice");
  assert_int_equal(seen.count, 1);
  assert_string_equal(seen.names[0], "p/pair");
  assert_int_equal(seen.limits[0].used, 1);
  assert_int_equal(summary.limits_more, 0);
  weir_close(table);
}

static void why_arguments_that_are_none_are_refused(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, policies);
  struct weir_attribute who[] = {{"user", "a", 1}, {"user", "b", 1}};
  struct weir_attribute nameless = {"", "a", 1};
  struct weir_why summary = {.size_bytes = sizeof summary};

  (void)state;
  assert_int_equal(weir_why(NULL, who, 1, &summary, NULL, NULL), WEIR_E_ARGUMENT);
  assert_int_equal(weir_why(table, NULL, 1, &summary, NULL, NULL), WEIR_E_ARGUMENT);
  assert_int_equal(weir_why(table, who, 1, NULL, NULL, NULL), WEIR_E_ARGUMENT);
  assert_int_equal(weir_why(table, who, 0, &summary, NULL, NULL), WEIR_E_ARGUMENT);
  assert_int_equal(weir_why(table, who, 2, &summary, NULL, NULL), WEIR_E_ARGUMENT);
  assert_int_equal(weir_why(table, &nameless, 1, &summary, NULL, NULL), WEIR_E_ARGUMENT);
  summary.size_bytes = 8;
  assert_int_equal(weir_why(table, who, 1, &summary, NULL, NULL), WEIR_E_ARGUMENT);
  weir_close(table);
}

/* --------------------------------------------------------------------------- top -- */

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
  struct weir_table *table = make_table(NULL, 1000, policies);

  (void)state;
  take(table, "p", "alice", 9, 0);
  assert_int_equal(top(table, WEIR_TOP_DENIED, 10).count, 0);
  assert_int_equal(top(table, WEIR_TOP_COST, 10).count, 0);
  weir_close(table);
}

static void top_by_denials_is_the_most_denied_first(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, policies);
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
  struct weir_table *table = make_table(NULL, 1000, policies);
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
  struct weir_table *table = make_table(NULL, 1000, policies);

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
  struct weir_table *table = make_table(NULL, 1000, policies);
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
      cmocka_unit_test(why_of_nobody_is_full_limits_and_nothing_else),
      cmocka_unit_test(why_says_what_is_used_and_when_it_is_back),
      cmocka_unit_test(why_counts_what_was_used_under_former_numbers),
      cmocka_unit_test(why_of_rates_that_are_rounded_is_full_again_some_time),
      cmocka_unit_test(why_visitor_that_returns_nonzero_is_not_called_again),
      cmocka_unit_test(why_of_a_blocked_says_who_and_until_when),
      cmocka_unit_test(why_of_a_lifted_says_which_sessions_are_cut_and_full_limits),
      cmocka_unit_test(why_of_one_lifted_who_was_not_blocked_cuts_nothing),
      cmocka_unit_test(why_of_a_lifted_says_what_was_used_since),
      cmocka_unit_test(why_of_a_denied_names_the_limit_while_it_is_in_force),
      cmocka_unit_test(why_without_a_policy_says_what_else_is_known),
      cmocka_unit_test(why_of_a_pair_is_its_own_limit_whatever_the_order),
      cmocka_unit_test(why_arguments_that_are_none_are_refused),
      cmocka_unit_test(top_of_a_table_without_names_is_empty),
      cmocka_unit_test(top_by_denials_is_the_most_denied_first),
      cmocka_unit_test(top_by_cost_is_the_fullest_limit_first),
      cmocka_unit_test(top_arguments_that_are_none_are_refused),
      cmocka_unit_test(stats_counts_the_named_blocks_in_force),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
