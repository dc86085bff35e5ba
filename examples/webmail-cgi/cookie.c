/* SPDX-License-Identifier: BSD-2-Clause */
#include "cookie.h"
#include "environment.h"

#include <stdio.h>
#include <string.h>

static int is_secure(void)
{
  return environment_is("HTTPS", "on");
}

static const char *name(void)
{
  return is_secure() ? "__Host-webmail" : "webmail";
}

void cookie_read(char id[TOKEN_BYTES])
{
  const char *next = environment("HTTP_COOKIE");
  size_t length = strlen(name());

  *id = '\0';
  while (*next) {
    size_t bytes = strcspn(next, ";");
    if (bytes > length && strncmp(next, name(), length) == 0 && next[length] == '=' &&
        token_is(next + length + 1, bytes - length - 1)) {
      memcpy(id, next + length + 1, TOKEN_BYTES - 1);
      id[TOKEN_BYTES - 1] = '\0';
      return;
    }
    next += bytes;
    next += strspn(next, "; ");
  }
}

void cookie_write(char value[COOKIE_VALUE_BYTES], const char *id)
{
  (void)snprintf(value, COOKIE_VALUE_BYTES, "%s=%s; Path=/; HttpOnly; SameSite=Lax%s%s", name(), id,
                 is_secure() ? "; Secure" : "", *id ? "" : "; Max-Age=0");
}
