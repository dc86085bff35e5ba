/* SPDX-License-Identifier: BSD-2-Clause
 * The numbers of a limit, with what is wrong with them. */
#include <inttypes.h>
#include <string.h>

#include "policy/limit.h"
#include "policy/number.h"

#define DURATION_UNITS "ns us ms s m h d"

/* The count that a word stands for; 0, and told, where it is mistaken. */
uint64_t wi_limit_count(struct wi_limit_reading *reading, const struct wi_token *token)
{
  struct wi_mistakes *mistakes = &reading->parser->mistakes;
  size_t line = reading->parser->lexer.line, column = token->column;
  char shown[WI_SHOWN_BYTES], suffix;
  uint64_t count = 0;
  enum wi_number result = wi_policy_count(token->text, token->bytes, &count, &suffix);

  wi_mistake_show(shown, token->text, token->bytes);
  if (wi_token_is(token, "unlimited"))
    wi_mistake(mistakes, line, column,
               "'unlimited' is not available here, expected a whole number from 1 (for no limit "
               "leave it out)");
  else if (result == WI_NUMBER_NOT_WHOLE)
    wi_mistake(mistakes, line, column, "'%s' is not a whole number, expected 1 to %" PRIu64, shown,
               WI_COUNT_MAX);
  else if (result == WI_NUMBER_BAD_SUFFIX)
    wi_mistake(mistakes, line, column,
               "'%s' does not end in a digit, expected digits, and k, M or G behind them for "
               "bytes only",
               shown);
  else if (result == WI_NUMBER_ZERO)
    wi_mistake(mistakes, line, column,
               "'%s' would let nothing through, expected 1 to %" PRIu64
               " (for no limit leave it out: 'unlimited' is not available here)",
               shown, WI_COUNT_MAX);
  else if (result == WI_NUMBER_TOO_LARGE)
    wi_mistake(mistakes, line, column, "'%s' is too large, expected at most %" PRIu64, shown,
               WI_COUNT_MAX);
  else if (suffix != '\0' && !reading->counts_bytes)
    wi_mistake(mistakes, line, column, "'%s' ends in '%c', which only bytes may, expected %" PRIu64,
               shown, suffix, count);
  else
    return count;
  return 0;
}

/* `10 m`: tell it as one mistake and take the unit too. */
static bool take_loose_suffix(struct wi_limit_reading *reading, const struct wi_token *digits)
{
  struct wi_parser *parser = reading->parser;
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

/* The duration that a word stands for; 0, and told, where it is mistaken. */
uint64_t wi_limit_duration(struct wi_limit_reading *reading, const struct wi_token *token)
{
  struct wi_mistakes *mistakes = &reading->parser->mistakes;
  size_t line = reading->parser->lexer.line, column = token->column;
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
  else if (!take_loose_suffix(reading, token))
    wi_mistake(mistakes, line, column,
               "duration '%s' has no unit, expected one of " DURATION_UNITS " behind it", shown);
  return 0;
}
