/* SPDX-License-Identifier: BSD-2-Clause
 * The words of a verdict.  Expected texts are written out by hand, from
 * draft-ietf-httpapi-ratelimit-headers, RFC 9651, RFC 9110 and RFC 3463. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/table.h"

typedef int words(const struct weir_verdict *verdict, char *text, size_t text_bytes);

static int smtp(const struct weir_verdict *verdict, char *text, size_t text_bytes)
{
  return weir_smtp_reply(verdict, 0, text, text_bytes);
}

static int smtp_450(const struct weir_verdict *verdict, char *text, size_t text_bytes)
{
  return weir_smtp_reply(verdict, WEIR_SMTP_BLOCK_450, text, text_bytes);
}

static words *const all_words[] = {weir_http_ratelimit, weir_http_ratelimit_policy,
                                   weir_http_retry_after, smtp, smtp_450};
#define ALL_WORDS (sizeof all_words / sizeof all_words[0])

/* user-minute, 60 messages a minute, of which 12 are left. */
static struct weir_verdict verdict_of(uint32_t outcome, uint64_t retry_after_ns)
{
  return (struct weir_verdict){.outcome = outcome,
                               .limit = "user-minute",
                               .remaining = 12,
                               .retry_after_ns = retry_after_ns,
                               .quota = 60,
                               .period_ns = MINUTE_NS,
                               .burst = 60};
}

/* Into every buffer from none to one byte more than enough. */
static void assert_words(words *words_of, const struct weir_verdict *verdict, const char *expected)
{
  size_t length = strlen(expected);
  char text[WEIR_WORDS_BYTES + 2];

  assert_true(length < WEIR_WORDS_BYTES);
  assert_int_equal(words_of(verdict, NULL, 0), length);
  for (size_t room = 0; room <= length + 2; room++) {
    memset(text, 'x', sizeof text);
    assert_int_equal(words_of(verdict, text, room), length);
    for (size_t i = room; i < sizeof text; i++)
      assert_int_equal(text[i], 'x');
    if (room > 0)
      assert_string_equal(text, room > length ? expected : "");
  }
}

static void assert_wait(uint64_t wait_ns, const char *expected)
{
  size_t length = strlen(expected);
  char text[64];

  assert_int_equal(weir_wait_words(wait_ns, NULL, 0), length);
  for (size_t room = 1; room <= length + 2; room++) {
    assert_int_equal(weir_wait_words(wait_ns, text, room), length);
    assert_string_equal(text, room > length ? expected : "");
  }
}

/* ---------------------------------------------------------------------- HTTP */

static void ratelimit_denied_t_is_the_wait_rounded_up(void **state)
{
  struct weir_verdict verdict = verdict_of(WEIR_DENY, 30 * SECOND_NS);

  (void)state;
  assert_words(weir_http_ratelimit, &verdict, "\"user-minute\";r=12;t=30");
  verdict.retry_after_ns++;
  assert_words(weir_http_ratelimit, &verdict, "\"user-minute\";r=12;t=31");
  verdict.retry_after_ns = 1;
  verdict.remaining = 0;
  assert_words(weir_http_ratelimit, &verdict, "\"user-minute\";r=0;t=1");
  verdict.retry_after_ns = UINT64_MAX - 1; /* 18,446,744,073.7 s */
  assert_words(weir_http_ratelimit, &verdict, "\"user-minute\";r=0;t=18446744074");
}

static void ratelimit_allowed_t_is_the_pace_of_what_is_left(void **state)
{
  struct weir_verdict verdict = verdict_of(WEIR_ALLOW, 0);

  (void)state;
  assert_words(weir_http_ratelimit, &verdict, "\"user-minute\";r=12;t=12");
  verdict.remaining = 0; /* the next unit */
  assert_words(weir_http_ratelimit, &verdict, "\"user-minute\";r=0;t=1");
  verdict.quota = 500; /* a day's: one in 172.8 s */
  verdict.period_ns = 1440 * MINUTE_NS;
  assert_words(weir_http_ratelimit, &verdict, "\"user-minute\";r=0;t=173");
  verdict.remaining = 499; /* 86,227.2 s */
  assert_words(weir_http_ratelimit, &verdict, "\"user-minute\";r=499;t=86228");
  verdict.quota = 1000; /* 5 of 1000 a second are 5 ms */
  verdict.period_ns = SECOND_NS;
  verdict.remaining = 5;
  assert_words(weir_http_ratelimit, &verdict, "\"user-minute\";r=5;t=1");
  verdict.quota = 3; /* a third of a ns above a second */
  verdict.period_ns = 3 * SECOND_NS + 1;
  verdict.remaining = 1;
  assert_words(weir_http_ratelimit, &verdict, "\"user-minute\";r=1;t=2");
}

