/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The fields of a form, out of application/x-www-form-urlencoded.
 */
#ifndef WEBMAIL_FORM_H
#define WEBMAIL_FORM_H

#include "request.h"

struct field {
  const char *name;
  enum { FIELD_LINE, FIELD_TEXT } kind; /* one line, or several                     */
  const char *value; /* UTF-8 without controls; points into the request's content, or to "" */
};

/* Decode in place; fields that are not asked for are passed over.  On a refusal the fields hold
 * what could be read of them, clean, so that the page can give it back. */
struct refusal form_read(struct request *request, struct field *fields, size_t count);

/* What is written of a message that is not sent yet: a page gives it back. */
struct draft {
  const char *to; /* this and the subject: one line                              */
  const char *subject;
  const char *body;
};

#endif
