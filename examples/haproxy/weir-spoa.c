/* SPDX-License-Identifier: BSD-2-Clause
 *
 * weir as an SPOE agent of HAProxy: see README.md beside this file. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "connection.h"
#include "daemon/log.h"
#include "daemon/options.h"
#include "daemon/start.h"

struct options {
  struct decider decider;
  struct start start;
  struct shared_options shared;
};

static const char program[] = "weir-spoa";

static const char usage[] =
    "usage: weir-spoa -l ADDRESS [-t TABLE] [-p POLICY] [-m MODE] [-u USER]\n"
    "                 [-f open|closed] [-i SECONDS] [-v]\n"
    "An SPOE agent for HAProxy that decides by a weir table.\n"
    "  -l ADDRESS  unix:PATH or inet:HOST:PORT\n"
    "  -t TABLE    the table; default $WEIR_TABLE, else " WEIR_DEFAULT_TABLE "\n"
    "  -p POLICY   the policy in it; default web\n"
    "  -m MODE     of the unix socket, octal; default 0660\n"
    "  -u USER     become USER after binding; the unix socket is given to USER\n"
    "  -f closed   where weir cannot decide: verdict error (default); -f open: allow\n"
    "  -i SECONDS  drop a connection that is silent so long, 1 to 86400; default 600\n"
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
  while ((option = getopt_long(argc, argv, OPTIONS_SHARED, names, NULL)) != -1)
    if (!option_shared(&options->shared, option, optarg))
      option_misused(&options->shared);
  if (optind != argc || options->start.address == NULL)
    option_misused(&options->shared);
}

int main(int argc, char **argv)
{
  struct options options = {
      .decider = {.table.path = option_table(), .policy = "web"},
      .start = {.mode = 0660, .idle_ms = 600000},
  };
  read_options(&options, argc, argv);
  log_open(program, LOG_DAEMON, options.shared.verbose);
  int status = start_service(&options.start, &connections, &options.decider);
  table_close(&options.decider.table);
  return status;
}
