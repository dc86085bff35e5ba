/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Handing a mail to the mail server: appended to the file named by $WEIR_SPOOL.
 */
#ifndef WEBMAIL_SPOOL_H
#define WEBMAIL_SPOOL_H

#include <stddef.h>

/* Append one record with one write(), which the kernel keeps whole between processes
 * on a local file.  Returns 0, or -1 with errno; nothing is then to be believed of the
 * record. */
int spool_append(const char *path, const char *record, size_t bytes);

#endif
