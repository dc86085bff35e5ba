/* SPDX-License-Identifier: BSD-2-Clause
 * How much in how long, of whom: N UNIT / DURATION, per KEY. */
#include "policy/limit.h"

#include <string.h>

#include "policy/name.h"

static bool need_word(struct wi_limit_reading *reading, struct wi_token *token, const char *what)
{
  return wi_expect_word(reading->parser, reading->form, token, what);
}

static bool begins_with_slash(const struct wi_token *token)
{
  return token->bytes > 0 && token->text[0] == '/';
}

/* N comes before the unit that says whether it may be 20M: look ahead. */
static bool read_quota(struct wi_limit_reading *reading)
{
  struct wi_token count, unit;

  if (!need_word(reading, &count, "a count"))
    return false;
  unit = wi_lex_peek(&reading->parser->lexer);
  unit.bytes = wi_before_slash(&unit);
  reading->counts = wi_token_is(&unit, "bytes") ? WI_COUNT_BYTES : WI_COUNT_UNITS;
  reading->limit.rule.count = wi_parse_count(reading->parser, &count, reading->counts, NULL);
  /* `limit 30 messages / 1m`: the name is missing, and one complaint says it. */
  return reading->limit.rule.count != 0 || unit.bytes > 0;
}

/* The attribute of `distinct ATTRIBUTE`: a window over its values. */
static bool read_distinct(struct wi_limit_reading *reading)
{
  struct wi_parser *parser = reading->parser;
  struct wi_token attribute = wi_lex_peek(&parser->lexer);
  int word;

  reading->limit.flags |= WI_LIMIT_DISTINCT;
  reading->limit.rule.sliding = WI_DISTINCT;
  if (begins_with_slash(&attribute)) {
    wi_mistake(&parser->mistakes, parser->lexer.line, attribute.column,
               "'distinct' without its attribute, expected one such as recipient");
    return true;
  }
  if (!need_word(reading, &attribute, "an attribute"))
    return false;
  wi_lex_split(&parser->lexer, &attribute, wi_before_slash(&attribute));
  if (wi_token_is(&attribute, "distinct")) {
    wi_mistake(&parser->mistakes, parser->lexer.line, attribute.column,
               "'distinct' twice, expected an attribute such as recipient");
    return true;
  }
  if (!wi_parse_name(parser, &attribute, "attribute"))
    return true;
  word = wi_parse_word(parser, &attribute);
  reading->limit.unit = word < 0 ? 0 : (uint32_t)word;
  return true;
}

static bool read_unit(struct wi_limit_reading *reading, bool may_be_distinct)
{
  struct wi_parser *parser = reading->parser;
  struct wi_token unit;
  int word;

  if (!need_word(reading, &unit, "a unit"))
    return false;
  wi_lex_split(&parser->lexer, &unit, wi_before_slash(&unit));
  if (unit.bytes == 0) {
    wi_mistake(&parser->mistakes, parser->lexer.line, unit.column,
               "no unit before '/', expected messages, recipients, bytes or another word");
    return true;
  }
  if (wi_token_is(&unit, "distinct")) {
    if (!may_be_distinct)
      wi_mistake(&parser->mistakes, parser->lexer.line, unit.column,
                 "'distinct' is not available here, expected messages, recipients, bytes or "
                 "another word");
    return read_distinct(reading);
  }
  if (!wi_parse_name(parser, &unit, "unit"))
    return true;
  word = wi_parse_word(parser, &unit);
  reading->limit.unit = word < 0 ? 0 : (uint32_t)word;
  return true;
}

static bool read_slash(struct wi_limit_reading *reading)
{
  struct wi_token slash;

  if (!need_word(reading, &slash, "'/' and a duration"))
    return false;
  if (begins_with_slash(&slash)) {
    wi_lex_split(&reading->parser->lexer, &slash, 1);
    return true;
  }
  wi_unexpected(reading->parser, reading->form, &slash, "'/'");
  return false;
}

bool wi_limit_period(struct wi_limit_reading *reading)
{
  struct wi_token token;

  if (!read_slash(reading) || !need_word(reading, &token, "a duration"))
    return false;
  reading->limit.rule.period_ns = wi_parse_duration(reading->parser, &token);
  /* `/ per user`: the duration is missing, `per` is not. */
  if (wi_limit_option(&token) != WI_OPTION_COUNT)
    wi_lex_split(&reading->parser->lexer, &token, 0);
  if (reading->limit.flags & WI_LIMIT_DISTINCT) {
    wi_check_window(reading->parser, &reading->limit.rule, 0, token.column, "values", "");
    if (reading->limit.rule.period_ns != 0 && reading->limit.rule.period_ns < WI_DISTINCT_PERIOD_MIN_NS)
      wi_mistake(&reading->parser->mistakes, reading->parser->lexer.line, token.column,
                 "too short for values to be told apart, expected a duration of at least 1s");
  }
  return true;
}

bool wi_limit_rate(struct wi_limit_reading *reading, bool may_be_distinct)
{
  return read_quota(reading) && read_unit(reading, may_be_distinct) && wi_limit_period(reading);
}

bool wi_limit_per(struct wi_limit_reading *reading)
{
  struct wi_token token;
  int key;

  if (!wi_expect_keyword(reading->parser, reading->form, "per") ||
      !need_word(reading, &token, "a key"))
    return false;
  key = wi_parse_key(reading->parser, &token);
  reading->limit.key = key < 0 ? WI_KEYS_MAX : (uint32_t)key;
  return true;
}
