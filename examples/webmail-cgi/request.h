/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the web server hands to a CGI program (RFC 3875): the environment, and
 * CONTENT_LENGTH bytes on standard input.  Everything in it but the names of the
 * variables is a stranger's, and is checked here before anyone else sees it.
 */
#ifndef WEBMAIL_REQUEST_H
#define WEBMAIL_REQUEST_H

#include <stddef.h>

#define REQUEST_CONTENT_MAX_BYTES (1024u * 1024u)
#define REQUEST_USER_BYTES 129   /* with its NUL                               */
#define REQUEST_ADDRESS_BYTES 48 /* with its NUL                               */

enum request_method { REQUEST_GET, REQUEST_HEAD, REQUEST_POST };

struct request {
  enum request_method method;
  char remote_user[REQUEST_USER_BYTES]; /* REMOTE_USER; empty: the server names nobody */
  char address[REQUEST_ADDRESS_BYTES];  /* REMOTE_ADDR as weir is to count it       */
  char *content;                        /* owned; NULL without a body              */
  size_t content_bytes;
};

/* Why a request is not served: an HTTP status, and a sentence for a person.
 * status 0: nothing is wrong. */
struct refusal {
  int status;
  const char *words;
};

/* Read the environment and, for a POST, the body.  request_free() in any case. */
struct refusal request_read(struct request *request);
void request_free(struct request *request);

/* Whether it can be a user's name: letters, digits, . _ + - and one @ at most, within. */
int request_is_user(const char *name);

#endif
