/* SPDX-License-Identifier: BSD-2-Clause
 * What nginx is told, and what it tells the client: a code in SMTP, a word in brackets in IMAP
 * (RFC 5530) and POP3 (RFC 3206).  Nothing that came from outside is in a reply but the name of who
 * may pass. */
#ifndef AUTH_REPLY_H
#define AUTH_REPLY_H

#include <stdint.h>

#include "request.h"

#define REPLY_BYTES 768 /* nginx reads 1024                                       */

enum refusal {
  REFUSED_BLOCKED,  /* by weirctl block or an automatic response                  */
  REFUSED_WRONG,    /* name or password                                         */
  REFUSED_LATER,    /* over a limit, or it cannot be decided                     */
  REFUSED_METHOD,   /* a method that sends no password                           */
  REFUSED_SENDER,   /* not an address                                          */
  REFUSED_UNSIGNED, /* has to sign in                                          */
  REFUSALS
};

struct backend {
  char ip[INET6_ADDRSTRLEN]; /* empty: the protocol is not served               */
  uint16_t port;
};

#define REPLY_USER_BYTES_MAX 255

/* Each writes a whole answer of HTTP and returns its length. */

/* user: the name that nginx gives the backend in place of the client's; NULL: that one.  Without
 * control characters, at most REPLY_USER_BYTES_MAX long. */
size_t reply_pass(char reply[REPLY_BYTES], const struct backend *backend,
                  const struct value *user);

/* words: one printable line, 300 bytes at most.  wait_s: nginx tells the client then, and lets it
 * try again; 0: at once, and nginx closes. */
size_t reply_refuse(char reply[REPLY_BYTES], const struct request *request, enum refusal refusal,
                    const char *words, uint64_t wait_s);

/* For who is no nginx of ours: "400 Bad Request". */
size_t reply_status(char reply[REPLY_BYTES], const char *status);

#endif
