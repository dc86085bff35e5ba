/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A plain take - one attribute, one message, now - says what the general way says, also of whom
 * something is known, and where it is a mistake.  As test_quick.c, two tables; here with blocks,
 * lifts and members in between.  Rates are so slow that no unit comes back. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "admit/admit.h"
#include "support/random.h"
#include "support/table.h"

#define SLOW " limit never 1 messages / 1h per nobody optional shadow\n"
#define STEPS 4000

static struct weir_table *make(const char *limits, const char *slow, const char *more)
{
  char text[1024];

  (void)snprintf(text, sizeof text, "policy p\n%s%s%s", limits, slow, more);
  return make_table(NULL, 500, text);
}

static bool is_quick(struct weir_table *table)
{
  const struct wi_plan *plan;

  assert_int_equal(wi_plans_load(&table->plans, &table->region, &plan), WEIR_OK);
  return plan->policies[0].quick;
}

/* What an operator does about somebody; false: nothing. */
static bool guard(struct weir_table *table, uint64_t kind, const char *user, const char *class_name)
{
  struct weir_attribute who = {"user", user, strlen(user)};
  struct weir_block words = {.size_bytes = sizeof words, .attributes = &who, .attribute_count = 1};

  switch (kind) {
  case 0:
    assert_int_equal(weir_block(table, &words), WEIR_OK);
    return true;
  case 1:
  case 2:
    assert_true(weir_unblock(table, &words) >= 0);
    return true;
  case 3:
    assert_int_equal(weir_member(table, &words, class_name), WEIR_OK);
    return true;
  default:
    return false;
  }
}

/* The wait is by clocks read at different times. */
static void compare_take(struct weir_table *plain, struct weir_table *slow, const char *user,
                         const char *unit, uint64_t outcomes[WEIR_BLOCK + 1])
{
  struct weir_verdict a, b;
  struct asking asking;
  int error;

  memset(&a, 0x5a, sizeof a); /* all of a verdict is written */
  memset(&b, 0xa5, sizeof b);
  ask_for(&asking, user, NULL);
  if (unit != NULL) /* not plain, so that there are cells for those that are */
    ask_units(&asking, unit, 1);
  error = weir_take(slow, &asking.request, &b);
  assert_int_equal(weir_take(plain, &asking.request, &a), error);
  if (error != WEIR_OK)
    return;
  assert_in_range(a.outcome, 0, WEIR_BLOCK);
  assert_true((a.retry_after_ns == 0) == (b.retry_after_ns == 0));
  b.retry_after_ns = a.retry_after_ns;
  assert_memory_equal(&a, &b, sizeof a);
  outcomes[a.outcome]++;
}

static void compare_stats(struct weir_table *plain, struct weir_table *slow)
{
  struct weir_stats a = {.size_bytes = sizeof a}, b = {.size_bytes = sizeof b};

  assert_int_equal(weir_stats(plain, &a), WEIR_OK);
  assert_int_equal(weir_stats(slow, &b), WEIR_OK);
  assert_true(a.allowed == b.allowed && a.denied == b.denied && a.blocked == b.blocked);
  assert_true(a.errors == b.errors);
}

/* class_name: NULL, or what members are made of.  unit: NULL, or what some requests have. */
static void compare(const char *limits, const char *more, const char *class_name, const char *unit,
                    uint64_t outcomes[WEIR_BLOCK + 1])
{
  static const char *const users[] = {"ann", "bob", "cy", "dee",
                                      "a-long-name-of-somebody@mail.example.org"};
  struct weir_table *plain = make(limits, "", more), *slow = make(limits, SLOW, more);
  struct random_state random = random_begin();

  print_message("WEIR_SEED=%" PRIu64 "\n", random.seed);
  assert_true(is_quick(plain));
  assert_false(is_quick(slow));
  memset(outcomes, 0, (WEIR_BLOCK + 1) * sizeof *outcomes);
  for (int step = 0; step < STEPS; step++) {
    const char *user = users[random_below(&random, 5)];
    uint64_t kind = random_below(&random, 100);
    const char *class_of = random_below(&random, 2) == 0 ? class_name : NULL;

    if (guard(plain, kind, user, class_of))
      (void)guard(slow, kind, user, class_of);
    else
      compare_take(plain, slow, user, kind < 20 ? unit : NULL, outcomes);
  }
  compare_stats(plain, slow);
  weir_close(plain);
  weir_close(slow);
}

static void plain_take_says_what_the_general_way_says(void **state)
{
  static const char *const limits[] = {
      " limit a 12 messages / 3650d per user\n",
      (" limit a 12 messages / 3650d per user\n"
       " limit b 30 messages / 3650d per user burst 9\n"
       " limit c 11 messages / 3650d per user\n"),
  };

  (void)state;
  for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
    uint64_t outcomes[WEIR_BLOCK + 1];

    compare(limits[i], "", NULL, NULL, outcomes);
    assert_true(outcomes[WEIR_ALLOW] > 100 && outcomes[WEIR_DENY] > 100);
    assert_true(outcomes[WEIR_BLOCK] > 100);
    compare(limits[i], " exempt user=cy\nclass lists\n limit a 20\nmember lists user=bob\n",
            "lists", NULL, outcomes);
    assert_true(outcomes[WEIR_ALLOW] > 100 && outcomes[WEIR_DENY] > 100);
    assert_true(outcomes[WEIR_BLOCK] > 100);
  }
}

/* A message costs nothing of the limit's unit, or it is a mistake: each counted once.  No two waits
 * are alike, of which a tick of the clock between two cells would choose the longer. */
static void plain_take_that_lacks_the_unit_says_what_the_general_way_says(void **state)
{
  static const char *const limits[] = {
      " limit a 12 recipients / 3650d per user\n",
      " limit a 12 recipients / 3650d per user optional\n",
      (" limit a 12 messages / 3650d per user\n"
       " limit b 10 recipients / 3650d per user\n"),
      (" limit a 12 messages / 3650d per user\n"
       " limit b 10 recipients / 3650d per user optional\n"),
  };

  (void)state;
  for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
    uint64_t outcomes[WEIR_BLOCK + 1];

    compare(limits[i], "", NULL, NULL, outcomes);
    compare(limits[i], "", NULL, "recipients", outcomes);
    assert_true(i % 2 == 0 || outcomes[WEIR_ALLOW] > 100);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(plain_take_says_what_the_general_way_says),
      cmocka_unit_test(plain_take_that_lacks_the_unit_says_what_the_general_way_says),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
