/* SPDX-License-Identifier: BSD-2-Clause
 * Where each mistake of a policy text is, to the byte, and what is said of it. */
#include "support/policy_text.h"

#include <inttypes.h>

#include "limit/window.h"

#define SECOND 1000000000u

static void parse_nothing_expects_a_policy(void **state)
{
  static const char expected[] = "f:1:1: no policy, expected at least one 'policy NAME' line\n";

  (void)state;
  assert_mistakes("", expected);
  assert_mistakes("\n\n", expected);
  assert_mistakes("# nothing\r\n  \t\n#", expected);
  assert_mistakes("\xef\xbb\xbf", expected);
  assert_int_equal(wi_policy_parse(NULL, 0, "f", &set, NULL, NULL, NULL), WEIR_E_SYNTAX);
}

static void parse_statement_unknown_is_named(void **state)
{
  (void)state;
  assert_mistakes("Policy p\n",
                  "f:1:1: unknown statement 'Policy', " STATEMENTS "\n");
  assert_mistakes("  polcy\xff p\n",
                  "f:1:3: unknown statement 'polcy\\xff', " STATEMENTS "\n");
}

static void parse_policy_malformed_is_told(void **state)
{
  (void)state;
  assert_mistakes("policy\nlimit a 1 x / 1s",
                  "f:1:7: 'policy' without a name, expected 'policy NAME'\n");
  assert_mistakes("policy  # p\nlimit a 1 x / 1s",
                  "f:1:7: 'policy' without a name, expected 'policy NAME'\n");
  assert_mistakes("policy a/b\nlimit a 1 x / 1s",
                  "f:1:8: policy name 'a/b' contains '/', expected letters, digits, '-', '_' and "
                  "'.' only\n");
  assert_mistakes("policy p q\nlimit a 1 x / 1s",
                  "f:1:10: unexpected 'q', expected the end of the line after the policy's name\n");
}

static void parse_policy_without_limits_is_told(void **state)
{
  (void)state;
  assert_mistakes("policy p",
                  "f:1:9: policy 'p' has no limits, expected at least one 'limit' line after it\n");
  assert_mistakes("policy p # x\n\n# y\npolicy q\nlimit a 1 x / 1s\n",
                  "f:1:9: policy 'p' has no limits, expected at least one 'limit' line after it\n");
  assert_mistakes("policy p\nlimt a 1 x / 1s\n",
                  "f:2:1: unknown statement 'limt', " STATEMENTS "\n");
}

static void parse_policy_twice_is_told_once(void **state)
{
  (void)state;
  assert_mistakes("policy p\nlimit a 1 x / 1s\nlimit b 1 x / 1s\npolicy p\nlimit a 1 x / 1s\n",
                  "f:4:8: policy 'p' is already on line 1, expected a name of its own\n");
}

static void parse_limit_before_policy_is_told_once(void **state)
{
  (void)state;
  assert_mistakes(" limit a 1 x / 1s\n limit b 1 x / 1s\npolicy p\n limit c 1 x / 1s\n",
                  "f:1:2: limit outside a policy, expected a 'policy NAME' line before it\n");
}

static void parse_limit_twice_is_told(void **state)
{
  (void)state;
  assert_mistakes("policy p\nlimit a 1 x / 1s\nlimit b 1 x / 1s\n  limit a 0 x / 1s\n",
                  "f:4:9: limit 'a' is already on line 2, expected a name of its own\n"
                  "f:4:11: '0' would let nothing through, expected 1 to 9223372036854775807 (for "
                  "no limit leave it out: 'unlimited' is not available here)\n");
}

#define FORM "'limit NAME N UNIT / DURATION'\n"

static void parse_limit_cut_short_is_told(void **state)
{
  (void)state;
  assert_limit_mistakes("limit", "f:2:6: the limit ends too early, expected a name: " FORM);
  assert_limit_mistakes("limit a ", "f:2:8: the limit ends too early, expected a count: " FORM);
  assert_limit_mistakes("limit a 1 # x",
                        "f:2:10: the limit ends too early, expected a unit: " FORM);
  assert_limit_mistakes("limit a 1 x",
                        "f:2:12: the limit ends too early, expected '/' and a duration: " FORM);
  assert_limit_mistakes("limit a 1 x/",
                        "f:2:13: the limit ends too early, expected a duration: " FORM);
  assert_limit_mistakes("limit a 1 x per user",
                        "f:2:13: 'per' where '/' should stand, expected " FORM);
}

