/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/lex.h"

#include <string.h>

static bool is_blank(char byte)
{
  return byte == ' ' || byte == '\t';
}

void wi_lex_begin(struct wi_lexer *lexer, const char *text, size_t text_bytes)
{
  static const char mark[] = "\xef\xbb\xbf";

  memset(lexer, 0, sizeof *lexer);
  lexer->next = text;
  lexer->end = text + text_bytes;
  if (text_bytes >= 3 && memcmp(text, mark, 3) == 0)
    lexer->next = text + 3;
}

bool wi_lex_line(struct wi_lexer *lexer)
{
  size_t left = (size_t)(lexer->end - lexer->next);
  const char *newline, *hash;

  if (left == 0)
    return false;
  newline = memchr(lexer->next, '\n', left);
  lexer->line_begin = lexer->next;
  lexer->line_end = newline ? newline : lexer->end;
  lexer->next = newline ? newline + 1 : lexer->end;
  if (lexer->line_end > lexer->line_begin && lexer->line_end[-1] == '\r')
    lexer->line_end--;
  hash = memchr(lexer->line_begin, '#', (size_t)(lexer->line_end - lexer->line_begin));
  lexer->comment = hash ? hash : lexer->line_end;
  lexer->at = lexer->line_begin;
  lexer->line++;
  lexer->column_after = 1;
  return true;
}

bool wi_lex_word(struct wi_lexer *lexer, struct wi_token *token)
{
  const char *at = lexer->at;

  while (at < lexer->comment && is_blank(*at))
    at++;
  token->text = at;
  while (at < lexer->comment && !is_blank(*at))
    at++;
  token->bytes = (size_t)(at - token->text);
  if (token->bytes == 0) {
    token->column = lexer->column_after;
    return false;
  }
  token->column = (size_t)(token->text - lexer->line_begin) + 1;
  lexer->at = at;
  lexer->column_after = (size_t)(at - lexer->line_begin) + 1;
  return true;
}

struct wi_token wi_lex_peek(const struct wi_lexer *lexer)
{
  struct wi_lexer copy = *lexer;
  struct wi_token token;

  (void)wi_lex_word(&copy, &token);
  return token;
}

void wi_lex_split(struct wi_lexer *lexer, struct wi_token *token, size_t bytes)
{
  token->bytes = bytes;
  lexer->at = token->text + bytes;
  lexer->column_after = token->column + bytes;
}

const char *wi_lex_control(const struct wi_lexer *lexer)
{
  for (const char *at = lexer->line_begin; at < lexer->line_end; at++)
    if (((unsigned char)*at < 0x20 && *at != '\t') || *at == 0x7f)
      return at;
  return NULL;
}

bool wi_token_is(const struct wi_token *token, const char *word)
{
  return token->bytes == strlen(word) && memcmp(token->text, word, token->bytes) == 0;
}
