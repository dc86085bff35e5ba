/* SPDX-License-Identifier: BSD-2-Clause
 * An operator looks while others take, block, lift, note denials and replace policies: what is
 * shown hangs together at every moment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <pthread.h>

#include <cmocka.h>

#include "admit/admit.h"
#include "guard/name.h"
#include "support/table.h"

#define ROUNDS 10000
#define USERS 5u

static const char one[] = "policy p\n limit a 10 messages / 1h per user\n"
                          " limit b 50 messages / 1d per user sliding\n";
static const char other[] = "policy p\n limit a 30 messages / 1h per user\n"
                            " limit b 90 messages / 1d per user sliding\n";

static uint64_t seeds; /* of the workers                                                  */
static uint32_t done;  /* workers that have ended                                          */

static struct weir_attribute user_of(uint64_t number, char name[16])
{
  (void)snprintf(name, 16, "u%u", (unsigned)(number % USERS));
  return (struct weir_attribute){"user", name, strlen(name)};
}

/* A denial that is noted, as one of many writers would. */
static void note_denial(struct weir_table *table, const struct weir_attribute *who)
{
  struct wi_principal principal;
  uint64_t now_ns = weir_now_ns(table), before_ns;
  struct wi_name name;

  if (!wi_principal_of(&table->region, who, 1, &principal))
    return;
  if (wi_name_add_denied(&table->region, principal.hash.mark, 1, 0, now_ns, &before_ns))
    return;
  memset(&name, 0, sizeof name);
  name.kind = WI_NAME_DENIED;
  name.hash = principal.hash;
  name.denied = 1;
  name.denied_last_ns = now_ns;
  wi_principal_text(&principal, name.principal);
  (void)wi_name_put(&table->region, &name, now_ns);
}

static void *work(void *context)
{
  struct weir_table *table = context;
  uint64_t random = __atomic_fetch_add(&seeds, 1, __ATOMIC_RELAXED);

  for (uint32_t i = 0; i < ROUNDS; i++) {
    uint64_t what = test_random(&random);
    char name[16];
    struct weir_attribute who = user_of(what >> 8, name);
    struct weir_block block = {.size_bytes = sizeof block,
                               .attributes = &who,
                               .attribute_count = 1,
                               .reason = "why not",
                               .by = "work"};
    struct weir_verdict verdict;
    struct asking asking;

    ask_for(&asking, name, NULL);
    (void)weir_take(table, &asking.request, &verdict);
    if (what % 16 == 0)
      (void)weir_block(table, &block);
    else if (what % 16 == 1)
      (void)weir_unblock(table, &block);
    else if (what % 16 < 6)
      note_denial(table, &who);
    else if (what % 256 == 255)
      (void)weir_apply(table, i % 2 != 0 ? one : other, strlen(i % 2 != 0 ? one : other), "text",
                       NULL, NULL);
  }
  __atomic_fetch_add(&done, 1, __ATOMIC_RELEASE);
  return NULL;
}

static int check_limit(void *context, const struct weir_why_limit *limit)
{
  uint64_t *quota = context;

  assert_string_equal(limit->policy, "p");
  assert_true(limit->used + limit->remaining == limit->burst);
  assert_true((limit->used == 0) == (limit->full_in_ns == 0));
  assert_true(limit->full_in_ns != WEIR_NEVER);
  /* Both limits are of one text. */
  assert_true(*quota == 0 || (*quota == 10 && limit->quota == 50) ||
              (*quota == 30 && limit->quota == 90));
  *quota = limit->quota;
  return 0;
}

static int check_top(void *context, const struct weir_top *top)
{
  uint64_t *before = context;

  assert_int_equal(strncmp(top->principal, "user=u", 6), 0);
  assert_true(top->principal[6] >= '0' && top->principal[6] < '0' + (char)USERS);
  assert_int_equal(top->principal[7], '\0');
  assert_true(top->used <= top->burst && top->used_per_mille <= 1000);
  ++*before;
  return 0;
}

static void look_at_a_table_in_use_hangs_together(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, one);
  uint64_t random = test_seed(), looks = 0;
  pthread_t threads[3];

  (void)state;
  seeds = random + 1;
  for (size_t i = 0; i < 3; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, work, table), 0);
  for (; __atomic_load_n(&done, __ATOMIC_ACQUIRE) < 3 || looks == 0; looks++) {
    struct weir_why summary = {.size_bytes = sizeof summary};
    char name[16], expected[32];
    struct weir_attribute who = user_of(test_random(&random), name);
    uint64_t quota = 0, rows = 0;

    assert_int_equal(weir_why(table, &who, 1, &summary, check_limit, &quota), WEIR_OK);
    (void)snprintf(expected, sizeof expected, "user=%s", name);
    assert_string_equal(summary.principal, expected);
    assert_int_equal(summary.limits, 2);
    assert_true(summary.reason[0] == '\0' || strcmp(summary.reason, "why not") == 0);
    assert_true(summary.blocked == 0 || summary.remaining_ns != 0);
    assert_int_equal(weir_top(table, looks % 2 != 0 ? WEIR_TOP_DENIED : WEIR_TOP_COST, 100,
                              check_top, &rows),
                     WEIR_OK);
  }
  for (size_t i = 0; i < 3; i++)
    assert_int_equal(pthread_join(threads[i], NULL), 0);
  assert_int_equal(weir_verify(table, NULL, NULL), 0);
  weir_close(table);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(look_at_a_table_in_use_hangs_together),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