static void ratelimit_never_has_no_t(void **state)
{
  struct weir_verdict verdict = verdict_of(WEIR_DENY, WEIR_NEVER);

  (void)state;
  assert_words(weir_http_ratelimit, &verdict, "\"user-minute\";r=12");
  assert_words(weir_http_ratelimit_policy, &verdict, "\"user-minute\";q=60;w=60");
}

static void ratelimit_extremes_fit_a_structured_field(void **state)
{
  struct weir_verdict verdict = verdict_of(WEIR_ALLOW, 0);

  (void)state;
  verdict.remaining = verdict.quota = 999999999999999;
  assert_words(weir_http_ratelimit, &verdict, "\"user-minute\";r=999999999999999;t=60");
  assert_words(weir_http_ratelimit_policy, &verdict, "\"user-minute\";q=999999999999999;w=60");
  verdict.remaining = verdict.quota = 1000000000000000;
  assert_words(weir_http_ratelimit, &verdict, "\"user-minute\";r=999999999999999;t=60");
  assert_words(weir_http_ratelimit_policy, &verdict, "\"user-minute\";q=999999999999999;w=60");
  verdict.remaining = UINT64_MAX - 1;
  verdict.quota = 1;
  verdict.period_ns = UINT64_MAX;
  assert_words(weir_http_ratelimit, &verdict,
               "\"user-minute\";r=999999999999999;t=999999999999999");
  verdict.quota = 0; /* of no sound table */
  assert_words(weir_http_ratelimit, &verdict, "\"user-minute\";r=999999999999999");
  assert_words(weir_http_ratelimit_policy, &verdict, "\"user-minute\";q=0;w=18446744074");
  verdict.period_ns = 0;
  verdict.quota = 1;
  assert_words(weir_http_ratelimit, &verdict, "\"user-minute\";r=999999999999999;t=1");
}

static void ratelimit_no_limit_or_block_says_nothing(void **state)
{
  struct weir_verdict none = {.outcome = WEIR_ALLOW, .remaining = UINT64_MAX};
  struct weir_verdict zero = {.outcome = WEIR_ALLOW};
  struct weir_verdict unlimited = verdict_of(WEIR_ALLOW, 0);
  struct weir_verdict block = verdict_of(WEIR_BLOCK, WEIR_NEVER);

  (void)state;
  unlimited.remaining = UINT64_MAX;
  for (size_t i = 0; i < 2; i++) {
    assert_words(all_words[i], &none, "");
    assert_words(all_words[i], &zero, "");
    assert_words(all_words[i], &unlimited, "");
    assert_words(all_words[i], &block, "");
  }
}

static void ratelimit_policy_is_quota_and_period(void **state)
{
  struct weir_verdict verdict = verdict_of(WEIR_ALLOW, 0);

  (void)state;
  assert_words(weir_http_ratelimit_policy, &verdict, "\"user-minute\";q=60;w=60");
  verdict.burst = 120;
  assert_words(weir_http_ratelimit_policy, &verdict, "\"user-minute\";q=60;w=60");
  verdict.period_ns = MINUTE_NS + 1;
  assert_words(weir_http_ratelimit_policy, &verdict, "\"user-minute\";q=60;w=61");
  verdict.period_ns = 1; /* w is never zero */
  assert_words(weir_http_ratelimit_policy, &verdict, "\"user-minute\";q=60;w=1");
}

static void ratelimit_hostile_name_is_a_string(void **state)
{
  struct weir_verdict verdict = verdict_of(WEIR_DENY, 30 * SECOND_NS);

  (void)state;
  strcpy(verdict.limit, "a\"b\\c d\r\nX: y\x7f\x80\xff\t~");
  assert_words(weir_http_ratelimit, &verdict, "\"a\\\"b\\\\c d??X: y????~\";r=12;t=30");
  memset(verdict.limit, '"', sizeof verdict.limit); /* no NUL: 63 of them count */
  assert_words(
      weir_http_ratelimit_policy, &verdict,
      "\""
      "\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\""
      "\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\""
      "\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\""
      "\";q=60;w=60");
}

