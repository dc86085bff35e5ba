/* SPDX-License-Identifier: BSD-2-Clause
 * What a response does: block KEY for D [doubling to D]. */
#include "policy/parse.h"

static void read_key(struct wi_parser *parser, struct wi_response *response,
                     const struct wi_token *token)
{
  int key;

  if (wi_token_is(token, "overall")) {
    wi_mistake(&parser->mistakes, parser->lexer.line, token->column,
               "'overall' is nobody to block, expected a key such as user");
    return;
  }
  key = wi_parse_key(parser, token);
  if (key >= 0)
    response->key = (uint32_t)key;
}

/* `doubling to D`, where it is there. */
static bool read_doubling(struct wi_parser *parser, const struct wi_form *form,
                          struct wi_response *response)
{
  struct wi_token token = wi_lex_peek(&parser->lexer);
  char shown[WI_SHOWN_BYTES];

  response->longest_ns = response->duration_ns;
  if (!wi_token_is(&token, "doubling"))
    return true;
  (void)wi_lex_word(&parser->lexer, &token);
  if (!wi_expect_keyword(parser, form, "to") || !wi_expect_word(parser, form, &token, "a duration"))
    return false;
  response->longest_ns = wi_parse_duration(parser, &token);
  if (response->longest_ns > 0 && response->longest_ns < response->duration_ns)
    wi_mistake(&parser->mistakes, parser->lexer.line, token.column,
               "'%s' is shorter than the first block, expected as long a duration or longer",
               wi_mistake_show(shown, token.text, token.bytes));
  return true;
}

bool wi_parse_block(struct wi_parser *parser, const struct wi_form *form,
                    struct wi_response *response)
{
  struct wi_token token;

  if (!wi_expect_keyword(parser, form, "block") || !wi_expect_word(parser, form, &token, "a key"))
    return false;
  read_key(parser, response, &token);
  if (!wi_expect_keyword(parser, form, "for") ||
      !wi_expect_word(parser, form, &token, "a duration"))
    return false;
  response->duration_ns = wi_parse_duration(parser, &token);
  return read_doubling(parser, form, response);
}

void wi_keep_response(struct wi_parser *parser, const struct wi_response *response)
{
  struct wi_policy_set *set = &parser->set;

  if (parser->policy < 0 || response->key == WI_KEYS_MAX)
    return;
  if (set->response_count == WI_RESPONSES_MAX) {
    wi_parse_full(parser, WI_CAPACITY_RESPONSES, parser->lexer.column_after);
    return;
  }
  set->responses[set->response_count] = *response;
  set->responses[set->response_count++].policy = (uint32_t)parser->policy;
}