static void parse_names_malformed_are_told(void **state)
{
  char limit[256], expected[256], name[65];

  (void)state;
  memset(name, 'n', 64);
  name[64] = '\0';
  (void)snprintf(limit, sizeof limit, "limit %s 1 x / 1s", name);
  assert_limit_mistakes(limit, "f:2:7: limit name of 64 bytes, expected at most 63\n");
  (void)snprintf(limit, sizeof limit, "limit a 1 %s / 1s", name);
  assert_limit_mistakes(limit, "f:2:11: unit name of 64 bytes, expected at most 63\n");
  (void)snprintf(limit, sizeof limit, "limit a 1 x / 1s per u+%s", name);
  assert_limit_mistakes(limit, "f:2:24: attribute name of 64 bytes, expected at most 63\n");
  (void)snprintf(limit, sizeof limit, "limit %s 1 x / 1s", name + 1);
  assert_string_equal(only_limit(limit)->name, name + 1);

  (void)snprintf(expected, sizeof expected,
                 "f:2:7: limit name '\"a\"' contains '\"', expected letters, digits, '-', '_' and "
                 "'.' only\n");
  assert_limit_mistakes("limit \"a\" 1 x / 1s", expected);
  assert_limit_mistakes("limit caf\xc3\xa9 1 x / 1s",
                        "f:2:7: limit name 'caf\\xc3\\xa9' contains '\\xc3', expected letters, "
                        "digits, '-', '_' and '.' only\n");
  assert_limit_mistakes("limit a 1 x=y / 1s",
                        "f:2:11: unit name 'x=y' contains '=', expected letters, digits, '-', '_' "
                        "and '.' only\n");
}

#define RANGE "expected 1 to 9223372036854775807"

static void parse_counts_malformed_are_told(void **state)
{
  (void)state;
  assert_limit_mistakes("limit a 0 x / 1s",
                        "f:2:9: '0' would let nothing through, " RANGE
                        " (for no limit leave it out: 'unlimited' is not available here)\n");
  assert_limit_mistakes("limit a unlimited x / 1s",
                        "f:2:9: 'unlimited' is not available here, expected a whole number from 1 "
                        "(for no limit leave it out)\n");
  assert_limit_mistakes("limit a -3 x / 1s", "f:2:9: '-3' is not a whole number, " RANGE "\n");
  assert_limit_mistakes("limit a 1.5 x / 1s", "f:2:9: '1.5' is not a whole number, " RANGE "\n");
  assert_limit_mistakes("limit a 1,000 x / 1s",
                        "f:2:9: '1,000' is not a whole number, " RANGE "\n");
  assert_limit_mistakes("limit a 9223372036854775808 x / 1s",
                        "f:2:9: '9223372036854775808' is too large, expected at most "
                        "9223372036854775807\n");
  assert_limit_mistakes("limit a 99999999999999999999999999 x / 1s",
                        "f:2:9: '99999999999999999999999999' is too large, expected at most "
                        "9223372036854775807\n");
  assert_limit_mistakes("limit a 9223372037G bytes / 1s",
                        "f:2:9: '9223372037G' is too large, expected at most "
                        "9223372036854775807\n");
  assert_limit_mistakes("limit a 5k messages / 1s",
                        "f:2:9: '5k' ends in 'k', which only bytes may, expected 5000\n");
  assert_limit_mistakes("limit a 5K bytes / 1s",
                        "f:2:9: '5K' does not end in a digit, expected digits, and k, M or G "
                        "behind them for bytes only\n");
  assert_limit_mistakes("limit a 5 x / 1s burst 0",
                        "f:2:24: '0' would let nothing through, " RANGE
                        " (for no limit leave it out: 'unlimited' is not available here)\n");
  assert_limit_mistakes("limit 30 messages / 1m",
                        "f:2:10: 'messages' is not a whole number, " RANGE "\n");
}

static void parse_unit_malformed_is_told(void **state)
{
  (void)state;
  assert_limit_mistakes("limit a 1 / 1s",
                        "f:2:11: no unit before '/', expected messages, recipients, bytes or "
                        "another word\n");
}

