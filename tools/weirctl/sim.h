/* SPDX-License-Identifier: BSD-2-Clause
 *
 * weirctl sim: a trace replayed against a policy on a virtual clock.
 *
 *   sim_lines    lines of the trace, of any length
 *   sim_event    one line: TIME OP REQUEST
 *   sim_map      byte strings to payloads
 *   sim_block    who is blocked, and until when
 *   sim_special  members, exemptions, reachable values
 *   sim_values   the distinct values that a principal has used
 *   sim_guard    denials and scores, and what they trip
 *   sim_ask      which limits of which principals an event is about
 *   sim_decide   take, peek, refund and reset
 *   sim_lift     block, unblock and signal
 *   sim_engine   policies, and which operation an event is
 *   sim_row      what is printed of an event
 *   sim_summary  what is printed at the end
 *   sim          the command
 *
 * Decided by limit/exact.h, without a table: no rounding, no full groups.  Memory grows
 * with the principals and their distinct values, not with the events.  One thread.
 */
#ifndef WCTL_SIM_H
#define WCTL_SIM_H

#include <stdio.h>

#include "log.h"
#include "sim_engine.h"
#include "sim_event.h"
#include "weirctl.h"

/* --------------------------------------------------------------------- options */

struct sim_options {
  const char *policy_path;
  const char *trace;      /* where there is no log                                     */
  struct log_choice logs; /* none: a trace                                             */
  const char *policy;     /* NULL: the file's only one                                 */
  const char *spam;       /* a list of users, or NULL                                  */
  uint64_t rows_max;      /* of each list                                              */
  bool whole_ns;
  bool quiet;
  bool json;
  bool rows;
};

/* Returns WCTL_GO_ON, or the exit status to end with. */
int sim_options_read(int argc, char **argv, struct sim_options *options);

/* Takes set over.  Returns the exit status. */
int sim_log_run(const struct sim_options *options, struct wi_policy_set *set);

/* ----------------------------------------------------------------------- lines */

struct sim_lines {
  int descriptor;
  char *buffer;
  size_t room;
  size_t begin; /* of what is not yet given out                                     */
  size_t end;
  bool ended;
};

/* The next line without its newline and one carriage return before that; it stays until
 * the next call.  Returns 1; 0 at the end; -1 with errno. */
int sim_lines_next(struct sim_lines *lines, const char **line, size_t *bytes);
void sim_lines_free(struct sim_lines *lines);

/* --------------------------------------------------------------- what is printed */

void sim_row_print(const struct sim_event *event, const struct sim_verdict *verdict, bool json);

struct sim_totals {
  uint64_t events;
  uint64_t outcomes[SIM_ERROR + 1];
};

/* On standard error.  Returns 0, or -1 where memory is short. */
int sim_summary_print(const struct sim_engine *engine, const struct sim_totals *totals,
                      bool json);

#endif
