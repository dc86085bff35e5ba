/* SPDX-License-Identifier: BSD-2-Clause
 *
 * 128 random bits as 32 digits: what nobody can guess.
 */
#ifndef WEBMAIL_TOKEN_H
#define WEBMAIL_TOKEN_H

#include <stddef.h>

#define TOKEN_BYTES 33 /* with its NUL                                             */

/* Returns 0, or -1 where the kernel gives no random bytes. */
int token_make(char token[TOKEN_BYTES]);

/* Whether the text's first so many bytes are a token's: as long, of its digits. */
int token_is(const char *text, size_t bytes);

/* Takes as long wherever two texts differ, given their lengths. */
int token_equal(const char *a, const char *b);

#endif
