/* SPDX-License-Identifier: BSD-2-Clause
 * The policy language: what a text means, how much of it there may be. */
#include "support/policy_text.h"

#include <stdlib.h>

#define SECOND 1000000000u
#define MINUTE (60u * (uint64_t)SECOND)

static void parse_example_gives_its_limits(void **state)
{
  char key[WI_KEY_NAME_BYTES];

  (void)state;
  assert_sound(example);
  assert_string_equal(set.policies[0].name, "submission");
  assert_string_equal(set.policies[1].name, "");

  assert_string_equal(set.limits[0].name, "user-minute");
  assert_int_equal(set.limits[0].rule.count, 30);
  assert_int_equal(set.limits[0].rule.period_ns, MINUTE);
  assert_int_equal(set.limits[0].rule.burst, 60);
  assert_int_equal(set.limits[0].rule.sliding, 0);
  assert_string_equal(set.words[set.limits[0].unit], "messages");

  assert_string_equal(set.limits[1].name, "user-day");
  assert_int_equal(set.limits[1].rule.sliding, 1);
  assert_int_equal(set.limits[1].rule.burst, 500);
  assert_int_equal(set.limits[1].rule.period_ns, 1440 * MINUTE);
  assert_int_equal(set.limits[1].key, set.limits[0].key);
  assert_string_equal(set.words[set.limits[1].unit], "recipients");

  assert_int_equal(set.limits[3].flags, WI_LIMIT_SHADOW);
  wi_policy_key_name(&set, set.limits[3].key, key);
  assert_string_equal(key, "ip+user");

  assert_int_equal(set.limits[4].rule.burst, 4000);
  wi_policy_key_name(&set, set.limits[4].key, key);
  assert_string_equal(key, "overall");
  assert_int_equal(set.keys[set.limits[4].key].attribute_count, 0);
  assert_int_equal(set.limits[5].in_use, 0);
}

static void parse_defaults_are_bucket_overall_inherit(void **state)
{
  const struct wi_limit *limit = only_limit("limit a 7 messages / 2h");

  (void)state;
  assert_int_equal(limit->rule.burst, 7);
  assert_int_equal(limit->rule.sliding, 0);
  assert_int_equal(limit->flags, 0);
  assert_int_equal(limit->when_full, WI_FULL_INHERIT);
  assert_int_equal(set.keys[limit->key].attribute_count, 0);
}

static void parse_options_come_in_any_order(void **state)
{
  struct wi_limit limit =
      *only_limit("limit a 1 bytes / 1s when-full deny optional burst 2 shadow per b+a");

  (void)state;
  assert_int_equal(limit.flags, WI_LIMIT_SHADOW | WI_LIMIT_OPTIONAL);
  assert_int_equal(limit.when_full, WI_FULL_DENY);
  assert_int_equal(limit.rule.burst, 2);
  limit = *only_limit("limit a 1 bytes / 1s per a+b shadow burst 2 optional when-full allow");
  assert_int_equal(limit.flags, WI_LIMIT_SHADOW | WI_LIMIT_OPTIONAL);
  assert_int_equal(limit.when_full, WI_FULL_ALLOW);
}

static void parse_key_order_does_not_matter(void **state)
{
  char name[WI_KEY_NAME_BYTES];

  (void)state;
  assert_sound("policy p\n"
               "limit a 1 x / 1s per user+ip\n"
               "limit b 1 x / 1s per ip+user\n"
               "limit c 1 x / 1s per d+c+b+a\n"
               "limit d 1 x / 1s per b+d+a+c\n");
  assert_int_equal(set.key_count, 2);
  assert_int_equal(set.limits[0].key, set.limits[1].key);
  assert_int_equal(set.limits[2].key, set.limits[3].key);
  wi_policy_key_name(&set, set.limits[2].key, name);
  assert_string_equal(name, "a+b+c+d");
}

