/* SPDX-License-Identifier: BSD-2-Clause */
#include "fault.h"

#include <stdio.h>

#include "log.h"

#define FAULT_LOG_MS 1000

void fault_log(struct fault *fault, const struct table *table, const char *policy,
               const char *why, const char *answered)
{
  uint64_t now_ms = clock_ms();
  if (now_ms < fault->quiet_until_ms) {
    fault->unlogged++;
    return;
  }
  char before[64] = "";
  if (fault->unlogged > 0)
    snprintf(before, sizeof(before), " (and %llu since the last such line)",
             (unsigned long long)fault->unlogged);
  log_line(LOG_WARNING, "cannot decide by policy %s of table %s: %s; answered %s%s", policy,
           table->path, why, answered, before);
  fault->unlogged = 0;
  fault->quiet_until_ms = now_ms + FAULT_LOG_MS;
}
