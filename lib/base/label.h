/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A name that is known beforehand, to be compared with one that a caller gives: of a few bytes
 * and a NUL, as attributes and units are.  Eight bytes at once where they lie in one page, since
 * a comparison byte by byte takes as long as all else that is asked of a plain request.
 */
#ifndef WI_BASE_LABEL_H
#define WI_BASE_LABEL_H

#include <stdbool.h>
#include <string.h>

#include "base/compiler.h"

/* A load of eight bytes may pass the NUL but never its page, so it cannot fault.  Not where
 * memory is watched in smaller pieces: by a sanitizer, or by aarch64's memory tags. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(hwaddress_sanitizer)
#define WI_LABEL_BYTEWISE 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || !defined(__x86_64__)
#define WI_LABEL_BYTEWISE 1
#endif

struct wi_label {
  const char *text;
  uint64_t head;      /* its first eight bytes, NUL included                              */
  uint64_t mask;      /* all ones: of these bytes                                         */
  uint64_t long_name; /* 1: it goes on behind them                                   */
};

static inline struct wi_label wi_label_of(const char *text)
{
  size_t bytes = strlen(text) + 1;
  struct wi_label name = {.text = text, .mask = UINT64_MAX, .long_name = bytes > 8};

  memcpy(&name.head, text, bytes < 8 ? bytes : 8);
  if (bytes < 8)
    name.mask >>= 64 - 8 * bytes; /* little-endian: base/compiler.h */
  return name;
}

WI_INLINE bool wi_same_name(const char *a, const char *b)
{
  for (; *a == *b; a++, b++)
    if (*a == '\0')
      return true;
  return false;
}

WI_INLINE bool wi_label_is(const struct wi_label *name, const char *given)
{
#ifndef WI_LABEL_BYTEWISE
  uint64_t head;

  if (WI_LIKELY(((uintptr_t)given & 4095) <= 4096 - sizeof head)) {
    memcpy(&head, given, sizeof head);
    if (((head ^ name->head) & name->mask) != 0)
      return false;
    if (WI_LIKELY(!name->long_name))
      return true;
  }
#endif
  return wi_same_name(name->text, given);
}

#endif
