/* SPDX-License-Identifier: BSD-2-Clause
 * What the files that read a policy text share.
 *
 * A text is read twice.  A statement may name what stands below it, and mistakes are told in
 * the order of the text without being kept: so the first reading tells nothing and leaves a
 * survey of the names, by which the second resolves.  Both come to the same words, keys,
 * limits and classes at the same index, for neither depends on what a name resolves to. */
#ifndef WI_POLICY_PARSE_H
#define WI_POLICY_PARSE_H

#include "policy/lex.h"
#include "policy/mistake.h"
#include "policy/policy.h"

/* Values of an index that are none: nothing has begun; what has begun is itself a mistake,
 * and what belongs to it is read for its own mistakes and stored nowhere. */
#define WI_NOT_BEGUN (-1)
#define WI_VOID (-2)

enum wi_capacity {
  WI_CAPACITY_POLICIES,
  WI_CAPACITY_LIMITS,
  WI_CAPACITY_KEYS,
  WI_CAPACITY_WORDS,
  WI_CAPACITY_STATE_WORDS,
  WI_CAPACITY_KEY_STATE_WORDS,
  WI_CAPACITY_CLASSES,
  WI_CAPACITY_SPECIALS,
  WI_CAPACITY_RESPONSES,
  WI_CAPACITY_SIGNALS,
  WI_CAPACITY_VALUES
};

/* What the names of the text stand for. */
struct wi_survey {
  uint32_t limit_count;
  uint32_t class_count;
  struct wi_limit limits[WI_LIMITS_MAX]; /* those without `of`                        */
  struct wi_class classes[WI_CLASSES_MAX];
  char words[WI_WORDS_MAX][WEIR_NAME_BYTES];
};

struct wi_parser {
  struct wi_lexer lexer;
  struct wi_mistakes mistakes;
  struct wi_policy_set set;
  const struct wi_survey *survey; /* NULL: the first reading                           */
  int policy;   /* whose statements follow                                             */
  int class_at; /* whose `limit` lines follow; WI_NOT_BEGUN: the policy's              */
  int score;    /* whose `signal` lines follow: index into limits                      */
  uint32_t policy_count;
  uint32_t limit_count;
  uint32_t hidden_count;
  uint32_t state_words; /* of the limits so far                                  */
  uint32_t key_state_words[WI_KEYS_MAX]; /* likewise, of each key                */
  uint32_t capacities_told; /* bits of enum wi_capacity: each is told once       */
  struct wi_limit hidden[WI_LIMITS_MAX]; /* those with `of`: they come behind the others */
  size_t policy_lines[WI_POLICIES_MAX];
  size_t limit_lines[WI_LIMITS_MAX];
  size_t hidden_lines[WI_LIMITS_MAX];
  size_t class_lines[WI_CLASSES_MAX];
  size_t special_lines[WI_SPECIALS_MAX];
  size_t signal_lines[WI_SIGNALS_MAX];
};

/* Read a line behind its first word. */
void wi_parse_statement(struct wi_parser *parser, const struct wi_token *word);

/* ------------------------------------------------------------------ one statement each --
 * Read the rest of a line that began with the statement's word. */
void wi_parse_limit(struct wi_parser *parser);
void wi_parse_class(struct wi_parser *parser);
void wi_parse_class_limit(struct wi_parser *parser); /* `limit` behind `class`         */
void wi_parse_member(struct wi_parser *parser);
void wi_parse_exempt(struct wi_parser *parser);
void wi_parse_reachable(struct wi_parser *parser);
void wi_parse_on(struct wi_parser *parser);
void wi_parse_score(struct wi_parser *parser);
void wi_parse_signal(struct wi_parser *parser);

/* ------------------------------------------------------------------------------- words -- */

/* How a statement looks, for complaints. */
struct wi_form {
  const char *name; /* "limit"                                                         */
  const char *text; /* "'limit NAME N UNIT / DURATION'"                                */
};

/* Take the next word; false, and told, where the line ends.  what: "a name". */
bool wi_expect_word(struct wi_parser *parser, const struct wi_form *form, struct wi_token *token,
                    const char *what);

/* Take the next word, which must be this one; false, and told, where it is not. */
bool wi_expect_keyword(struct wi_parser *parser, const struct wi_form *form, const char *keyword);

/* Tell the word behind a statement, where there is one. */
void wi_expect_end(struct wi_parser *parser, const struct wi_form *form);

