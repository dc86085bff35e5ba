/* SPDX-License-Identifier: BSD-2-Clause
 * Mistakes of the statements beside `limit`: each at its place, and too many of each. */
#include "support/policy_text.h"

#include <inttypes.h>

#include "limit/window.h"

/* Lines behind a sound policy of three, with columns of their own. */
static void assert_refused(const char *lines, const char *expected)
{
  char text[4096];

  (void)snprintf(text, sizeof text,
                 "policy p\nlimit a 1 bytes / 1s per user\n"
                 "limit w 9 x / 1m sliding shadow\n%s\n",
                 lines);
  assert_mistakes(text, expected);
}

static void parse_distinct_malformed_is_told(void **state)
{
  (void)state;
  assert_limit_mistakes("limit a 1 distinct / 1h",
                        "f:2:20: 'distinct' without its attribute, expected one such as "
                        "recipient\n");
  assert_limit_mistakes("limit a 1 distinct",
                        "f:2:19: the limit ends too early, expected an attribute: 'limit NAME N "
                        "UNIT / DURATION'\n");
  assert_limit_mistakes("limit a 1 distinct distinct / 1h",
                        "f:2:20: 'distinct' twice, expected an attribute such as recipient\n");
  assert_limit_mistakes("limit a 1k distinct x / 1h burst 2",
                        "f:2:9: '1k' ends in 'k', which only bytes may, expected 1000\n"
                        "f:2:28: 'distinct' and 'burst' exclude each other, expected one of "
                        "them\n");
  assert_limit_mistakes("limit a 1 x / 1h canonical",
                        "f:2:18: 'canonical' is for addresses that are counted, expected it with "
                        "'distinct' only\n");
}

#define ON_FORM "'on LIMIT denied [K in D] block KEY for D [doubling to D]'\n"

static void parse_on_malformed_is_told(void **state)
{
  (void)state;
  assert_refused("on",
                 "f:4:3: the response ends too early, expected the name of a limit: " ON_FORM);
  assert_refused("on b denied block user for 1h",
                 "f:4:4: no limit 'b' in this policy, expected the name of one\n");
  assert_refused("on w denied block user for 1h",
                 "f:4:4: limit 'w' is a shadow, which never denies, expected one that does\n");
  assert_refused("on a allowed", "f:4:6: 'allowed' where 'denied' should stand, expected " ON_FORM);
  assert_refused("on a denied", "f:4:12: the response ends too early, expected 'block': " ON_FORM);
  assert_refused("on a denied 0 in 1m block user for 1h",
                 "f:4:13: '0' is none, expected 1 to 9223372036854775807\n");
  assert_refused("on a denied 5 within 1m block user for 1h",
                 "f:4:15: 'within' where 'in' should stand, expected " ON_FORM);
  assert_refused("on a denied 5 in 10 block user for 1h",
                 "f:4:18: duration '10' has no unit, expected one of ns us ms s m h d behind it\n");
  assert_refused("on a denied block for 1h",
                 "f:4:23: '1h' where 'for' should stand, expected " ON_FORM);
  assert_refused("on a denied block overall for 1h",
                 "f:4:19: 'overall' is nobody to block, expected a key such as user\n");
  assert_refused("on a denied block user+user for 1h",
                 "f:4:24: attribute 'user' twice in a key, expected it once\n");
  assert_refused("on a denied block user for ever",
                 "f:4:28: 'ever' is no duration, expected a whole number and one of ns us ms s m "
                 "h d, such as 10m\n");
  assert_refused("on a denied block user for 1h doubling to 59m",
                 "f:4:43: '59m' is shorter than the first block, expected as long a duration or "
                 "longer\n");
  assert_refused("on a denied block user for 1h doubling 2h",
                 "f:4:40: '2h' where 'to' should stand, expected " ON_FORM);
  assert_refused("on a denied block user for 1h forever",
                 "f:4:31: unexpected 'forever', expected the end of the line behind " ON_FORM);
}

#define CLASS_LIMIT_FORM "'limit NAME N [burst B]' or 'limit NAME unlimited' of a class\n"

