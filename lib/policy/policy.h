/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A set of policies as read from a text: names, keys and rules, in one flat
 * structure without pointers.  The same structure lies in the shared file
 * (lib/region/layout.h), so its layout is part of the file's format, and whoever
 * reads it from there checks it with wi_policy_set_check() first.
 */
#ifndef WI_POLICY_POLICY_H
#define WI_POLICY_POLICY_H

#include "limit/rule.h"
#include "weir.h"

#define WI_POLICIES_MAX 16
#define WI_LIMITS_MAX 64     /* of all policies together                           */
#define WI_KEYS_MAX 32       /* different `per` keys of all policies               */
#define WI_WORDS_MAX 32      /* different attribute names and units, together      */
#define WI_KEY_ATTRIBUTES_MAX 4
#define WI_CLASSES_MAX 16    /* of all policies together, as what follows          */
#define WI_SPECIALS_MAX 256  /* members, exemptions, reachable values               */
#define WI_RESPONSES_MAX 32
#define WI_SIGNALS_MAX 32
#define WI_VALUES_BYTES 8192 /* of the values of specials                           */
/* Words of state of all limits together: a bucket has 1, a sliding limit 3.  Each has an
 * id of its own in the table, and there are no more of them. */
#define WI_STATE_WORDS_MAX 112

/* Words of state of the limits of one key, over all policies: half of the group of cells in
 * which a principal lies, so that it has room beside others. */
#define WI_KEY_STATE_WORDS_MAX 32

enum wi_when_full { WI_FULL_INHERIT = 0, WI_FULL_DENY = 1, WI_FULL_ALLOW = 2 };

enum wi_limit_flag {
  WI_LIMIT_SHADOW = 1,
  WI_LIMIT_OPTIONAL = 2,
  WI_LIMIT_DISTINCT = 4,  /* counts different values of the attribute `unit`           */
  WI_LIMIT_CANONICAL = 8, /* of a distinct one: mail addresses, compared canonically   */
  WI_LIMIT_UNLIMITED = 16 /* of a class's: lifts the limit; its rule is the lifted one's */
};

/* What a limit of the set is.  All have words, ids and a life over applies alike; requests are
 * asked for those of WI_KIND_LIMIT. */
enum wi_limit_kind {
  WI_KIND_LIMIT = 0,   /* `limit`                                                       */
  WI_KIND_CLASS = 1,   /* `limit` of a class: stands in for limit `of` for its members   */
  WI_KIND_STRIKES = 2, /* `on … denied K in D`: K - 1 denials of limit `of` in D         */
  WI_KIND_SCORE = 3,   /* `score`: points that signals add                              */
  WI_KIND_APART = 4    /* `reachable`: what a blocked principal may still send           */
};

/* A key: what a limit counts by.  0 attributes: overall.  The order of `user+ip`
 * does not matter: attributes are kept in the byte order of their names. 8 bytes. */
struct wi_key {
  uint32_t attribute_count;
  uint8_t attributes[WI_KEY_ATTRIBUTES_MAX]; /* index into words               */
};

struct wi_limit {
  char name[WEIR_NAME_BYTES]; /* NUL-padded                                       */
  struct wi_rule rule;
  uint32_t policy; /* index into policies                                         */
  uint32_t key;    /* index into keys                                             */
  uint32_t unit;   /* index into words                                            */
  uint32_t flags;  /* of enum wi_limit_flag                                       */
  uint32_t when_full; /* enum wi_when_full                                        */
  uint32_t in_use; /* 1                                                           */
  uint32_t kind;   /* enum wi_limit_kind                                          */
  uint32_t of;     /* index into limits, below its own; 0 where its kind has none */
  uint32_t class_at; /* WI_KIND_CLASS: index into classes; else 0                 */
  uint32_t reserved;
};

struct wi_policy {
  char name[WEIR_NAME_BYTES];
};

/* A class of a policy, by name. */
struct wi_class {
  char name[WEIR_NAME_BYTES];
  uint32_t policy;
  uint32_t reserved;
};

/* One value of one attribute that a policy treats in its own way. */
enum wi_special_kind {
  WI_SPECIAL_MEMBER = 0,   /* `member`: of class `at`                                    */
  WI_SPECIAL_EXEMPT = 1,   /* `exempt`: its own limits do not count                      */
  WI_SPECIAL_REACHABLE = 2 /* `reachable`: for whom is blocked, under limit `at`          */
};