static void retry_after_is_whole_seconds_rounded_up(void **state)
{
  struct weir_verdict verdict = verdict_of(WEIR_DENY, 0);

  (void)state;
  assert_words(weir_http_retry_after, &verdict, "1");
  verdict.retry_after_ns = 1;
  assert_words(weir_http_retry_after, &verdict, "1");
  verdict.retry_after_ns = SECOND_NS;
  assert_words(weir_http_retry_after, &verdict, "1");
  verdict.retry_after_ns = SECOND_NS + 1;
  assert_words(weir_http_retry_after, &verdict, "2");
  verdict.retry_after_ns = UINT64_MAX - 1;
  assert_words(weir_http_retry_after, &verdict, "18446744074");
}

static void retry_after_without_an_end_says_nothing(void **state)
{
  struct weir_verdict allow = verdict_of(WEIR_ALLOW, 0);
  struct weir_verdict deny = verdict_of(WEIR_DENY, WEIR_NEVER);
  struct weir_verdict block = verdict_of(WEIR_BLOCK, WEIR_NEVER);

  (void)state;
  assert_words(weir_http_retry_after, &allow, "");
  assert_words(weir_http_retry_after, &deny, "");
  assert_words(weir_http_retry_after, &block, "");
  block.retry_after_ns = 0;
  assert_words(weir_http_retry_after, &block, "");
  block.retry_after_ns = 1;
  assert_words(weir_http_retry_after, &block, "1");
}

/* ---------------------------------------------------------------------- SMTP */

static void smtp_reply_denied_is_450_with_limit_and_wait(void **state)
{
  struct weir_verdict verdict = verdict_of(WEIR_DENY, 4 * MINUTE_NS);

  (void)state;
  assert_words(smtp, &verdict,
               "450 4.7.1 user-minute: rate limit exceeded, try again in 4 minutes");
  assert_words(smtp_450, &verdict,
               "450 4.7.1 user-minute: rate limit exceeded, try again in 4 minutes");
  verdict.flags = WEIR_COUNTS_RECIPIENTS; /* fewer would not have to be sent, only later */
  verdict.retry_after_ns = 1;
  assert_words(smtp, &verdict, "450 4.7.1 user-minute: rate limit exceeded, try again in a moment");
  verdict.limit[0] = '\0';
  assert_words(smtp, &verdict, "450 4.7.1 rate limit exceeded, try again in a moment");
}

static void smtp_reply_never_is_452_for_recipients_alone(void **state)
{
  struct weir_verdict verdict = verdict_of(WEIR_DENY, WEIR_NEVER);

  (void)state;
  verdict.burst = 500;
  assert_words(smtp, &verdict,
               "450 4.7.1 user-minute: more than the limit of 500 at once, send it in smaller "
               "parts");
  verdict.flags = WEIR_COUNTS_RECIPIENTS | WEIR_SHADOW_DENIED;
  assert_words(smtp, &verdict,
               "452 4.5.3 user-minute: more than the limit of 500 recipients at once, send to "
               "fewer at a time");
  verdict.burst = UINT64_MAX;
  assert_words(smtp, &verdict,
               "452 4.5.3 user-minute: more than the limit of 999999999999999 recipients at "
               "once, send to fewer at a time");
}

static void smtp_reply_blocked_is_550_or_450(void **state)
{
  struct weir_verdict verdict = {.outcome = WEIR_BLOCK, .retry_after_ns = WEIR_NEVER};

  (void)state;
  assert_words(smtp, &verdict, "550 5.7.1 sending is blocked");
  assert_words(smtp_450, &verdict, "450 4.7.1 sending is blocked");
  verdict.retry_after_ns = 0;
  assert_words(smtp, &verdict, "550 5.7.1 sending is blocked");
  verdict = verdict_of(WEIR_BLOCK, 2 * 60 * MINUTE_NS);
  assert_words(smtp, &verdict, "550 5.7.1 user-minute: sending is blocked, try again in 2 hours");
  assert_words(smtp_450, &verdict,
               "450 4.7.1 user-minute: sending is blocked, try again in 2 hours");
}

