/* SPDX-License-Identifier: BSD-2-Clause
 * The parts of a set of unknown origin.  Each is asked after those above it, and may use as an
 * index what they let pass: counts, words, keys and policies come first of all. */
#ifndef WI_POLICY_CHECK_H
#define WI_POLICY_CHECK_H

#include <stdbool.h>

#include "policy/policy.h"

bool wi_check_classes(const struct wi_policy_set *set);
bool wi_check_limits(const struct wi_policy_set *set);
bool wi_check_specials(const struct wi_policy_set *set);
bool wi_check_responses(const struct wi_policy_set *set);
bool wi_check_signals(const struct wi_policy_set *set);

/* 1 to 2^63 - 1: a count, a duration. */
static inline bool wi_in_range(uint64_t number)
{
  return number >= 1 && number <= WI_COUNT_MAX;
}

#endif
