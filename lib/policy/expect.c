/* SPDX-License-Identifier: BSD-2-Clause
 * What must stand at a place of a line. */
#include <stdio.h>
#include <string.h>

#include "policy/parse.h"

bool wi_expect_word(struct wi_parser *parser, const struct wi_form *form, struct wi_token *token,
                    const char *what)
{
  if (wi_lex_word(&parser->lexer, token))
    return true;
  wi_mistake(&parser->mistakes, parser->lexer.line, token->column,
             "the %s ends too early, expected %s: %s", form->name, what, form->text);
  return false;
}

void wi_unexpected(struct wi_parser *parser, const struct wi_form *form,
                   const struct wi_token *token, const char *what)
{
  char shown[WI_SHOWN_BYTES];

  wi_mistake(&parser->mistakes, parser->lexer.line, token->column,
             "'%s' where %s should stand, expected %s",
             wi_mistake_show(shown, token->text, token->bytes), what, form->text);
}

bool wi_expect_keyword(struct wi_parser *parser, const struct wi_form *form, const char *keyword)
{
  struct wi_token token;
  char quoted[16];

  (void)snprintf(quoted, sizeof quoted, "'%s'", keyword);
  if (!wi_expect_word(parser, form, &token, quoted))
    return false;
  if (wi_token_is(&token, keyword))
    return true;
  wi_unexpected(parser, form, &token, quoted);
  return false;
}

void wi_expect_end(struct wi_parser *parser, const struct wi_form *form)
{
  struct wi_token token;
  char shown[WI_SHOWN_BYTES];

  if (wi_lex_word(&parser->lexer, &token))
    wi_mistake(&parser->mistakes, parser->lexer.line, token.column,
               "unexpected '%s', expected the end of the line behind %s",
               wi_mistake_show(shown, token.text, token.bytes), form->text);
}

size_t wi_before_slash(const struct wi_token *token)
{
  const char *slash = memchr(token->text, '/', token->bytes);

  return slash ? (size_t)(slash - token->text) : token->bytes;
}
