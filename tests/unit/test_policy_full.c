/* SPDX-License-Identifier: BSD-2-Clause
 * What the statements beside `limit` mean: distinct, on, exempt, class, member, score, signal,
 * reachable. */
#include "support/policy_text.h"

#include "support/policy_full.h"

#define SECOND 1000000000u
#define MINUTE (60u * (uint64_t)SECOND)
#define HOUR (60u * MINUTE)

static void assert_rule(const struct wi_rule *rule, uint64_t count, uint64_t period_ns,
                        uint64_t burst, uint32_t sliding)
{
  assert_true(rule->count == count);
  assert_true(rule->period_ns == period_ns);
  assert_true(rule->burst == burst);
  assert_int_equal(rule->sliding, sliding);
  assert_int_equal(rule->reserved, 0);
}

static void assert_key(uint32_t key, const char *expected)
{
  char name[WI_KEY_NAME_BYTES];

  wi_policy_key_name(&set, key, name);
  assert_string_equal(name, expected);
}

static void assert_value(const struct wi_special *special, enum wi_special_kind kind,
                         const char *attribute, const char *value)
{
  assert_int_equal(special->kind, kind);
  assert_string_equal(set.words[special->word], attribute);
  assert_int_equal(special->value_bytes, strlen(value));
  assert_memory_equal(set.values + special->offset, value, strlen(value));
}

static void parse_example_counts_what_it_has(void **state)
{
  (void)state;
  assert_sound(full_example);
  assert_int_equal(set.policy_count, 1);
  assert_int_equal(set.limit_count, FULL_LIMITS);
  assert_int_equal(set.class_count, 1);
  assert_int_equal(set.special_count, 4);
  assert_int_equal(set.response_count, 3);
  assert_int_equal(set.signal_count, 2);
  for (uint32_t i = 0; i < FULL_LIMITS; i++)
    assert_int_equal(set.limits[i].kind, i < FULL_SCORE      ? WI_KIND_LIMIT
                                         : i == FULL_SCORE   ? WI_KIND_SCORE
                                         : i == FULL_APART   ? WI_KIND_APART
                                         : i == FULL_STRIKES ? WI_KIND_STRIKES
                                                             : WI_KIND_CLASS);
}

static void parse_distinct_is_a_window_over_an_attribute(void **state)
{
  const struct wi_limit *limit = only_limit("limit a 200 distinct recipient / 1h per user");

  (void)state;
  assert_int_equal(limit->flags, WI_LIMIT_DISTINCT);
  assert_string_equal(set.words[limit->unit], "recipient");
  assert_rule(&limit->rule, 200, HOUR, 200, WI_DISTINCT);
  limit = only_limit("limit a 2 distinct ip/1h canonical optional sliding shadow overall");
  assert_int_equal(limit->flags,
                   WI_LIMIT_DISTINCT | WI_LIMIT_CANONICAL | WI_LIMIT_OPTIONAL | WI_LIMIT_SHADOW);
  assert_string_equal(set.words[limit->unit], "ip");
  assert_rule(&limit->rule, 2, HOUR, 2, WI_DISTINCT);
}

static void parse_on_with_strikes_counts_one_less(void **state)
{
  const struct wi_response *response = &set.responses[0];
  const struct wi_limit *strikes = &set.limits[FULL_STRIKES];

  (void)state;
  assert_sound(full_example);
  assert_int_equal(response->policy, 0);
  assert_int_equal(response->limit, FULL_MINUTE);
  assert_int_equal(response->strikes, FULL_STRIKES);
  assert_key(response->key, "user");
  assert_true(response->duration_ns == HOUR);
  assert_true(response->longest_ns == 24 * HOUR);
  assert_string_equal(strikes->name, "user-minute");
  assert_rule(&strikes->rule, 4, 10 * MINUTE, 4, 1);
  assert_int_equal(strikes->of, FULL_MINUTE);
  assert_int_equal(strikes->key, response->key);
  assert_string_equal(set.words[strikes->unit], "denials");
}

static void parse_on_without_strikes_trips_at_once(void **state)
{
  (void)state;
  assert_sound(full_example);
  assert_int_equal(set.responses[1].limit, FULL_FANOUT);
  assert_int_equal(set.responses[1].strikes, WI_NO_STRIKES);
  assert_true(set.responses[1].duration_ns == 4 * HOUR);
  assert_true(set.responses[1].longest_ns == 4 * HOUR);
  assert_sound(
      "policy p\nlimit a 1 x / 1s\non a denied 1 in 5m block ip+user for 1s doubling to 1s");
  assert_int_equal(set.responses[0].strikes, WI_NO_STRIKES);
  assert_int_equal(set.limit_count, 1);
  assert_key(set.responses[0].key, "ip+user");
}

