/* SPDX-License-Identifier: BSD-2-Clause
 * Waiting for time, for a child and for signals at once: they are held back, and taken where
 * we wait, so that none comes between a look and a sleep. */
#include <errno.h>
#include <sys/wait.h>
#include <time.h>

#include "watch.h"

#define SECOND_NS 1000000000u

static void hold_unless_ignored(sigset_t *ends, int number)
{
  struct sigaction action;

  if (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_IGN)
    (void)sigaddset(ends, number);
}

void wctl_watch_hold(struct wctl_watch_signals *signals)
{
  struct sigaction usual = {.sa_handler = SIG_DFL};

  (void)sigemptyset(&signals->ends);
  hold_unless_ignored(&signals->ends, SIGINT);
  hold_unless_ignored(&signals->ends, SIGTERM);
  hold_unless_ignored(&signals->ends, SIGHUP);
  signals->all = signals->ends;
  (void)sigaddset(&signals->all, SIGCHLD);
  (void)sigaction(SIGCHLD, &usual, NULL); /* ignored, it would take our children's status away */
  (void)sigprocmask(SIG_BLOCK, &signals->all, &signals->before);
}

uint64_t wctl_watch_now_ns(void)
{
  struct timespec now;

  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

static struct timespec of_ns(uint64_t ns)
{
  return (struct timespec){.tv_sec = (time_t)(ns / SECOND_NS), .tv_nsec = (long)(ns % SECOND_NS)};
}

bool wctl_watch_pause(const struct wctl_watch_signals *signals, uint64_t ns)
{
  struct timespec time = of_ns(ns);

  /* EINTR: stopped and continued; then the pause is shorter, which is no harm. */
  return sigtimedwait(&signals->ends, NULL, &time) > 0;
}

enum wctl_watch_wait wctl_watch_wait(const struct wctl_watch_signals *signals, int child,
                                     uint64_t ns, int *status)
{
  uint64_t begin_ns = wctl_watch_now_ns();

  for (;;) {
    uint64_t gone_ns = wctl_watch_now_ns() - begin_ns;
    struct timespec time = of_ns(gone_ns < ns ? ns - gone_ns : 0);
    int number;

    if (waitpid(child, status, WNOHANG) == child)
      return WCTL_WAIT_ENDED;
    if (gone_ns >= ns)
      return WCTL_WAIT_TIMED_OUT;
    number = sigtimedwait(&signals->all, NULL, &time);
    if (number > 0 && number != SIGCHLD)
      return WCTL_WAIT_STOPPED;
  }
}
