/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The To line, split into the addresses of an envelope.
 */
#ifndef WEBMAIL_RECIPIENTS_H
#define WEBMAIL_RECIPIENTS_H

#include <stddef.h>

#define RECIPIENTS_MAX 1000

struct recipients {
  char *text;           /* owned: a copy of the line, a NUL after each address          */
  const char **address; /* owned: count pointers into text                        */
  size_t count;
  const char *wrong; /* the first that is no address, or NULL; points into text   */
};

enum recipients_result {
  RECIPIENTS_OK,
  RECIPIENTS_NONE,
  RECIPIENTS_WRONG, /* see wrong                                                  */
  RECIPIENTS_TOO_MANY,
  RECIPIENTS_NO_MEMORY
};

/* Split at commas; recipients_free() in any case. */
enum recipients_result recipients_read(struct recipients *recipients, const char *line);
void recipients_free(struct recipients *recipients);

#endif
