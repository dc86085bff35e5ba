/* SPDX-License-Identifier: BSD-2-Clause
 * The limits of a text: stored, counted against what a table holds, found by name. */
#include <inttypes.h>

#include "limit/window.h"
#include "policy/name.h"
#include "policy/parse.h"

/* Whether there is room for one more; its words of state are counted. */
static bool has_room(struct wi_parser *parser, const struct wi_limit *limit, size_t column)
{
  uint32_t words = wi_rule_words(&limit->rule);

  if (parser->limit_count + parser->hidden_count == WI_LIMITS_MAX) {
    wi_parse_full(parser, WI_CAPACITY_LIMITS, column);
    return false;
  }
  parser->state_words += wi_rule_ids(&limit->rule);
  if (limit->key < WI_KEYS_MAX &&
      (parser->key_state_words[limit->key] += words) > WI_KEY_STATE_WORDS_MAX)
    wi_parse_full(parser, WI_CAPACITY_KEY_STATE_WORDS, column);
  if (parser->state_words > WI_STATE_WORDS_MAX)
    wi_parse_full(parser, WI_CAPACITY_STATE_WORDS, column);
  return true;
}

static void keep(const struct wi_parser *parser, struct wi_limit *place,
                 const struct wi_limit *limit)
{
  *place = *limit;
  place->policy = (uint32_t)parser->policy;
  place->in_use = 1;
}

int wi_keep_limit(struct wi_parser *parser, const struct wi_limit *limit, size_t column)
{
  if (parser->policy < 0 || !has_room(parser, limit, column))
    return WI_VOID;
  keep(parser, &parser->set.limits[parser->limit_count], limit);
  parser->limit_lines[parser->limit_count] = parser->lexer.line;
  return (int)parser->limit_count++;
}

int wi_keep_hidden(struct wi_parser *parser, const struct wi_limit *limit, size_t column)
{
  if (parser->policy < 0 || !has_room(parser, limit, column))
    return WI_VOID;
  keep(parser, &parser->hidden[parser->hidden_count], limit);
  parser->hidden_lines[parser->hidden_count] = parser->lexer.line;
  return (int)parser->hidden_count++;
}

void wi_check_limit_name(struct wi_parser *parser, enum wi_limit_kind kind, const char *what,
                         const struct wi_token *name)
{
  char shown[WI_SHOWN_BYTES];

  for (uint32_t i = parser->limit_count; i-- > 0;) {
    const struct wi_limit *other = &parser->set.limits[i];

    if ((int)other->policy != parser->policy || other->kind != (uint32_t)kind ||
        !wi_name_is(other->name, name->text, name->bytes))
      continue;
    wi_mistake(&parser->mistakes, parser->lexer.line, name->column,
               "%s '%s' is already on line %zu, expected a name of its own", what,
               wi_mistake_show(shown, name->text, name->bytes), parser->limit_lines[i]);
    return;
  }
}

int wi_survey_limit(const struct wi_parser *parser, enum wi_limit_kind kind,
                    const struct wi_token *name)
{
  const struct wi_survey *survey = parser->survey;

  for (uint32_t i = 0; survey && i < survey->limit_count; i++)
    if ((int)survey->limits[i].policy == parser->policy &&
        survey->limits[i].kind == (uint32_t)kind &&
        wi_name_is(survey->limits[i].name, name->text, name->bytes))
      return (int)i;
  return -1;
}

int wi_survey_class(const struct wi_parser *parser, const struct wi_token *name)
{
  const struct wi_survey *survey = parser->survey;

  for (uint32_t i = 0; survey && i < survey->class_count; i++)
    if ((int)survey->classes[i].policy == parser->policy &&
        wi_name_is(survey->classes[i].name, name->text, name->bytes))
      return (int)i;
  return -1;
}

int wi_parse_limit_name(struct wi_parser *parser, const struct wi_token *name)
{
  char shown[WI_SHOWN_BYTES];
  int limit = wi_survey_limit(parser, WI_KIND_LIMIT, name);

  if (limit < 0 && parser->policy >= 0)
    wi_mistake(&parser->mistakes, parser->lexer.line, name->column,
               "no limit '%s' in this policy, expected the name of one",
               wi_mistake_show(shown, name->text, name->bytes));
  return limit;
}

/* A window's counters share a word with its epoch, see limit/window.h. */
void wi_check_window(struct wi_parser *parser, const struct wi_rule *rule, uint64_t more,
                     size_t column, const char *what, const char *or_else)
{
  struct wi_rule as_window = *rule;
  struct wi_window window;
  uint64_t maximum;

  as_window.burst = rule->count;
  as_window.sliding = 1;
  if (rule->count == 0 || rule->period_ns == 0 || wi_window_compile(&window, &as_window) == 0)
    return;
  maximum = wi_window_count_max(rule->period_ns);
  if (maximum == 0)
    wi_mistake(&parser->mistakes, parser->lexer.line, column,
               "no sliding window can be so short, expected a longer duration%s", or_else);
  else
    wi_mistake(&parser->mistakes, parser->lexer.line, column,
               "%" PRIu64 " %s are too many for a sliding window of this duration, expected "
               "at most %" PRIu64 "%s",
               rule->count + more, what, maximum + more, or_else);
}
