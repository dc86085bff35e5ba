/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What people type: UTF-8 without controls.
 */
#ifndef WEBMAIL_TEXT_H
#define WEBMAIL_TEXT_H

#include <stddef.h>

/* The bytes of the text's first character (RFC 3629); 0 where it is not one. */
size_t text_character_bytes(const char *text);

/* Whether it is UTF-8 without controls.  Tabs and line ends are no controls here, unless it
 * must be one line. */
int text_is_clean(const char *text, int one_line);

/* At most so many bytes of it, and no part of a character. */
size_t text_cut(const char *text, size_t most_bytes);

#endif
