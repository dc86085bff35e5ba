/* SPDX-License-Identifier: BSD-2-Clause
 * What is logged where weir cannot decide: once a second, with how often in between.
 * Any thread. */
#ifndef DAEMON_FAULT_H
#define DAEMON_FAULT_H

#include "table.h"

struct fault {
  uint64_t quiet_until_ms;
  uint64_t unlogged; /* since the last line                                      */
};

void fault_log(struct fault *fault, const struct table *table, const char *policy,
               const char *why, const char *answered);

#endif
