/* SPDX-License-Identifier: BSD-2-Clause
 * A terminal's whole screen, borrowed: the alternate one, given back however the program ends,
 * but by SIGKILL.  One at a time; one thread. */
#ifndef WCTL_SCREEN_H
#define WCTL_SCREEN_H

#include <stdbool.h>

enum screen_event {
  SCREEN_TICK,   /* the time is over, or the size has changed, or the program went on      */
  SCREEN_KEY,    /* *key was pressed                                                       */
  SCREEN_QUIT,   /* Ctrl-C, or nobody is at the terminal any more                         */
  SCREEN_KILLED  /* another signal that ends programs: close, then wctl_screen_die()      */
};

/* Whether standard output is a terminal that can do this. */
bool wctl_screen_is_there(void);

void wctl_screen_open(void);
void wctl_screen_close(void);

/* Rows of the terminal now. */
int wctl_screen_rows(void);

/* Begin a page at the top; end it, so that what is left of the last one is gone.  Each line
 * between, printed to standard output, ends with wctl_screen_end_line(); what is wider than the
 * terminal is not shown. */
void wctl_screen_begin(void);
void wctl_screen_end_line(void);
void wctl_screen_end(void);

enum screen_event wctl_screen_wait(int milliseconds, char *key);

/* End as the signal that came would have ended it. */
void wctl_screen_die(void);

#endif
