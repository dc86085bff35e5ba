/* SPDX-License-Identifier: BSD-2-Clause
 * Statements: score NAME T / D per KEY [block KEY for D [doubling to D]], and its
 * signal NAME POINTS lines. */
#include <string.h>

#include "policy/limit.h"
#include "policy/name.h"

static const struct wi_form score_form = {
    "score", "'score NAME T / DURATION per KEY [block KEY for D [doubling to D]]'"};
static const struct wi_form signal_form = {"signal", "'signal NAME POINTS'"};

/* T, up to a '/' that may be joined to it. */
static bool read_most(struct wi_limit_reading *reading)
{
  struct wi_token most;

  if (!wi_expect_word(reading->parser, &score_form, &most, "a count of points"))
    return false;
  wi_lex_split(&reading->parser->lexer, &most, wi_before_slash(&most));
  reading->limit.rule.count = wi_parse_count(reading->parser, &most, WI_COUNT_PLAIN, NULL);
  reading->limit.rule.burst = reading->limit.rule.count;
  return true;
}

static void read_points_word(struct wi_limit_reading *reading)
{
  const struct wi_token points = {"points", strlen("points"), reading->parser->lexer.column_after};
  int word = wi_parse_word(reading->parser, &points);

  reading->limit.unit = word < 0 ? 0 : (uint32_t)word;
}

void wi_parse_score(struct wi_parser *parser)
{
  struct wi_limit_reading reading = {
      .parser = parser, .form = &score_form, .limit = {.key = WI_KEYS_MAX, .kind = WI_KIND_SCORE}};
  struct wi_response response = {.key = WI_KEYS_MAX, .strikes = WI_NO_STRIKES};
  struct wi_token name;

  parser->score = WI_VOID;
  if (!wi_expect_word(parser, &score_form, &name, "a name"))
    return;
  if (wi_parse_name(parser, &name, "score")) {
    wi_check_limit_name(parser, WI_KIND_SCORE, "score", &name);
    wi_name_store(reading.limit.name, name.text, name.bytes);
  }
  if (!read_most(&reading) || !wi_limit_period(&reading) || !wi_limit_per(&reading))
    return;
  if (wi_lex_peek(&parser->lexer).bytes > 0 && !wi_parse_block(parser, &score_form, &response))
    return;
  wi_expect_end(parser, &score_form);
  read_points_word(&reading);
  parser->score = wi_keep_limit(parser, &reading.limit, parser->lexer.column_after);
  if (parser->score < 0)
    return;
  response.limit = (uint32_t)parser->score;
  wi_keep_response(parser, &response);
}

static void check_signal_is_new(struct wi_parser *parser, const struct wi_token *name)
{
  char shown[WI_SHOWN_BYTES];

  for (uint32_t i = parser->set.signal_count; i-- > 0;) {
    const struct wi_signal *other = &parser->set.signals[i];

    if ((int)other->score != parser->score || !wi_name_is(other->name, name->text, name->bytes))
      continue;
    wi_mistake(&parser->mistakes, parser->lexer.line, name->column,
               "signal '%s' is already on line %zu, expected it once a score",
               wi_mistake_show(shown, name->text, name->bytes), parser->signal_lines[i]);
    return;
  }
}

void wi_parse_signal(struct wi_parser *parser)
{
  struct wi_signal signal = {.points = 0};
  struct wi_token name, points;
  struct wi_policy_set *set = &parser->set;

  if (!wi_expect_word(parser, &signal_form, &name, "a name"))
    return;
  if (wi_parse_name(parser, &name, "signal")) {
    check_signal_is_new(parser, &name);
    wi_name_store(signal.name, name.text, name.bytes);
  }
  if (!wi_expect_word(parser, &signal_form, &points, "a count of points"))
    return;
  signal.points = wi_parse_count(parser, &points, WI_COUNT_PLAIN, NULL);
  wi_expect_end(parser, &signal_form);
  if (parser->score < 0)
    return;
  if (set->signal_count == WI_SIGNALS_MAX) {
    wi_parse_full(parser, WI_CAPACITY_SIGNALS, name.column);
    return;
  }
  signal.score = (uint32_t)parser->score;
  parser->signal_lines[set->signal_count] = parser->lexer.line;
  set->signals[set->signal_count++] = signal;
}
