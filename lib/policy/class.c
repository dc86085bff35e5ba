/* SPDX-License-Identifier: BSD-2-Clause
 * Statements: class NAME, and its lines limit NAME N [burst B] and limit NAME unlimited. */
#include <string.h>

#include "policy/name.h"
#include "policy/parse.h"

static const struct wi_form class_form = {"class", "'class NAME'"};
static const struct wi_form limit_form = {"limit", "'limit NAME N [burst B]' or 'limit NAME "
                                                   "unlimited' of a class"};

/* The index of a new class, or WI_VOID. */
static int begin_class(struct wi_parser *parser, const struct wi_token *name)
{
  struct wi_policy_set *set = &parser->set;
  char shown[WI_SHOWN_BYTES];

  if (!wi_parse_name(parser, name, "class") || parser->policy < 0)
    return WI_VOID;
  for (uint32_t i = 0; i < set->class_count; i++) {
    if ((int)set->classes[i].policy == parser->policy &&
        wi_name_is(set->classes[i].name, name->text, name->bytes)) {
      wi_mistake(&parser->mistakes, parser->lexer.line, name->column,
                 "class '%s' is already on line %zu, expected a name of its own",
                 wi_mistake_show(shown, name->text, name->bytes), parser->class_lines[i]);
      return WI_VOID;
    }
  }
  if (set->class_count == WI_CLASSES_MAX) {
    wi_parse_full(parser, WI_CAPACITY_CLASSES, name->column);
    return WI_VOID;
  }
  wi_name_store(set->classes[set->class_count].name, name->text, name->bytes);
  set->classes[set->class_count].policy = (uint32_t)parser->policy;
  parser->class_lines[set->class_count] = parser->lexer.line;
  return (int)set->class_count++;
}

void wi_parse_class(struct wi_parser *parser)
{
  struct wi_token name;

  parser->class_at = WI_VOID;
  if (!wi_expect_word(parser, &class_form, &name, "a name"))
    return;
  parser->class_at = begin_class(parser, &name);
  wi_expect_end(parser, &class_form);
}

/* ------------------------------------------------------------------------------- limits -- */

/* Index of the limit that is overridden; -1, and told. */
static int read_name(struct wi_parser *parser, const struct wi_token *name)
{
  char shown[WI_SHOWN_BYTES];
  int of;

  if (!wi_parse_name(parser, name, "limit"))
    return -1;
  of = wi_parse_limit_name(parser, name);
  for (uint32_t i = parser->hidden_count; of >= 0 && i-- > 0;) {
    const struct wi_limit *other = &parser->hidden[i];

    if (other->kind != WI_KIND_CLASS || (int)other->class_at != parser->class_at ||
        (int)other->of != of)
      continue;
    wi_mistake(&parser->mistakes, parser->lexer.line, name->column,
               "limit '%s' is already on line %zu, expected it once a class",
               wi_mistake_show(shown, name->text, name->bytes), parser->hidden_lines[i]);
    return -1;
  }
  return of;
}

/* `burst B`, where it is there.  limit: what is overridden, of an unknown one nothing. */
static bool read_burst(struct wi_parser *parser, struct wi_limit *limit, enum wi_count_kind counts)
{
  struct wi_token token = wi_lex_peek(&parser->lexer);

  if (!wi_token_is(&token, "burst"))
    return true;
  if (limit->flags & WI_LIMIT_UNLIMITED)
    wi_mistake(&parser->mistakes, parser->lexer.line, token.column,
               "'unlimited' and 'burst' exclude each other, expected one of them");
  else if (limit->rule.sliding)
    wi_mistake(&parser->mistakes, parser->lexer.line, token.column,
               "'burst' of a limit that is a window, expected it with a token bucket only");
  (void)wi_lex_word(&parser->lexer, &token);
  if (!wi_expect_word(parser, &limit_form, &token, "a count"))
    return false;
  limit->rule.burst = wi_parse_count(parser, &token, counts, NULL);
  return true;
}

/* N or `unlimited`, and the burst. */
static bool read_numbers(struct wi_parser *parser, struct wi_limit *limit, bool is_known)
{
  bool is_bytes = !is_known || strcmp(parser->survey->words[limit->unit], "bytes") == 0;
  enum wi_count_kind counts = is_bytes ? WI_COUNT_BYTES : WI_COUNT_UNITS;
  struct wi_token token;

  if (!wi_expect_word(parser, &limit_form, &token, "a count or 'unlimited'"))
    return false;
  if (wi_token_is(&token, "unlimited")) {
    limit->flags |= WI_LIMIT_UNLIMITED;
    return read_burst(parser, limit, counts);
  }
  limit->rule.count = wi_parse_count(parser, &token, counts, " or 'unlimited'");
  limit->rule.burst = limit->rule.count;
  if (limit->rule.sliding)
    wi_check_window(parser, &limit->rule, 0, token.column,
                    limit->flags & WI_LIMIT_DISTINCT ? "values" : "units", "");
  return read_burst(parser, limit, counts);
}

/* Resolved by the survey, whose words have the set's indices. */
void wi_parse_class_limit(struct wi_parser *parser)
{
  struct wi_limit limit = {.key = WI_KEYS_MAX};
  struct wi_token name;
  int of;

  if (!wi_expect_word(parser, &limit_form, &name, "the name of a limit"))
    return;
  of = read_name(parser, &name);
  if (of >= 0)
    limit = parser->survey->limits[of];
  if (!read_numbers(parser, &limit, of >= 0))
    return;
  wi_expect_end(parser, &limit_form);
  if (of < 0 || parser->class_at < 0)
    return;
  limit.kind = WI_KIND_CLASS;
  limit.of = (uint32_t)of;
  limit.class_at = (uint32_t)parser->class_at;
  (void)wi_keep_hidden(parser, &limit, parser->lexer.column_after);
}
