/* SPDX-License-Identifier: BSD-2-Clause
 *
 * weir as a policy service of Postfix: see README.md beside this file. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "connection.h"
#include "daemon/log.h"
#include "daemon/options.h"
#include "daemon/start.h"

struct options {
  struct decider decider;
  struct start start;
  struct shared_options shared;
};

static const char program[] = "postfix-policy";

static const char usage[] =
    "usage: postfix-policy [-t TABLE] [-p POLICY] [-l ADDRESS] [-m MODE] [-u USER]\n"
    "                      [-f open|closed] [-i SECONDS] [-a] [-v]\n"
    "A policy service for Postfix that decides by a weir table.\n"
    "  -t TABLE    the table; default $WEIR_TABLE, else " WEIR_DEFAULT_TABLE "\n"
    "  -p POLICY   the policy in it; default submission\n"
    "  -l ADDRESS  unix:PATH or inet:HOST:PORT; default: standard input and output,\n"
    "              for spawn(8)\n"
    "  -m MODE     of the unix socket, octal; default 0660\n"
    "  -u USER     become USER after binding; the unix socket is given to USER\n"
    "  -f closed   where weir cannot decide: 451 4.3.5 (default); -f open: DUNNO\n"
    "  -i SECONDS  drop a client that is silent so long, 1 to 86400; default 600\n"
    "  -a          ask for clients without sasl_username too; default: DUNNO for them\n"
    "  -v          log to standard error, not to syslog\n"
    "  -h, --help  this text\n";

static void read_options(struct options *options, int argc, char **argv)
{
  static const struct option names[] = {{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
  int option;
  options->shared = (struct shared_options){.program = program,
                                            .usage = usage,
                                            .table = &options->decider.table.path,
                                            .policy = &options->decider.policy,
                                            .fails_open = &options->decider.fails_open,
                                            .start = &options->start,
                                            .idle_max_s = 86400};
  while ((option = getopt_long(argc, argv, OPTIONS_SHARED "a", names, NULL)) != -1) {
    if (option == 'a')
      options->decider.asks_for_all = true;
    else if (!option_shared(&options->shared, option, optarg))
      option_misused(&options->shared);
  }
  if (optind != argc)
    option_misused(&options->shared);
}

/* spawn(8) puts the client on standard error as well: a log line there would be
 * read as a reply. */
static bool stderr_is_the_client(const struct options *options)
{
  struct stat in, err;
  return options->start.address == NULL && fstat(STDIN_FILENO, &in) == 0 &&
         fstat(STDERR_FILENO, &err) == 0 && S_ISSOCK(err.st_mode) && in.st_dev == err.st_dev &&
         in.st_ino == err.st_ino;
}

int main(int argc, char **argv)
{
  struct options options = {
      .decider = {.table.path = option_table(), .policy = "submission"},
      .start = {.mode = 0660, .idle_ms = 600000},
  };
  read_options(&options, argc, argv);
  log_open("weir-policy", LOG_MAIL, options.shared.verbose && !stderr_is_the_client(&options));
  int status = start_service(&options.start, &connections, &options.decider);
  table_close(&options.decider.table);
  return status;
}
