/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A policy for a clock that runs faster: each duration divided, of limits and of what follows
 * a denial, so that "30 messages / 1m" by 60 is "30 messages / 1000000000ns".
 */
#ifndef INCIDENT_SCALE_H
#define INCIDENT_SCALE_H

#include <stddef.h>

/* Returns the new text, to be freed, or NULL: then *wrong is the line with a
 * duration that is none, or 0 without memory.  Statements without durations are copied. */
char *scale_policy(const char *text, unsigned divisor, unsigned *wrong);

#endif
