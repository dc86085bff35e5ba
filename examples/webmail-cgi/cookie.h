/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The cookie that holds a session's id (RFC 6265).  Over HTTPS its name begins with __Host-, which
 * no other host of the domain and no plain connection can set.
 */
#ifndef WEBMAIL_COOKIE_H
#define WEBMAIL_COOKIE_H

#include "token.h"

#define COOKIE_VALUE_BYTES 160

/* The id that the browser has; empty where it has none. */
void cookie_read(char id[TOKEN_BYTES]);

/* The value of the response's Set-Cookie; of "" one that takes it away. */
void cookie_write(char value[COOKIE_VALUE_BYTES], const char *id);

#endif
