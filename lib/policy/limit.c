/* SPDX-License-Identifier: BSD-2-Clause
 * One statement: limit NAME N UNIT / DURATION and its options. */
#include "policy/limit.h"

#include "policy/name.h"

void wi_parse_limit(struct wi_parser *parser)
{
  static const struct wi_form form = {"limit", "'limit NAME N UNIT / DURATION'"};
  struct wi_limit_reading reading = {
      .parser = parser, .form = &form, .limit = {.key = WI_KEYS_MAX}};
  struct wi_token name;

  if (wi_expect_word(parser, &form, &name, "a name")) {
    if (wi_parse_name(parser, &name, "limit")) {
      wi_check_limit_name(parser, WI_KIND_LIMIT, "limit", &name);
      wi_name_store(reading.limit.name, name.text, name.bytes);
    }
    if (wi_limit_rate(&reading, true))
      wi_limit_options(&reading, name.column);
  }
  (void)wi_keep_limit(parser, &reading.limit, name.column);
}