static void parse_longest_key_name_fits(void **state)
{
  char text[512], word[64], name[WI_KEY_NAME_BYTES];

  (void)state;
  memset(word, 'w', 62);
  word[62] = '\0';
  (void)snprintf(text, sizeof text, "limit a 1 x / 1s per %s1+%s2+%s3+%s4", word, word, word, word);
  wi_policy_key_name(&set, only_limit(text)->key, name);
  assert_int_equal(strlen(name), 4 * 63 + 3);
}

static void parse_largest_numbers_are_kept(void **state)
{
  const struct wi_limit *limit =
      only_limit("limit a 9223372036854775807 x / 9223372036854775807ns burst 9223372036854775807");

  (void)state;
  assert_true(limit->rule.count == INT64_MAX);
  assert_true(limit->rule.period_ns == INT64_MAX);
  assert_true(limit->rule.burst == INT64_MAX);
}

static void parse_byte_counts_are_decimal(void **state)
{
  const struct wi_limit *limit = only_limit("limit a 20M bytes/1d per user burst 3G");

  (void)state;
  assert_int_equal(limit->rule.count, 20000000);
  assert_int_equal(limit->rule.burst, 3000000000);
  assert_int_equal(only_limit("limit a 5k bytes / 1s")->rule.count, 5000);
  assert_true(only_limit("limit a 9223372036G bytes / 1s")->rule.count == 9223372036000000000);
}

static void parse_slash_needs_no_blanks(void **state)
{
  (void)state;
  assert_int_equal(only_limit("limit a 3 messages/1m")->rule.period_ns, MINUTE);
  assert_int_equal(only_limit("limit a 3 messages /1m")->rule.period_ns, MINUTE);
  assert_int_equal(only_limit("limit a 3 messages/ 1m")->rule.period_ns, MINUTE);
}

static void parse_line_ends_and_mark_are_accepted(void **state)
{
  (void)state;
  assert_sound("\xef\xbb\xbfpolicy p\r\n\r\n \t limit\ta 3 messages / 1m # why\r\n# \xc3\xa4\r\n");
  assert_sound("policy p\nlimit a 3 messages / 1m");
  assert_sound("policy p\nlimit a 3 messages / 1m\r");
  assert_sound("policy p#x\nlimit a 3 messages / 1m#x");
}

static void parse_columns_do_not_count_the_mark(void **state)
{
  (void)state;
  assert_mistakes("\xef\xbb\xbf x", "f:1:2: unknown statement 'x', " STATEMENTS "\n");
}

static void parse_same_limit_name_in_two_policies_is_two_limits(void **state)
{
  (void)state;
  assert_sound("policy p\nlimit a 1 x / 1s\npolicy q\nlimit a 2 x / 1s\n");
  assert_int_equal(set.limits[0].policy, 0);
  assert_int_equal(set.limits[1].policy, 1);
}

static void duration_of_each_unit_is_its_ns(void **state)
{
  static const struct {
    const char *text;
    uint64_t ns;
  } durations[] = {
      {"1ns", 1},
      {"1us", 1000},
      {"1ms", 1000000},
      {"1s", SECOND},
      {"1m", MINUTE},
      {"1h", 60 * MINUTE},
      {"1d", 1440 * MINUTE},
      {"007s", 7 * (uint64_t)SECOND},
      {"106751d", 106751 * 1440 * MINUTE},
      {"9223372036854775807ns", INT64_MAX},
  };

  (void)state;
  for (size_t i = 0; i < WI_COUNT_OF(durations); i++) {
    uint64_t ns = 0;

    assert_int_equal(wi_policy_duration(durations[i].text, strlen(durations[i].text), &ns), 0);
    assert_true(ns == durations[i].ns);
  }
}

static void duration_malformed_is_refused(void **state)
{
  static const char *const durations[] = {
      "",
      "1",
      "m",
      "0s",
      "00d",
      "-1s",
      "+1s",
      "1 s",
      " 1s",
      "1s ",
      "1S",
      "1sec",
      "1.5h",
      "1,5h",
      "1w",
      "106752d",
      "1m1s",
      "0x1s",
      "1nss",
      "9223372036854775808ns",
      "18446744073709551616ns",
      "99999999999999999999999d",
  };
  uint64_t ns = 77;

  (void)state;
  for (size_t i = 0; i < WI_COUNT_OF(durations); i++)
    assert_int_equal(wi_policy_duration(durations[i], strlen(durations[i]), &ns), -1);
  assert_int_equal(wi_policy_duration("1s", 0, &ns), -1);
  assert_int_equal(ns, 77);
}

