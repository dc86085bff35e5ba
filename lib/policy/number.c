/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/number.h"

#include <stdbool.h>
#include <string.h>

#include "policy/policy.h"

struct suffix {
  char name[3];
  uint64_t factor;
};

static const struct suffix durations[] = {
    {"ns", 1},          {"us", 1000},         {"ms", 1000000},       {"s", 1000000000},
    {"m", 60000000000}, {"h", 3600000000000}, {"d", 86400000000000},
};

/* Decimal: a postmaster's 20M is compared with SIZE= and log lines, which count
 * bytes and not kibibytes. */
static const struct suffix multiples[] = {{"k", 1000}, {"M", 1000000}, {"G", 1000000000}};

/* The digits at the beginning of a text; *used of them.  Saturates. */
static uint64_t read_digits(const char *text, size_t text_bytes, size_t *used)
{
  uint64_t value = 0;
  size_t at = 0;

  for (; at < text_bytes && text[at] >= '0' && text[at] <= '9'; at++)
    if (__builtin_mul_overflow(value, 10u, &value) ||
        __builtin_add_overflow(value, (uint64_t)(text[at] - '0'), &value))
      value = UINT64_MAX;
  *used = at;
  return value;
}

static const struct suffix *find_suffix(const struct suffix *suffixes, size_t count,
                                        const char *text, size_t text_bytes)
{
  for (size_t i = 0; i < count; i++)
    if (text_bytes == strlen(suffixes[i].name) && memcmp(text, suffixes[i].name, text_bytes) == 0)
      return &suffixes[i];
  return NULL;
}

static enum wi_number in_range(uint64_t value, uint64_t factor, uint64_t *product)
{
  if (value == 0)
    return WI_NUMBER_ZERO;
  if (__builtin_mul_overflow(value, factor, product) || *product > WI_COUNT_MAX)
    return WI_NUMBER_TOO_LARGE;
  return WI_NUMBER_OK;
}

static bool goes_on_as_number(char byte)
{
  return byte == '.' || byte == ',' || byte == '_' || byte == '-' || byte == '+';
}

static enum wi_number read_scaled(const char *text, size_t text_bytes,
                                  const struct suffix *suffixes, size_t suffix_count,
                                  const struct suffix **suffix, uint64_t *value)
{
  size_t used;
  uint64_t digits = read_digits(text, text_bytes, &used);

  *suffix = NULL;
  if (used == 0 || (used < text_bytes && goes_on_as_number(text[used])))
    return WI_NUMBER_NOT_WHOLE;
  if (used < text_bytes) {
    *suffix = find_suffix(suffixes, suffix_count, text + used, text_bytes - used);
    if (!*suffix)
      return WI_NUMBER_BAD_SUFFIX;
  }
  return in_range(digits, *suffix ? (*suffix)->factor : 1, value);
}

enum wi_number wi_policy_count(const char *text, size_t text_bytes, uint64_t *count, char *suffix)
{
  const struct suffix *found;
  enum wi_number result =
      read_scaled(text, text_bytes, multiples, WI_COUNT_OF(multiples), &found, count);

  *suffix = found ? found->name[0] : '\0';
  return result;
}

enum wi_number wi_policy_duration_why(const char *text, size_t text_bytes, uint64_t *ns)
{
  const struct suffix *found;
  enum wi_number result =
      read_scaled(text, text_bytes, durations, WI_COUNT_OF(durations), &found, ns);

  if (!found && result != WI_NUMBER_NOT_WHOLE && result != WI_NUMBER_BAD_SUFFIX)
    return WI_NUMBER_NO_SUFFIX;
  return result;
}

int wi_policy_duration(const char *text, size_t text_bytes, uint64_t *ns)
{
  uint64_t value;

  if (wi_policy_duration_why(text, text_bytes, &value) != WI_NUMBER_OK)
    return -1;
  *ns = value;
  return 0;
}
