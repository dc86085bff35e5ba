/* SPDX-License-Identifier: BSD-2-Clause
 * Reading a policy text in a test, and hearing every complaint. */
#ifndef TEST_POLICY_TEXT_H
#define TEST_POLICY_TEXT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "policy/policy.h"

static const char example[] =
    "policy submission\n"
    "  limit user-minute    30 messages / 1m            per user   burst 60\n"
    "  limit user-day      500 recipients / 1d          per user   sliding\n"
    "  limit address       120 messages / 1m            per ip\n"
    "  limit pair           10 messages / 10s           per user+ip shadow\n"
    "  limit relay        2000 messages / 1m            overall    burst 4000\n";

/* What a line that begins with none of them is told. */
#define STATEMENTS                                                                                 \
  "expected policy, limit, on, exempt, class, member, score, signal or reachable"

#define COMPLAINTS_BYTES 16384

struct complaints {
  char text[COMPLAINTS_BYTES]; /* each line with a newline behind it             */
  size_t bytes;
  size_t count;
};

static void note(void *context, const char *line)
{
  struct complaints *complaints = context;
  size_t bytes = strlen(line);

  complaints->count++;
  assert_null(strchr(line, '\n'));
  if (complaints->bytes + bytes + 2 > sizeof complaints->text)
    return;
  memcpy(complaints->text + complaints->bytes, line, bytes);
  complaints->bytes += bytes;
  complaints->text[complaints->bytes++] = '\n';
  complaints->text[complaints->bytes] = '\0';
}

static struct complaints heard;
static struct wi_policy_set set;
static struct weir_fault fault;

static int parse_bytes(const char *text, size_t text_bytes)
{
  memset(&heard, 0, sizeof heard);
  memset(&set, 0x5a, sizeof set);
  memset(&fault, 0, sizeof fault);
  return wi_policy_parse(text, text_bytes, "f", &set, note, &heard, &fault);
}

static inline int parse(const char *text)
{
  return parse_bytes(text, strlen(text));
}

static inline bool is_zeroed(const struct wi_policy_set *examined)
{
  static const struct wi_policy_set zeroed;

  return memcmp(examined, &zeroed, sizeof zeroed) == 0;
}

/* The text has these mistakes and no others; one line each. */
static inline void assert_mistakes(const char *text, const char *expected)
{
  size_t first = strcspn(expected, "\n");

  assert_int_equal(parse(text), WEIR_E_SYNTAX);
  assert_string_equal(heard.text, expected);
  assert_true(is_zeroed(&set));
  assert_int_equal(fault.error, WEIR_E_SYNTAX);
  if (first >= sizeof fault.text)
    first = sizeof fault.text - 1;
  assert_memory_equal(fault.text, expected, first);
  assert_int_equal(fault.text[first], '\0');
}

/* A limit line in a policy that is sound but for it; columns of the line itself. */
static inline void assert_limit_mistakes(const char *limit, const char *expected)
{
  char text[4096];

  (void)snprintf(text, sizeof text, "policy p\n%s\n", limit);
  assert_mistakes(text, expected);
}

static inline void assert_sound(const char *text)
{
  int error = parse(text);

  assert_string_equal(heard.text, "");
  assert_int_equal(error, WEIR_OK);
  assert_int_equal(fault.error, WEIR_OK);
  assert_int_equal(wi_policy_set_check(&set), WEIR_OK);
}

static inline const struct wi_limit *only_limit(const char *limit)
{
  char text[4096];

  (void)snprintf(text, sizeof text, "policy p\n%s\n", limit);
  assert_sound(text);
  assert_int_equal(set.limits[0].in_use, 1);
  assert_int_equal(set.limits[1].in_use, 0);
  return &set.limits[0];
}

#endif