static void smtp_reply_allowed_says_nothing(void **state)
{
  struct weir_verdict verdict = verdict_of(WEIR_ALLOW, 0);

  (void)state;
  assert_words(smtp, &verdict, "");
  assert_words(smtp_450, &verdict, "");
}

static void smtp_reply_hostile_name_is_one_line(void **state)
{
  struct weir_verdict verdict = verdict_of(WEIR_DENY, SECOND_NS);

  (void)state;
  strcpy(verdict.limit, "aZ.-_9\r\n250 \"ok\"\\=:\x80\xff");
  assert_words(smtp, &verdict,
               "450 4.7.1 aZ.-_9??250??ok??????: rate limit exceeded, try again in 1 second");
  memset(verdict.limit, 'n', sizeof verdict.limit);
  assert_words(smtp, &verdict,
               "450 4.7.1 nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn: "
               "rate limit exceeded, try again in 1 second");
}

/* ---------------------------------------------------------------- all of them */

static void words_any_verdict_is_one_line_that_fits(void **state)
{
  static const uint64_t numbers[] = {0,         1, SECOND_NS, MINUTE_NS, INT64_MAX, UINT64_MAX - 1,
                                     UINT64_MAX};
  static const size_t count = sizeof numbers / sizeof numbers[0];

  (void)state;
  for (int byte = 1; byte < 256; byte++)
    for (size_t i = 0; i < 3 * count * count; i++)
      for (size_t w = 0; w < ALL_WORDS; w++) {
        struct weir_verdict verdict = verdict_of((uint32_t)(i % 3), numbers[i / 3 % count]);
        char text[WEIR_WORDS_BYTES];
        int length;

        memset(verdict.limit, byte, sizeof verdict.limit);
        verdict.remaining = verdict.quota = verdict.period_ns = verdict.burst =
            numbers[i / 3 / count];
        verdict.flags = byte % 2 != 0 ? WEIR_COUNTS_RECIPIENTS : 0;
        length = all_words[w](&verdict, text, sizeof text);
        assert_in_range(length, 0, WEIR_WORDS_BYTES - 1);
        assert_int_equal(strlen(text), length);
        for (int at = 0; at < length; at++)
          assert_in_range(text[at], ' ', '~');
        assert_null(strstr(text, "18446744073709551615"));
      }
}

static void words_wrong_argument_is_told_and_leaves_the_text_empty(void **state)
{
  struct weir_verdict deny = verdict_of(WEIR_DENY, SECOND_NS);
  struct weir_verdict odd = verdict_of(WEIR_BLOCK + 1, SECOND_NS);
  char text[WEIR_WORDS_BYTES] = "old";

  (void)state;
  for (size_t w = 0; w < ALL_WORDS; w++) {
    assert_int_equal(all_words[w](&deny, NULL, 1), WEIR_E_ARGUMENT);
    strcpy(text, "old");
    assert_int_equal(all_words[w](NULL, text, sizeof text), WEIR_E_ARGUMENT);
    assert_string_equal(text, "");
    strcpy(text, "old");
    assert_int_equal(all_words[w](&odd, text, sizeof text), WEIR_E_ARGUMENT);
    assert_string_equal(text, "");
  }
  strcpy(text, "old");
  assert_int_equal(weir_smtp_reply(&deny, 2, text, sizeof text), WEIR_E_ARGUMENT);
  assert_string_equal(text, "");
  assert_int_equal(weir_wait_words(1, NULL, 1), WEIR_E_ARGUMENT);
}

