/* SPDX-License-Identifier: BSD-2-Clause
 * One statement: limit NAME N UNIT / DURATION and its options. */
#include "policy/limit.h"

#include <string.h>

#include "limit/window.h"
#include "policy/name.h"

#define FORM "'limit NAME N UNIT / DURATION'"

/* Take the next word, or tell that the line ends too early. */
static bool need_word(struct wi_limit_reading *reading, struct wi_token *token, const char *what)
{
  struct wi_parser *parser = reading->parser;

  if (wi_lex_word(&parser->lexer, token))
    return true;
  wi_mistake(&parser->mistakes, parser->lexer.line, token->column,
             "the limit ends too early, expected %s: " FORM, what);
  return false;
}

/* Of several limits of that name the nearest above is told. */
static void check_name_is_new(struct wi_limit_reading *reading, const struct wi_token *name)
{
  struct wi_parser *parser = reading->parser;
  char shown[WI_SHOWN_BYTES];

  for (uint32_t i = parser->limit_count; i-- > 0;) {
    const struct wi_limit *other = &parser->set.limits[i];

    if ((int)other->policy != parser->policy || !wi_name_is(other->name, name->text, name->bytes))
      continue;
    wi_mistake(&parser->mistakes, parser->lexer.line, name->column,
               "limit '%s' is already on line %zu, expected a name of its own",
               wi_mistake_show(shown, name->text, name->bytes), parser->limit_lines[i]);
    return;
  }
}

static bool read_name(struct wi_limit_reading *reading)
{
  struct wi_token name;

  if (!need_word(reading, &name, "a name"))
    return false;
  if (wi_parse_name(reading->parser, &name, "limit")) {
    check_name_is_new(reading, &name);
    wi_name_store(reading->limit.name, name.text, name.bytes);
  }
  return true;
}

/* The part of a word before the '/' of `messages/1m`. */
static size_t before_slash(const struct wi_token *token)
{
  const char *slash = memchr(token->text, '/', token->bytes);

  return slash ? (size_t)(slash - token->text) : token->bytes;
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
  unit.bytes = before_slash(&unit);
  reading->counts_bytes = wi_token_is(&unit, "bytes");
  reading->limit.rule.count = wi_limit_count(reading, &count);
  /* `limit 30 messages / 1m`: the name is missing, and one complaint says it. */
  return reading->limit.rule.count != 0 || unit.bytes > 0;
}

static bool read_unit(struct wi_limit_reading *reading)
{
  struct wi_parser *parser = reading->parser;
  struct wi_token unit, attribute;
  int word;

  if (!need_word(reading, &unit, "a unit"))
    return false;
  wi_lex_split(&parser->lexer, &unit, before_slash(&unit));
  if (unit.bytes == 0) {
    wi_mistake(&parser->mistakes, parser->lexer.line, unit.column,
               "no unit before '/', expected messages, recipients, bytes or another word");
    return true;
  }
  if (wi_token_is(&unit, "distinct")) {
    wi_mistake(&parser->mistakes, parser->lexer.line, unit.column,
               "'distinct' is not supported by this version, expected messages, recipients, "
               "bytes or another word");
    attribute = wi_lex_peek(&parser->lexer);
    if (!begins_with_slash(&attribute) && wi_lex_word(&parser->lexer, &attribute))
      wi_lex_split(&parser->lexer, &attribute, before_slash(&attribute));
    return true;
  }
  if (!wi_parse_name(parser, &unit, "unit"))
    return true;
  word = wi_parse_word(parser, &unit);
  reading->limit.unit = word < 0 ? 0 : (uint32_t)word;
  return true;
}

static bool read_slash(struct wi_limit_reading *reading)
{
  struct wi_parser *parser = reading->parser;
  struct wi_token slash;
  char shown[WI_SHOWN_BYTES];

  if (!need_word(reading, &slash, "'/' and a duration"))
    return false;
  if (begins_with_slash(&slash)) {
    wi_lex_split(&parser->lexer, &slash, 1);
    return true;
  }
  wi_mistake(&parser->mistakes, parser->lexer.line, slash.column,
             "'%s' where '/' should stand, expected " FORM,
             wi_mistake_show(shown, slash.text, slash.bytes));
  return false;
}

static bool read_period(struct wi_limit_reading *reading)
{
  struct wi_token token;

  if (!read_slash(reading) || !need_word(reading, &token, "a duration"))
    return false;
  reading->limit.rule.period_ns = wi_limit_duration(reading, &token);
  /* `/ per user`: the duration is missing, `per` is not. */
  if (wi_limit_option(&token) != WI_OPTION_COUNT)
    wi_lex_split(&reading->parser->lexer, &token, 0);
  return true;
}

/* A mistaken limit is stored too: the set is thrown away, but its name may come
 * again. */
static void store(struct wi_limit_reading *reading, size_t column)
{
  struct wi_parser *parser = reading->parser;
  struct wi_limit *limit = &reading->limit;
  uint32_t words;

  if (parser->policy < 0)
    return;
  if (parser->limit_count == WI_LIMITS_MAX) {
    wi_parse_full(parser, WI_CAPACITY_LIMITS, column);
    return;
  }
  words = limit->rule.sliding ? WI_WINDOW_WORDS : 1;
  parser->state_words += words;
  if (limit->key < WI_KEYS_MAX &&
      (parser->key_state_words[limit->key] += words) > WI_KEY_STATE_WORDS_MAX)
    wi_parse_full(parser, WI_CAPACITY_KEY_STATE_WORDS, column);
  if (parser->state_words > WI_STATE_WORDS_MAX)
    wi_parse_full(parser, WI_CAPACITY_STATE_WORDS, column);
  limit->policy = (uint32_t)parser->policy;
  limit->in_use = 1;
  parser->limit_lines[parser->limit_count] = parser->lexer.line;
  parser->set.limits[parser->limit_count++] = *limit;
}

void wi_parse_limit(struct wi_parser *parser)
{
  struct wi_limit_reading reading = {.parser = parser, .limit = {.key = WI_KEYS_MAX}};
  size_t column = wi_lex_peek(&parser->lexer).column;

  if (read_name(&reading) && read_quota(&reading) && read_unit(&reading) && read_period(&reading))
    wi_limit_options(&reading, column);
  store(&reading, column);
}
