/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Handing a mail to the mail server by SMTP (RFC 5321), one connection a mail.
 */
#ifndef WEBMAIL_SMTP_H
#define WEBMAIL_SMTP_H

#include "message.h"

#define SMTP_WORDS_BYTES 256

enum smtp_outcome {
  SMTP_TAKEN,   /* but perhaps not for all recipients: see refused                 */
  SMTP_LATER,   /* not now: 4xx, or no connection                                  */
  SMTP_REFUSED, /* never: 5xx                                                      */
  SMTP_UNKNOWN  /* all was sent, and no answer came: it may have been taken        */
};

struct smtp_reply {
  int code;                     /* 0 where there is none                           */
  char words[SMTP_WORDS_BYTES]; /* what a person may read of it                    */
};

struct smtp_refused {
  size_t recipient; /* its index                                                   */
  struct smtp_reply reply;
};

struct smtp_delivery {
  struct smtp_reply reply;      /* what decided: of the last command              */
  struct smtp_refused *refused; /* owned                                          */
  size_t refused_count;
  char fault[320]; /* for the log; empty: nothing is out of order                 */
};

struct smtp_server {
  const char *place; /* as link.h has it                                        */
  const char *name;  /* what this host says of itself                           */
  const char *login; /* with address: told by XCLIENT; NULL: not told           */
  const char *address;
  unsigned patience_s; /* of each reply                                           */
};

/* Then smtp_free(), whatever the outcome. */
enum smtp_outcome smtp_send(const struct smtp_server *server, const struct mail *mail,
                            struct smtp_delivery *delivery);
void smtp_free(struct smtp_delivery *delivery);

#endif
