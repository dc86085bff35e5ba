/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What pages are made of.
 */
#ifndef WEBMAIL_PARTS_H
#define WEBMAIL_PARTS_H

#include "page.h"

void parts_escaped(FILE *out, const char *text);

/* An input or a textarea, with its label, what is to be known, and what is wrong with it. */
struct parts_field {
  const char *name; /* its id, too                                                 */
  const char *label;
  const char *help;       /* or NULL                                               */
  const char *attributes; /* of the tag, as HTML                                   */
  const char *value;      /* may be NULL                                           */
  int lines;              /* 0: an input; above: a textarea                        */
};
void parts_field(FILE *out, const struct page *page, const struct parts_field *field);

/* <form>, with the session's token where there is one. */
void parts_form(FILE *out, const struct page *page, const char *below, const char *attributes);

/* Of each kind of page. */
void parts_write(FILE *out, const struct page *page);
void parts_preferences(FILE *out, const struct page *page);
void parts_sign_in(FILE *out, const struct page *page);

/* Whether something was written that is not sent. */
int parts_has_draft(const struct page *page);

void parts_style(FILE *out);

#endif
