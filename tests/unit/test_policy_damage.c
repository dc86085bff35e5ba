/* SPDX-License-Identifier: BSD-2-Clause
 * A set with every statement, one field of it changed: the check finds it. */
#include "support/policy_text.h"

#include "support/policy_full.h"

static void expect_corrupt(const struct wi_policy_set *hostile)
{
  assert_int_equal(wi_policy_set_check(hostile), WEIR_E_CORRUPT);
}

#define EXPECT_CORRUPT(field, value)                                                               \
  do {                                                                                             \
    struct wi_policy_set changed = set;                                                            \
    changed.field = (value);                                                                       \
    expect_corrupt(&changed);                                                                      \
  } while (0)

static int read_example(void **state)
{
  (void)state;
  assert_sound(full_example);
  return 0;
}

static void set_check_beyond_counts_is_not_looked_at(void **state)
{
  struct wi_policy_set rest = set;

  (void)state;
  memset(&rest.classes[rest.class_count], 0xff, sizeof rest.classes[0]);
  memset(&rest.specials[rest.special_count], 0xff, sizeof rest.specials[0]);
  memset(&rest.responses[rest.response_count], 0xff, sizeof rest.responses[0]);
  memset(&rest.signals[rest.signal_count], 0xff, sizeof rest.signals[0]);
  memset(&rest.values[rest.value_bytes], 0xff, sizeof rest.values - rest.value_bytes);
  assert_int_equal(wi_policy_set_check(&rest), WEIR_OK);
}

static void set_check_counts_changed_are_corrupt(void **state)
{
  (void)state;
  EXPECT_CORRUPT(class_count, 0);
  EXPECT_CORRUPT(class_count, 2);
  EXPECT_CORRUPT(class_count, WI_CLASSES_MAX + 1);
  EXPECT_CORRUPT(special_count, 0);
  EXPECT_CORRUPT(special_count, 3);
  EXPECT_CORRUPT(special_count, 5);
  EXPECT_CORRUPT(special_count, WI_SPECIALS_MAX + 1);
  EXPECT_CORRUPT(response_count, 0);
  EXPECT_CORRUPT(response_count, 4);
  EXPECT_CORRUPT(response_count, WI_RESPONSES_MAX + 1);
  EXPECT_CORRUPT(signal_count, 0);
  EXPECT_CORRUPT(signal_count, 3);
  EXPECT_CORRUPT(signal_count, WI_SIGNALS_MAX + 1);
  EXPECT_CORRUPT(value_bytes, set.value_bytes - 1);
  EXPECT_CORRUPT(value_bytes, set.value_bytes + 1);
  EXPECT_CORRUPT(value_bytes, WI_VALUES_BYTES + 1);
  EXPECT_CORRUPT(value_bytes, UINT32_MAX);
  EXPECT_CORRUPT(reserved, 1);
  EXPECT_CORRUPT(limit_count, FULL_STRIKES);
}

static void set_check_limits_changed_are_corrupt(void **state)
{
  (void)state;
  for (uint32_t i = 0; i < FULL_LIMITS; i++) {
    for (uint32_t kind = 0; kind < 6; kind++)
      if (kind != set.limits[i].kind)
        EXPECT_CORRUPT(limits[i].kind, kind);
    EXPECT_CORRUPT(limits[i].kind, UINT32_MAX);
    EXPECT_CORRUPT(limits[i].of, set.limits[i].of + 1);
    if (i > 0)
      EXPECT_CORRUPT(limits[i].of, i);
    EXPECT_CORRUPT(limits[i].of, UINT32_MAX);
    EXPECT_CORRUPT(limits[i].class_at, 1);
    EXPECT_CORRUPT(limits[i].class_at, UINT32_MAX);
    EXPECT_CORRUPT(limits[i].reserved, 1);
    EXPECT_CORRUPT(limits[i].flags, set.limits[i].flags | 32);
    EXPECT_CORRUPT(limits[i].policy, 1);
    EXPECT_CORRUPT(limits[i].key, set.key_count);
    EXPECT_CORRUPT(limits[i].unit, set.word_count);
    EXPECT_CORRUPT(limits[i].rule.count, 0);
    EXPECT_CORRUPT(limits[i].rule.period_ns, (uint64_t)1 << 63);
    EXPECT_CORRUPT(limits[i].rule.burst, 0);
    EXPECT_CORRUPT(limits[i].name[0], '\0');
  }
}

static void set_check_distinct_changed_is_corrupt(void **state)
{
  (void)state;
  EXPECT_CORRUPT(limits[FULL_FANOUT].rule.sliding, 0);
  EXPECT_CORRUPT(limits[FULL_FANOUT].flags, WI_LIMIT_CANONICAL);
  EXPECT_CORRUPT(limits[FULL_FANOUT].flags, WI_LIMIT_DISTINCT); /* its class has more    */
  EXPECT_CORRUPT(limits[FULL_MINUTE].flags, WI_LIMIT_DISTINCT);
  EXPECT_CORRUPT(limits[FULL_MINUTE].flags, WI_LIMIT_CANONICAL);
  EXPECT_CORRUPT(limits[FULL_MINUTE].flags, WI_LIMIT_UNLIMITED);
  EXPECT_CORRUPT(limits[FULL_FANOUT].rule.count = changed.limits[FULL_FANOUT].rule.burst,
                 INT64_MAX);
}

