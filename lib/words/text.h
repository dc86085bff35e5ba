/* SPDX-License-Identifier: BSD-2-Clause
 * A text that grows in a caller's buffer, or only in length where that is too small.
 * Not snprintf(): what is written here must not depend on the host program's locale. */
#ifndef WI_WORDS_TEXT_H
#define WI_WORDS_TEXT_H

#include <stdbool.h>

#include "base/compiler.h"

struct wi_text {
  char *bytes; /* may be NULL where room is 0                                    */
  size_t room;
  size_t length; /* that the text has, written or not                           */
};

void wi_text_byte(struct wi_text *text, char byte);
void wi_text_put(struct wi_text *text, const char *words);

/* Decimal, at most 999,999,999,999,999: the largest Integer of a structured field
 * (RFC 9651, 3.3.1). */
void wi_text_number(struct wi_text *text, uint64_t number);

/* End with a NUL where the text fits; else leave it empty: half a reply would be
 * another reply.  Returns the length. */
int wi_text_end(struct wi_text *text);

#endif
