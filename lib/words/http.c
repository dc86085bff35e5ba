/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/arith.h"
#include "words/words.h"

#define SECOND_NS 1000000000u

/* A block is no quota, and tells whoever has stolen the account nothing of one. */
static bool has_quota(const struct weir_verdict *verdict)
{
  return verdict->outcome != WEIR_BLOCK && verdict->limit[0] != '\0' &&
         verdict->remaining != UINT64_MAX;
}

/* A String of RFC 9651, 3.3.3: printable ASCII, of which two are escaped. */
static void put_name(struct wi_text *text, const char *limit)
{
  wi_text_byte(text, '"');
  for (size_t i = 0; i < WEIR_NAME_BYTES - 1 && limit[i] != '\0'; i++) {
    if (limit[i] == '"' || limit[i] == '\\')
      wi_text_byte(text, '\\');
    wi_text_byte(text, limit[i] >= ' ' && limit[i] < 0x7f ? limit[i] : '?');
  }
  wi_text_byte(text, '"');
}

static void put_parameter(struct wi_text *text, const char *name, uint64_t value)
{
  wi_text_put(text, name);
  wi_text_number(text, value);
}

static uint64_t seconds_up(wi_u128 ns)
{
  return wi_max(wi_u128_clamp(wi_u128_div_up(ns, SECOND_NS)), 1);
}

/* In how many seconds the limit gives as many units as are left, or one. */
static uint64_t pace_s(const struct weir_verdict *verdict)
{
  wi_u128 units = wi_max(verdict->remaining, 1);

  return seconds_up(wi_u128_div_up(units * verdict->period_ns, verdict->quota));
}

void wi_words_ratelimit(struct wi_text *text, const struct weir_verdict *verdict)
{
  if (!has_quota(verdict))
    return;
  put_name(text, verdict->limit);
  put_parameter(text, ";r=", verdict->remaining);
  if (verdict->outcome == WEIR_ALLOW && verdict->quota != 0)
    put_parameter(text, ";t=", pace_s(verdict));
  else if (verdict->outcome == WEIR_DENY && verdict->retry_after_ns != WEIR_NEVER)
    put_parameter(text, ";t=", seconds_up(verdict->retry_after_ns));
}

void wi_words_ratelimit_policy(struct wi_text *text, const struct weir_verdict *verdict)
{
  if (!has_quota(verdict))
    return;
  put_name(text, verdict->limit);
  put_parameter(text, ";q=", verdict->quota);
  put_parameter(text, ";w=", seconds_up(verdict->period_ns));
}

void wi_words_retry_after(struct wi_text *text, const struct weir_verdict *verdict)
{
  bool is_told = verdict->outcome == WEIR_DENY ||
                 (verdict->outcome == WEIR_BLOCK && verdict->retry_after_ns != 0);

  if (is_told && verdict->retry_after_ns != WEIR_NEVER)
    wi_text_number(text, seconds_up(verdict->retry_after_ns));
}
