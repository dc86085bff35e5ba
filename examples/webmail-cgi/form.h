/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The compose form: three fields out of application/x-www-form-urlencoded.
 */
#ifndef WEBMAIL_FORM_H
#define WEBMAIL_FORM_H

#include "request.h"

/* Each is UTF-8 without a NUL; to and subject are one line without controls.
 * They point into the request's content, or to "". */
struct form {
  const char *to;
  const char *subject;
  const char *body;
};

/* Decode in place.  On a refusal the form holds what could be read of it, clean, so
 * that the page can give it back. */
struct refusal form_read(struct request *request, struct form *form);

/* Whether text is well-formed UTF-8 (RFC 3629).  Returns the bytes of its first
 * character, 0 where it is not one. */
size_t form_character_bytes(const char *text);

#endif