static void parse_duration_malformed_is_told(void **state)
{
  (void)state;
  assert_limit_mistakes("limit a 1 x / 10",
                        "f:2:15: duration '10' has no unit, expected one of ns us ms s m h d "
                        "behind it\n");
  assert_limit_mistakes("limit a 1 x / 10 m per user",
                        "f:2:15: blank within a duration, expected '10m'\n");
  assert_limit_mistakes("limit a 1 x / 10min",
                        "f:2:15: duration '10min' has an unknown unit, expected one of ns us ms s "
                        "m h d\n");
  assert_limit_mistakes("limit a 1 x / minute",
                        "f:2:15: 'minute' is no duration, expected a whole number and one of ns "
                        "us ms s m h d, such as 10m\n");
  assert_limit_mistakes("limit a 1 x / 0s",
                        "f:2:15: duration '0s' is no time, expected 1ns or more\n");
  assert_limit_mistakes("limit a 1 x / 106752d",
                        "f:2:15: duration '106752d' is too long, expected at most "
                        "9223372036854775807ns (106751d)\n");
  assert_limit_mistakes("limit a 1 x / per user",
                        "f:2:15: 'per' is no duration, expected a whole number and one of ns us "
                        "ms s m h d, such as 10m\n");
}

static void parse_options_malformed_are_told(void **state)
{
  (void)state;
  assert_limit_mistakes("limit a 1 x / 1s for user shadow oops",
                        "f:2:18: unknown option 'for', expected per, overall, burst, sliding, "
                        "canonical, shadow, optional or when-full\n"
                        "f:2:34: unknown option 'oops', expected per, overall, burst, sliding, "
                        "canonical, shadow, optional or when-full\n");
  assert_limit_mistakes("limit a 1 x / 1s burst 2 sliding",
                        "f:2:26: 'burst' and 'sliding' exclude each other, expected one of them\n");
  assert_limit_mistakes("limit a 1 x / 1s sliding burst 2",
                        "f:2:26: 'sliding' and 'burst' exclude each other, expected one of them\n");
  assert_limit_mistakes("limit a 1 x / 1s per user overall",
                        "f:2:27: 'per' and 'overall' exclude each other, expected one of them\n");
  assert_limit_mistakes("limit a 1 x / 1s shadow shadow",
                        "f:2:25: 'shadow' is given twice, expected it once\n");
  assert_limit_mistakes("limit a 1 x / 1s per u per u",
                        "f:2:24: 'per' is given twice, expected it once\n");
  assert_limit_mistakes("limit a 1 x / 1s burst 2 burst 2",
                        "f:2:26: 'burst' is given twice, expected it once\n");
  assert_limit_mistakes("limit a 1 x / 1s burst",
                        "f:2:23: 'burst' without its value, expected a count\n");
  assert_limit_mistakes("limit a 1 x / 1s burst shadow per",
                        "f:2:24: 'burst' without its value, expected a count\n"
                        "f:2:34: 'per' without its value, expected a key such as user or "
                        "user+ip\n");
  assert_limit_mistakes("limit a 1 x / 1s when-full",
                        "f:2:27: 'when-full' without its value, expected inherit, deny or allow\n");
  assert_limit_mistakes("limit a 1 x / 1s when-full open",
                        "f:2:28: unknown value 'open' of 'when-full', expected inherit, deny or "
                        "allow\n");
}

static void parse_keys_malformed_are_told(void **state)
{
  (void)state;
  assert_limit_mistakes("limit a 1 x / 1s per user+ip+user",
                        "f:2:30: attribute 'user' twice in a key, expected it once\n");
  assert_limit_mistakes("limit a 1 x / 1s per user+",
                        "f:2:27: key 'user+' lacks an attribute, expected names joined with '+', "
                        "such as user+ip\n");
  assert_limit_mistakes("limit a 1 x / 1s per ++",
                        "f:2:22: key '++' lacks an attribute, expected names joined with '+', such "
                        "as user+ip\n");
  assert_limit_mistakes("limit a 1 x / 1s per user+overall",
                        "f:2:27: 'overall' is no attribute, expected it alone, without 'per'\n");
  assert_limit_mistakes("limit a 1 x / 1s per user@ip",
                        "f:2:22: attribute name 'user@ip' contains '@', expected letters, digits, "
                        "'-', '_' and '.' only\n");
}

