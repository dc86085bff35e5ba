/* SPDX-License-Identifier: BSD-2-Clause
 * ATTRIBUTE=VALUE, as in the text of a request: a value goes to the next blank, "…" quotes
 * blanks and '#', and \ takes the byte behind it as it is, but for n, r, t, 0 and xHH. */
#include <string.h>

#include "policy/name.h"
#include "policy/parse.h"

/* Where bytes of a value go. */
struct sink {
  struct wi_policy_set *set;
  size_t bytes; /* all of them, also those for which there is no room                    */
};

static void add_byte(struct sink *sink, char byte)
{
  size_t at = sink->set->value_bytes + sink->bytes;

  if (at < WI_VALUES_BYTES)
    sink->set->values[at] = byte;
  sink->bytes++;
}

static int digit(char byte)
{
  return byte >= '0' && byte <= '9'   ? byte - '0'
         : byte >= 'a' && byte <= 'f' ? byte - 'a' + 10
         : byte >= 'A' && byte <= 'F' ? byte - 'A' + 10
                                      : -1;
}

const char *wi_policy_unescape(const char *at, const char *end, char *byte)
{
  static const char from[] = "nrt0", to[] = {'\n', '\r', '\t', '\0'};
  const char *known = *at != '\0' ? strchr(from, *at) : NULL;

  *byte = known != NULL ? to[known - from] : *at;
  if (*at != 'x')
    return at + 1;
  if (end - at < 3 || digit(at[1]) < 0 || digit(at[2]) < 0)
    return NULL;
  *byte = (char)(digit(at[1]) * 16 + digit(at[2]));
  return at + 3;
}

/* The first '#' from here on begins the comment: those before it were quoted. */
static void go_on_at(struct wi_lexer *lexer, const char *at)
{
  const char *hash = memchr(at, '#', (size_t)(lexer->line_end - at));

  lexer->at = at;
  lexer->comment = hash ? hash : lexer->line_end;
  lexer->column_after = (size_t)(at - lexer->line_begin) + 1;
}

/* From the opening quote to behind the closing one.  false, and told: it is not closed, or
 * goes on, and then what goes on is read over. */
static bool read_quoted(struct wi_parser *parser, const char *quote, struct sink *sink)
{
  struct wi_lexer *lexer = &parser->lexer;
  const char *at = quote + 1;
  size_t column = (size_t)(quote - lexer->line_begin) + 1;
  struct wi_token rest;

  while (at < lexer->line_end && *at != '"') {
    const char *behind = at + 1;
    char byte = *at;

    if (byte == '\\' && behind < lexer->line_end)
      behind = wi_policy_unescape(behind, lexer->line_end, &byte);
    if (behind == NULL) {
      wi_mistake(&parser->mistakes, lexer->line, (size_t)(at - lexer->line_begin) + 1,
                 "\\x without its digits, expected two of 0-9 a-f behind it");
      go_on_at(lexer, lexer->line_end);
      return false;
    }
    add_byte(sink, byte);
    at = behind;
  }
  if (at >= lexer->line_end) {
    go_on_at(lexer, lexer->line_end);
    wi_mistake(&parser->mistakes, lexer->line, column,
               "this quote is not closed, expected another \" behind it");
    return false;
  }
  go_on_at(lexer, ++at);
  if (at == lexer->comment || *at == ' ' || *at == '\t')
    return true;
  wi_mistake(&parser->mistakes, lexer->line, lexer->column_after,
             "byte 0x%02x behind a closing quote, expected a blank", (unsigned char)*at);
  (void)wi_lex_word(lexer, &rest);
  return false;
}

/* The value that begins at a byte behind the '='. */
static void read_value(struct wi_parser *parser, const char *begin, const char *end,
                       struct wi_value *value)
{
  struct sink sink = {.set = &parser->set};

  value->column = (size_t)(begin - parser->lexer.line_begin) + 1;
  if (begin < parser->lexer.line_end && *begin == '"') {
    if (!read_quoted(parser, begin, &sink))
      return;
  } else {
    for (const char *at = begin; at < end; at++)
      add_byte(&sink, *at);
  }
  if (sink.bytes == 0)
    wi_mistake(&parser->mistakes, parser->lexer.line, value->column,
               "the value is empty, expected a byte at least");
  else if (parser->set.value_bytes + sink.bytes > WI_VALUES_BYTES)
    wi_parse_full(parser, WI_CAPACITY_VALUES, value->column);
  else
    value->bytes = (uint32_t)sink.bytes;
}

bool wi_parse_value(struct wi_parser *parser, const struct wi_form *form, struct wi_value *value)
{
  struct wi_token token, name;
  const char *equals;

  *value = (struct wi_value){.word = -1};
  if (!wi_expect_word(parser, form, &token, "ATTRIBUTE=VALUE"))
    return false;
  name = token;
  equals = memchr(token.text, '=', token.bytes);
  if (!equals) {
    wi_unexpected(parser, form, &token, "ATTRIBUTE=VALUE");
    return false;
  }
  name.bytes = (size_t)(equals - token.text);
  if (name.bytes == 0)
    wi_mistake(&parser->mistakes, parser->lexer.line, name.column,
               "no attribute before the '=', expected ATTRIBUTE=VALUE");
  else if (wi_parse_name(parser, &name, "attribute"))
    value->word = wi_parse_word(parser, &name);
  read_value(parser, equals + 1, token.text + token.bytes, value);
  return true;
}

static const char *bytes_of(const struct wi_policy_set *set, uint32_t offset)
{
  return set->values + offset;
}

int wi_find_special(const struct wi_parser *parser, enum wi_special_kind kind,
                    const struct wi_value *value)
{
  const struct wi_policy_set *set = &parser->set;

  if (value->bytes == 0)
    return -1;
  for (uint32_t i = 0; i < set->special_count; i++) {
    const struct wi_special *other = &set->specials[i];

    if (other->kind == (uint32_t)kind && (int)other->policy == parser->policy &&
        (int)other->word == value->word && other->value_bytes == value->bytes &&
        memcmp(bytes_of(set, other->offset), bytes_of(set, set->value_bytes), value->bytes) == 0)
      return (int)i;
  }
  return -1;
}

void wi_parse_special(struct wi_parser *parser, enum wi_special_kind kind,
                      const struct wi_value *value, int at)
{
  struct wi_policy_set *set = &parser->set;

  if (parser->policy < 0 || value->word < 0 || value->bytes == 0 || at < 0)
    return;
  if (set->special_count == WI_SPECIALS_MAX) {
    wi_parse_full(parser, WI_CAPACITY_SPECIALS, parser->lexer.column_after);
    return;
  }
  parser->special_lines[set->special_count] = parser->lexer.line;
  set->specials[set->special_count++] = (struct wi_special){
      .kind = (uint32_t)kind,
      .policy = (uint32_t)parser->policy,
      .word = (uint32_t)value->word,
      .at = (uint32_t)at,
      .offset = set->value_bytes,
      .value_bytes = value->bytes,
  };
  set->value_bytes += value->bytes;
}
