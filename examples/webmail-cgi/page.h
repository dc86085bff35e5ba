/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The one page of this program: a message on top, the form below, filled in with the
 * draft where there is one.
 */
#ifndef WEBMAIL_PAGE_H
#define WEBMAIL_PAGE_H

#include "form.h"

#include <stdio.h>

struct page {
  int status;         /* of HTTP                                                  */
  const char *title;  /* plain text, as is all else: escaped when it is printed    */
  const char *notice; /* a sentence above the form, or NULL                       */
  int alarming;       /* 1: the notice is read out at once by a screen reader     */
  const char *user;
  struct form draft; /* fields may be NULL                                       */
};

/* The response: header fields given by `fields` (whole lines, may be NULL), then the
 * page unless head_only. */
void page_print(FILE *out, const struct page *page, const char *fields, int head_only);

#endif