/* Tell of a word that is not what should stand there.  what: "'/'". */
void wi_unexpected(struct wi_parser *parser, const struct wi_form *form,
                   const struct wi_token *token, const char *what);

/* What a key `user+ip` stands for: index into keys, or -1 where it is mistaken. */
int wi_parse_key(struct wi_parser *parser, const struct wi_token *token);

/* Whether a token is a well-formed name of at most 63 bytes; tells what is wrong
 * where it is not. `what` says whose name: "policy", "limit", "unit", "attribute". */
bool wi_parse_name(struct wi_parser *parser, const struct wi_token *token, const char *what);

/* Index of a word in the set; -1, and told, where the set is full. */
int wi_parse_word(struct wi_parser *parser, const struct wi_token *token);

/* Tell once that a table holds no more of something. */
void wi_parse_full(struct wi_parser *parser, enum wi_capacity capacity, size_t column);

enum wi_count_kind {
  WI_COUNT_UNITS, /* of a limit                                                        */
  WI_COUNT_BYTES, /* of a limit of bytes: may end in k, M or G                         */
  WI_COUNT_PLAIN  /* of denials or points                                              */
};

/* The count, the duration that a word stands for; 0, and told, where it is mistaken.
 * or_else: what else may stand there, such as " or unlimited"; NULL: nothing. */
uint64_t wi_parse_count(struct wi_parser *parser, const struct wi_token *token,
                        enum wi_count_kind kind, const char *or_else);
uint64_t wi_parse_duration(struct wi_parser *parser, const struct wi_token *token);

/* The part of a word before its '/', as in `messages/1m`. */
size_t wi_before_slash(const struct wi_token *token);

/* --------------------------------------------------------------------- ATTRIBUTE=VALUE -- */

/* A value without its quotes, at the end of the set's values: nothing else is added there
 * until wi_parse_special() has stored it. */
struct wi_value {
  int word;       /* the attribute; -1 where it is mistaken                            */
  uint32_t bytes; /* 0 where the value is mistaken                                     */
  size_t column;
};

/* Take the next word as ATTRIBUTE=VALUE; false, and told, where it is none. */
bool wi_parse_value(struct wi_parser *parser, const struct wi_form *form, struct wi_value *value);

/* Store it; at: of struct wi_special, or below 0 where that is mistaken. */
void wi_parse_special(struct wi_parser *parser, enum wi_special_kind kind,
                      const struct wi_value *value, int at);

/* An earlier line that says the same of the same principal of this policy, by its index; -1:
 * there is none. */
int wi_find_special(const struct wi_parser *parser, enum wi_special_kind kind,
                    const struct wi_value *value);

/* ------------------------------------------------------------------ limits and responses -- */

/* Store a limit of the policy; one that is mistaken too, for the set is thrown away then, but
 * its name may come again.  Returns its index, or WI_VOID. */
int wi_keep_limit(struct wi_parser *parser, const struct wi_limit *limit, size_t column);

/* The same of one that stands behind all others: its index there, or WI_VOID. */
int wi_keep_hidden(struct wi_parser *parser, const struct wi_limit *limit, size_t column);

/* Index of the policy's limit of that kind and name; -1: none, or the first reading. */
int wi_survey_limit(const struct wi_parser *parser, enum wi_limit_kind kind,
                    const struct wi_token *name);
int wi_survey_class(const struct wi_parser *parser, const struct wi_token *name);

/* Tell a name that this policy has for such a limit already, of several the nearest above. */
void wi_check_limit_name(struct wi_parser *parser, enum wi_limit_kind kind, const char *what,
                         const struct wi_token *name);

/* Index of a limit of the policy as the name of a statement; -1, and told, where there is none.
 * On the first reading -1, untold. */
int wi_parse_limit_name(struct wi_parser *parser, const struct wi_token *name);

/* Read `block KEY for D [doubling to D]` into a response whose limit and strikes the caller
 * sets; false where the line is cut short. */
bool wi_parse_block(struct wi_parser *parser, const struct wi_form *form,
                    struct wi_response *response);

/* Store it, where nothing of it is mistaken. */
void wi_keep_response(struct wi_parser *parser, const struct wi_response *response);

/* Tell a window that no table can keep.  more: how many the text says beyond the rule's count;
 * what: "units"; or_else: what else to do, such as ", or no 'sliding'". */
void wi_check_window(struct wi_parser *parser, const struct wi_rule *rule, uint64_t more,
                     size_t column, const char *what, const char *or_else);

#endif
