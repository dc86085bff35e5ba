/* SPDX-License-Identifier: BSD-2-Clause
 * weirctl watch: events as lines, and as commands.  One thread. */
#ifndef WCTL_WATCH_H
#define WCTL_WATCH_H

#include <signal.h>

#include "weirctl.h"

/* How many events were lost, told beside events; its time is now. */
struct wctl_watch_lost {
  uint64_t count;
  uint64_t wall_ns;
};

/* -------------------------------------------------------------- watch_line.c */

/* "2026-11-23T17:04:05.123Z"; room for WCTL_TIME_BYTES. */
#define WCTL_TIME_BYTES 40
const char *wctl_watch_time(char *text, uint64_t wall_ns);

/* The same, "lifted" for WEIR_NEVER, or `none` for 0. */
const char *wctl_watch_until(char *text, uint64_t wall_ns, const char *none);

void wctl_watch_print(const struct weir_event *event, bool as_json);
void wctl_watch_print_lost(const struct wctl_watch_lost *lost, bool as_json);

/* -------------------------------------------------------------- watch_wait.c */

/* The signals that end it, and that of a child, held back so that only the calls below see
 * them; those that whoever started us ignores stay ignored. */
struct wctl_watch_signals {
  sigset_t ends, all, before; /* before: the mask as we were given it                    */
};

void wctl_watch_hold(struct wctl_watch_signals *signals);

uint64_t wctl_watch_now_ns(void); /* CLOCK_MONOTONIC */

/* Sleep.  Returns whether a signal asked to end. */
bool wctl_watch_pause(const struct wctl_watch_signals *signals, uint64_t ns);

enum wctl_watch_wait { WCTL_WAIT_ENDED, WCTL_WAIT_TIMED_OUT, WCTL_WAIT_STOPPED };

/* Wait for a child, for so long.  WCTL_WAIT_ENDED: it has ended, with this status. */
enum wctl_watch_wait wctl_watch_wait(const struct wctl_watch_signals *signals, int child,
                                     uint64_t ns, int *status);

/* -------------------------------------------------------------- watch_exec.c */

struct wctl_watch_exec {
  const char *command; /* for sh -c                                                     */
  uint64_t within_ns;  /* what takes longer is killed                                   */
  const struct wctl_watch_signals *signals;
};

#define WCTL_EXEC_WITHIN_NS 30000000000u

/* Run the command with the event in its environment.  What goes wrong is told.  Returns whether
 * a signal asked to end. */
bool wctl_watch_run(const struct wctl_watch_exec *exec, const struct weir_event *event);
bool wctl_watch_run_lost(const struct wctl_watch_exec *exec, const struct wctl_watch_lost *lost);

#endif
