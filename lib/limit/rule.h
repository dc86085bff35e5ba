/* SPDX-License-Identifier: BSD-2-Clause
 * The numbers of one limit, as its author wrote them: `count` units in
 * `period_ns`, at most `burst` at once.  Everything below lib/limit is computed
 * from these, and is a pure function: no memory, no clock, no key. */
#ifndef WI_LIMIT_RULE_H
#define WI_LIMIT_RULE_H

#include "base/compiler.h"

#define WI_COUNT_MAX ((uint64_t)INT64_MAX)

enum wi_sliding {
  WI_BUCKET = 0,  /* token bucket (GCRA)                                        */
  WI_SLIDING = 1, /* never more than N in any D                                 */
  WI_DISTINCT = 2 /* likewise, of different values                              */
};

struct wi_rule {
  uint64_t count;     /* N, 1 to 2^63 - 1                                       */
  uint64_t period_ns; /* D, 1 to 2^63 - 1                                       */
  uint64_t burst;     /* B, 1 to 2^63 - 1; equal to count where sliding          */
  uint32_t sliding;   /* enum wi_sliding                                        */
  uint32_t reserved;  /* 0: the rule lies in the shared file                    */
};

/* The cells of values hold the part of their last use in 47 bits. */
#define WI_DISTINCT_PERIOD_MIN_NS 1000000000u

/* Words of state of a principal under a rule. */
static inline uint32_t wi_rule_words(const struct wi_rule *rule)
{
  return rule->sliding == WI_BUCKET ? 1 : 3;
}

/* Ids of its cells: one a word; the fourth of a distinct limit is that of the values it has seen. */
static inline uint32_t wi_rule_ids(const struct wi_rule *rule)
{
  return rule->sliding == WI_DISTINCT ? 4 : wi_rule_words(rule);
}

/* What a limit says to one request. */
struct wi_answer {
  uint64_t remaining;      /* whole units left if the request is not charged    */
  uint64_t retry_after_ns; /* 0: passes now; rounded up; UINT64_MAX: never      */
};

#endif
