/* SPDX-License-Identifier: BSD-2-Clause
 * A command once an event.  What an event says comes from whoever sends mail: it goes into the
 * environment alone, never into the command's text. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "request.h"
#include "watch.h"

#define PREFIX "WEIR_"
#define GRACE_NS 1000000000u /* between being asked to end and being made to            */

extern char **environ;

/* --------------------------------------------------------------- environment -- */
/* All of it in the child: the next one begins with our own again. */

static void set_number(const char *name, uint64_t value)
{
  char text[24];

  (void)snprintf(text, sizeof text, "%" PRIu64, value);
  (void)setenv(name, text, 1);
}

/* What we were started with under such names would be taken for the event's. */
static void forget_prefixed(void)
{
  for (size_t i = 0; environ && environ[i];) {
    const char *end = strchr(environ[i], '=');
    char name[256];

    if (!end || strncmp(environ[i], PREFIX, strlen(PREFIX)) != 0 ||
        (size_t)(end - environ[i]) >= sizeof name) {
      i++;
      continue;
    }
    memcpy(name, environ[i], (size_t)(end - environ[i]));
    name[end - environ[i]] = '\0';
    if (unsetenv(name) != 0)
      i++;
  }
}

/* A NUL would cut it off, and scripts take a value for one line. */
static bool is_one_line(const struct weir_attribute *attribute)
{
  const unsigned char *value = attribute->value;

  for (size_t i = 0; i < attribute->value_bytes; i++)
    if (iscntrl(value[i]))
      return false;
  return true;
}

static void set_attribute(const struct weir_attribute *attribute)
{
  char name[sizeof PREFIX + WEIR_NAME_BYTES] = PREFIX;
  size_t at = strlen(PREFIX);

  for (const char *from = attribute->name; *from != '\0'; from++) {
    if (!isalnum((unsigned char)*from) && *from != '_')
      return; /* no name of a variable */
    name[at++] = (char)toupper((unsigned char)*from);
  }
  name[at] = '\0';
  if (is_one_line(attribute))
    (void)setenv(name, attribute->value, 1);
}

/* What is nearly as long as it may be may be cut off, with an ellipsis or without, whole characters
 * of up to 4 bytes: its last value may be the name of somebody else. */
#define WHOLE_BYTES_MAX (WEIR_PRINCIPAL_BYTES - 5)

static void set_attributes(const char *principal)
{
  static struct wctl_request request;
  char complaint[WCTL_REQUEST_ERROR_BYTES];
  size_t bytes = strlen(principal), count;

  if (wctl_request_parse(principal, bytes, &request, complaint, sizeof complaint) != 0)
    return; /* WEIR_PRINCIPAL says it as it is */
  count = request.request.attribute_count;
  if (count > 0 && bytes > WHOLE_BYTES_MAX)
    count--;
  for (size_t i = 0; i < count; i++)
    set_attribute(&request.attributes[i]);
}

static void set_event(const struct weir_event *event, const struct wctl_watch_lost *lost)
{
  static const struct weir_event nothing;
  char at[WCTL_TIME_BYTES], until[WCTL_TIME_BYTES];
  const struct weir_event *told = event ? event : &nothing;
  const char *table = wctl_table_path(); /* which may be from the environment, and stays there */

  forget_prefixed();
  set_attributes(told->principal);
  (void)setenv("WEIR_TABLE", table, 1); /* after them: these names are ours */
  (void)setenv("WEIR_EVENT", event ? weir_event_name(event->kind) : "lost", 1);
  (void)setenv("WEIR_TIME", wctl_watch_time(at, event ? event->wall_ns : lost->wall_ns), 1);
  (void)setenv("WEIR_UNTIL", wctl_watch_until(until, told->until_wall_ns, ""), 1);
  (void)setenv("WEIR_PRINCIPAL", told->principal, 1);
  (void)setenv("WEIR_LIMIT", told->limit, 1);
  (void)setenv("WEIR_REASON", told->reason, 1);
  (void)setenv("WEIR_BY", told->by, 1);
  set_number("WEIR_NUMBER", told->number);
  set_number("WEIR_LEVEL", told->level);
  set_number("WEIR_AMOUNT", told->amount);
  set_number("WEIR_LOST", event ? 0 : lost->count);
}

/* ------------------------------------------------------------------- running -- */

_Noreturn static void become(const struct wctl_watch_exec *exec, const struct weir_event *event,
                             const struct wctl_watch_lost *lost)
{
  int nothing = open("/dev/null", O_RDONLY);

  (void)setpgid(0, 0);
  if (nothing >= 0)
    (void)dup2(nothing, STDIN_FILENO); /* ours is not for each command to take a bite of */
  if (nothing > STDIN_FILENO)
    (void)close(nothing);
  set_event(event, lost);
  (void)sigprocmask(SIG_SETMASK, &exec->signals->before, NULL);
  (void)execl("/bin/sh", "sh", "-c", exec->command, (char *)NULL);
  _exit(127);
}

/* The command and what it has started, first asked, then made to. */
static void end_group(const struct wctl_watch_exec *exec, pid_t child)
{
  int status;

  (void)kill(-child, SIGTERM);
  (void)kill(-child, SIGCONT); /* a stopped one cannot end */
  if (wctl_watch_wait(exec->signals, child, GRACE_NS, &status) == WCTL_WAIT_ENDED)
    return;
  (void)kill(-child, SIGKILL);
  (void)waitpid(child, &status, 0);
}

/* "event 12", "lost events". */
static const char *what_was_told(const struct weir_event *event)
{
  static char text[40];

  if (!event)
    return "lost events";
  (void)snprintf(text, sizeof text, "event %" PRIu64, event->number);
  return text;
}

static void tell_end(const char *what, int status)
{
  if (WIFSIGNALED(status))
    wctl_error("%s: the command was ended by signal %d, expected status 0", what, WTERMSIG(status));
  else if (WEXITSTATUS(status) != 0)
    wctl_error("%s: the command ended with status %d, expected 0", what, WEXITSTATUS(status));
}

static bool run(const struct wctl_watch_exec *exec, const struct weir_event *event,
                const struct wctl_watch_lost *lost)
{
  const char *what = what_was_told(event);
  char within[WCTL_DURATION_BYTES];
  pid_t child = fork();
  int status = 0;

  if (child == 0)
    become(exec, event, lost);
  if (child < 0) {
    wctl_error("%s: cannot start the command: %s, expected room for a process", what,
               strerror(errno));
    return false;
  }
  (void)setpgid(child, child); /* it does so too: whoever comes first */
  switch (wctl_watch_wait(exec->signals, child, exec->within_ns, &status)) {
  case WCTL_WAIT_ENDED:
    tell_end(what, status);
    return false;
  case WCTL_WAIT_TIMED_OUT:
    end_group(exec, child);
    wctl_error("%s: the command ran longer than %s and was killed, expected it to end, or a longer "
               "--exec-within",
               what, wctl_duration(within, exec->within_ns));
    return false;
  case WCTL_WAIT_STOPPED:
    break;
  }
  end_group(exec, child);
  return true;
}

bool wctl_watch_run(const struct wctl_watch_exec *exec, const struct weir_event *event)
{
  return run(exec, event, NULL);
}

bool wctl_watch_run_lost(const struct wctl_watch_exec *exec, const struct wctl_watch_lost *lost)
{
  return run(exec, NULL, lost);
}
