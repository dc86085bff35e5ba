/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The mail server's end of the spool: what the CGI has handed over is read from the
 * file while it grows, as batch SMTP, and nothing else counts as accepted.
 */
#ifndef INCIDENT_INTAKE_H
#define INCIDENT_INTAKE_H

#include <stddef.h>
#include <sys/types.h>

struct intake_message {
  char sender[160];
  unsigned recipients;
};

typedef void intake_on_message(void *context, const struct intake_message *message);

struct intake {
  const char *path;
  int file; /* -1 until the file exists                                            */
  off_t at;
  char line[1024]; /* the beginning of a line whose end has not come yet           */
  size_t line_bytes;
  int in_data;
  struct intake_message message;
};

void intake_open(struct intake *intake, const char *path);

/* Read what is new.  Returns 0, or -1 after a message. */
int intake_read(struct intake *intake, intake_on_message *on_message, void *context);

/* Returns 0, or -1 where the last record is not complete. */
int intake_close(struct intake *intake);

#endif