static void parse_window_too_large_names_the_maximum(void **state)
{
  char limit[256], expected[256];
  uint64_t maximum = wi_window_count_max(SECOND);

  (void)state;
  assert_true(maximum > 1000 && maximum < INT64_MAX);
  (void)snprintf(limit, sizeof limit, "limit a %" PRIu64 " x / 1s per user sliding", maximum);
  assert_true(only_limit(limit)->rule.count == maximum);
  (void)snprintf(limit, sizeof limit, "limit a 9223372036854775807 x / 1s sliding oops");
  (void)snprintf(expected, sizeof expected,
                 "f:2:36: 9223372036854775807 units are too many for a sliding window of this "
                 "duration, expected at most %" PRIu64 ", or no 'sliding'\n"
                 "f:2:44: unknown option 'oops', expected per, overall, burst, sliding, "
                 "canonical, shadow, optional or when-full\n",
                 maximum);
  assert_limit_mistakes(limit, expected);
}

static void parse_control_characters_are_told_once_a_line(void **state)
{
  static const char text[] = "policy p\0\n"
                             "limit a 0 \x1b[2J x / 1s\n"
                             "limit b 0 x / 1s # \x07 \x07\n"
                             "limit c 1\rx / 1s\n";

  (void)state;
  assert_int_equal(parse_bytes(text, sizeof text - 1), WEIR_E_SYNTAX);
  assert_string_equal(heard.text,
                      "f:1:9: control character 0x00, expected text\n"
                      "f:2:11: control character 0x1b, expected text\n"
                      "f:3:9: '0' would let nothing through, " RANGE
                      " (for no limit leave it out: 'unlimited' is not available here)\n"
                      "f:3:20: control character 0x07, expected text\n"
                      "f:4:10: control character 0x0d, expected text\n");
}

static void parse_many_mistakes_are_all_told_in_order(void **state)
{
  (void)state;
  assert_mistakes("limit\n"
                  "policy\n"
                  "limit x\n"
                  "policy p y\n"
                  "limit a 0 q@r / 0s per a+a burst 0 when-full no\n"
                  "frob\n"
                  "policy z\n",
                  "f:1:1: limit outside a policy, expected a 'policy NAME' line before it\n"
                  "f:1:6: the limit ends too early, expected a name: " FORM
                  "f:2:7: 'policy' without a name, expected 'policy NAME'\n"
                  "f:3:8: the limit ends too early, expected a count: " FORM
                  "f:4:10: unexpected 'y', expected the end of the line after the policy's name\n"
                  "f:5:9: '0' would let nothing through, " RANGE
                  " (for no limit leave it out: 'unlimited' is not available here)\n"
                  "f:5:11: unit name 'q@r' contains '@', expected letters, digits, '-', '_' and "
                  "'.' only\n"
                  "f:5:17: duration '0s' is no time, expected 1ns or more\n"
                  "f:5:26: attribute 'a' twice in a key, expected it once\n"
                  "f:5:34: '0' would let nothing through, " RANGE
                  " (for no limit leave it out: 'unlimited' is not available here)\n"
                  "f:5:46: unknown value 'no' of 'when-full', expected inherit, deny or allow\n"
                  "f:6:1: unknown statement 'frob', " STATEMENTS "\n"
                  "f:7:9: policy 'z' has no limits, expected at least one 'limit' line after it\n");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(parse_nothing_expects_a_policy),
      cmocka_unit_test(parse_statement_unknown_is_named),
      cmocka_unit_test(parse_policy_malformed_is_told),
      cmocka_unit_test(parse_policy_without_limits_is_told),
      cmocka_unit_test(parse_policy_twice_is_told_once),
      cmocka_unit_test(parse_limit_before_policy_is_told_once),
      cmocka_unit_test(parse_limit_twice_is_told),
      cmocka_unit_test(parse_limit_cut_short_is_told),
      cmocka_unit_test(parse_names_malformed_are_told),
      cmocka_unit_test(parse_counts_malformed_are_told),
      cmocka_unit_test(parse_unit_malformed_is_told),
      cmocka_unit_test(parse_duration_malformed_is_told),
      cmocka_unit_test(parse_options_malformed_are_told),
      cmocka_unit_test(parse_keys_malformed_are_told),
      cmocka_unit_test(parse_window_too_large_names_the_maximum),
      cmocka_unit_test(parse_control_characters_are_told_once_a_line),
      cmocka_unit_test(parse_many_mistakes_are_all_told_in_order),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
