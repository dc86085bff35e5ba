/* SPDX-License-Identifier: BSD-2-Clause
 * Which subcommand runs, and what is the same for all: the table's path, --help. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "weirctl.h"

struct command {
  const char *name;
  int (*run)(int argc, char **argv); /* NULL: of a later version                    */
  const char *summary;               /* of a later version: what to do today        */
};

static const struct command commands[] = {
    {"create", wctl_create, "make a table"},
    {"apply", wctl_apply, "replace the policies of a live table"},
    {"check", wctl_check, "say what is wrong with a policy file, or what it means"},
    {"take", wctl_take, "one decision; exit status 0 allow, 1 deny, 2 block"},
    {"peek", wctl_peek, "the same, and nothing is charged"},
    {"refund", wctl_refund, "give back what an earlier take charged"},
    {"block", wctl_block, "kill switch: refuse somebody from the next decision on"},
    {"unblock", wctl_unblock, "lift that, and forget what was counted"},
    {"blocks", wctl_blocks, "who is blocked, since, until, why, by whom"},
    {"switch", wctl_switch, "the whole table: normal, deny-all or allow-all"},
    {"why", wctl_why, "everything known of somebody: limits, block, denials"},
    {"top", wctl_top, "who is denied most, or has used most"},
    {"signal", wctl_signal, "tell the scores of a policy what was seen of somebody"},
    {"member", wctl_member, "make somebody a member of a class, or of none"},
    {"stats", wctl_stats, "counters and occupancy"},
    {"watch", wctl_watch, "events as they happen, and a command for each"},
    {"verify", wctl_verify, "check a table file; changes nothing"},
    {"sim", wctl_sim, "replay a trace or mail logs against a policy; needs no table"},
    {"plan", wctl_plan, "table size, processors and refusals, from users or a mail log"},
    {"grow", NULL, "create anew: counts are lost"},
};

#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

static void print_help(void)
{
  printf("weirctl [-t TABLE] SUBCOMMAND [ARGUMENT...]\n\n");
  for (size_t i = 0; i < COMMAND_COUNT; i++)
    if (commands[i].run)
      printf("  %-8s  %s\n", commands[i].name, commands[i].summary);
  printf("\nTABLE is $WEIR_TABLE, or %s, where it is not given.\n"
         "weirctl SUBCOMMAND --help says more of each, weirctl(1) everything.\n"
         "Exit status: 0 done or allow, 1 deny, 2 block, 64 usage, 65 bad input,\n"
         "69 table unavailable, 70 internal.\n",
         WEIR_DEFAULT_TABLE);
}

/* "create, apply, …", for messages. */
static const char *command_list(void)
{
  static char list[256];
  size_t bytes = 0;

  for (size_t i = 0; i < COMMAND_COUNT; i++)
    if (commands[i].run && bytes < sizeof list)
      bytes += (size_t)snprintf(list + bytes, sizeof list - bytes, "%s%s", i ? ", " : "",
                                commands[i].name);
  return list;
}

/* One line either way; --help is an answer, all else a mistake. */
static int later_command(const struct command *command, int argc, char **argv)
{
  for (int i = 1; i < argc; i++)
    if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
      printf("%s comes with a later version; today: %s\n", command->name, command->summary);
      return WCTL_DONE;
    }
  wctl_error("'%s' comes with a later version, expected today: %s", command->name,
             command->summary);
  return WCTL_USAGE;
}

static int run_command(int argc, char **argv);

/* weirctl help, weirctl help SUBCOMMAND. */
static int run_help(int argc, char **argv)
{
  char option[] = "--help";
  char *arguments[] = {argc > 1 ? argv[1] : NULL, option, NULL};

  if (argc > 1 && strcmp(argv[1], "help") != 0)
    return run_command(2, arguments);
  print_help();
  return WCTL_DONE;
}

static int run_command(int argc, char **argv)
{
  if (strcmp(argv[0], "help") == 0)
    return run_help(argc, argv);
  for (size_t i = 0; i < COMMAND_COUNT; i++) {
    if (strcmp(commands[i].name, argv[0]) != 0)
      continue;
    if (commands[i].run)
      return commands[i].run(argc, argv);
    return later_command(&commands[i], argc, argv);
  }
  wctl_error("unknown subcommand '%s', expected one of %s", argv[0], command_list());
  return WCTL_USAGE;
}

/* The options before the subcommand.  Returns WCTL_GO_ON with *at behind them. */
static int read_options(int argc, char **argv, int *at)
{
  for (*at = 1; *at < argc && argv[*at][0] == '-'; ++*at) {
    const char *option = argv[*at], *path = NULL;
    int status;

    if (strcmp(option, "--help") == 0 || strcmp(option, "-h") == 0) {
      print_help();
      return WCTL_DONE;
    }
    if (strcmp(option, "--version") == 0) {
      printf("weirctl %s\n", weir_version());
      return WCTL_DONE;
    }
    if (strcmp(option, "-t") == 0 || strcmp(option, "--table") == 0)
      path = ++*at < argc ? argv[*at] : NULL;
    else if (strncmp(option, "--table=", 8) == 0)
      path = option + 8;
    else if (strncmp(option, "-t", 2) == 0)
      path = option + 2;
    else {
      wctl_error("unknown option '%s', expected -t TABLE, --help, --version or a subcommand",
                 option);
      return WCTL_USAGE;
    }
    status = wctl_table_set(path);
    if (status != WCTL_DONE)
      return status;
  }
  return WCTL_GO_ON;
}

/* Where a standard descriptor is closed the table would get its number, and what is
 * printed would be written into it. */
static int hold_standard_descriptors(void)
{
  int descriptor;

  do
    descriptor = open("/dev/null", O_RDWR);
  while (descriptor >= 0 && descriptor <= 2);
  if (descriptor < 0)
    return -1;
  close(descriptor);
  return 0;
}

/* Whoever may write the file may shorten it under our feet. */
static void table_was_shortened(int signal_number)
{
  static const char text[] =
      "weirctl: the table's file was shortened while it was in use, expected "
      "nobody to do so: make a new one with weirctl create\n";
  ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);

  (void)signal_number;
  (void)written;
  _exit(WCTL_UNAVAILABLE);
}

/* What could not be written was not said: no status of success. */
static int finish_output(int status)
{
  if (fflush(stdout) == 0 && !ferror(stdout))
    return status;
  wctl_error("cannot write to standard output: %s, expected room for the answer", strerror(errno));
  return status == WCTL_DONE || status == WCTL_DENY || status == WCTL_BLOCK ? WCTL_INTERNAL
                                                                            : status;
}

int main(int argc, char **argv)
{
  struct sigaction on_bus_error = {.sa_handler = table_was_shortened};
  int at, status;

  if (hold_standard_descriptors() != 0)
    return WCTL_INTERNAL;
  (void)sigaction(SIGBUS, &on_bus_error, NULL);
  status = read_options(argc, argv, &at);
  if (status == WCTL_GO_ON) {
    if (at >= argc) {
      wctl_error("no subcommand, expected one of %s: see weirctl --help", command_list());
      return WCTL_USAGE;
    }
    status = run_command(argc - at, argv + at);
  }
  return finish_output(status);
}
