/* SPDX-License-Identifier: BSD-2-Clause
 * One request of Postfix's policy protocol (SMTPD_POLICY_README): lines
 * NAME=VALUE, ended by an empty line.  Pure functions on the bytes received. */
#ifndef POLICY_REQUEST_H
#define POLICY_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include "daemon/mail.h"

/* Where in the SMTP dialogue smtpd asks.  Only these three can charge. */
enum stage { STAGE_OTHER, STAGE_RCPT, STAGE_DATA, STAGE_END_OF_MESSAGE };

/* Its values point into the bytes given to request_parse(). */
struct request {
  enum stage stage;
  struct mail mail;         /* user: sasl_username; ip: client_address; the sender's domain
                               lower-cased; at DATA and later a recipient only where there
                               is one                                              */
  struct value instance;    /* the same for all requests about one message        */
  uint64_t recipient_count; /* 0 before DATA                                    */
  uint64_t size_bytes;      /* declared by the client; counted at END-OF-MESSAGE */
};

/* Length of the first request in `bytes` with its empty line, or 0: not complete.
 * `from`: how many bytes an earlier call has seen without finding an end. */
size_t request_length(const char *bytes, size_t length, size_t from);

/* Read a complete request.  Returns NULL, or what is wrong with it: a line without
 * '=', a NUL, an attribute that is used here given twice or not a number where one
 * is due, another protocol.  Lower-cases the sender's domain in place. */
const char *request_parse(char *bytes, size_t length, struct request *request);

#endif
