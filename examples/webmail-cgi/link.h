/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A connection on which nothing is waited for longer than somebody in front of a page waits.
 */
#ifndef WEBMAIL_LINK_H
#define WEBMAIL_LINK_H

#include <stddef.h>

struct link {
  int file;
  unsigned patience_s; /* of each call, however many bytes it is about            */
  char buffer[4096];   /* what has arrived and was not read                       */
  size_t at, bytes;
};

/* place: host:port, [address]:port, or the path of a socket.  Each returns 0, or -1 with errno:
 * ETIMEDOUT, ECONNRESET where the other side has ended it, EINVAL where place is none. */
int link_open(struct link *link, const char *place, unsigned patience_s);
int link_write(struct link *link, const void *bytes, size_t count);

/* A line without its end, CRLF or LF; of a longer one than fits the rest is EMSGSIZE. */
int link_line(struct link *link, char *line, size_t line_bytes);

void link_close(struct link *link);

#endif
