/* SPDX-License-Identifier: BSD-2-Clause
 * Names that go to a terminal, a log or another program: what users and files say, made
 * printable. */
#ifndef WI_GUARD_PRINTABLE_H
#define WI_GUARD_PRINTABLE_H

#include "base/compiler.h"

/* Bytes of the UTF-8 character at `text`, of which `left` are there, one at least; 0: there is none.
 * Overlong forms, surrogates and what is above U+10FFFF are none (Unicode, table 3-7). */
size_t wi_utf8_bytes(const unsigned char *text, size_t left);

/* As wi_utf8_bytes(), but 0 for a character that is not to be shown: a control character, of C1 too,
 * one that has no width, or one that changes the direction of writing. */
size_t wi_printable_bytes(const unsigned char *text, size_t left);

/* Copy a name of at most from_bytes bytes, up to its NUL where it has one, into `to` of
 * `room` bytes: characters that are to be shown as they are, each other one as '?', as each byte
 * that is no UTF-8.  What does not fit is left off, never half of
 * a character.  The rest of `to`, one byte at least, is NUL. */
void wi_printable(char *to, size_t room, const char *from, size_t from_bytes);

#endif