static void set_check_class_limits_changed_are_corrupt(void **state)
{
  (void)state;
  EXPECT_CORRUPT(limits[FULL_CLASS_DAY].name[0], 'x');
  EXPECT_CORRUPT(limits[FULL_CLASS_DAY].key, set.limits[FULL_ADDRESS].key);
  EXPECT_CORRUPT(limits[FULL_CLASS_DAY].unit, set.limits[FULL_MINUTE].unit);
  EXPECT_CORRUPT(limits[FULL_CLASS_DAY].flags, WI_LIMIT_SHADOW);
  EXPECT_CORRUPT(limits[FULL_CLASS_DAY].flags, WI_LIMIT_UNLIMITED);
  EXPECT_CORRUPT(limits[FULL_CLASS_DAY].when_full, WI_FULL_DENY);
  EXPECT_CORRUPT(limits[FULL_CLASS_DAY].rule.sliding, 0);
  EXPECT_CORRUPT(limits[FULL_CLASS_DAY].rule.period_ns, 1);
  EXPECT_CORRUPT(limits[FULL_CLASS_DAY].rule.burst, 1);
  EXPECT_CORRUPT(limits[FULL_CLASS_DAY].of, FULL_MINUTE);
  EXPECT_CORRUPT(limits[FULL_CLASS_DAY], set.limits[FULL_CLASS_FANOUT]);
  EXPECT_CORRUPT(
      limits[FULL_CLASS_FANOUT].rule.count = changed.limits[FULL_CLASS_FANOUT].rule.burst, 199);
  EXPECT_CORRUPT(limits[FULL_CLASS_MINUTE].rule.sliding, 1);
}

static void set_check_hidden_limits_changed_are_corrupt(void **state)
{
  (void)state;
  EXPECT_CORRUPT(limits[FULL_STRIKES].name[0], 'x');
  EXPECT_CORRUPT(limits[FULL_STRIKES].unit, set.limits[FULL_MINUTE].unit);
  EXPECT_CORRUPT(limits[FULL_STRIKES].rule.sliding, 0);
  EXPECT_CORRUPT(limits[FULL_STRIKES].flags, WI_LIMIT_SHADOW);
  EXPECT_CORRUPT(limits[FULL_STRIKES].when_full, WI_FULL_ALLOW);
  EXPECT_CORRUPT(limits[FULL_STRIKES].key, set.limits[FULL_ADDRESS].key);
  EXPECT_CORRUPT(limits[FULL_STRIKES].key, set.limits[FULL_RELAY].key);
  EXPECT_CORRUPT(limits[FULL_MINUTE].flags, WI_LIMIT_SHADOW); /* it has a response      */
  for (uint32_t i = FULL_SCORE; i <= FULL_APART; i++) {
    EXPECT_CORRUPT(limits[i].rule.sliding, 1);
    EXPECT_CORRUPT(limits[i].rule.burst, 1);
    EXPECT_CORRUPT(limits[i].flags, WI_LIMIT_OPTIONAL);
    EXPECT_CORRUPT(limits[i].when_full, WI_FULL_DENY);
    EXPECT_CORRUPT(limits[i].key, set.limits[FULL_RELAY].key);
  }
  EXPECT_CORRUPT(limits[FULL_SCORE].unit, set.limits[FULL_MINUTE].unit);
  EXPECT_CORRUPT(limits[FULL_APART].name[0], 'x');
}

static void set_check_classes_changed_are_corrupt(void **state)
{
  (void)state;
  EXPECT_CORRUPT(classes[0].name[0], '\0');
  EXPECT_CORRUPT(classes[0].name[0], '+');
  EXPECT_CORRUPT(classes[0].name[63], 'x');
  EXPECT_CORRUPT(classes[0].policy, 1);
  EXPECT_CORRUPT(classes[0].policy, UINT32_MAX);
  EXPECT_CORRUPT(classes[0].reserved, 1);
}