static void parse_class_malformed_is_told(void **state)
{
  (void)state;
  assert_refused("class\nlimit a 2",
                 "f:4:6: the class ends too early, expected a name: 'class NAME'\n");
  assert_refused("class c d\nlimit a 2",
                 "f:4:9: unexpected 'd', expected the end of the line behind 'class NAME'\n");
  assert_refused("class c", "f:4:8: class 'c' has no limits, expected at least one 'limit' line "
                            "after it\n");
  assert_refused("class c\nmember c user=x\nlimit b 1 x / 1s",
                 "f:4:8: class 'c' has no limits, expected at least one 'limit' line after it\n");
  assert_refused("class c\nlimit a 2\nclass c\nlimit a 2",
                 "f:6:7: class 'c' is already on line 4, expected a name of its own\n");
  assert_refused("class c\nlimit b 2\nlimit a 2\nlimit a 3",
                 "f:5:7: no limit 'b' in this policy, expected the name of one\n"
                 "f:7:7: limit 'a' is already on line 6, expected it once a class\n");
  assert_refused(
      "class c\nlimit a 2 bytes / 1s",
      "f:5:11: unexpected 'bytes', expected the end of the line behind " CLASS_LIMIT_FORM);
  assert_refused(
      "class c\nlimit a",
      "f:5:8: the limit ends too early, expected a count or 'unlimited': " CLASS_LIMIT_FORM);
  assert_refused("class c\nlimit a 0",
                 "f:5:9: '0' would let nothing through, expected 1 to 9223372036854775807 or "
                 "'unlimited'\n");
  assert_refused("class c\nlimit a unlimited burst 2",
                 "f:5:19: 'unlimited' and 'burst' exclude each other, expected one of them\n");
  assert_refused("class c\nlimit w 5 burst 2",
                 "f:5:11: 'burst' of a limit that is a window, expected it with a token bucket "
                 "only\n");
  assert_refused("class c\nlimit w 5k",
                 "f:5:9: '5k' ends in 'k', which only bytes may, expected 5000\n");
}

/* One more than a window holds, in each statement that makes one. */
static void parse_window_too_large_is_told(void **state)
{
  const uint64_t most = wi_window_count_max(60u * (uint64_t)1000000000u);
  char line[128], expected[256];

  (void)state;
  (void)snprintf(expected, sizeof expected,
                 "f:5:9: %" PRIu64 " units are too many for a sliding window of this duration, "
                 "expected at most %" PRIu64 "\n",
                 most + 1, most);
  (void)snprintf(line, sizeof line, "class c\nlimit w %" PRIu64, most + 1);
  assert_refused(line, expected);
  (void)snprintf(expected, sizeof expected,
                 "f:4:43: %" PRIu64 " values are too many for a sliding window of this duration, "
                 "expected at most %" PRIu64 "\n",
                 most + 1, most);
  (void)snprintf(line, sizeof line, "limit d %20" PRIu64 " distinct x / 1m", most + 1);
  assert_refused(line, expected);
  (void)snprintf(expected, sizeof expected,
                 "f:4:37: %" PRIu64 " denials are too many for a sliding window of this duration, "
                 "expected at most %" PRIu64 "\n",
                 most + 2, most + 1);
  (void)snprintf(line, sizeof line, "on a denied %20" PRIu64 " in 1m block user for 1h", most + 2);
  assert_refused(line, expected);
}

static void parse_value_malformed_is_told(void **state)
{
  (void)state;
  assert_refused("exempt", "f:4:7: the exemption ends too early, expected ATTRIBUTE=VALUE: 'exempt "
                           "ATTRIBUTE=VALUE'\n");
  assert_refused("exempt user",
                 "f:4:8: 'user' where ATTRIBUTE=VALUE should stand, expected 'exempt "
                 "ATTRIBUTE=VALUE'\n");
  assert_refused("exempt =x", "f:4:8: no attribute before the '=', expected ATTRIBUTE=VALUE\n");
  assert_refused("exempt us+er=x", "f:4:8: attribute name 'us+er' contains '+', expected letters, "
                                   "digits, '-', '_' and '.' only\n");
  assert_refused("exempt user= # x", "f:4:13: the value is empty, expected a byte at least\n");
  assert_refused("exempt user=\"\"", "f:4:13: the value is empty, expected a byte at least\n");
  assert_refused("exempt user=\"a b\\\"",
                 "f:4:13: this quote is not closed, expected another \" behind it\n");
  assert_refused("exempt user=\"a b\\",
                 "f:4:13: this quote is not closed, expected another \" behind it\n");
  assert_refused("exempt user=\"a b\"c",
                 "f:4:18: byte 0x63 behind a closing quote, expected a blank\n");
  assert_refused("exempt user=a b", "f:4:15: unexpected 'b', expected the end of the line behind "
                                    "'exempt ATTRIBUTE=VALUE'\n");
  assert_refused("exempt user=a\nexempt user=\"a\"",
                 "f:5:13: this principal is already exempt on line 4, expected it once\n");
  assert_refused("exempt user=\"#\x01\" b", "f:4:15: control character 0x01, expected text\n");
}

