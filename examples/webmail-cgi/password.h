/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The file $WEIR_USERS: a line "USER:HASH" a user, the hash as crypt(5) has it.
 */
#ifndef WEBMAIL_PASSWORD_H
#define WEBMAIL_PASSWORD_H

/* Whether users sign in here. */
int password_is_set(void);

/* 1: the user's password; 0: not, or there is no such user, which takes as long; -1 with errno:
 * the file cannot be read. */
int password_check(const char *user, const char *password);

#endif
