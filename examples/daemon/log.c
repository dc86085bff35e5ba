/* SPDX-License-Identifier: BSD-2-Clause */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>

#define LINE_BYTES 1024

static const char *log_name = "weir";
static bool log_to_stderr;

void log_open(const char *name, int facility, bool to_stderr)
{
  log_name = name;
  log_to_stderr = to_stderr;
  if (!to_stderr)
    openlog(name, LOG_PID | LOG_NDELAY, facility);
}

void log_line(int priority, const char *format, ...)
{
  char line[LINE_BYTES];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(line, sizeof(line), format, arguments);
  va_end(arguments);
  if (log_to_stderr)
    fprintf(stderr, "%s: %s\n", log_name, line);
  else
    syslog(priority, "%s", line);
}

char *log_escape(char *out, size_t out_bytes, const char *value, size_t value_bytes)
{
  static const char digits[] = "0123456789abcdef";
  size_t used = 0;
  for (size_t i = 0; i < value_bytes; i++) {
    unsigned char c = (unsigned char)value[i];
    if (used + 8 > out_bytes) { /* \xHH, "..." and the NUL */
      for (int dot = 0; dot < 3; dot++)
        out[used++] = '.';
      break;
    }
    if (c > ' ' && c < 0x7f && c != '\\' && c != '"') {
      out[used++] = (char)c;
    } else {
      out[used++] = '\\';
      out[used++] = 'x';
      out[used++] = digits[c >> 4];
      out[used++] = digits[c & 15];
    }
  }
  out[used] = '\0';
  return out;
}
