/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A policy for a clock that runs faster: each limit's duration divided, so that
 * "30 messages / 1m" by 60 is "30 messages / 1000000000ns".
 */
#ifndef INCIDENT_SCALE_H
#define INCIDENT_SCALE_H

#include <stddef.h>

/* Returns the new text, to be freed, or NULL: then *wrong is the line that has no
 * duration, or 0 without memory.  Statements other than `limit` are copied. */
char *scale_policy(const char *text, unsigned divisor, unsigned *wrong);

#endif