static char big[1 << 16];

/* `count` more lines of a pattern; each '@' of it becomes the line's number. */
static void repeat(const char *pattern, int count)
{
  size_t bytes = strlen(big);

  for (int i = 0; i < count; i++) {
    for (const char *at = pattern; *at != '\0'; at++) {
      assert_true(bytes + 4 < sizeof big);
      if (*at == '@')
        bytes += (size_t)snprintf(big + bytes, 4, "%d", i);
      else
        big[bytes++] = *at;
    }
  }
  big[bytes] = '\0';
}

static void assert_capacity(const char *expected)
{
  assert_int_equal(parse(big), WEIR_E_CAPACITY);
  assert_string_equal(heard.text, expected);
  assert_int_equal(fault.error, WEIR_E_CAPACITY);
  assert_true(is_zeroed(&set));
}

static void parse_too_many_limits_names_the_maximum(void **state)
{
  (void)state;
  strcpy(big, "policy p\n");
  repeat("limit l@ 1 x / 1s\n", WI_LIMITS_MAX / 2);
  repeat("limit k@ 1 x / 1s per user\n", WI_LIMITS_MAX / 2);
  assert_sound(big);
  repeat(" limit m@ 1 x / 1s per ip\n", 3);
  assert_capacity("f:66:8: too many limits in all policies together, expected at most 64\n");
}

static void parse_too_many_words_of_a_key_names_the_maximum(void **state)
{
  (void)state;
  strcpy(big, "policy p\n");
  repeat("limit l@ 1 x / 1m per user sliding\n", 10);
  repeat("limit m@ 1 x / 1s per user\n", 2);
  repeat("limit n@ 1 x / 1s per user+ip\n", 20);
  assert_sound(big);
  repeat("policy q\n limit a@ 1 x / 1s per user\n", 1);
  assert_capacity("f:35:8: too many words of state of one key in all policies together (a token "
                  "bucket takes 1, a sliding limit 3), expected at most 32\n");
}

static void parse_too_many_policies_names_the_maximum(void **state)
{
  (void)state;
  big[0] = '\0';
  repeat("policy p@\nlimit a 1 x / 1s\n", WI_POLICIES_MAX);
  assert_sound(big);
  repeat("policy q@\nlimit a 1 x / 1s\n", 2);
  assert_capacity("f:33:8: too many policies, expected at most 16\n");
}

static void parse_too_many_keys_names_the_maximum(void **state)
{
  (void)state;
  strcpy(big, "policy p\n");
  repeat("limit l@ 1 a0 / 1s per a@\n", 8);
  repeat("limit m@ 1 a0 / 1s per a@+b\n", 8);
  repeat("limit n@ 1 a0 / 1s per a@+c\n", 8);
  repeat("limit o@ 1 a0 / 1s per c+a@+b\n", 8);
  assert_sound(big);
  assert_int_equal(set.key_count, WI_KEYS_MAX);
  repeat("limit x@ 1 a0 / 1s per b+c\n", 1);
  repeat("limit y@ 1 a0 / 1s\n", 1);
  assert_capacity("f:34:24: too many different keys, expected at most 32\n");
}

static void parse_too_many_words_names_the_maximum(void **state)
{
  (void)state;
  strcpy(big, "policy p\n");
  repeat("limit l@ 1 u@ / 1s\n", WI_WORDS_MAX);
  assert_sound(big);
  repeat("limit m@ 1 u0 / 1s per v\n", 2);
  assert_capacity("f:34:24: too many different attributes and units, expected at most 32\n");
}

