/* SPDX-License-Identifier: BSD-2-Clause
 * The parts of a statement that makes a limit, one file each. */
#ifndef WI_POLICY_LIMIT_H
#define WI_POLICY_LIMIT_H

#include "policy/parse.h"

enum wi_option {
  WI_OPTION_PER,
  WI_OPTION_OVERALL,
  WI_OPTION_BURST,
  WI_OPTION_SLIDING,
  WI_OPTION_CANONICAL,
  WI_OPTION_SHADOW,
  WI_OPTION_OPTIONAL,
  WI_OPTION_WHEN_FULL,
  WI_OPTION_COUNT
};

struct wi_limit_reading {
  struct wi_parser *parser;
  const struct wi_form *form;
  struct wi_limit limit; /* numbers that are mistaken are 0, a key WI_KEYS_MAX       */
  enum wi_count_kind counts; /* of its numbers                                         */
  uint32_t options;      /* bits of enum wi_option: those that were given            */
};

/* Read `N UNIT / DURATION`; may_be_distinct: `N distinct ATTRIBUTE / DURATION` too.  Returns
 * false, and told, where the line cannot be read on. */
bool wi_limit_rate(struct wi_limit_reading *reading, bool may_be_distinct);

/* Read `/ DURATION`. */
bool wi_limit_period(struct wi_limit_reading *reading);

/* Read `per KEY`, which must stand there. */
bool wi_limit_per(struct wi_limit_reading *reading);

/* Which option a word is; WI_OPTION_COUNT: none. */
enum wi_option wi_limit_option(const struct wi_token *token);

/* Read the options up to the end of the line, and set what was not given.  column: of
 * the limit's name. */
void wi_limit_options(struct wi_limit_reading *reading, size_t column);

#endif
