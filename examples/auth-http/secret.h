/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef AUTH_SECRET_H
#define AUTH_SECRET_H

#include <stdbool.h>
#include <stddef.h>

/* Whether both are the same, in a time that tells nothing of where they differ. */
bool secret_is(const char *secret, size_t secret_bytes, const char *given, size_t given_bytes);

/* The first line of a file, 16 to 255 printable characters.  Returns NULL, logged, where it is
 * none; lives as long as the program. */
const char *secret_read(const char *path);

#endif