static void parse_names_resolve_in_both_directions(void **state)
{
  (void)state;
  assert_sound("policy p\n"
               "member c user=a\n"
               "on b denied 3 in 1m block user for 1s\n"
               "class c\nlimit b 2G\n"
               "exempt ip=1\n"
               "limit a 1 x / 1s per user\n"
               "limit b 1 bytes / 1s per user\n"
               "policy q\n"
               "on a denied block ip for 1s\n"
               "class c\nlimit a 7\n"
               "exempt ip=1\n"
               "limit a 2 x / 1m sliding\n"
               "member c user=a\n");
  assert_int_equal(set.limit_count, 6);
  assert_int_equal(set.limits[3].of, 1); /* strikes                                     */
  assert_int_equal(set.limits[4].of, 1); /* of class c of p                             */
  assert_true(set.limits[4].rule.count == 2000000000);
  assert_int_equal(set.limits[5].of, 2);
  assert_int_equal(set.limits[5].class_at, 1);
  assert_int_equal(set.responses[0].strikes, 3);
  assert_int_equal(set.responses[1].limit, 2);
  assert_int_equal(set.specials[0].at, 0);
  assert_int_equal(set.specials[3].at, 1);
}

static void parse_names_of_another_policy_do_not_resolve(void **state)
{
  (void)state;
  assert_mistakes("policy p\nlimit a 1 x / 1s\nclass c\nlimit a 2\n"
                  "policy q\nlimit b 1 x / 1s\non a denied block user for 1s\nmember c user=x\n",
                  "f:7:4: no limit 'a' in this policy, expected the name of one\n"
                  "f:8:8: no class 'c' in this policy, expected the name of one\n");
}

static void parse_class_overrides_and_lifts(void **state)
{
  const struct wi_limit *day = &set.limits[FULL_CLASS_DAY];
  const struct wi_limit *fanout = &set.limits[FULL_CLASS_FANOUT];
  const struct wi_limit *minute = &set.limits[FULL_CLASS_MINUTE];

  (void)state;
  assert_sound(full_example);
  assert_string_equal(set.classes[0].name, "newsletters");
  assert_int_equal(set.classes[0].policy, 0);
  assert_string_equal(day->name, "user-day");
  assert_int_equal(day->of, FULL_DAY);
  assert_int_equal(day->class_at, 0);
  assert_rule(&day->rule, 50000, 24 * HOUR, 50000, 1);
  assert_int_equal(day->unit, set.limits[FULL_DAY].unit);
  assert_int_equal(day->key, set.limits[FULL_DAY].key);
  assert_int_equal(fanout->flags, WI_LIMIT_DISTINCT | WI_LIMIT_CANONICAL | WI_LIMIT_UNLIMITED);
  assert_rule(&fanout->rule, 200, HOUR, 200, WI_DISTINCT);
  assert_rule(&minute->rule, 100, MINUTE, 200, 0);
}

static void parse_class_copies_flags_and_full(void **state)
{
  (void)state;
  assert_sound("policy p\nlimit a 1 bytes / 1s shadow optional when-full deny burst 9\n"
               "class c\nlimit a 5k\nclass d\nlimit a unlimited\n");
  for (uint32_t i = 1; i < 3; i++) {
    assert_int_equal(set.limits[i].flags & ~(uint32_t)WI_LIMIT_UNLIMITED,
                     WI_LIMIT_SHADOW | WI_LIMIT_OPTIONAL);
    assert_int_equal(set.limits[i].when_full, WI_FULL_DENY);
    assert_int_equal(set.limits[i].class_at, i - 1);
  }
  assert_rule(&set.limits[1].rule, 5000, SECOND, 5000, 0);
  assert_rule(&set.limits[2].rule, 1, SECOND, 9, 0);
}

static void parse_class_ends_at_any_other_statement(void **state)
{
  static const char *const ends[] = {
      "member c user=x", "exempt user=x", "on a denied block user for 1s",
      "score s 1 / 1s per user\nsignal x 1", "reachable to=x 1 messages / 1s per user"};

  (void)state;
  for (size_t i = 0; i < WI_COUNT_OF(ends); i++) {
    char text[256];

    (void)snprintf(text, sizeof text,
                   "policy p\nlimit a 1 x / 1s\nclass c\nlimit a 2\n%s\nlimit b 3 x / 1s\n",
                   ends[i]);
    assert_sound(text);
  }
}

