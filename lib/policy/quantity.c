/* SPDX-License-Identifier: BSD-2-Clause
 * Counts and durations, with what is wrong with them. */
#include <inttypes.h>
#include <string.h>

#include "policy/number.h"
#include "policy/parse.h"

#define DURATION_UNITS "ns us ms s m h d"

uint64_t wi_parse_count(struct wi_parser *parser, const struct wi_token *token,
                        enum wi_count_kind kind, const char *or_else)
{
  struct wi_mistakes *mistakes = &parser->mistakes;
  size_t line = parser->lexer.line, column = token->column;
  char shown[WI_SHOWN_BYTES], suffix;
  uint64_t count = 0;
  enum wi_number result = wi_policy_count(token->text, token->bytes, &count, &suffix);
  bool of_limit = kind != WI_COUNT_PLAIN && !or_else;

  wi_mistake_show(shown, token->text, token->bytes);
  if (of_limit && wi_token_is(token, "unlimited"))
    wi_mistake(mistakes, line, column,
               "'unlimited' is not available here, expected a whole number from 1 (for no limit "
               "leave it out)");
  else if (result == WI_NUMBER_NOT_WHOLE)
    wi_mistake(mistakes, line, column, "'%s' is not a whole number, expected 1 to %" PRIu64 "%s",
               shown, WI_COUNT_MAX, or_else ? or_else : "");
  else if (result == WI_NUMBER_BAD_SUFFIX && kind == WI_COUNT_PLAIN)
    wi_mistake(mistakes, line, column, "'%s' does not end in a digit, expected digits only", shown);
  else if (result == WI_NUMBER_BAD_SUFFIX)
    wi_mistake(mistakes, line, column,
               "'%s' does not end in a digit, expected digits, and k, M or G behind them for "
               "bytes only",
               shown);
  else if (result == WI_NUMBER_ZERO && kind == WI_COUNT_PLAIN)
    wi_mistake(mistakes, line, column, "'%s' is none, expected 1 to %" PRIu64, shown,
               WI_COUNT_MAX);
  else if (result == WI_NUMBER_ZERO)
    wi_mistake(mistakes, line, column,
               "'%s' would let nothing through, expected 1 to %" PRIu64 "%s", shown, WI_COUNT_MAX,
               or_else ? or_else
                       : " (for no limit leave it out: 'unlimited' is not available here)");
  else if (result == WI_NUMBER_TOO_LARGE)
    wi_mistake(mistakes, line, column, "'%s' is too large, expected at most %" PRIu64 "%s", shown,
               WI_COUNT_MAX, or_else ? or_else : "");
  else if (suffix != '\0' && kind != WI_COUNT_BYTES)
    wi_mistake(mistakes, line, column, "'%s' ends in '%c', which only bytes may, expected %" PRIu64,
               shown, suffix, count);
  else
    return count;
  return 0;
}

/* `10 m`: tell it as one mistake and take the unit too. */
static bool take_loose_suffix(struct wi_parser *parser, const struct wi_token *digits)
{
  struct wi_token next = wi_lex_peek(&parser->lexer);
  char joined[24];
  uint64_t ns;

  if (next.bytes == 0 || digits->bytes + next.bytes >= sizeof joined)
    return false;
  memcpy(joined, digits->text, digits->bytes);
  memcpy(joined + digits->bytes, next.text, next.bytes);
  joined[digits->bytes + next.bytes] = '\0';
  if (wi_policy_duration(joined, digits->bytes + next.bytes, &ns) != 0)
    return false;
  wi_mistake(&parser->mistakes, parser->lexer.line, digits->column,
             "blank within a duration, expected '%s'", joined);
  return wi_lex_word(&parser->lexer, &next);
}

uint64_t wi_parse_duration(struct wi_parser *parser, const struct wi_token *token)
{
  struct wi_mistakes *mistakes = &parser->mistakes;
  size_t line = parser->lexer.line, column = token->column;
  char shown[WI_SHOWN_BYTES];
  uint64_t ns = 0;
  enum wi_number result = wi_policy_duration_why(token->text, token->bytes, &ns);

  if (result == WI_NUMBER_OK)
    return ns;
  wi_mistake_show(shown, token->text, token->bytes);
  if (result == WI_NUMBER_NOT_WHOLE)
    wi_mistake(mistakes, line, column,
               "'%s' is no duration, expected a whole number and one of " DURATION_UNITS
               ", such as 10m",
               shown);
  else if (result == WI_NUMBER_BAD_SUFFIX)
    wi_mistake(mistakes, line, column,
               "duration '%s' has an unknown unit, expected one of " DURATION_UNITS, shown);
  else if (result == WI_NUMBER_ZERO)
    wi_mistake(mistakes, line, column, "duration '%s' is no time, expected 1ns or more", shown);
  else if (result == WI_NUMBER_TOO_LARGE)
    wi_mistake(mistakes, line, column,
               "duration '%s' is too long, expected at most %" PRIu64 "ns (106751d)", shown,
               WI_COUNT_MAX);
  else if (!take_loose_suffix(parser, token))
    wi_mistake(mistakes, line, column,
               "duration '%s' has no unit, expected one of " DURATION_UNITS " behind it", shown);
  return 0;
}
