/* SPDX-License-Identifier: BSD-2-Clause */
#include "password.h"
#include "environment.h"
#include "token.h"

#include <crypt.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HASH_BYTES 512

int password_is_set(void)
{
  return *environment("WEIR_USERS") != '\0';
}

/* A hash that somebody can sign in by: an account is locked by a '!' or '*' in front of its own. */
static const char *hash_in(char *line)
{
  char *hash = strchr(line, ':');

  line[strcspn(line, "\r\n")] = '\0';
  if (!hash || hash == line || *line == '#' || !hash[1] || strchr("!*", hash[1]) ||
      strlen(hash + 1) >= HASH_BYTES)
    return NULL;
  return hash + 1;
}

/* The user's hash, or that of the first other user: a password for nobody is tried with what one
 * for somebody costs.  All lines are read, wherever the user stands. */
static int find_hash(FILE *file, const char *user, char hash[HASH_BYTES])
{
  size_t length = strlen(user), room = 0;
  char *line = NULL;
  int found = 0;

  *hash = '\0';
  while (getline(&line, &room, file) > 0) {
    const char *each = hash_in(line);
    int is_it = each && (size_t)(each - 1 - line) == length && memcmp(line, user, length) == 0;

    if (each && !found && (is_it || !*hash))
      (void)snprintf(hash, HASH_BYTES, "%s", each);
    found |= is_it;
  }
  free(line);
  return found;
}

/* What crypt() cannot do, it says by a '*'. */
static int matches(const char *password, const char *hash)
{
  struct crypt_data *data = calloc(1, sizeof *data);
  const char *made = data ? crypt_r(password, hash, data) : NULL;
  int equal = made && *made != '*' && *made != '\0' && token_equal(made, hash);

  if (data)
    explicit_bzero(data, sizeof *data);
  free(data);
  return equal;
}

int password_check(const char *user, const char *password)
{
  FILE *file = fopen(environment("WEIR_USERS"), "re");
  char hash[HASH_BYTES];
  int found, equal;

  if (!file)
    return -1;
  found = find_hash(file, user, hash);
  if (ferror(file)) {
    (void)fclose(file);
    errno = EIO;
    return -1;
  }
  (void)fclose(file);
  equal = matches(password, hash);
  return found && equal;
}
