/* SPDX-License-Identifier: BSD-2-Clause
 * What may stand behind a limit's duration, in any order. */
#include "policy/limit.h"
#include "policy/name.h"

static const char *const option_names[WI_OPTION_COUNT] = {
    [WI_OPTION_PER] = "per",
    [WI_OPTION_OVERALL] = "overall",
    [WI_OPTION_BURST] = "burst",
    [WI_OPTION_SLIDING] = "sliding",
    [WI_OPTION_CANONICAL] = "canonical",
    [WI_OPTION_SHADOW] = "shadow",
    [WI_OPTION_OPTIONAL] = "optional",
    [WI_OPTION_WHEN_FULL] = "when-full",
};

/* WI_OPTION_COUNT: it is none. */
enum wi_option wi_limit_option(const struct wi_token *token)
{
  enum wi_option option = WI_OPTION_PER;

  while (option < WI_OPTION_COUNT && !wi_token_is(token, option_names[option]))
    option++;
  return option;
}

static bool is_given(const struct wi_limit_reading *reading, enum wi_option option)
{
  return reading->options >> option & 1;
}

/* An option's value; false, and told, where another option stands there. */
static bool need_value(struct wi_limit_reading *reading, struct wi_token *value,
                       enum wi_option option, const char *what)
{
  struct wi_parser *parser = reading->parser;

  *value = wi_lex_peek(&parser->lexer);
  if (value->bytes > 0 && wi_limit_option(value) == WI_OPTION_COUNT)
    return wi_lex_word(&parser->lexer, value);
  wi_mistake(&parser->mistakes, parser->lexer.line, value->column,
             "'%s' without its value, expected %s", option_names[option], what);
  return false;
}

static void read_when_full(struct wi_limit_reading *reading)
{
  static const char *const names[] = {
      [WI_FULL_INHERIT] = "inherit", [WI_FULL_DENY] = "deny", [WI_FULL_ALLOW] = "allow"};
  struct wi_parser *parser = reading->parser;
  struct wi_token value;
  char shown[WI_SHOWN_BYTES];

  if (!need_value(reading, &value, WI_OPTION_WHEN_FULL, "inherit, deny or allow"))
    return;
  for (uint32_t i = 0; i < WI_COUNT_OF(names); i++) {
    if (wi_token_is(&value, names[i])) {
      reading->limit.when_full = i;
      return;
    }
  }
  wi_mistake(&parser->mistakes, parser->lexer.line, value.column,
             "unknown value '%s' of 'when-full', expected inherit, deny or allow",
             wi_mistake_show(shown, value.text, value.bytes));
}

/* One that was given twice, or against another, is told and read all the same. */
static void check_option(struct wi_limit_reading *reading, enum wi_option option, size_t column)
{
  static const enum wi_option opposites[WI_OPTION_COUNT] = {
      [WI_OPTION_PER] = WI_OPTION_OVERALL,         [WI_OPTION_OVERALL] = WI_OPTION_PER,
      [WI_OPTION_BURST] = WI_OPTION_SLIDING,       [WI_OPTION_SLIDING] = WI_OPTION_BURST,
      [WI_OPTION_CANONICAL] = WI_OPTION_CANONICAL, [WI_OPTION_SHADOW] = WI_OPTION_SHADOW,
      [WI_OPTION_OPTIONAL] = WI_OPTION_OPTIONAL,   [WI_OPTION_WHEN_FULL] = WI_OPTION_WHEN_FULL,
  };
  struct wi_parser *parser = reading->parser;
  enum wi_option opposite = opposites[option];
  bool is_distinct = (reading->limit.flags & WI_LIMIT_DISTINCT) != 0;

  if (is_given(reading, option))
    wi_mistake(&parser->mistakes, parser->lexer.line, column,
               "'%s' is given twice, expected it once", option_names[option]);
  else if (is_given(reading, opposite))
    wi_mistake(&parser->mistakes, parser->lexer.line, column,
               "'%s' and '%s' exclude each other, expected one of them", option_names[opposite],
               option_names[option]);
  else if (option == WI_OPTION_BURST && is_distinct)
    wi_mistake(&parser->mistakes, parser->lexer.line, column,
               "'distinct' and 'burst' exclude each other, expected one of them");
  else if (option == WI_OPTION_CANONICAL && !is_distinct)
    wi_mistake(&parser->mistakes, parser->lexer.line, column,
               "'canonical' is for addresses that are counted, expected it with 'distinct' only");
  reading->options |= 1u << option;
}

static void read_option(struct wi_limit_reading *reading, enum wi_option option, size_t column)
{
  struct wi_limit *limit = &reading->limit;
  struct wi_token value;
  int key;

  check_option(reading, option, column);
  switch (option) {
  case WI_OPTION_PER:
    if (need_value(reading, &value, option, "a key such as user or user+ip")) {
      key = wi_parse_key(reading->parser, &value);
      limit->key = key < 0 ? WI_KEYS_MAX : (uint32_t)key;
    }
    break;
  case WI_OPTION_BURST:
    if (need_value(reading, &value, option, "a count"))
      limit->rule.burst = wi_parse_count(reading->parser, &value, reading->counts, NULL);
    break;
  case WI_OPTION_SLIDING:
    if (limit->rule.sliding == WI_DISTINCT)
      break; /* that is one already */
    wi_check_window(reading->parser, &limit->rule, 0, column, "units", ", or no 'sliding'");
    limit->rule.sliding = WI_SLIDING;
    break;
  case WI_OPTION_CANONICAL:
    limit->flags |= WI_LIMIT_CANONICAL;
    break;
  case WI_OPTION_SHADOW:
    limit->flags |= WI_LIMIT_SHADOW;
    break;
  case WI_OPTION_OPTIONAL:
    limit->flags |= WI_LIMIT_OPTIONAL;
    break;
  case WI_OPTION_WHEN_FULL:
    read_when_full(reading);
    break;
  case WI_OPTION_OVERALL:
  case WI_OPTION_COUNT:
    break;
  }
}

/* Without `per` a limit is overall. */
static void default_key(struct wi_limit_reading *reading, size_t column)
{
  static const struct wi_key overall;
  int key;

  if (is_given(reading, WI_OPTION_PER))
    return;
  key = wi_set_key(&reading->parser->set, &overall);
  if (key < 0)
    wi_parse_full(reading->parser, WI_CAPACITY_KEYS, column);
  reading->limit.key = key < 0 ? WI_KEYS_MAX : (uint32_t)key;
}

/* Of a run of words that are no options the first is told: the others are most
 * likely its values. */
void wi_limit_options(struct wi_limit_reading *reading, size_t column)
{
  struct wi_parser *parser = reading->parser;
  struct wi_token token;
  char shown[WI_SHOWN_BYTES];
  bool is_told = false;

  while (wi_lex_word(&parser->lexer, &token)) {
    enum wi_option option = wi_limit_option(&token);

    if (option != WI_OPTION_COUNT)
      read_option(reading, option, token.column);
    else if (!is_told)
      wi_mistake(&parser->mistakes, parser->lexer.line, token.column,
                 "unknown option '%s', expected per, overall, burst, sliding, canonical, shadow, "
                 "optional or when-full",
                 wi_mistake_show(shown, token.text, token.bytes));
    is_told = option == WI_OPTION_COUNT;
  }
  default_key(reading, column);
  if (!is_given(reading, WI_OPTION_BURST))
    reading->limit.rule.burst = reading->limit.rule.count;
}
