/* SPDX-License-Identifier: BSD-2-Clause
 * The numbers of the language: counts and durations. */
#ifndef WI_POLICY_NUMBER_H
#define WI_POLICY_NUMBER_H

#include "base/compiler.h"

enum wi_number {
  WI_NUMBER_OK,
  WI_NUMBER_NOT_WHOLE, /* does not begin with a digit, or goes on with '.' or ','  */
  WI_NUMBER_ZERO,
  WI_NUMBER_TOO_LARGE, /* above 2^63 - 1                                        */
  WI_NUMBER_NO_SUFFIX, /* a duration without its unit                            */
  WI_NUMBER_BAD_SUFFIX /* a letter that is none of the known                     */
};

/* A count, with a suffix k, M or G of the decimal kind: 1k is 1000. *suffix says
 * which it was, 0 for none: only bytes may have one. */
enum wi_number wi_policy_count(const char *text, size_t text_bytes, uint64_t *count, char *suffix);

/* As wi_policy_duration() of policy.h, with the reason. */
enum wi_number wi_policy_duration_why(const char *text, size_t text_bytes, uint64_t *ns);

#endif
