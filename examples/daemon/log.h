/* SPDX-License-Identifier: BSD-2-Clause
 * One line a call, to syslog or to standard error.  Any thread, once log_open() has
 * returned. */
#ifndef DAEMON_LOG_H
#define DAEMON_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <syslog.h>

/* Lines go to syslog as of `name` and a facility such as LOG_MAIL, or with to_stderr to standard
 * error.  name must stay. */
void log_open(const char *name, int facility, bool to_stderr);

/* priority: LOG_INFO, LOG_WARNING, LOG_ERR.  A line is cut at about 1000 bytes. */
void log_line(int priority, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A value from outside in a form that cannot forge a log line: what is not
 * printable ASCII, and backslash, quote and blank, become \xHH.  At most out_bytes
 * with the NUL are written; a longer value is cut and ends with "...".
 * out_bytes is at least 8.  Returns out. */
char *log_escape(char *out, size_t out_bytes, const char *value, size_t value_bytes);

#endif
