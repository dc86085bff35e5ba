/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "policy/name.h"
#include "policy/parse.h"

/* The attribute that begins at `begin` of a key, without the '+' behind it. */
static struct wi_token attribute_at(const struct wi_token *key, size_t begin)
{
  const char *text = key->text + begin;
  const char *plus = memchr(text, '+', key->bytes - begin);

  return (struct wi_token){
      .text = text,
      .bytes = plus ? (size_t)(plus - text) : key->bytes - begin,
      .column = key->column + begin,
  };
}

static void tell_empty(struct wi_parser *parser, const struct wi_token *key, size_t column)
{
  char shown[WI_SHOWN_BYTES];

  wi_mistake(&parser->mistakes, parser->lexer.line, column,
             "key '%s' lacks an attribute, expected names joined with '+', such as user+ip",
             wi_mistake_show(shown, key->text, key->bytes));
}

/* Index of an attribute's name, or -1 where it is mistaken. */
static int parse_attribute(struct wi_parser *parser, const struct wi_token *attribute)
{
  if (wi_token_is(attribute, "overall")) {
    wi_mistake(&parser->mistakes, parser->lexer.line, attribute->column,
               "'overall' is no attribute, expected it alone, without 'per'");
    return -1;
  }
  if (!wi_parse_name(parser, attribute, "attribute"))
    return -1;
  return wi_parse_word(parser, attribute);
}

static bool key_has(const struct wi_key *key, int attribute)
{
  for (uint32_t i = 0; i < key->attribute_count; i++)
    if (key->attributes[i] == attribute)
      return true;
  return false;
}

/* Add an attribute to the key; false, and told, where it cannot be. */
static bool add_attribute(struct wi_parser *parser, struct wi_key *key, const struct wi_token *part)
{
  char shown[WI_SHOWN_BYTES];
  int attribute = parse_attribute(parser, part);

  if (attribute < 0)
    return false;
  if (key_has(key, attribute)) {
    wi_mistake(&parser->mistakes, parser->lexer.line, part->column,
               "attribute '%s' twice in a key, expected it once",
               wi_mistake_show(shown, part->text, part->bytes));
    return false;
  }
  key->attributes[key->attribute_count++] = (uint8_t)attribute;
  return true;
}

/* A key that lacks an attribute or has too many is read no further: of a megabyte of
 * '+' one complaint is enough. */
int wi_parse_key(struct wi_parser *parser, const struct wi_token *token)
{
  struct wi_key key = {0};
  bool is_sound = true;
  size_t begin = 0;
  int index;

  for (int parts = 0; begin <= token->bytes; parts++) {
    struct wi_token part = attribute_at(token, begin);

    if (part.bytes == 0) {
      tell_empty(parser, token, part.column);
      return -1;
    }
    if (parts == WI_KEY_ATTRIBUTES_MAX) {
      wi_mistake_capacity(&parser->mistakes, parser->lexer.line, part.column,
                          "too many attributes in a key, expected at most %d",
                          WI_KEY_ATTRIBUTES_MAX);
      return -1;
    }
    is_sound &= add_attribute(parser, &key, &part);
    begin += part.bytes + 1;
  }
  if (!is_sound)
    return -1;
  index = wi_set_key(&parser->set, &key);
  if (index < 0)
    wi_parse_full(parser, WI_CAPACITY_KEYS, token->column);
  return index;
}
