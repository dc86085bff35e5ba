/* SPDX-License-Identifier: BSD-2-Clause */
#include "fault.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>

#include "log.h"

#define FAULT_LOG_MS 1000

static pthread_mutex_t counting = PTHREAD_MUTEX_INITIALIZER;

/* Returns whether it is time for a line, and how many were left out before it. */
static bool is_due(struct fault *fault, uint64_t *unlogged)
{
  pthread_mutex_lock(&counting);
  uint64_t now_ms = clock_ms();
  bool due = now_ms >= fault->quiet_until_ms;
  *unlogged = fault->unlogged;
  fault->unlogged = due ? 0 : fault->unlogged + 1;
  if (due)
    fault->quiet_until_ms = now_ms + FAULT_LOG_MS;
  pthread_mutex_unlock(&counting);
  return due;
}

void fault_log(struct fault *fault, const struct table *table, const char *policy,
               const char *why, const char *answered)
{
  uint64_t unlogged;
  if (!is_due(fault, &unlogged))
    return;
  char before[64] = "";
  if (unlogged > 0)
    snprintf(before, sizeof(before), " (and %llu since the last such line)",
             (unsigned long long)unlogged);
  log_line(LOG_WARNING, "cannot decide by policy %s of table %s: %s; answered %s%s", policy,
           table->path, why, answered, before);
}
