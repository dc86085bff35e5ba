/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int wi_fault(struct weir_fault *fault, int error, int system, const char *format, ...)
{
  va_list arguments;

  if (fault == NULL)
    return error;
  memset(fault, 0, sizeof *fault);
  fault->error = error;
  fault->system = system;
  va_start(arguments, format);
  (void)vsnprintf(fault->text, sizeof fault->text, format, arguments);
  va_end(arguments);
  for (char *at = fault->text; *at != '\0'; at++)
    if ((unsigned char)*at < ' ' || *at == 0x7f)
      *at = '?'; /* a path may hold anything; a fault is one line */
  return error;
}

WI_PUBLIC const char *weir_strerror(int error)
{
  switch (error) {
  case WEIR_OK:
    return "no error";
  case WEIR_E_ARGUMENT:
    return "invalid argument";
  case WEIR_E_POLICY:
    return "no such policy";
  case WEIR_E_ATTRIBUTE:
    return "the request lacks an attribute that a limit counts by";
  case WEIR_E_UNIT:
    return "the request lacks a number that a limit counts";
  case WEIR_E_SYNTAX:
    return "mistake in the policy";
  case WEIR_E_CAPACITY:
    return "too many policies, limits or keys";
  case WEIR_E_NO_TABLE:
    return "no such table";
  case WEIR_E_EXISTS:
    return "exists already";
  case WEIR_E_PERMISSION:
    return "no permission";
  case WEIR_E_UNSAFE:
    return "not a safe file";
  case WEIR_E_FORMAT:
    return "not a weir table";
  case WEIR_E_VERSION:
    return "a table of another format";
  case WEIR_E_FINGERPRINT:
    return "a table of another architecture or layout";
  case WEIR_E_CORRUPT:
    return "damaged table";
  case WEIR_E_SPACE:
    return "no space";
  case WEIR_E_BUSY:
    return "another apply is under way";
  case WEIR_E_SYSTEM:
    return "system call failed";
  case WEIR_E_RANGE:
    return "out of range";
  case WEIR_E_SIGNAL:
    return "no score of the policy listens to that signal";
  case WEIR_E_RETIRED:
    return "replaced by a larger table";
  default:
    return "unknown error";
  }
}
