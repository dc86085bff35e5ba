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
      [WI_CAPACITY_CLASSES] = {"classes in all policies together", WI_CLASSES_MAX},
      [WI_CAPACITY_SPECIALS] = {"members, exemptions and reachable values in all policies "
                                "together",
                                WI_SPECIALS_MAX},
      [WI_CAPACITY_RESPONSES] = {"responses in all policies together", WI_RESPONSES_MAX},
      [WI_CAPACITY_SIGNALS] = {"signals in all policies together", WI_SIGNALS_MAX},
      [WI_CAPACITY_VALUES] = {"bytes of values in all policies together", WI_VALUES_BYTES},
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

static void tell_control(struct wi_parser *parser, const char *control)
{
  wi_mistake(&parser->mistakes, parser->lexer.line,
             (size_t)(control - parser->lexer.line_begin) + 1,
             "control character 0x%02x, expected text", (unsigned char)*control);
}

/* Where a '#' may be quoted, what is behind it may be no comment. */
static bool may_quote(const struct wi_lexer *lexer)
{
  struct wi_token word = wi_lex_peek(lexer);

  return wi_token_is(&word, "exempt") || wi_token_is(&word, "member") ||
         wi_token_is(&word, "reachable");
}

/* What a control character spoils is not told a second time, but the statement is
 * read, so that a spoiled `policy` is not missed by the limits behind it. */
static void parse_line(struct wi_parser *parser)
{
  const char *control = wi_lex_control(&parser->lexer);
  bool is_spoiled = control && (control < parser->lexer.comment || may_quote(&parser->lexer));
  struct wi_token word;

  if (is_spoiled)
    tell_control(parser, control);
  parser->mistakes.muted = is_spoiled;
  if (wi_lex_word(&parser->lexer, &word))
    wi_parse_statement(parser, &word);
  parser->mistakes.muted = false;
  if (control && !is_spoiled)
    tell_control(parser, control);
}

static void read_text(struct wi_parser *parser, const char *text, size_t text_bytes,
                      const struct wi_survey *survey, const struct wi_mistakes *mistakes)
{
  memset(parser, 0, sizeof *parser);
  parser->mistakes = *mistakes;
  parser->survey = survey;
  parser->policy = parser->class_at = parser->score = WI_NOT_BEGUN;
  wi_lex_begin(&parser->lexer, text_bytes > 0 ? text : "", text_bytes);
  while (wi_lex_line(&parser->lexer))
    parse_line(parser);
}

static void take_survey(const struct wi_parser *parser, struct wi_survey *survey)
{
  survey->limit_count = parser->limit_count;
  survey->class_count = parser->set.class_count;
  memcpy(survey->limits, parser->set.limits, sizeof survey->limits);
  memcpy(survey->classes, parser->set.classes, sizeof survey->classes);
  memcpy(survey->words, parser->set.words, sizeof survey->words);
}

/* The limits with `of` behind the others, and nothing behind the last value. */
static void finish_set(const struct wi_parser *parser, struct wi_policy_set *set)
{
  *set = parser->set;
  set->policy_count = parser->policy_count;
  set->limit_count = parser->limit_count + parser->hidden_count;
  memcpy(&set->limits[parser->limit_count], parser->hidden,
         parser->hidden_count * sizeof parser->hidden[0]);
  for (uint32_t i = 0; i < set->response_count; i++)
    if (set->responses[i].strikes != WI_NO_STRIKES)
      set->responses[i].strikes += parser->limit_count;
  memset(set->values + set->value_bytes, 0, sizeof set->values - set->value_bytes);
}

int wi_policy_parse(const char *text, size_t text_bytes, const char *name,
                    struct wi_policy_set *set, weir_complaint *complaint, void *context,
                    struct weir_fault *fault)
{
  static const struct wi_mistakes nobody;
  const struct wi_mistakes told = {
      .name = name, .complaint = complaint, .context = context, .fault = fault};
  struct wi_parser parser;
  struct wi_survey survey;
  int error;

  read_text(&parser, text, text_bytes, NULL, &nobody);
  take_survey(&parser, &survey);
  read_text(&parser, text, text_bytes, &survey, &told);
  if (parser.policy == WI_NOT_BEGUN && parser.mistakes.syntax == 0)
    wi_mistake(&parser.mistakes, 1, 1, "no policy, expected at least one 'policy NAME' line");

  error = wi_mistakes_end(&parser.mistakes);
  memset(set, 0, sizeof *set);
  if (error == WEIR_OK)
    finish_set(&parser, set);
  return error;
}
