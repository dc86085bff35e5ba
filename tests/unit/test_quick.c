/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The quick way of lib/admit/quick.h says what the general way says.  Two tables run through the
 * same random requests: one whose policy is quick, one whose policy has, besides, a limit that
 * never applies and makes it go the general way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "admit/admit.h"
#include "support/random.h"
#include "support/table.h"

#define SLOW "  limit never 1 messages / 1h per nobody optional shadow\n"
#define STEPS 20000

static struct weir_table *make(const char *limits, const char *more)
{
  char text[1024];

  (void)snprintf(text, sizeof text, "policy p\n%s%s", limits, more);
  return make_table(NULL, 500, text);
}

static bool is_quick(struct weir_table *table)
{
  const struct wi_plan *plan;

  assert_int_equal(wi_plans_load(&table->plans, &table->region, &plan), WEIR_OK);
  return plan->policies[0].quick;
}

static void assert_same_verdict(const struct weir_verdict *a, const struct weir_verdict *b)
{
  assert_int_equal(a->outcome, b->outcome);
  assert_int_equal(a->flags, b->flags);
  assert_string_equal(a->limit, b->limit);
  assert_true(a->remaining == b->remaining);
  assert_true(a->retry_after_ns == b->retry_after_ns);
  assert_memory_equal(a, b, sizeof *a);
}

/* Names, costs and times; also costs of 0 and above every burst, and times that go back. */
static void ask(struct asking *asking, struct random_state *random, uint64_t *now_ns)
{
  static const char *const users[] = {"ann", "bob", "cy", "dee", "eve", "fay"};
  static const char *const ips[] = {"192.0.2.1", "192.0.2.2", "2001:db8::1"};
  static const uint64_t counts[] = {0, 1, 1, 1, 1, 2, 3, 7, 50, UINT64_MAX};

  if (random_below(random, 16) == 0)
    *now_ns -= random_below(random, 2000000000);
  else
    *now_ns += random_below(random, 400000000);
  ask_for(asking, users[random_below(random, 6)], ips[random_below(random, 3)]);
  ask_units(asking, "recipients", counts[random_below(random, 10)]);
  if (random_below(random, 2) == 0)
    ask_units(asking, "messages", counts[random_below(random, 10)]);
  ask_at(asking, *now_ns);
}

static void compare(const char *limits)
{
  struct weir_table *quick = make(limits, ""), *slow = make(limits, SLOW);
  struct weir_stats stats[2] = {{.size_bytes = sizeof stats[0]}, {.size_bytes = sizeof stats[0]}};
  struct random_state random = random_begin();
  uint64_t now_ns = (uint64_t)1 << 60, denied = 0;

  /* The same cells are reclaimed in both, so that times that go back find the same. */
  memcpy(slow->region.secret, quick->region.secret, sizeof slow->region.secret);
  print_message("WEIR_SEED=%" PRIu64 "\n", random.seed);
  assert_true(is_quick(quick));
  assert_false(is_quick(slow));
  for (int step = 0; step < STEPS; step++) {
    struct weir_verdict a, b;
    struct asking asking;

    memset(&a, 0x5a, sizeof a); /* all of a verdict is written */
    memset(&b, 0xa5, sizeof b);
    ask(&asking, &random, &now_ns);
    assert_int_equal(weir_take(quick, &asking.request, &a), WEIR_OK);
    assert_int_equal(weir_take(slow, &asking.request, &b), WEIR_OK);
    assert_same_verdict(&a, &b);
    denied += a.outcome == WEIR_DENY;
  }
  assert_in_range(denied, STEPS / 10, STEPS - STEPS / 10);
  assert_int_equal(weir_stats(quick, &stats[0]), WEIR_OK);
  assert_int_equal(weir_stats(slow, &stats[1]), WEIR_OK);
  assert_true(stats[0].allowed == stats[1].allowed && stats[0].denied == stats[1].denied);
  assert_true(stats[0].denied == denied);
  weir_close(quick);
  weir_close(slow);
}

static void take_of_one_bucket_says_what_the_general_way_says(void **state)
{
  (void)state;
  compare("  limit a 7 recipients / 1s per user burst 20\n");
  compare("  limit a 3 messages / 1s per user\n");
  compare("  limit a 1000003 recipients / 999999999ns per user burst 11\n"); /* rounded rate */
}

static void take_of_several_buckets_says_what_the_general_way_says(void **state)
{
  (void)state;
  compare("  limit a 3 recipients / 1s per user burst 9\n"
          "  limit b 10 messages / 7s per ip burst 12\n"
          "  limit c 9 recipients / 3s per user+ip\n"
          "  limit d 40 messages / 5s overall\n");
}

static void take_of_equal_limits_names_the_first(void **state)
{
  (void)state;
  compare("  limit b 3 recipients / 1s per user\n"
          "  limit a 3 recipients / 1s per user\n");
}