static void parse_special_values_are_bytes(void **state)
{
  (void)state;
  assert_sound(full_example);
  assert_value(&set.specials[0], WI_SPECIAL_EXEMPT, "user", "postmaster@example.edu");
  assert_value(&set.specials[1], WI_SPECIAL_REACHABLE, "recipient", "helpdesk@example.edu");
  assert_int_equal(set.specials[1].at, FULL_APART);
  assert_value(&set.specials[2], WI_SPECIAL_MEMBER, "user", "list-owner@example.edu");
  assert_value(&set.specials[3], WI_SPECIAL_MEMBER, "ip", "192.0.2.1 # \\ \"the\" host");
  assert_sound("policy p\nlimit a 1 x / 1s\n"
               "exempt user=\"\\n\\r\\t\\0\\q\"\nexempt user=a\"b,c\nexempt user=\xff=#\n"
               "exempt ip=\"a\"#b");
  assert_memory_equal(set.values, "\n\r\t\0qa\"b,c\xff=a", 13);
  assert_int_equal(set.value_bytes, 13);
  assert_int_equal(set.specials[1].offset, 5);
  assert_int_equal(set.specials[3].value_bytes, 1);
}

static void parse_same_value_may_be_of_several_kinds_and_policies(void **state)
{
  (void)state;
  assert_sound("policy p\nlimit a 1 x / 1s\nclass c\nlimit a 2\nmember c user=x\nexempt user=x\n"
               "reachable user=x 1 messages / 1s per ip\nreachable user=x 9 bytes / 1d per ip\n"
               "policy q\nlimit a 1 x / 1s\nclass c\nlimit a 2\nmember c user=x\nexempt user=x\n");
  assert_int_equal(set.special_count, 6);
}

static void parse_score_is_a_bucket_of_points(void **state)
{
  const struct wi_limit *score = &set.limits[FULL_SCORE];

  (void)state;
  assert_sound(full_example);
  assert_string_equal(score->name, "suspicion");
  assert_rule(&score->rule, 100, HOUR, 100, 0);
  assert_string_equal(set.words[score->unit], "points");
  assert_key(score->key, "user");
  assert_int_equal(set.responses[2].limit, FULL_SCORE);
  assert_int_equal(set.responses[2].strikes, WI_NO_STRIKES);
  assert_key(set.responses[2].key, "ip+user");
  assert_string_equal(set.signals[0].name, "identity-changed");
  assert_int_equal(set.signals[0].points, 50);
  assert_int_equal(set.signals[1].score, FULL_SCORE);
  assert_sound("policy p\nlimit s 1 x / 1s\nscore s 1/1s per user\nsignal a 9223372036854775807\n"
               "score t 9223372036854775807 /1s per user\nsignal a 1\n");
  assert_int_equal(set.response_count, 0);
  assert_true(set.signals[0].points == INT64_MAX);
}

static void parse_reachable_is_a_bucket_apart(void **state)
{
  const struct wi_limit *apart = &set.limits[FULL_APART];

  (void)state;
  assert_sound(full_example);
  assert_string_equal(apart->name, "reachable");
  assert_rule(&apart->rule, 5, HOUR, 5, 0);
  assert_string_equal(set.words[apart->unit], "messages");
  assert_key(apart->key, "user");
  assert_sound("policy p\nlimit a 1 x / 1s\nreachable to=x 5k bytes/1s per user+ip\n");
  assert_rule(&set.limits[1].rule, 5000, SECOND, 5000, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(parse_example_counts_what_it_has),
      cmocka_unit_test(parse_distinct_is_a_window_over_an_attribute),
      cmocka_unit_test(parse_on_with_strikes_counts_one_less),
      cmocka_unit_test(parse_on_without_strikes_trips_at_once),
      cmocka_unit_test(parse_names_resolve_in_both_directions),
      cmocka_unit_test(parse_names_of_another_policy_do_not_resolve),
      cmocka_unit_test(parse_class_overrides_and_lifts),
      cmocka_unit_test(parse_class_copies_flags_and_full),
      cmocka_unit_test(parse_class_ends_at_any_other_statement),
      cmocka_unit_test(parse_special_values_are_bytes),
      cmocka_unit_test(parse_same_value_may_be_of_several_kinds_and_policies),
      cmocka_unit_test(parse_score_is_a_bucket_of_points),
      cmocka_unit_test(parse_reachable_is_a_bucket_apart),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