struct wi_special {
  uint32_t kind;   /* enum wi_special_kind                                              */
  uint32_t policy; /* index into policies                                               */
  uint32_t word;   /* index into words: the attribute                                   */
  uint32_t at;     /* index into classes or limits; 0 of an exemption                    */
  uint32_t offset; /* of the value in values                                            */
  uint32_t value_bytes;
};

/* What trips a block.  `on LIMIT denied …`: limit is the one that denies, strikes the index of
 * its WI_KIND_STRIKES limit, or WI_NO_STRIKES where each denial trips.  `score … block …`: limit
 * is the score's own. */
#define WI_NO_STRIKES UINT32_MAX
struct wi_response {
  uint32_t policy;
  uint32_t limit;
  uint32_t strikes;
  uint32_t key;         /* index into keys: whom it blocks                              */
  uint64_t duration_ns; /* of the first block                                           */
  uint64_t longest_ns;  /* `doubling to`; equal to duration_ns where it does not double  */
};

/* `signal NAME POINTS`: how much one signal of that name adds to a score. */
struct wi_signal {
  char name[WEIR_NAME_BYTES];
  uint64_t points;
  uint32_t score; /* index into limits                                                  */
  uint32_t reserved;
};

/* What lies beyond a count is not looked at: a private copy may leave it unset. */
struct wi_policy_set {
  uint32_t word_count;
  uint32_t key_count;
  uint32_t policy_count;
  uint32_t limit_count;
  uint32_t class_count;
  uint32_t special_count;
  uint32_t response_count;
  uint32_t signal_count;
  uint32_t value_bytes; /* in values                                              */
  uint32_t reserved;
  struct wi_key keys[WI_KEYS_MAX];
  struct wi_policy policies[WI_POLICIES_MAX];
  char words[WI_WORDS_MAX][WEIR_NAME_BYTES];
  struct wi_limit limits[WI_LIMITS_MAX]; /* in the order of the text, but those with `of`
                                            behind all others                        */
  struct wi_class classes[WI_CLASSES_MAX];
  struct wi_special specials[WI_SPECIALS_MAX];
  struct wi_response responses[WI_RESPONSES_MAX];
  struct wi_signal signals[WI_SIGNALS_MAX];
  char values[WI_VALUES_BYTES]; /* bytes, without terminators                     */
};

/* Read a text.  Every mistake is given to complaint (may be NULL) as
 * "NAME:LINE:COLUMN: what is wrong, what was expected", in the order of the text.
 * `set` is written whole on success and zeroed otherwise.  fault (may be NULL)
 * gets the first mistake.  Columns count bytes from 1.  Takes about 64 KB of stack.
 * Returns WEIR_OK, WEIR_E_SYNTAX, or WEIR_E_CAPACITY where the only mistakes are
 * too many of something. */
int wi_policy_parse(const char *text, size_t text_bytes, const char *name,
                    struct wi_policy_set *set, weir_complaint *complaint, void *context,
                    struct weir_fault *fault);

/* Whether a set whose bytes may be hostile is one that wi_policy_parse() could have
 * made.  Returns WEIR_OK or WEIR_E_CORRUPT. */
int wi_policy_set_check(const struct wi_policy_set *set);

/* "user+ip", "overall"; room for WI_KEY_NAME_BYTES. */
#define WI_KEY_NAME_BYTES (WI_KEY_ATTRIBUTES_MAX * WEIR_NAME_BYTES)
void wi_policy_key_name(const struct wi_policy_set *set, uint32_t key, char *name);

/* Duration with one of ns us ms s m h d, as in the language.  Returns 0 and sets
 * *ns, or -1: no number, no unit, 0, or above 2^63 - 1. Shared with the command. */
int wi_policy_duration(const char *text, size_t text_bytes, uint64_t *ns);

/* What stands behind a backslash within quotes, from `at`, which is before `end`: n, r, t, 0, xHH,
 * or a byte as it is.  Returns behind it and sets *byte; NULL: x without two hexadecimal digits.
 * Shared with the command. */
const char *wi_policy_unescape(const char *at, const char *end, char *byte);

#endif
