/* SPDX-License-Identifier: BSD-2-Clause
 * One request of nginx's mail proxy (ngx_mail_auth_http_module): a GET whose headers say who
 * wants what.  Pure functions on the bytes received. */
#ifndef AUTH_REQUEST_H
#define AUTH_REQUEST_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

enum method {
  METHOD_OTHER, /* apop, cram-md5, external: no password comes with them        */
  METHOD_PLAIN, /* AUTH PLAIN and LOGIN, USER/PASS, IMAP's LOGIN                 */
  METHOD_NONE   /* smtp_auth none: asked at the first RCPT                       */
};

enum protocol { PROTOCOL_SMTP, PROTOCOL_IMAP, PROTOCOL_POP3, PROTOCOLS };

/* A value: it points into the bytes given to request_parse().  NULL where absent. */
struct value {
  const char *bytes;
  size_t length;
};

struct request {
  enum method method;
  enum protocol protocol;
  struct value key;       /* X-Auth-Key                                          */
  struct value user;      /* decoded: any bytes                                   */
  struct value password;  /* likewise                                             */
  struct value sender;    /* with METHOD_NONE: empty for the null sender; NULL where what
                             stands behind MAIL FROM: is no address              */
  struct value domain;    /* of the sender, in lower case                         */
  struct value recipient; /* with METHOD_NONE: NULL as the sender                  */
  uint64_t attempt;       /* of this client's connection, from 1; 0: not said      */
  char ip[INET6_ADDRSTRLEN]; /* of the client; empty: it has none                 */
};

/* Length of the request in `bytes` with its empty line, or 0: not complete.
 * `from`: how many bytes an earlier call has seen without finding an end. */
size_t request_length(const char *bytes, size_t length, size_t from);

/* Read a complete request; decodes in place.  Returns NULL, or what is wrong with it. */
const char *request_parse(char *bytes, size_t length, struct request *request);

/* The name as the protocol has it: "smtp", "imap", "pop3". */
const char *protocol_name(enum protocol protocol);

#endif