static void parse_key_of_five_names_the_maximum(void **state)
{
  (void)state;
  strcpy(big, "policy p\nlimit a 1 x / 1s per a+b+c+d+e\n");
  assert_capacity("f:2:30: too many attributes in a key, expected at most 4\n");
}

static void parse_capacity_and_syntax_is_syntax(void **state)
{
  (void)state;
  assert_mistakes("policy p\nlimit a 1 x / 1s per a+b+c+d+e\noops\n",
                  "f:2:30: too many attributes in a key, expected at most 4\n"
                  "f:3:1: unknown statement 'oops', " STATEMENTS "\n");
}

static void parse_line_of_megabytes_is_one_mistake(void **state)
{
  const size_t bytes = (size_t)8 << 20;
  char *text = malloc(bytes);

  (void)state;
  if (!text) {
    fail();
    return;
  }
  memset(text, 'x', bytes);
  assert_int_equal(parse_bytes(text, bytes), WEIR_E_SYNTAX);
  assert_int_equal(heard.count, 1);
  assert_true(heard.bytes < 200);
  memcpy(text, "policy ", 7);
  assert_int_equal(parse_bytes(text, bytes), WEIR_E_SYNTAX);
  assert_string_equal(
      heard.text,
      "f:1:8: policy name of 8388601 bytes, expected at most 63\n"
      "f:1:8388609: policy 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...'"
      " has no limits, expected at least one 'limit' line after it\n");
  memset(text + 7, ' ', bytes - 7);
  memcpy(text + bytes - 20, "p\nlimit a 1 x / 1s ", 19);
  assert_int_equal(parse_bytes(text, bytes), WEIR_OK);
  memset(text, '+', bytes);
  memcpy(text, "policy p\nlimit a 1 x / 1s per ", 30);
  assert_int_equal(parse_bytes(text, bytes), WEIR_E_SYNTAX);
  assert_int_equal(heard.count, 1);
  free(text);
}

static void parse_long_file_name_keeps_the_mistake_in_the_fault(void **state)
{
  char name[2048];

  (void)state;
  memset(name, 'd', sizeof name);
  memcpy(name + sizeof name - 8, "/a\nb.wp", 8);
  memset(&heard, 0, sizeof heard);
  assert_int_equal(wi_policy_parse("oops", 4, name, &set, note, &heard, &fault), WEIR_E_SYNTAX);
  assert_string_equal(fault.text,
                      "a?b.wp:1:1: unknown statement 'oops', " STATEMENTS "");
  assert_memory_equal(heard.text, name, sizeof name - 8);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(parse_example_gives_its_limits),
      cmocka_unit_test(parse_defaults_are_bucket_overall_inherit),
      cmocka_unit_test(parse_options_come_in_any_order),
      cmocka_unit_test(parse_key_order_does_not_matter),
      cmocka_unit_test(parse_longest_key_name_fits),
      cmocka_unit_test(parse_largest_numbers_are_kept),
      cmocka_unit_test(parse_byte_counts_are_decimal),
      cmocka_unit_test(parse_slash_needs_no_blanks),
      cmocka_unit_test(parse_line_ends_and_mark_are_accepted),
      cmocka_unit_test(parse_columns_do_not_count_the_mark),
      cmocka_unit_test(parse_same_limit_name_in_two_policies_is_two_limits),
      cmocka_unit_test(duration_of_each_unit_is_its_ns),
      cmocka_unit_test(duration_malformed_is_refused),
      cmocka_unit_test(parse_too_many_limits_names_the_maximum),
      cmocka_unit_test(parse_too_many_words_of_a_key_names_the_maximum),
      cmocka_unit_test(parse_too_many_policies_names_the_maximum),
      cmocka_unit_test(parse_too_many_keys_names_the_maximum),
      cmocka_unit_test(parse_too_many_words_names_the_maximum),
      cmocka_unit_test(parse_key_of_five_names_the_maximum),
      cmocka_unit_test(parse_capacity_and_syntax_is_syntax),
      cmocka_unit_test(parse_line_of_megabytes_is_one_mistake),
      cmocka_unit_test(parse_long_file_name_keeps_the_mistake_in_the_fault),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
