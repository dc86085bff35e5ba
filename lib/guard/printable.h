/* SPDX-License-Identifier: BSD-2-Clause
 * Names that go to a terminal, a log or another program: what users and files say, made
 * printable. */
#ifndef WI_GUARD_PRINTABLE_H
#define WI_GUARD_PRINTABLE_H

#include "base/compiler.h"

/* Copy a name of at most from_bytes bytes, up to its NUL where it has one, into `to` of
 * `room` bytes: valid UTF-8 as it is but for control characters (also those above 0x7f), which
 * become '?', as does each byte that is no UTF-8.  What does not fit is left off, never half of
 * a character.  The rest of `to`, one byte at least, is NUL. */
void wi_printable(char *to, size_t room, const char *from, size_t from_bytes);

#endif