/* Both ways of deciding, the quick one and the general one. */
static void take_verdict_tells_whether_its_limit_counts_recipients(void **state)
{
  static const char *const policies[] = {
      "policy p\n limit r 10 recipients / 1m per user\n limit m 60 messages / 1m per user\n",
      "policy p\n limit r 10 recipients / 1m per user sliding\n limit m 60 messages / 1m per "
      "user\n"};

  (void)state;
  for (size_t i = 0; i < 2; i++) {
    struct weir_table *table = make_table(NULL, 1000, policies[i]);
    struct weir_verdict verdict;
    struct asking asking;

    for (uint64_t recipients = 9; recipients <= 11; recipients += 2) {
      ask_for(&asking, "alice", NULL);
      ask_units(&asking, "recipients", recipients);
      ask_at(&asking, 1000 * MINUTE_NS);
      assert_int_equal(weir_take(table, &asking.request, &verdict), WEIR_OK);
      assert_string_equal(verdict.limit, "r");
      assert_int_equal(verdict.flags, WEIR_COUNTS_RECIPIENTS);
    }
    assert_words(smtp, &verdict,
                 "452 4.5.3 r: more than the limit of 10 recipients at once, send to fewer at a "
                 "time");
    ask_for(&asking, "bob", NULL);
    ask_units(&asking, "recipients", 0);
    ask_units(&asking, "messages", 61);
    ask_at(&asking, 1000 * MINUTE_NS);
    assert_int_equal(weir_take(table, &asking.request, &verdict), WEIR_OK);
    assert_int_equal(verdict.flags, 0);
    assert_words(smtp, &verdict,
                 "450 4.7.1 m: more than the limit of 60 at once, send it in smaller parts");
    weir_close(table);
  }
}

static void wait_words_round_up(void **state)
{
  static const uint64_t hour_ns = 60 * MINUTE_NS, day_ns = 1440 * MINUTE_NS;

  (void)state;
  assert_wait(0, "a moment");
  assert_wait(1, "a moment");
  assert_wait(SECOND_NS - 1, "a moment");
  assert_wait(SECOND_NS, "1 second");
  assert_wait(SECOND_NS + 1, "2 seconds");
  assert_wait(MINUTE_NS, "60 seconds");
  assert_wait(119 * SECOND_NS, "119 seconds");
  assert_wait(119 * SECOND_NS + 1, "2 minutes");
  assert_wait(2 * MINUTE_NS + 1, "3 minutes");
  assert_wait(4 * MINUTE_NS, "4 minutes");
  assert_wait(59 * MINUTE_NS + 1, "1 hour");
  assert_wait(hour_ns, "1 hour");
  assert_wait(hour_ns + 1, "1 hour 1 minute");
  assert_wait(65 * MINUTE_NS, "1 hour 5 minutes");
  assert_wait(day_ns - MINUTE_NS, "23 hours 59 minutes");
  assert_wait(day_ns - MINUTE_NS + 1, "1 day");
  assert_wait(day_ns, "1 day");
  assert_wait(day_ns + 1, "1 day 1 hour");
  assert_wait(10 * day_ns - hour_ns, "9 days 23 hours");
  assert_wait(10 * day_ns - hour_ns + 1, "10 days");
  assert_wait(10 * day_ns + 1, "11 days");
  assert_wait(UINT64_MAX - 1, "213504 days");
  assert_wait(WEIR_NEVER, "never");
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(ratelimit_denied_t_is_the_wait_rounded_up),
      cmocka_unit_test(ratelimit_allowed_t_is_the_pace_of_what_is_left),
      cmocka_unit_test(ratelimit_never_has_no_t),
      cmocka_unit_test(ratelimit_extremes_fit_a_structured_field),
      cmocka_unit_test(ratelimit_no_limit_or_block_says_nothing),
      cmocka_unit_test(ratelimit_policy_is_quota_and_period),
      cmocka_unit_test(ratelimit_hostile_name_is_a_string),
      cmocka_unit_test(retry_after_is_whole_seconds_rounded_up),
      cmocka_unit_test(retry_after_without_an_end_says_nothing),
      cmocka_unit_test(smtp_reply_denied_is_450_with_limit_and_wait),
      cmocka_unit_test(smtp_reply_never_is_452_for_recipients_alone),
      cmocka_unit_test(smtp_reply_blocked_is_550_or_450),
      cmocka_unit_test(smtp_reply_allowed_says_nothing),
      cmocka_unit_test(smtp_reply_hostile_name_is_one_line),
      cmocka_unit_test(words_any_verdict_is_one_line_that_fits),
      cmocka_unit_test(words_wrong_argument_is_told_and_leaves_the_text_empty),
      cmocka_unit_test(take_verdict_tells_whether_its_limit_counts_recipients),
      cmocka_unit_test(wait_words_round_up),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
