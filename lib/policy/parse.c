/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/parse.h"

#include <string.h>

#include "policy/name.h"

bool wi_parse_name(struct wi_parser *parser, const struct wi_token *token, const char *what)
{
  size_t line = parser->lexer.line, span = wi_name_span(token->text, token->bytes);
  char shown[WI_SHOWN_BYTES], byte[WI_SHOWN_BYTES];

  if (span < token->bytes) {
    wi_mistake(&parser->mistakes, line, token->column,
               "%s name '%s' contains '%s', expected letters, digits, '-', '_' and '.' only", what,
               wi_mistake_show(shown, token->text, token->bytes),
               wi_mistake_show(byte, token->text + span, 1));
    return false;
  }
  if (token->bytes > WI_NAME_LENGTH_MAX) {
    wi_mistake(&parser->mistakes, line, token->column, "%s name of %zu bytes, expected at most %d",
               what, token->bytes, WI_NAME_LENGTH_MAX);
    return false;
  }
  return true;
}

void wi_parse_full(struct wi_parser *parser, enum wi_capacity capacity, size_t column)
{
  static const struct {
    const char *what;
    int maximum;
  } capacities[] = {
      [WI_CAPACITY_POLICIES] = {"policies", WI_POLICIES_MAX},
      [WI_CAPACITY_LIMITS] = {"limits in all policies together", WI_LIMITS_MAX},
      [WI_CAPACITY_KEYS] = {"different keys", WI_KEYS_MAX},
      [WI_CAPACITY_WORDS] = {"different attributes and units", WI_WORDS_MAX},
      [WI_CAPACITY_STATE_WORDS] = {"words of state in all policies together (a token bucket "
                                   "takes 1, a sliding limit 3)",
                                   WI_STATE_WORDS_MAX},
      [WI_CAPACITY_KEY_STATE_WORDS] = {"words of state of one key in all policies together (a "
                                       "token bucket takes 1, a sliding limit 3)",
                                       WI_KEY_STATE_WORDS_MAX},
  };

  if (parser->capacities_told & (1u << capacity))
    return;
  parser->capacities_told |= 1u << capacity;
  wi_mistake_capacity(&parser->mistakes, parser->lexer.line, column,
                      "too many %s, expected at most %d", capacities[capacity].what,
                      capacities[capacity].maximum);
}

int wi_parse_word(struct wi_parser *parser, const struct wi_token *token)
{
  int word = wi_set_word(&parser->set, token->text, token->bytes);

  if (word < 0)
    wi_parse_full(parser, WI_CAPACITY_WORDS, token->column);
  return word;
}

/* Looks only as far as the next statement, so that complaints come in the order of
 * the text without being kept.  A misspelled statement counts as a limit. */
static bool has_no_limits(const struct wi_lexer *lexer)
{
  struct wi_lexer ahead = *lexer;
  struct wi_token token;

  while (wi_lex_line(&ahead))
    if (wi_lex_word(&ahead, &token))
      return wi_token_is(&token, "policy");
  return true;
}

static int begin_policy(struct wi_parser *parser, const struct wi_token *name)
{
  char shown[WI_SHOWN_BYTES];

  if (!wi_parse_name(parser, name, "policy"))
    return WI_VOID_POLICY;
  for (uint32_t i = 0; i < parser->policy_count; i++) {
    if (wi_name_is(parser->set.policies[i].name, name->text, name->bytes)) {
      wi_mistake(&parser->mistakes, parser->lexer.line, name->column,
                 "policy '%s' is already on line %zu, expected a name of its own",
                 wi_mistake_show(shown, name->text, name->bytes), parser->policy_lines[i]);
      return WI_VOID_POLICY;
    }
  }
  if (parser->policy_count == WI_POLICIES_MAX) {
    wi_parse_full(parser, WI_CAPACITY_POLICIES, name->column);
    return WI_VOID_POLICY;
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
    parser->policy = WI_VOID_POLICY;
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

static void parse_statement(struct wi_parser *parser, const struct wi_token *word)
{
  static const char *const later[] = {"on", "class", "member", "exempt", "score"};
  char shown[WI_SHOWN_BYTES];

  if (wi_token_is(word, "policy")) {
    parse_policy(parser);
    return;
  }
  if (wi_token_is(word, "limit")) {
    if (parser->policy == WI_NO_POLICY) {
      wi_mistake(&parser->mistakes, parser->lexer.line, word->column,
                 "limit outside a policy, expected a 'policy NAME' line before it");
      parser->policy = WI_VOID_POLICY;
    }
    wi_parse_limit(parser);
    return;
  }
  for (size_t i = 0; i < WI_COUNT_OF(later); i++) {
    if (wi_token_is(word, later[i])) {
      wi_mistake(&parser->mistakes, parser->lexer.line, word->column,
                 "'%s' is not supported by this version, expected 'policy' or 'limit'", later[i]);
      return;
    }
  }
  wi_mistake(&parser->mistakes, parser->lexer.line, word->column,
             "unknown statement '%s', expected 'policy' or 'limit'",
             wi_mistake_show(shown, word->text, word->bytes));
}

static void tell_control(struct wi_parser *parser, const char *control)
{
  wi_mistake(&parser->mistakes, parser->lexer.line,
             (size_t)(control - parser->lexer.line_begin) + 1,
             "control character 0x%02x, expected text", (unsigned char)*control);
}

/* What a control character spoils is not told a second time, but the statement is
 * read, so that a spoiled `policy` is not missed by the limits behind it. */
static void parse_line(struct wi_parser *parser)
{
  const char *control = wi_lex_control(&parser->lexer);
  bool is_spoiled = control && control < parser->lexer.comment;
  struct wi_token word;

  if (is_spoiled)
    tell_control(parser, control);
  parser->mistakes.muted = is_spoiled;
  if (wi_lex_word(&parser->lexer, &word))
    parse_statement(parser, &word);
  parser->mistakes.muted = false;
  if (control && !is_spoiled)
    tell_control(parser, control);
}

int wi_policy_parse(const char *text, size_t text_bytes, const char *name,
                    struct wi_policy_set *set, weir_complaint *complaint, void *context,
                    struct weir_fault *fault)
{
  struct wi_parser parser;
  int error;

  memset(&parser, 0, sizeof parser);
  parser.mistakes.name = name;
  parser.mistakes.complaint = complaint;
  parser.mistakes.context = context;
  parser.mistakes.fault = fault;
  parser.policy = WI_NO_POLICY;
  wi_lex_begin(&parser.lexer, text_bytes > 0 ? text : "", text_bytes);
  while (wi_lex_line(&parser.lexer))
    parse_line(&parser);
  if (parser.policy == WI_NO_POLICY && parser.mistakes.syntax == 0)
    wi_mistake(&parser.mistakes, 1, 1, "no policy, expected at least one 'policy NAME' line");

  error = wi_mistakes_end(&parser.mistakes);
  memset(set, 0, sizeof *set);
  if (error == WEIR_OK) {
    *set = parser.set;
    set->policy_count = parser.policy_count;
    set->limit_count = parser.limit_count;
  }
  return error;
}
