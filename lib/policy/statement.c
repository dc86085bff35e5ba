/* SPDX-License-Identifier: BSD-2-Clause
 * Which statement a line is, and what it stands below. */
#include "policy/name.h"
#include "policy/parse.h"

/* What may begin a line within a policy. */
static const struct statement {
  const char *word;
  void (*parse)(struct wi_parser *parser);
} statements[] = {
    {"limit", wi_parse_limit},   {"on", wi_parse_on},
    {"exempt", wi_parse_exempt}, {"class", wi_parse_class},
    {"member", wi_parse_member}, {"score", wi_parse_score},
    {"signal", wi_parse_signal}, {"reachable", wi_parse_reachable},
};

static const struct statement *find_statement(const struct wi_token *word)
{
  for (size_t i = 0; i < WI_COUNT_OF(statements); i++)
    if (wi_token_is(word, statements[i].word))
      return &statements[i];
  return NULL;
}

/* Looks only as far as the next policy, so that complaints come in the order of the text
 * without being kept.  A misspelled statement counts as a limit. */
static bool has_no_limits(const struct wi_lexer *lexer)
{
  struct wi_lexer ahead = *lexer;
  struct wi_token token;
  bool is_in_class = false;

  while (wi_lex_line(&ahead)) {
    if (!wi_lex_word(&ahead, &token))
      continue;
    if (wi_token_is(&token, "policy"))
      return true;
    if (!find_statement(&token) || (wi_token_is(&token, "limit") && !is_in_class))
      return false;
    if (!wi_token_is(&token, "limit"))
      is_in_class = wi_token_is(&token, "class");
  }
  return true;
}

/* Likewise, of a class or a score: the next statement must be this one. */
static bool goes_on_with(const struct wi_lexer *lexer, const char *statement)
{
  struct wi_lexer ahead = *lexer;
  struct wi_token token;

  while (wi_lex_line(&ahead))
    if (wi_lex_word(&ahead, &token))
      return wi_token_is(&token, statement) ||
             (!find_statement(&token) && !wi_token_is(&token, "policy"));
  return false;
}

static int begin_policy(struct wi_parser *parser, const struct wi_token *name)
{
  char shown[WI_SHOWN_BYTES];

  if (!wi_parse_name(parser, name, "policy"))
    return WI_VOID;
  for (uint32_t i = 0; i < parser->policy_count; i++) {
    if (wi_name_is(parser->set.policies[i].name, name->text, name->bytes)) {
      wi_mistake(&parser->mistakes, parser->lexer.line, name->column,
                 "policy '%s' is already on line %zu, expected a name of its own",
                 wi_mistake_show(shown, name->text, name->bytes), parser->policy_lines[i]);
      return WI_VOID;
    }
  }
  if (parser->policy_count == WI_POLICIES_MAX) {
    wi_parse_full(parser, WI_CAPACITY_POLICIES, name->column);
    return WI_VOID;
  }
  wi_name_store(parser->set.policies[parser->policy_count].name, name->text, name->bytes);
  parser->policy_lines[parser->policy_count] = parser->lexer.line;
  return (int)parser->policy_count++;
}

static void parse_policy(struct wi_parser *parser)
{
  struct wi_token name, rest;
  char shown[WI_SHOWN_BYTES];

  if (!wi_lex_word(&parser->lexer, &name)) {
    wi_mistake(&parser->mistakes, parser->lexer.line, name.column,
               "'policy' without a name, expected 'policy NAME'");
    parser->policy = WI_VOID;
    return;
  }
  parser->policy = begin_policy(parser, &name);
  if (wi_lex_word(&parser->lexer, &rest))
    wi_mistake(&parser->mistakes, parser->lexer.line, rest.column,
               "unexpected '%s', expected the end of the line after the policy's name",
               wi_mistake_show(shown, rest.text, rest.bytes));
  else if (has_no_limits(&parser->lexer))
    wi_mistake(&parser->mistakes, parser->lexer.line, rest.column,
               "policy '%s' has no limits, expected at least one 'limit' line after it",
               wi_mistake_show(shown, name.text, name.bytes));
}

static void check_class(struct wi_parser *parser)
{
  if (parser->class_at >= 0 && !goes_on_with(&parser->lexer, "limit"))
    wi_mistake(&parser->mistakes, parser->lexer.line, parser->lexer.column_after,
               "class '%s' has no limits, expected at least one 'limit' line after it",
               parser->set.classes[parser->class_at].name);
}

static void check_score(struct wi_parser *parser)
{
  if (parser->score >= 0 && !goes_on_with(&parser->lexer, "signal"))
    wi_mistake(&parser->mistakes, parser->lexer.line, parser->lexer.column_after,
               "score '%s' has no signals, expected at least one 'signal' line after it",
               parser->set.limits[parser->score].name);
}

/* What a statement stands below: a policy, and a signal a score. */
static void check_place(struct wi_parser *parser, const struct wi_token *word, bool is_signal)
{
  if (parser->policy == WI_NOT_BEGUN) {
    wi_mistake(&parser->mistakes, parser->lexer.line, word->column,
               "%.*s outside a policy, expected a 'policy NAME' line before it", (int)word->bytes,
               word->text);
    parser->policy = WI_VOID;
    if (is_signal)
      parser->score = WI_VOID;
  }
  if (is_signal && parser->score == WI_NOT_BEGUN) {
    wi_mistake(&parser->mistakes, parser->lexer.line, word->column,
               "signal outside a score, expected a 'score' line before it");
    parser->score = WI_VOID;
  }
}

/* A class goes on to the next line that is no `limit`, a score to the next that is no
 * `signal`; a misspelled line ends neither. */
void wi_parse_statement(struct wi_parser *parser, const struct wi_token *word)
{
  const struct statement *statement = find_statement(word);
  bool is_policy = wi_token_is(word, "policy"), is_limit = wi_token_is(word, "limit");
  bool is_signal = wi_token_is(word, "signal");
  char shown[WI_SHOWN_BYTES];

  if (!statement && !is_policy) {
    wi_mistake(&parser->mistakes, parser->lexer.line, word->column,
               "unknown statement '%s', expected policy, limit, on, exempt, class, member, score, "
               "signal or reachable",
               wi_mistake_show(shown, word->text, word->bytes));
    return;
  }
  if (!is_limit)
    parser->class_at = WI_NOT_BEGUN;
  if (!is_signal)
    parser->score = WI_NOT_BEGUN;
  if (!statement) {
    parse_policy(parser);
    return;
  }
  check_place(parser, word, is_signal);
  if (is_limit && parser->class_at != WI_NOT_BEGUN)
    wi_parse_class_limit(parser);
  else
    statement->parse(parser);
  if (wi_token_is(word, "class"))
    check_class(parser);
  if (wi_token_is(word, "score"))
    check_score(parser);
}