static void set_check_specials_changed_are_corrupt(void **state)
{
  (void)state;
  for (uint32_t i = 0; i < set.special_count; i++) {
    EXPECT_CORRUPT(specials[i].kind, 3);
    EXPECT_CORRUPT(specials[i].kind, UINT32_MAX);
    EXPECT_CORRUPT(specials[i].kind, set.specials[i].kind ^ WI_SPECIAL_REACHABLE);
    EXPECT_CORRUPT(specials[i].policy, 1);
    EXPECT_CORRUPT(specials[i].policy, UINT32_MAX);
    EXPECT_CORRUPT(specials[i].word, set.word_count);
    EXPECT_CORRUPT(specials[i].word, UINT32_MAX);
    EXPECT_CORRUPT(specials[i].at, set.specials[i].at + 1);
    EXPECT_CORRUPT(specials[i].at, UINT32_MAX);
    EXPECT_CORRUPT(specials[i].offset, set.specials[i].offset + 1);
    EXPECT_CORRUPT(specials[i].offset, set.specials[i].offset - 1);
    EXPECT_CORRUPT(specials[i].value_bytes, 0);
    EXPECT_CORRUPT(specials[i].value_bytes, set.specials[i].value_bytes - 1);
    EXPECT_CORRUPT(specials[i].value_bytes, UINT32_MAX);
  }
}

static void set_check_special_twice_is_corrupt(void **state)
{
  (void)state;
  assert_sound("policy p\nlimit a 1 x / 1s\nexempt user=aa\nexempt user=ab\n"
               "reachable to=a 1 x / 1s per user\nreachable to=a 1 x / 1s per user\n");
  EXPECT_CORRUPT(values[3], 'a');
  EXPECT_CORRUPT(specials[3].at, 1);
  (void)read_example(NULL);
}

static void set_check_responses_changed_are_corrupt(void **state)
{
  (void)state;
  for (uint32_t i = 0; i < set.response_count; i++) {
    EXPECT_CORRUPT(responses[i].policy, 1);
    EXPECT_CORRUPT(responses[i].policy, UINT32_MAX);
    EXPECT_CORRUPT(responses[i].limit, FULL_PAIR);
    EXPECT_CORRUPT(responses[i].limit, FULL_APART);
    EXPECT_CORRUPT(responses[i].limit, FULL_LIMITS);
    EXPECT_CORRUPT(responses[i].limit, UINT32_MAX);
    EXPECT_CORRUPT(responses[i].strikes, FULL_LIMITS);
    EXPECT_CORRUPT(responses[i].strikes, FULL_MINUTE);
    EXPECT_CORRUPT(responses[i].key, set.key_count);
    EXPECT_CORRUPT(responses[i].key, set.limits[FULL_RELAY].key);
    EXPECT_CORRUPT(responses[i].duration_ns, 0);
    EXPECT_CORRUPT(responses[i].duration_ns, set.responses[i].longest_ns + 1);
    EXPECT_CORRUPT(responses[i].longest_ns, (uint64_t)1 << 63);
    EXPECT_CORRUPT(responses[i].longest_ns, set.responses[i].duration_ns - 1);
  }
  EXPECT_CORRUPT(responses[0].strikes, WI_NO_STRIKES);
  EXPECT_CORRUPT(responses[0].key, set.responses[2].key);
  EXPECT_CORRUPT(responses[0].limit, FULL_DAY);
  EXPECT_CORRUPT(responses[1].strikes, FULL_STRIKES);
  EXPECT_CORRUPT(responses[2].strikes, FULL_STRIKES);
  EXPECT_CORRUPT(responses[1], set.responses[0]);
  EXPECT_CORRUPT(responses[1], set.responses[2]);
}

static void set_check_signals_changed_are_corrupt(void **state)
{
  (void)state;
  for (uint32_t i = 0; i < set.signal_count; i++) {
    EXPECT_CORRUPT(signals[i].name[0], '\0');
    EXPECT_CORRUPT(signals[i].name[63], 'x');
    EXPECT_CORRUPT(signals[i].points, 0);
    EXPECT_CORRUPT(signals[i].points, (uint64_t)1 << 63);
    EXPECT_CORRUPT(signals[i].score, FULL_MINUTE);
    EXPECT_CORRUPT(signals[i].score, FULL_LIMITS);
    EXPECT_CORRUPT(signals[i].score, UINT32_MAX);
    EXPECT_CORRUPT(signals[i].reserved, 1);
  }
  EXPECT_CORRUPT(signals[1], set.signals[0]);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(set_check_beyond_counts_is_not_looked_at),
      cmocka_unit_test(set_check_counts_changed_are_corrupt),
      cmocka_unit_test(set_check_limits_changed_are_corrupt),
      cmocka_unit_test(set_check_distinct_changed_is_corrupt),
      cmocka_unit_test(set_check_class_limits_changed_are_corrupt),
      cmocka_unit_test(set_check_hidden_limits_changed_are_corrupt),
      cmocka_unit_test(set_check_classes_changed_are_corrupt),
      cmocka_unit_test(set_check_specials_changed_are_corrupt),
      cmocka_unit_test(set_check_special_twice_is_corrupt),
      cmocka_unit_test(set_check_responses_changed_are_corrupt),
      cmocka_unit_test(set_check_signals_changed_are_corrupt),
  };

  return cmocka_run_group_tests(tests, read_example, NULL);
}
