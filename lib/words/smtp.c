/* SPDX-License-Identifier: BSD-2-Clause
 * Codes: RFC 5321; enhanced codes: RFC 3463 (4.7.1, 5.7.1: not authorised to deliver; 4.5.3:
 * too many recipients). */
#include "policy/name.h"
#include "words/words.h"

static bool is_never(const struct weir_verdict *verdict)
{
  return verdict->retry_after_ns == WEIR_NEVER;
}

static bool counts_recipients(const struct weir_verdict *verdict)
{
  return (verdict->flags & WEIR_COUNTS_RECIPIENTS) != 0;
}

/* Only what a limit can be named by: a line end would be a reply of its own, a quote would
 * end the text where a host's configuration quotes it. */
static void put_name(struct wi_text *text, const char *limit)
{
  if (limit[0] == '\0')
    return;
  for (size_t i = 0; i < WI_NAME_LENGTH_MAX && limit[i] != '\0'; i++)
    wi_text_byte(text, wi_name_span(&limit[i], 1) == 1 ? limit[i] : '?');
  wi_text_put(text, ": ");
}

static void put_wait(struct wi_text *text, uint64_t wait_ns)
{
  wi_text_put(text, ", try again in ");
  wi_words_wait(text, wait_ns);
}

static void put_too_much(struct wi_text *text, const struct weir_verdict *verdict)
{
  wi_text_put(text, "more than the limit of ");
  wi_text_number(text, verdict->burst);
  wi_text_put(text, counts_recipients(verdict) ? " recipients at once, send to fewer at a time"
                                               : " at once, send it in smaller parts");
}

static void put_denied(struct wi_text *text, const struct weir_verdict *verdict)
{
  wi_text_put(text, is_never(verdict) && counts_recipients(verdict) ? "452 4.5.3 " : "450 4.7.1 ");
  put_name(text, verdict->limit);
  if (is_never(verdict)) {
    put_too_much(text, verdict);
  } else {
    wi_text_put(text, "rate limit exceeded");
    put_wait(text, verdict->retry_after_ns);
  }
}

static void put_blocked(struct wi_text *text, const struct weir_verdict *verdict, uint32_t flags)
{
  wi_text_put(text, (flags & WEIR_SMTP_BLOCK_450) != 0 ? "450 4.7.1 " : "550 5.7.1 ");
  put_name(text, verdict->limit);
  wi_text_put(text, "sending is blocked");
  if (verdict->retry_after_ns != 0 && !is_never(verdict))
    put_wait(text, verdict->retry_after_ns);
}

void wi_words_smtp(struct wi_text *text, const struct weir_verdict *verdict, uint32_t flags)
{
  if (verdict->outcome == WEIR_DENY)
    put_denied(text, verdict);
  else if (verdict->outcome == WEIR_BLOCK)
    put_blocked(text, verdict, flags);
}
