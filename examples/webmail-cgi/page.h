/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The response: its status and fields, and a page.  All have one frame: who is signed in and where
 * to go, what is to be said, and below it the page's own part.  No script.
 *
 * Every text is plain, and is escaped where it is printed.
 */
#ifndef WEBMAIL_PAGE_H
#define WEBMAIL_PAGE_H

#include "form.h"
#include "preferences.h"

#include <stdio.h>

enum page_kind { PAGE_NOTICE, PAGE_WRITE, PAGE_PREFERENCES, PAGE_SIGN_IN, PAGE_KINDS };

/* One line of a list below the notice; its texts are the page's. */
struct page_item {
  char *name;
  char *words;
};

struct page {
  enum page_kind kind;
  int status;        /* of HTTP                                                  */
  const char *title; /* of the notice; NULL: there is nothing to say             */
  char notice[640];
  struct page_item *items; /* owned; NULL where there are none                     */
  size_t item_count;
  char fields[1024]; /* further lines of the response's header                   */

  const char *user;  /* who is signed in; empty: nobody                          */
  const char *token; /* for the forms; empty: there is no session                */
  int can_sign_out;  /* 1: by this program, not by the web server                */
  int can_sign_in;   /* likewise                                                 */

  const char *wrong;       /* name of a field that is to be mended, or NULL         */
  const char *wrong_words; /* … and how                                            */

  char *kept_to;      /* owned, and in the draft, or NULL              */
  struct draft draft; /* of PAGE_WRITE and PAGE_SIGN_IN; fields may be NULL */
  char quota[320];    /* what may still be sent, a sentence; empty: not known */
  int quota_is_low;
  const char *typed_user;         /* of PAGE_SIGN_IN                               */
  struct preferences preferences; /* of PAGE_WRITE and PAGE_PREFERENCES            */
  struct identity typed;          /* of PAGE_PREFERENCES: in the fields            */
  char sender[REQUEST_USER_BYTES + 256];
};

void page_add_field(struct page *page, const char *name, const char *value);

/* Say something on top of the page; a status from 400 on is alarming, and so is a list. */
__attribute__((format(printf, 4, 5))) void page_say(struct page *page, int status,
                                                    const char *title, const char *format, ...);

/* A field of the form is wrong. */
void page_say_wrong(struct page *page, const char *field, const char *words);

/* Where a page of this program is: "" for the first one, "/preferences".  Checked: safe in a
 * header, and of this host. */
void page_path(char *path, size_t path_bytes, const char *below);

/* The header; then the page unless head_only. */
void page_print(FILE *out, const struct page *page, int head_only);
void page_free(struct page *page);

#endif
