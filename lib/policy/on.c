/* SPDX-License-Identifier: BSD-2-Clause
 * One statement: on LIMIT denied [K in D] block KEY for D [doubling to D]. */
#include <string.h>

#include "policy/name.h"
#include "policy/parse.h"

static const struct wi_form form = {"response",
                                    "'on LIMIT denied [K in D] block KEY for D [doubling to D]'"};

/* A limit that denies nobody trips nothing.  Returns its index, or -1. */
static int read_limit(struct wi_parser *parser, const struct wi_token *name)
{
  char shown[WI_SHOWN_BYTES];
  int limit;

  if (!wi_parse_name(parser, name, "limit"))
    return -1;
  limit = wi_parse_limit_name(parser, name);
  if (limit < 0 || !(parser->survey->limits[limit].flags & WI_LIMIT_SHADOW))
    return limit;
  wi_mistake(&parser->mistakes, parser->lexer.line, name->column,
             "limit '%s' is a shadow, which never denies, expected one that does",
             wi_mistake_show(shown, name->text, name->bytes));
  return -1;
}

/* `K in D`, where it is there, as the K - 1 denials that trip nothing. */
static bool read_strikes(struct wi_parser *parser, struct wi_rule *rule)
{
  struct wi_token token = wi_lex_peek(&parser->lexer);

  memset(rule, 0, sizeof *rule);
  if (token.bytes == 0 || wi_token_is(&token, "block"))
    return true;
  (void)wi_lex_word(&parser->lexer, &token);
  rule->count = wi_parse_count(parser, &token, WI_COUNT_PLAIN, NULL);
  if (!wi_expect_keyword(parser, &form, "in") ||
      !wi_expect_word(parser, &form, &token, "a duration"))
    return false;
  rule->period_ns = wi_parse_duration(parser, &token);
  if (rule->count > 0)
    rule->count--;
  rule->burst = rule->count;
  rule->sliding = 1;
  wi_check_window(parser, rule, 1, token.column, "denials", "");
  return true;
}

/* Counted by whom the response blocks.  Returns false where there is no room, or no limit. */
static bool keep_strikes(struct wi_parser *parser, const struct wi_rule *rule,
                         struct wi_response *response)
{
  const struct wi_token denials = {"denials", strlen("denials"), parser->lexer.column_after};
  struct wi_limit strikes = {.rule = *rule, .key = response->key, .kind = WI_KIND_STRIKES};
  int at;

  response->strikes = WI_NO_STRIKES;
  if (rule->count > 0) {
    int word = wi_parse_word(parser, &denials);

    strikes.unit = word < 0 ? 0 : (uint32_t)word;
  }
  if (response->limit == WI_LIMITS_MAX)
    return false;
  if (rule->count == 0)
    return true;
  memcpy(strikes.name, parser->survey->limits[response->limit].name, sizeof strikes.name);
  strikes.of = response->limit;
  at = wi_keep_hidden(parser, &strikes, parser->lexer.column_after);
  response->strikes = at < 0 ? WI_NO_STRIKES : (uint32_t)at;
  return at >= 0;
}

void wi_parse_on(struct wi_parser *parser)
{
  struct wi_response response = {.limit = WI_LIMITS_MAX, .key = WI_KEYS_MAX};
  struct wi_token name;
  struct wi_rule rule;
  int limit;

  if (!wi_expect_word(parser, &form, &name, "the name of a limit"))
    return;
  limit = read_limit(parser, &name);
  if (limit >= 0)
    response.limit = (uint32_t)limit;
  if (!wi_expect_keyword(parser, &form, "denied") || !read_strikes(parser, &rule) ||
      !wi_parse_block(parser, &form, &response))
    return;
  wi_expect_end(parser, &form);
  if (keep_strikes(parser, &rule, &response))
    wi_keep_response(parser, &response);
}
