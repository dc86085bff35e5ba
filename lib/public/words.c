/* SPDX-License-Identifier: BSD-2-Clause
 * Words of a verdict: check the arguments, then one call down. */
#include "words/words.h"

/* Empty until there is a text, so that no error leaves an old one. */
static bool begin(struct wi_text *text, char *bytes, size_t room)
{
  *text = (struct wi_text){bytes, room, 0};
  if (bytes == NULL)
    return room == 0;
  if (room > 0)
    bytes[0] = '\0';
  return true;
}

static bool is_sound(const struct weir_verdict *verdict)
{
  return verdict != NULL && verdict->outcome <= WEIR_BLOCK;
}

typedef void words(struct wi_text *text, const struct weir_verdict *verdict);

static int write_words(words *words_of, const struct weir_verdict *verdict, char *bytes,
                       size_t room)
{
  struct wi_text text;

  if (!begin(&text, bytes, room) || !is_sound(verdict))
    return WEIR_E_ARGUMENT;
  words_of(&text, verdict);
  return wi_text_end(&text);
}

WI_PUBLIC int weir_http_ratelimit(const struct weir_verdict *verdict, char *text, size_t text_bytes)
{
  return write_words(wi_words_ratelimit, verdict, text, text_bytes);
}

WI_PUBLIC int weir_http_ratelimit_policy(const struct weir_verdict *verdict, char *text,
                                         size_t text_bytes)
{
  return write_words(wi_words_ratelimit_policy, verdict, text, text_bytes);
}

WI_PUBLIC int weir_http_retry_after(const struct weir_verdict *verdict, char *text,
                                    size_t text_bytes)
{
  return write_words(wi_words_retry_after, verdict, text, text_bytes);
}

WI_PUBLIC int weir_smtp_reply(const struct weir_verdict *verdict, uint32_t flags, char *text,
                              size_t text_bytes)
{
  struct wi_text reply;

  if (!begin(&reply, text, text_bytes) || !is_sound(verdict) ||
      (flags & ~(uint32_t)WEIR_SMTP_BLOCK_450) != 0)
    return WEIR_E_ARGUMENT;
  wi_words_smtp(&reply, verdict, flags);
  return wi_text_end(&reply);
}

WI_PUBLIC int weir_wait_words(uint64_t wait_ns, char *text, size_t text_bytes)
{
  struct wi_text words_of_wait;

  if (!begin(&words_of_wait, text, text_bytes))
    return WEIR_E_ARGUMENT;
  wi_words_wait(&words_of_wait, wait_ns);
  return wi_text_end(&words_of_wait);
}
