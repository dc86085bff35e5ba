/* SPDX-License-Identifier: BSD-2-Clause */
#include "screen.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* Alternate screen, no wrapping of what is too wide, no cursor. */
static const char enter[] = "\033[?1049h\033[?7l\033[?25l\033[H\033[2J";
static const char leave[] = "\033[?25h\033[?7h\033[?1049l";

static struct termios before;
static bool has_keys; /* standard input is a terminal, and `before` is its state            */
static volatile sig_atomic_t is_open;
static volatile sig_atomic_t came; /* the signal that is to end or stop the program         */
static volatile sig_atomic_t resized;

/* Blocked but while wctl_screen_wait() waits, so that none comes between a look and the wait. */
static const int awaited[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGTSTP, SIGWINCH};
/* These come at any instruction.  SIGBUS: whoever may write the table may shorten it. */
static const int fatal[] = {SIGBUS, SIGSEGV, SIGABRT, SIGILL, SIGFPE};
static struct sigaction fatal_before[sizeof fatal / sizeof fatal[0]];

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

bool wctl_screen_is_there(void)
{
  const char *term = getenv("TERM");

  return isatty(STDOUT_FILENO) && term != NULL && *term != '\0' && strcmp(term, "dumb") != 0;
}

/* Async-signal-safe, as all that it calls. */
static void give_back(void)
{
  ssize_t written;

  if (!is_open)
    return;
  is_open = 0;
  written = write(STDOUT_FILENO, leave, sizeof leave - 1);
  (void)written;
  if (has_keys)
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

static void borrow(void)
{
  struct termios raw;

  has_keys = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &before) == 0;
  is_open = 1;
  if (has_keys) {
    raw = before;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO); /* Ctrl-C and Ctrl-Z stay signals */
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  }
  (void)fputs(enter, stdout);
  (void)fflush(stdout);
}

static void note(int signal_number)
{
  if (signal_number == SIGWINCH)
    resized = 1;
  else
    came = signal_number;
}

/* The terminal first, then what would have happened without us. */
static void give_back_and_go_on(int signal_number)
{
  give_back();
  for (size_t i = 0; i < COUNT_OF(fatal); i++)
    if (fatal[i] == signal_number)
      (void)sigaction(signal_number, &fatal_before[i], NULL);
  (void)raise(signal_number);
}

static void await(sigset_t *set)
{
  (void)sigemptyset(set);
  for (size_t i = 0; i < COUNT_OF(awaited); i++)
    (void)sigaddset(set, awaited[i]);
}

static void catch_signals(void)
{
  struct sigaction on_awaited = {.sa_handler = note};
  struct sigaction on_fatal = {.sa_handler = give_back_and_go_on};
  sigset_t set;

  await(&set);
  (void)sigprocmask(SIG_BLOCK, &set, NULL);
  for (size_t i = 0; i < COUNT_OF(awaited); i++)
    (void)sigaction(awaited[i], &on_awaited, NULL);
  for (size_t i = 0; i < COUNT_OF(fatal); i++)
    (void)sigaction(fatal[i], &on_fatal, &fatal_before[i]);
}

void wctl_screen_open(void)
{
  static bool is_ready;

  if (!is_ready) {
    (void)setvbuf(stdout, NULL, _IOFBF, 1 << 16); /* a page at a time */
    (void)atexit(give_back);
    catch_signals();
    is_ready = true;
  }
  borrow();
}

void wctl_screen_close(void)
{
  (void)fflush(stdout);
  give_back();
}

int wctl_screen_rows(void)
{
  struct winsize size;

  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : 24;
}

void wctl_screen_begin(void)
{
  (void)fputs("\033[H", stdout);
}

void wctl_screen_end_line(void)
{
  (void)fputs("\033[K\r\n", stdout);
}

void wctl_screen_end(void)
{
  (void)fputs("\033[J", stdout);
  (void)fflush(stdout);
}

/* To the background, and back. */
static enum screen_event stop(void)
{
  came = 0;
  wctl_screen_close();
  (void)raise(SIGSTOP);
  borrow();
  return SCREEN_TICK;
}

static enum screen_event event_of_signal(void)
{
  if (came == SIGTSTP)
    return stop();
  return came == SIGINT || came == SIGPIPE ? SCREEN_QUIT : SCREEN_KILLED;
}

enum screen_event wctl_screen_wait(int milliseconds, char *key)
{
  struct timespec limit = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
  struct pollfd input = {.fd = has_keys ? STDIN_FILENO : -1, .events = POLLIN};
  sigset_t none;
  int ready;

  if (ferror(stdout)) /* nobody sees it */
    return SCREEN_QUIT;
  (void)sigemptyset(&none);
  ready = ppoll(&input, 1, &limit, &none);
  if (came != 0)
    return event_of_signal();
  if (resized) {
    resized = 0;
    return SCREEN_TICK;
  }
  if (ready <= 0)
    return SCREEN_TICK;
  return read(STDIN_FILENO, key, 1) == 1 ? SCREEN_KEY : SCREEN_QUIT;
}

void wctl_screen_die(void)
{
  int signal_number = came;
  sigset_t set;

  (void)signal(signal_number, SIG_DFL);
  await(&set);
  (void)raise(signal_number);
  (void)sigprocmask(SIG_UNBLOCK, &set, NULL);
}
