/* SPDX-License-Identifier: BSD-2-Clause
 * Who may sign in, from a file of lines NAME:HASH as htpasswd and crypt(3) have them; what is
 * behind another colon, an empty line and one that begins with # are not looked at. */
#ifndef AUTH_USERS_H
#define AUTH_USERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct user {
  const char *name;
  const char *hash;
};

struct users {
  const char *path;
  char *text;         /* what names and hashes point into                     */
  struct user *sorted; /* by name                                              */
  size_t count;
  const char *decoy;  /* a hash to try where there is no such user, to take as long     */
  struct stat file;   /* as it was read                                        */
  bool is_missed;     /* it has gone since, which has been logged                */
};

/* Read the file of users->path where it is another than was read.  Returns 0, or -1 where it
 * cannot be read or is no such file, logged: what was read before then stays. */
int users_refresh(struct users *users);

/* The hash of a user; NULL: there is none of that name, or it is locked. */
const char *users_find(const struct users *users, const char *name, size_t name_bytes);

void users_free(struct users *users);

#endif
