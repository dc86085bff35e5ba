/* SPDX-License-Identifier: BSD-2-Clause
 * watch: events as they happen.  It asks ten times a second, since no writer wakes anybody. */
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "policy/policy.h"
#include "watch.h"

#define POLL_NS 100000000u

static const struct wctl_usage usage = {
    .synopsis = "watch [--exec CMD] [--json] [--since oldest] [-n N] [--for D]",
    .help = "Prints events as they happen, one a line: TIME, EVENT, PRINCIPAL, LIMIT, LEVEL,\n"
            "UNTIL, BY and REASON, with tabs between and - where there is none.  Events that\n"
            "were lost to it, since it is over 1024 behind, are a line too.\n"
            "  --exec CMD       run CMD by sh -c once an event, with the event in WEIR_EVENT,\n"
            "                   WEIR_PRINCIPAL, WEIR_USER and others: see weirctl(1)\n"
            "  --exec-within D  kill a CMD that takes longer; 30s\n"
            "  --json           one object a line\n"
            "  --since oldest   begin with what the table still holds; else with what comes\n"
            "  -n N             end after N events\n"
            "  --for D          end after a duration; 0: when what is there is told\n",
    .uses_table = true,
};

struct watch {
  struct weir_table *table;
  struct weir_events_cursor cursor;
  struct wctl_watch_signals signals;
  struct wctl_watch_exec exec; /* command NULL: none                                     */
  struct stat file;            /* that is open                                           */
  bool as_json, from_oldest, is_bounded;
  uint64_t left;             /* events, UINT64_MAX: without end                        */
  uint64_t for_ns, begin_ns; /* is_bounded                                             */
};

/* ----------------------------------------------------------------- arguments -- */

static int wrong_value(const char *option, const char *value, const char *expected)
{
  wctl_error("%s: '%s', expected %s", option, value, expected);
  return WCTL_USAGE;
}

static int read_duration(const char *option, const char *text, bool may_be_zero, uint64_t *ns)
{
  if (may_be_zero && strcmp(text, "0") == 0)
    *ns = 0;
  else if (wi_policy_duration(text, strlen(text), ns) != 0)
    return wrong_value(option, text, "a whole number and one of ns us ms s m h d, such as 1h");
  return WCTL_GO_ON;
}

static int read_count(const char *text, uint64_t *count)
{
  *count = 0;
  for (const char *at = text; *at != '\0'; at++)
    if (*at < '0' || *at > '9' || __builtin_mul_overflow(*count, 10u, count) ||
        __builtin_add_overflow(*count, (uint64_t)(*at - '0'), count))
      return wrong_value("-n", text, "a number of events from 1");
  return *count > 0 ? WCTL_GO_ON : wrong_value("-n", text, "a number of events from 1");
}

static int read_arguments(struct watch *watch, int argc, char **argv)
{
  const char *since = NULL, *count = NULL, *duration = NULL, *within = NULL;
  const struct wctl_option accepted[] = {{"--exec", NULL, &watch->exec.command},
                                         {"--exec-within", NULL, &within},
                                         {"--json", &watch->as_json, NULL},
                                         {"--since", NULL, &since},
                                         {"-n", NULL, &count},
                                         {"--for", &watch->is_bounded, &duration},
                                         {NULL, NULL, NULL}};
  int operands, status = wctl_arguments(&usage, accepted, argc, argv, &operands);

  if (status == WCTL_GO_ON && since && strcmp(since, "oldest") != 0)
    status = wrong_value("--since", since, "oldest");
  watch->from_oldest = since != NULL;
  if (status == WCTL_GO_ON && count)
    status = read_count(count, &watch->left);
  if (status == WCTL_GO_ON && duration)
    status = read_duration("--for", duration, true, &watch->for_ns);
  if (status == WCTL_GO_ON && within)
    status = read_duration("--exec-within", within, false, &watch->exec.within_ns);
  if (status == WCTL_GO_ON && watch->exec.command && *watch->exec.command == '\0')
    status = wrong_value("--exec", "", "a command for sh -c");
  return status;
}

/* -------------------------------------------------------------------- events -- */

static int wrong_table(const char *what)
{
  wctl_error("%s: %s, expected the table that is watched: run weirctl watch again",
             wctl_table_path(), what);
  return WCTL_UNAVAILABLE;
}