static void parse_member_malformed_is_told(void **state)
{
  (void)state;
  assert_refused("member",
                 "f:4:7: the member ends too early, expected the name of a class: 'member "
                 "CLASS ATTRIBUTE=VALUE'\n");
  assert_refused("member c user=x",
                 "f:4:8: no class 'c' in this policy, expected the name of one\n");
  assert_refused("class c\nlimit a 2\nclass d\nlimit a 3\nmember c user=x\nmember d user=x\n"
                 "member d ip=x\nmember d user=xx",
                 "f:9:15: this principal is already a member of a class on line 8, expected it "
                 "once\n");
}

#define SCORE_FORM "'score NAME T / DURATION per KEY [block KEY for D [doubling to D]]'\n"

static void parse_score_malformed_is_told(void **state)
{
  (void)state;
  assert_refused("score", "f:4:6: the score ends too early, expected a name: " SCORE_FORM);
  assert_refused("score s 0 / 1h per user\nsignal x 1",
                 "f:4:9: '0' is none, expected 1 to 9223372036854775807\n");
  assert_refused("score s 5k / 1h per user\nsignal x 1",
                 "f:4:9: '5k' ends in 'k', which only bytes may, expected 5000\n");
  assert_refused("score s 5 1h per user\nsignal x 1",
                 "f:4:11: '1h' where '/' should stand, expected " SCORE_FORM);
  assert_refused("score s 5 / 1h\nsignal x 1",
                 "f:4:15: the score ends too early, expected 'per': " SCORE_FORM);
  assert_refused("score s 5 / 1h overall\nsignal x 1",
                 "f:4:16: 'overall' where 'per' should stand, expected " SCORE_FORM);
  assert_refused("score s 5 / 1h per user deny\nsignal x 1",
                 "f:4:25: 'deny' where 'block' should stand, expected " SCORE_FORM);
  assert_refused(
      "score s 5 / 1h per user",
      "f:4:24: score 's' has no signals, expected at least one 'signal' line after it\n");
  assert_refused("score s 5 / 1h per user\nsignal x 1\nscore s 5 / 1h per user\nsignal x 1",
                 "f:6:7: score 's' is already on line 4, expected a name of its own\n");
  assert_refused("score s 5 / 1h per user\nsignal x 1\nsignal x 2\nsignal y 0\nsignal z",
                 "f:6:8: signal 'x' is already on line 5, expected it once a score\n"
                 "f:7:10: '0' is none, expected 1 to 9223372036854775807\n"
                 "f:8:9: the signal ends too early, expected a count of points: 'signal NAME "
                 "POINTS'\n");
  assert_refused("signal x 1\nsignal y 1",
                 "f:4:1: signal outside a score, expected a 'score' line before it\n");
  assert_refused("score s 5 / 1h per user\nsignal x 1\nexempt user=a\nsignal y 1",
                 "f:7:1: signal outside a score, expected a 'score' line before it\n");
}

static void parse_reachable_malformed_is_told(void **state)
{
  static const char form[] = "'reachable ATTRIBUTE=VALUE N UNIT / D per KEY'\n";
  char expected[256];

  (void)state;
  (void)snprintf(expected, sizeof expected,
                 "f:4:17: the reachable value ends too early, expected a count: %s", form);
  assert_refused("reachable to=\"x\"", expected);
  (void)snprintf(expected, sizeof expected,
                 "f:4:33: 'overall' where 'per' should stand, expected %s", form);
  assert_refused("reachable to=x 1 messages / 1s  overall", expected);
  assert_refused("reachable to=x 1 distinct to / 1s per user",
                 "f:4:18: 'distinct' is not available here, expected messages, recipients, bytes "
                 "or another word\n");
}

static void parse_statement_outside_a_policy_is_told_once(void **state)
{
  (void)state;
  assert_mistakes("on a denied block user for 1s\nclass c\nlimit a 1\nsignal x 1\n"
                  "policy p\nlimit a 1 x / 1s\n",
                  "f:1:1: on outside a policy, expected a 'policy NAME' line before it\n"
                  "f:4:1: signal outside a score, expected a 'score' line before it\n");
}

static void parse_policy_of_class_limits_only_has_none(void **state)
{
  (void)state;
  assert_mistakes("policy p\nclass c\nlimit a 1\nscore s 1 / 1s per user\nsignal x 1\n",
                  "f:1:9: policy 'p' has no limits, expected at least one 'limit' line after it\n"
                  "f:3:7: no limit 'a' in this policy, expected the name of one\n");
}

/* ------------------------------------------------------------------------- too many -- */

static char big[1 << 16];

/* The text with a line `count` times behind it; each '@' of it becomes the number. */
static void repeat(const char *line, int count)
{
  size_t bytes = strlen(big);

  for (int i = 0; i < count; i++)
    for (const char *at = line; *at != '\0'; at++) {
      assert_true(bytes + 8 < sizeof big);
      if (*at == '@')
        bytes += (size_t)snprintf(big + bytes, 5, "%d", i);
      else
        big[bytes++] = *at;
    }
  big[bytes] = '\0';
}

