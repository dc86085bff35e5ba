/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The folder $WEIR_STATE: small files, each whole or not there, which nobody else may read.
 */
#ifndef WEBMAIL_STATE_H
#define WEBMAIL_STATE_H

#include <stddef.h>

#define STATE_FILE_MAX_BYTES 4096
#define STATE_NAME_BYTES 260 /* with its NUL: of a user, two digits a byte          */

/* Whether there is one. */
int state_is_set(void);

/* A sub-folder, made on first use, as a descriptor.  -1 with errno: EPERM where it is another
 * user's, or others may write to it. */
int state_folder(const char *name);

/* Some text as a file's name: whatever it is, it is one name, and not another text's. */
void state_name(const char *text, char name[STATE_NAME_BYTES]);

/* Put in the place of what is there: killed at any moment, it is one or the other.  0, or -1. */
int state_write(int folder, const char *name, const char *text, size_t bytes);

/* Read a whole file, and end it with a NUL.  Its bytes; -1 with errno: ENOENT; EINVAL where it is
 * no file, or has more than STATE_FILE_MAX_BYTES. */
long state_read(int folder, const char *name, char text[STATE_FILE_MAX_BYTES + 1]);

#endif
