/* SPDX-License-Identifier: BSD-2-Clause
 * What the files that read a policy text share. */
#ifndef WI_POLICY_PARSE_H
#define WI_POLICY_PARSE_H

#include "policy/lex.h"
#include "policy/mistake.h"
#include "policy/policy.h"

/* Values of wi_parser.policy that are no index: none has begun; one that is itself
 * a mistake, whose limits are read for their own mistakes and belong to nothing. */
#define WI_NO_POLICY (-1)
#define WI_VOID_POLICY (-2)

enum wi_capacity {
  WI_CAPACITY_POLICIES,
  WI_CAPACITY_LIMITS,
  WI_CAPACITY_KEYS,
  WI_CAPACITY_WORDS,
  WI_CAPACITY_STATE_WORDS,
  WI_CAPACITY_KEY_STATE_WORDS
};

struct wi_parser {
  struct wi_lexer lexer;
  struct wi_mistakes mistakes;
  struct wi_policy_set set;
  int policy; /* whose limits follow: an index, or one of the above            */
  uint32_t policy_count;
  uint32_t limit_count;
  uint32_t state_words; /* of the limits so far                                  */
  uint32_t key_state_words[WI_KEYS_MAX]; /* likewise, of each key                */
  uint32_t capacities_told; /* bits of enum wi_capacity: each is told once       */
  size_t policy_lines[WI_POLICIES_MAX];
  size_t limit_lines[WI_LIMITS_MAX];
};

/* Read the rest of a line that began with `limit`. */
void wi_parse_limit(struct wi_parser *parser);

/* What a key `user+ip` stands for: index into keys, or -1 where it is mistaken. */
int wi_parse_key(struct wi_parser *parser, const struct wi_token *token);

/* Whether a token is a well-formed name of at most 63 bytes; tells what is wrong
 * where it is not. `what` says whose name: "policy", "limit", "unit", "attribute". */
bool wi_parse_name(struct wi_parser *parser, const struct wi_token *token, const char *what);

/* Index of a word in the set; -1, and told, where the set is full. */
int wi_parse_word(struct wi_parser *parser, const struct wi_token *token);

/* Tell once that a table holds no more of something. */
void wi_parse_full(struct wi_parser *parser, enum wi_capacity capacity, size_t column);

#endif
