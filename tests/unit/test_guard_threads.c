/* SPDX-License-Identifier: BSD-2-Clause
 * Threads of one handle that take with lists, block, lift, signal, make members and look, all of the
 * same few; for the thread sanitizer, too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <pthread.h>

#include <cmocka.h>

#include "support/guard.h"

#define THREADS 4
#define ROUNDS 10000
#define USERS 6u
#define DISTINCT 10
#define LIFTS 5 /* of each: what was counted before them lies in its group for an hour      */

static const char text[] = "policy p\n"
                           " limit a 40 messages / 1h per user\n"
                           " limit f 10 distinct recipient / 1h per user\n"
                           " on a denied 3 in 10m block user for 1h doubling to 8h\n"
                           " on f denied block user+ip for 1h\n"
                           " score s 100 / 1h per user block user for 2h\n"
                           "  signal odd 5\n"
                           " reachable recipient=h 5 messages / 1h per user\n"
                           "class c\n"
                           " limit a 40\n";

static struct weir_table *table;
static uint64_t values[USERS], lifts[USERS], seeds;

static void take(uint64_t user, uint64_t drawn)
{
  static const char *const recipients[] = {"a b c", "d e f", "g h", "a k l", "m", "h"};
  static const uint64_t bits[] = {0x007, 0x038, 0x0c0, 0xc01, 0x1000, 0x080};
  uint64_t which = drawn % 6;
  struct weir_verdict verdict;
  struct sending sending;
  char name[16];

  (void)snprintf(name, sizeof name, "u%u", (unsigned)user);
  send_as(&sending, name, recipients[which], GUARD_NOW_NS);
  assert_int_equal(weir_take(table, &sending.request, &verdict), WEIR_OK);
  if (verdict.outcome == WEIR_ALLOW && which != 5) /* who is blocked may reach h all the same */
    __atomic_fetch_or(&values[user], bits[which], __ATOMIC_RELAXED);
  if (drawn >> 8 & 1)
    assert_true(weir_signal(table, &sending.request, "odd", drawn >> 9 & 3) >= 0);
  else
    assert_int_equal(weir_peek(table, &sending.request, &verdict), WEIR_OK);
}

static int see_block(void *context, const struct weir_block_info *block)
{
  ++*(int *)context;
  assert_true(strncmp(block->principal, "user=u", 6) == 0 ||
              strcmp(block->principal, "(name not kept)") == 0);
  return 0;
}

/* Who is lifted is none of the first two. */
static void rule(uint64_t user, uint64_t drawn)
{
  char name[16];
  struct weir_attribute who = {"user", name, 0};
  struct weir_block order = block_words(&who, GUARD_NOW_NS);
  struct weir_why why = {.size_bytes = sizeof why};
  int blocks = 0;

  (void)snprintf(name, sizeof name, "u%u", (unsigned)user);
  who.value_bytes = strlen(name);
  order.reason = "threads";
  order.duration_ns = drawn % 3 * SECOND_NS;
  switch (drawn >> 16 & 7) {
  case 0:
    if (user >= 2)
      assert_int_equal(weir_block(table, &order), WEIR_OK);
    break;
  case 1:
  case 2:
    if (user < 2 || __atomic_fetch_add(&lifts[user], 1, __ATOMIC_RELAXED) >= LIFTS)
      break;
    assert_true(weir_unblock(table, &order) >= 0);
    break;
  case 3:
    assert_int_equal(weir_member(table, &order, drawn >> 20 & 1 ? "c" : NULL), WEIR_OK);
    break;
  case 4:
    assert_int_equal(weir_blocks(table, see_block, &blocks), WEIR_OK);
    break;
  case 5:
    assert_true(weir_session_valid(table, &who, 1, drawn) >= 0);
    break;
  default:
    assert_int_equal(weir_why(table, &who, 1, &why, NULL, NULL), WEIR_OK);
    assert_true(why.reason[0] == '\0' || why.blocked == 1 || why.lifted == 0);
  }
}

static void *work(void *context)
{
  uint64_t random = __atomic_fetch_add(&seeds, 1, __ATOMIC_RELAXED);

  for (int i = 0; i < ROUNDS; i++) {
    uint64_t drawn = test_random(&random);

    take(test_random(&random) % USERS, drawn);
    if (drawn >> 40 & 1 && i % 16 == 0)
      rule(test_random(&random) % USERS, drawn >> 3);
  }
  return context;
}

static void threads_that_take_and_rule_keep_bounds(void **state)
{
  pthread_t threads[THREADS];

  (void)state;
  table = make_table(NULL, 20000, text);
  seeds = test_seed();
  for (int i = 0; i < THREADS; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, work, NULL), 0);
  for (int i = 0; i < THREADS; i++)
    assert_int_equal(pthread_join(threads[i], NULL), 0);
  for (uint32_t user = 0; user < USERS; user++)
    assert_true((uint64_t)__builtin_popcountll(values[user]) <= DISTINCT * (1 + lifts[user]));
  assert_int_equal(weir_verify(table, NULL, NULL), 0);
  weir_close(table);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(threads_that_take_and_rule_keep_bounds),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
