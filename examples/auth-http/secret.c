/* SPDX-License-Identifier: BSD-2-Clause */
#include "secret.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/log.h"

enum { SECRET_BYTES_MIN = 16, SECRET_BYTES_MAX = 255 };

bool secret_is(const char *secret, size_t secret_bytes, const char *given, size_t given_bytes)
{
  volatile unsigned char differ = secret_bytes != given_bytes || secret_bytes == 0;
  for (size_t i = 0; i < given_bytes && secret_bytes > 0; i++)
    differ = (unsigned char)(differ | (secret[i % secret_bytes] ^ given[i]));
  return differ == 0;
}

const char *secret_read(const char *path)
{
  static char line[SECRET_BYTES_MAX + 2];
  FILE *file = fopen(path, "re");
  if (file == NULL) {
    log_line(LOG_ERR, "%s: %s", path, strerror(errno));
    return NULL;
  }
  bool is_read = fgets(line, sizeof(line), file) != NULL;
  fclose(file);
  size_t length = is_read ? strcspn(line, "\n") : 0;
  bool is_ended = is_read && line[length] == '\n';
  line[length] = '\0';
  bool is_printable = true;
  for (size_t i = 0; i < length; i++)
    is_printable = is_printable && line[i] > ' ' && line[i] < 0x7f;
  if ((is_ended || length <= SECRET_BYTES_MAX) && length >= SECRET_BYTES_MIN && is_printable)
    return line;
  log_line(LOG_ERR, "%s: expected a first line of %d to %d printable characters without a blank",
           path, SECRET_BYTES_MIN, SECRET_BYTES_MAX);
  return NULL;
}
