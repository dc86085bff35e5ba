/* SPDX-License-Identifier: BSD-2-Clause
 * What would have become of one user's messages. */
#include "sim_log.h"

/* The first time that something did not pass, or would not have from then on. */
static void stop(struct sim_tally *tally, uint64_t at_ns)
{
  if (tally->stopped)
    return;
  tally->stopped = true;
  tally->stopped_ns = at_ns;
  tally->passed_before = tally->passed;
}

void sim_tally_message(struct sim_tally *tally, uint64_t at_ns, uint64_t recipients,
                       const struct sim_verdict *verdict)
{
  if (tally->messages++ == 0)
    tally->first_ns = at_ns;
  if (!verdict)
    return;
  switch (verdict->outcome) {
  case SIM_DENIED:
    stop(tally, at_ns);
    tally->denied++;
    if (!tally->denied_by) {
      tally->denied_ns = at_ns;
      tally->denied_by = verdict->limit;
    }
    break;
  case SIM_BLOCKED:
    stop(tally, at_ns);
    tally->refused++;
    break;
  case SIM_ALLOWED:
  case SIM_OK:
  case SIM_ERROR:
    tally->passed++;
    tally->recipients += recipients;
    break;
  }
}

void sim_tally_block(struct sim_tally *tally, uint64_t at_ns, uint64_t until_ns, const char *by)
{
  stop(tally, at_ns);
  if (tally->blocks == 0) {
    tally->blocked_ns = at_ns;
    tally->blocked_by = by;
  }
  if (tally->blocks == 0 || tally->until_ns <= at_ns)
    tally->blocks++;
  if (until_ns > tally->until_ns)
    tally->until_ns = until_ns;
}
