/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/fail.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bench_fail(const char *format, ...)
{
  va_list arguments;

  va_start(arguments, format);
  fputs("bench: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  exit(1);
}

void *bench_allocate(size_t length_bytes)
{
  void *bytes = aligned_alloc(128, (length_bytes + 127) / 128 * 128);

  if (bytes == NULL)
    bench_fail("no memory for %zu bytes", length_bytes);
  memset(bytes, 0, length_bytes);
  return bytes;
}
