/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A mail: its envelope, and a message of RFC 5322.
 */
#ifndef WEBMAIL_MESSAGE_H
#define WEBMAIL_MESSAGE_H

#include "form.h"
#include "recipients.h"

struct mail {
  const char *sender; /* an address                                             */
  const struct recipients *recipients;
  char *text; /* owned: lines ended by CRLF, ASCII                       */
  size_t text_bytes;
};

/* Whom a message says it is from, beside the sender's address: one line each, "" for none. */
struct identity {
  const char *name;      /* UTF-8                                                */
  const char *reply_to;  /* an address                                           */
  const char *signature; /* several lines; goes below the text                   */
};

/* Fill mail->text, to be freed.  Returns 0, or -1 without memory. */
int message_write(struct mail *mail, const struct draft *draft, const struct identity *identity);

#endif
