/* SPDX-License-Identifier: BSD-2-Clause
 * A policy text as lines of words.  Words are separated by blanks and tabs, '#'
 * begins a comment, a line ends with LF or CR LF or with the text, and a UTF-8
 * byte order mark before the first line is not there (nor counted in columns). */
#ifndef WI_POLICY_LEX_H
#define WI_POLICY_LEX_H

#include <stdbool.h>

#include "base/compiler.h"

struct wi_lexer {
  const char *next; /* first byte after the current line                        */
  const char *end;  /* of the text                                              */
  const char *line_begin;
  const char *line_end; /* before the line's end mark                        */
  const char *comment;  /* the '#', or line_end                              */
  const char *at;       /* behind the last word taken                        */
  size_t line;          /* from 1                                            */
  size_t column_after;  /* column behind the last word taken: where one is missing */
};

/* A word in place: not NUL-terminated.  bytes 0: there was none. */
struct wi_token {
  const char *text;
  size_t bytes;
  size_t column; /* in bytes, from 1; where there was none, behind the last word */
};

void wi_lex_begin(struct wi_lexer *lexer, const char *text, size_t text_bytes);

/* Go to the next line; false behind the last one. */
bool wi_lex_line(struct wi_lexer *lexer);

/* Take the next word of the line; false and an empty token where there is none. */
bool wi_lex_word(struct wi_lexer *lexer, struct wi_token *token);

/* The next word without taking it. */
struct wi_token wi_lex_peek(const struct wi_lexer *lexer);

/* Give back all but the first `bytes` of the word just taken. */
void wi_lex_split(struct wi_lexer *lexer, struct wi_token *token, size_t bytes);

/* First control character of the line, comment included; NULL: none. */
const char *wi_lex_control(const struct wi_lexer *lexer);

/* Whether a token is this word. */
bool wi_token_is(const struct wi_token *token, const char *word);

#endif
