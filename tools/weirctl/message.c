/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <string.h>

#include "weirctl.h"

/* Holds a path and a line of the library. */
#define LINE_BYTES 8192

void wctl_error(const char *format, ...)
{
  char line[LINE_BYTES], shown[LINE_BYTES];
  va_list arguments;

  va_start(arguments, format);
  (void)vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  (void)fflush(stdout);
  /* It may come from a hostile file and go to a terminal. */
  (void)fprintf(stderr, "weirctl: %s\n", wctl_shown(shown, sizeof shown, line));
}

static const char *advice(int error)
{
  switch (error) {
  case WEIR_E_NO_TABLE:
    return "expected an existing folder";
  case WEIR_E_PERMISSION:
    return "expected the right to read and write there";
  case WEIR_E_SPACE:
    return "expected room for it: a larger file system, or fewer --keys";
  case WEIR_E_VERSION:
  case WEIR_E_FINGERPRINT:
    return "expected a table of this version and machine: use the weirctl that made it, or make "
           "another with weirctl create";
  case WEIR_E_CORRUPT:
    return "expected a sound table: stop its programs, move it away and make another with weirctl "
           "create";
  case WEIR_E_BUSY:
    return "expected one at a time: try again";
  default:
    return "expected it to work: see weirctl(1)";
  }
}

void wctl_fault(const struct weir_fault *fault)
{
  if (strstr(fault->text, "expected"))
    wctl_error("%s", fault->text);
  else
    wctl_error("%s, %s", fault->text, advice(fault->error));
}

void wctl_complain(void *context, const char *line)
{
  if (context)
    ++*(int *)context;
  wctl_error("%s", line);
}

int wctl_status_of(int error)
{
  switch (error) {
  case WEIR_OK:
    return WCTL_DONE;
  case WEIR_E_POLICY:
  case WEIR_E_ATTRIBUTE:
  case WEIR_E_UNIT:
  case WEIR_E_SYNTAX:
  case WEIR_E_CAPACITY:
    return WCTL_INPUT;
  case WEIR_E_RANGE:
    return WCTL_USAGE;
  case WEIR_E_NO_TABLE:
  case WEIR_E_EXISTS:
  case WEIR_E_PERMISSION:
  case WEIR_E_UNSAFE:
  case WEIR_E_FORMAT:
  case WEIR_E_VERSION:
  case WEIR_E_FINGERPRINT:
  case WEIR_E_CORRUPT:
  case WEIR_E_SPACE:
  case WEIR_E_BUSY:
  case WEIR_E_RETIRED:
    return WCTL_UNAVAILABLE;
  default:
    return WCTL_INTERNAL;
  }
}
