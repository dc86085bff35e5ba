/* SPDX-License-Identifier: BSD-2-Clause
 * The head of an HTTP request, read strictly: what is no request of HTTP/1 is refused whole.
 * Pure functions. */
#ifndef AUTH_HEADERS_H
#define AUTH_HEADERS_H

#include <stdbool.h>

#include "request.h"

/* Fills values[i] with the field names[i], without the blanks around it; others are skipped.
 * Returns NULL, or what is wrong: a NUL, a line end that is not CRLF, another method than GET, a
 * line folded or without a name, a field of names[] given twice, a body. */
const char *headers_read(char *bytes, size_t length, const char *const *names,
                         struct value *values, size_t count);

/* Decode %XX where the value lies.  Returns false: an escape that is none. */
bool headers_unescape(struct value *value);

#endif