/* count lines are sound behind the policy, one more is too many. */
static void assert_most(const char *first, const char *line, int count, const char *expected)
{
  strcpy(big, "policy p\nlimit a 1 x / 1s per user\n");
  strcat(big, first);
  repeat(line, count);
  assert_sound(big);
  repeat(line, count + 2);
  assert_int_equal(parse(big), count > 0 ? WEIR_E_CAPACITY : WEIR_E_SYNTAX);
  assert_non_null(strstr(heard.text, expected));
}

static void parse_too_many_of_each_names_the_maximum(void **state)
{
  (void)state;
  strcpy(big, "policy p\nlimit a 1 x / 1s per user\n");
  repeat("exempt user=@\n", WI_SPECIALS_MAX);
  assert_sound(big);
  strcat(big, "exempt user=x\nexempt user=y\n");
  assert_int_equal(parse(big), WEIR_E_CAPACITY);
  assert_string_equal(heard.text, "f:259:14: too many members, exemptions and reachable values in "
                                  "all policies together, expected at most 256\n");
  assert_most("", "on a denied block user for 1s\n", WI_RESPONSES_MAX,
              "f:35:30: too many responses in all policies together, expected at most 32\n");
  strcpy(big, "policy p\nlimit a 1 x / 1s per user\nscore s 1 / 1s per user\n");
  repeat("signal x@ 1\n", WI_SIGNALS_MAX);
  assert_sound(big);
  strcat(big, "signal y 1\n");
  assert_int_equal(parse(big), WEIR_E_CAPACITY);
  assert_string_equal(heard.text,
                      "f:36:8: too many signals in all policies together, expected at most 32\n");
  strcpy(big, "policy p\nlimit a 1 x / 1s per user\n");
  repeat("class c@\nlimit a 2\n", WI_CLASSES_MAX);
  assert_sound(big);
  strcat(big, "class d\nlimit a 2\n");
  assert_int_equal(parse(big), WEIR_E_CAPACITY);
  assert_string_equal(heard.text,
                      "f:35:7: too many classes in all policies together, expected at most 16\n");
}

static void parse_too_many_value_bytes_names_the_maximum(void **state)
{
  char line[WI_VALUES_BYTES + 64];

  (void)state;
  strcpy(big, "policy p\nlimit a 1 x / 1s per user\nexempt user=");
  memset(line, 'v', WI_VALUES_BYTES);
  line[WI_VALUES_BYTES] = '\0';
  strcat(big, line);
  assert_sound(big);
  assert_int_equal(set.value_bytes, WI_VALUES_BYTES);
  strcat(big, "\nexempt user=w\n");
  assert_int_equal(parse(big), WEIR_E_CAPACITY);
  assert_string_equal(heard.text, "f:4:13: too many bytes of values in all policies together, "
                                  "expected at most 8192\n");
}

static void parse_hidden_limits_count(void **state)
{
  (void)state;
  assert_most("", "on a denied 2 in 1m block user for 1s\n", 10,
              "f:13:38: too many words of state of one key in all policies together (a token "
              "bucket takes 1, a sliding limit 3), expected at most 32\n");
  assert_most("limit b 1 x / 1s sliding\n", "on a denied 2 in 1m block ip for 1s\n", 9,
              "too many words of state of one key");
  strcpy(big, "policy p\n");
  repeat("limit o@ 1 x / 1s\n", 30);
  repeat("limit u@ 1 x / 1s per user\n", 30);
  repeat("reachable to=@ 1 messages / 1s per ip\n", 4);
  assert_sound(big);
  strcat(big, "class c\nlimit o1 2\n");
  assert_int_equal(parse(big), WEIR_E_CAPACITY);
  assert_string_equal(heard.text,
                      "f:67:11: too many limits in all policies together, expected at most 64\n");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(parse_distinct_malformed_is_told),
      cmocka_unit_test(parse_on_malformed_is_told),
      cmocka_unit_test(parse_class_malformed_is_told),
      cmocka_unit_test(parse_window_too_large_is_told),
      cmocka_unit_test(parse_value_malformed_is_told),
      cmocka_unit_test(parse_member_malformed_is_told),
      cmocka_unit_test(parse_score_malformed_is_told),
      cmocka_unit_test(parse_reachable_malformed_is_told),
      cmocka_unit_test(parse_statement_outside_a_policy_is_told_once),
      cmocka_unit_test(parse_policy_of_class_limits_only_has_none),
      cmocka_unit_test(parse_too_many_of_each_names_the_maximum),
      cmocka_unit_test(parse_too_many_value_bytes_names_the_maximum),
      cmocka_unit_test(parse_hidden_limits_count),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