static int tell_lost(const struct watch *watch, uint64_t count)
{
  struct wctl_watch_lost lost = {.count = count};
  struct timespec now;

  (void)clock_gettime(CLOCK_REALTIME, &now);
  lost.wall_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
  wctl_watch_print_lost(&lost, watch->as_json);
  (void)fflush(stdout);
  return watch->exec.command && wctl_watch_run_lost(&watch->exec, &lost) ? WCTL_DONE : WCTL_GO_ON;
}

static int tell(struct watch *watch, const struct weir_event *event)
{
  wctl_watch_print(event, watch->as_json);
  (void)fflush(stdout);
  if (watch->left != UINT64_MAX)
    watch->left--;
  if (watch->exec.command && wctl_watch_run(&watch->exec, event))
    return WCTL_DONE;
  return watch->left == 0 ? WCTL_DONE : WCTL_GO_ON;
}

/* All that is there.  Returns WCTL_GO_ON, or the exit status to end with. */
static int read_events(struct watch *watch)
{
  struct weir_event event = {.size_bytes = sizeof event};
  int result, status = WCTL_GO_ON;

  do {
    uint64_t lost = 0;

    result = weir_events_next(watch->table, &watch->cursor, &event, &lost);
    if (lost > 0)
      status = tell_lost(watch, lost);
    if (result > 0 && status == WCTL_GO_ON)
      status = tell(watch, &event);
    if (status == WCTL_GO_ON && (ferror(stdout) || wctl_watch_pause(&watch->signals, 0)))
      status = WCTL_DONE; /* what could not be written is told by whoever called us */
  } while (result > 0 && status == WCTL_GO_ON);
  if (status == WCTL_GO_ON && result < 0)
    status = wrong_table(weir_strerror(result));
  return status;
}

/* Who watches a file that programs no longer open would hear nothing for ever. */
static const char *what_became_of(const struct stat *file)
{
  struct stat now;

  if (stat(wctl_table_path(), &now) != 0)
    return "the table's file is gone";
  return now.st_dev != file->st_dev || now.st_ino != file->st_ino
             ? "another table has taken its name"
             : NULL;
}

static int follow(struct watch *watch)
{
  uint64_t gone_ns = 0;
  const char *became;
  int status;

  for (;;) {
    became = what_became_of(&watch->file); /* before the look: it is the last */
    status = read_events(watch);
    if (status != WCTL_GO_ON)
      return status;
    if (became)
      return wrong_table(became);
    gone_ns = wctl_watch_now_ns() - watch->begin_ns;
    if (watch->is_bounded && gone_ns >= watch->for_ns)
      return WCTL_DONE;
    if (wctl_watch_pause(&watch->signals, watch->is_bounded && watch->for_ns - gone_ns < POLL_NS
                                              ? watch->for_ns - gone_ns
                                              : POLL_NS))
      return WCTL_DONE;
  }
}

/* The file that was there before it was opened and is there after it, is the one. */
static int open_table(struct watch *watch)
{
  int status;

  do {
    bool known = stat(wctl_table_path(), &watch->file) == 0;

    status = wctl_table_open(&watch->table);
    if (status != WCTL_DONE || (known && !what_became_of(&watch->file)))
      return status;
    weir_close(watch->table);
  } while (!wctl_watch_pause(&watch->signals, POLL_NS));
  return wrong_table("another table takes its name again and again");
}

int wctl_watch(int argc, char **argv)
{
  static struct watch watch = {.left = UINT64_MAX, .exec = {.within_ns = WCTL_EXEC_WITHIN_NS}};
  int status = read_arguments(&watch, argc, argv);

  if (status != WCTL_GO_ON)
    return status;
  wctl_watch_hold(&watch.signals);
  watch.exec.signals = &watch.signals;
  watch.begin_ns = wctl_watch_now_ns();
  status = open_table(&watch);
  if (status != WCTL_DONE)
    return status;
  status = weir_events_begin(watch.table, &watch.cursor,
                             watch.from_oldest ? WEIR_EVENTS_OLDEST : WEIR_EVENTS_NEWEST);
  status = status == WEIR_OK ? follow(&watch) : wrong_table(weir_strerror(status));
  weir_close(watch.table);
  return status;
}
