/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a user wants to be known by: a file a user, $WEIR_STATE/preferences/USER in hexadecimal.
 */
#ifndef WEBMAIL_PREFERENCES_H
#define WEBMAIL_PREFERENCES_H

#include "form.h"
#include "message.h"

#define PREFERENCES_NAME_BYTES 121 /* each with its NUL                        */
#define PREFERENCES_REPLY_TO_BYTES 321
#define PREFERENCES_SIGNATURE_BYTES 1001
#define PREFERENCES_SIGNATURE_LINES 12

struct preferences {
  char name[PREFERENCES_NAME_BYTES];
  char reply_to[PREFERENCES_REPLY_TO_BYTES];
  char signature[PREFERENCES_SIGNATURE_BYTES]; /* lines ended by LF, none behind the last */
};

/* What the user has chosen, or nothing where nothing was.  0, or -1 with errno. */
int preferences_read(const char *user, struct preferences *preferences);

/* What was typed, as it is to be kept.  Returns the name of the field that cannot be, with a
 * sentence in *words, or NULL. */
const char *preferences_take(struct preferences *preferences, const struct identity *typed,
                             const char **words);

/* 0, or -1 with errno: then what was kept before still is. */
int preferences_write(const char *user, const struct preferences *preferences);

struct identity preferences_identity(const struct preferences *preferences);

#endif
