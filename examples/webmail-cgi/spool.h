/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Handing a mail to the mail server by a file: appended as the client's side of an SMTP dialogue
 * (batch SMTP, RFC 2442).
 */
#ifndef WEBMAIL_SPOOL_H
#define WEBMAIL_SPOOL_H

#include "message.h"

/* Append one record with one write(), which the kernel keeps whole between processes
 * on a local file.  Returns 0, or -1 with errno; nothing is then to be believed of the
 * record. */
int spool_append(const char *path, const struct mail *mail);

#endif