static void take_many_of_one_key_charges_each(void **state)
{
  struct weir_table *table = make("  limit a 5 messages / 1h per user\n", "");
  struct weir_attribute who = {"user", "alice", 5};
  struct weir_request requests[40];
  struct weir_verdict verdicts[40];
  int errors[40];

  (void)state;
  for (int i = 0; i < 40; i++)
    requests[i] = (struct weir_request){
        .size_bytes = sizeof requests[i], .attributes = &who, .attribute_count = 1};
  requests[3].size_bytes = 1;
  assert_int_equal(weir_take_many(table, requests, verdicts, errors, 40), 1);
  for (int i = 0; i < 40; i++) {
    assert_int_equal(errors[i], i == 3 ? WEIR_E_ARGUMENT : WEIR_OK);
    if (i != 3)
      assert_int_equal(verdicts[i].outcome, i <= 5 ? WEIR_ALLOW : WEIR_DENY);
  }
  weir_close(table);
}

#define BATCH_MAX 70

/* Most plain, by names of one word and of several; some with a time, two attributes, another
 * unit or a mistake, which are not taken together with the others. */
static void ask_any(struct asking *asking, struct random_state *random)
{
  static const char *const users[] = {"a",
                                      "ann.b@x",
                                      "ann.bo@x",
                                      "ann.bob@example",
                                      "eve@example.org",
                                      "a-long-name-of-somebody@mail.example.org",
                                      "zoe"};
  const char *user = users[random_below(random, 7)];
  uint64_t kind = random_below(random, 12);

  ask_for(asking, user, kind == 1 ? "192.0.2.1" : NULL);
  if (kind == 2)
    ask_units(asking, "messages", random_below(random, 3));
  if (kind == 3)
    asking->request.size_bytes = 0;
  if (kind == 4)
    asking->attributes[0].name = "usher";
}

/* A batch on one table, one after another the general way on another: the same but for the wait,
 * which is by clocks read at different times.  The rates are so slow that no unit comes back. */
static void compare_batches(const char *limits)
{
  struct weir_table *quick = make(limits, ""), *slow = make(limits, SLOW);
  static struct asking askings[BATCH_MAX];
  struct random_state random = random_begin();
  uint64_t denied = 0, allowed = 0;

  memcpy(slow->region.secret, quick->region.secret, sizeof slow->region.secret);
  print_message("WEIR_SEED=%" PRIu64 "\n", random.seed);
  for (int step = 0; step < 300; step++) {
    struct weir_request requests[BATCH_MAX];
    struct weir_verdict verdicts[BATCH_MAX], verdict;
    uint32_t count = (uint32_t)random_below(&random, BATCH_MAX + 1);
    int errors[BATCH_MAX], failed = 0;

    for (uint32_t i = 0; i < count; i++) {
      ask_any(&askings[i], &random);
      requests[i] = askings[i].request;
    }
    memset(verdicts, 0x5a, sizeof verdicts);
    (void)weir_take_many(quick, requests, verdicts, errors, count);
    for (uint32_t i = 0; i < count; i++) {
      int error = weir_take(slow, &requests[i], &verdict);

      assert_int_equal(errors[i], error);
      failed += error != WEIR_OK;
      if (error != WEIR_OK)
        continue;
      assert_true((verdict.retry_after_ns == 0) == (verdicts[i].retry_after_ns == 0));
      verdict.retry_after_ns = verdicts[i].retry_after_ns;
      assert_same_verdict(&verdicts[i], &verdict);
      denied += verdict.outcome == WEIR_DENY;
      allowed += verdict.outcome == WEIR_ALLOW;
    }
    assert_true(failed <= (int)count);
  }
  assert_true(denied > 100 && allowed > 100);
  weir_close(quick);
  weir_close(slow);
}

static void take_many_says_what_the_general_way_says(void **state)
{
  (void)state;
  compare_batches("  limit a 200 messages / 3650d per user\n");
  compare_batches("  limit a 150 messages / 3650d per user\n"
                  "  limit b 300 messages / 3650d per user burst 200\n"
                  "  limit c 170 messages / 3650d per user\n");
}

/* The guess of the processor's stripe is anything a member of the table's group wrote there. */
static void take_with_any_guess_charges_the_principal(void **state)
{
  struct weir_table *table = make("  limit a 1000 messages / 3650d per user\n", "");
  struct random_state random = random_begin();
  struct asking asking;
  struct weir_verdict verdict;

  (void)state;
  ask_for(&asking, "ann", NULL);
  for (uint64_t left = 1000; left-- > 0;) {
    for (uint32_t i = 0; i < table->region.geometry.stripes; i++)
      table->region.stripes[i].last_cell =
          left % 2 == 0 ? random_any_length(&random) : random_below(&random, 4 * WI_GROUP_BYTES);
    assert_int_equal(weir_take(table, &asking.request, &verdict), WEIR_OK);
    assert_int_equal(verdict.outcome, WEIR_ALLOW);
    assert_true(verdict.remaining == left);
  }
  assert_int_equal(weir_take(table, &asking.request, &verdict), WEIR_OK);
  assert_int_equal(verdict.outcome, WEIR_DENY);
  weir_close(table);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(take_of_one_bucket_says_what_the_general_way_says),
      cmocka_unit_test(take_of_several_buckets_says_what_the_general_way_says),
      cmocka_unit_test(take_of_equal_limits_names_the_first),
      cmocka_unit_test(take_many_of_one_key_charges_each),
      cmocka_unit_test(take_many_says_what_the_general_way_says),
      cmocka_unit_test(take_with_any_guess_charges_the_principal),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
