/* SPDX-License-Identifier: BSD-2-Clause
 * The parts of a `limit` statement, one file each. */
#ifndef WI_POLICY_LIMIT_H
#define WI_POLICY_LIMIT_H

#include "policy/parse.h"

enum wi_option {
  WI_OPTION_PER,
  WI_OPTION_OVERALL,
  WI_OPTION_BURST,
  WI_OPTION_SLIDING,
  WI_OPTION_SHADOW,
  WI_OPTION_OPTIONAL,
  WI_OPTION_WHEN_FULL,
  WI_OPTION_COUNT
};

struct wi_limit_reading {
  struct wi_parser *parser;
  struct wi_limit limit; /* numbers that are mistaken are 0, a key WI_KEYS_MAX       */
  bool counts_bytes;     /* so that its numbers may end in k, M or G                 */
  uint32_t options;      /* bits of enum wi_option: those that were given            */
};

/* The count, the duration that a word stands for; 0, and told, where it is mistaken. */
uint64_t wi_limit_count(struct wi_limit_reading *reading, const struct wi_token *token);
uint64_t wi_limit_duration(struct wi_limit_reading *reading, const struct wi_token *token);

/* Which option a word is; WI_OPTION_COUNT: none. */
enum wi_option wi_limit_option(const struct wi_token *token);

/* Read the options up to the end of the line, and set what was not given.  column: of
 * the limit's name. */
void wi_limit_options(struct wi_limit_reading *reading, size_t column);

#endif
