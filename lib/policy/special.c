/* SPDX-License-Identifier: BSD-2-Clause
 * Statements about one principal or value: member, exempt, reachable. */
#include <string.h>

#include "policy/limit.h"
#include "policy/name.h"

/* The values of those that are mistaken stay unread behind the set's. */
static void tell_twice(struct wi_parser *parser, const struct wi_value *value, int earlier,
                       const char *what)
{
  wi_mistake(&parser->mistakes, parser->lexer.line, value->column,
             "this principal is already %s on line %zu, expected it once", what,
             parser->special_lines[earlier]);
}

/* ------------------------------------------------------- member CLASS ATTRIBUTE=VALUE -- */

static int read_class(struct wi_parser *parser, const struct wi_token *name)
{
  char shown[WI_SHOWN_BYTES];
  int class_at;

  if (!wi_parse_name(parser, name, "class"))
    return -1;
  class_at = wi_survey_class(parser, name);
  if (class_at < 0 && parser->survey && parser->policy >= 0)
    wi_mistake(&parser->mistakes, parser->lexer.line, name->column,
               "no class '%s' in this policy, expected the name of one",
               wi_mistake_show(shown, name->text, name->bytes));
  return class_at;
}

void wi_parse_member(struct wi_parser *parser)
{
  static const struct wi_form form = {"member", "'member CLASS ATTRIBUTE=VALUE'"};
  struct wi_token name;
  struct wi_value value;
  int class_at, earlier;

  if (!wi_expect_word(parser, &form, &name, "the name of a class"))
    return;
  class_at = read_class(parser, &name);
  if (!wi_parse_value(parser, &form, &value))
    return;
  earlier = wi_find_special(parser, WI_SPECIAL_MEMBER, &value);
  if (earlier >= 0)
    tell_twice(parser, &value, earlier, "a member of a class");
  wi_expect_end(parser, &form);
  if (earlier < 0)
    wi_parse_special(parser, WI_SPECIAL_MEMBER, &value, class_at);
}

/* ------------------------------------------------------------- exempt ATTRIBUTE=VALUE -- */

void wi_parse_exempt(struct wi_parser *parser)
{
  static const struct wi_form form = {"exemption", "'exempt ATTRIBUTE=VALUE'"};
  struct wi_value value;
  int earlier;

  if (!wi_parse_value(parser, &form, &value))
    return;
  earlier = wi_find_special(parser, WI_SPECIAL_EXEMPT, &value);
  if (earlier >= 0)
    tell_twice(parser, &value, earlier, "exempt");
  wi_expect_end(parser, &form);
  if (earlier < 0)
    wi_parse_special(parser, WI_SPECIAL_EXEMPT, &value, 0);
}

/* ----------------------------------- reachable ATTRIBUTE=VALUE N UNIT / D per KEY -- */

void wi_parse_reachable(struct wi_parser *parser)
{
  static const struct wi_form form = {"reachable value",
                                      "'reachable ATTRIBUTE=VALUE N UNIT / D per KEY'"};
  static const char name[] = "reachable";
  struct wi_limit_reading reading = {
      .parser = parser, .form = &form, .limit = {.key = WI_KEYS_MAX, .kind = WI_KIND_APART}};
  struct wi_value value;
  int at;

  if (!wi_parse_value(parser, &form, &value) || !wi_limit_rate(&reading, false) ||
      !wi_limit_per(&reading))
    return;
  wi_expect_end(parser, &form);
  wi_name_store(reading.limit.name, name, strlen(name));
  reading.limit.rule.burst = reading.limit.rule.count;
  at = wi_keep_limit(parser, &reading.limit, parser->lexer.column_after);
  wi_parse_special(parser, WI_SPECIAL_REACHABLE, &value, at);
}
