/* SPDX-License-Identifier: BSD-2-Clause */
#include "token.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

static const char digits[] = "0123456789abcdef";

int token_make(char token[TOKEN_BYTES])
{
  unsigned char bits[(TOKEN_BYTES - 1) / 2];
  ssize_t got;

  do
    got = getrandom(bits, sizeof bits, 0);
  while (got < 0 && errno == EINTR);
  if (got != (ssize_t)sizeof bits)
    return -1;
  for (size_t i = 0; i < sizeof bits; i++) {
    token[2 * i] = digits[bits[i] >> 4];
    token[2 * i + 1] = digits[bits[i] & 15];
  }
  token[TOKEN_BYTES - 1] = '\0';
  return 0;
}

int token_is(const char *text, size_t bytes)
{
  return bytes == TOKEN_BYTES - 1 && strspn(text, digits) >= bytes;
}

int token_equal(const char *a, const char *b)
{
  size_t length = strlen(a);
  volatile unsigned char difference = 0;

  if (length != strlen(b))
    return 0;
  for (size_t i = 0; i < length; i++)
    difference = (unsigned char)(difference | (a[i] ^ b[i]));
  return difference == 0;
}
