/* SPDX-License-Identifier: BSD-2-Clause
 *
 * weir as a filter of Postfix and Sendmail: see README.md beside this file. */
#include <getopt.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>

#include <libmilter/mfapi.h>

#include "daemon/log.h"
#include "daemon/options.h"
#include "daemon/start.h"
#include "filter.h"
#include "socket.h"

struct options {
  struct decider decider;
  struct start start;
  struct shared_options shared;
  const char *group; /* of the socket; NULL: the user's                        */
};

static const char program[] = "weir-milter";

static const char usage[] =
    "usage: weir-milter -l ADDRESS [-t TABLE] [-p POLICY] [-m MODE] [-g GROUP] [-u USER]\n"
    "                   [-f open|closed] [-i SECONDS] [-a] [-n] [-r] [-v]\n"
    "A filter for Postfix and Sendmail that decides by a weir table.\n"
    "  -l ADDRESS  unix:PATH or inet:HOST:PORT\n"
    "  -t TABLE    the table; default $WEIR_TABLE, else " WEIR_DEFAULT_TABLE "\n"
    "  -p POLICY   the policy in it; default submission\n"
    "  -m MODE     of the unix socket, octal; default 0660\n"
    "  -g GROUP    of the unix socket; default USER's\n"
    "  -u USER     become USER after binding; the unix socket is given to USER\n"
    "  -f closed   where weir cannot decide: 451 4.3.0 (default); -f open: accept\n"
    "  -i SECONDS  drop a connection that is silent so long, 1 to 86400; default 7210\n"
    "  -a          ask for clients that did not authenticate too; default: accept them\n"
    "  -n          a dry run: charge, log what would be refused, refuse nothing\n"
    "  -r          who is blocked may retry: 450, not 550\n"
    "  -v          log to standard error, not to syslog\n"
    "  -h, --help  this text\n";

static void read_own(struct options *options, int option)
{
  switch (option) {
  case 'g':
    options->group = optarg;
    break;
  case 'a':
    options->decider.asks_for_all = true;
    break;
  case 'n':
    options->decider.refuses_nobody = true;
    break;
  case 'r':
    options->decider.reply_flags = WEIR_SMTP_BLOCK_450;
    break;
  default:
    option_misused(&options->shared);
  }
}

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
  while ((option = getopt_long(argc, argv, OPTIONS_SHARED "g:anr", names, NULL)) != -1)
    if (!option_shared(&options->shared, option, optarg))
      read_own(options, option);
  if (optind != argc || options->start.address == NULL)
    option_misused(&options->shared);
}

/* -1 is to leave it as it is. */
static int find_owner(const struct options *options, const struct passwd **user, uid_t *owner,
                      gid_t *group)
{
  const struct group *named = NULL;
  if (start_user(options->start.user, user) != 0)
    return -1;
  if (options->group != NULL && (named = getgrnam(options->group)) == NULL) {
    log_line(LOG_ERR, "-g %s: no such group", options->group);
    return -1;
  }
  *owner = *user != NULL ? (*user)->pw_uid : (uid_t)-1;
  *group = named != NULL ? named->gr_gid : *user != NULL ? (*user)->pw_gid : (gid_t)-1;
  return 0;
}

/* If it is there: now there are descriptors, which connections may take later. */
static void open_table(struct decider *decider)
{
  struct weir_request request = {.size_bytes = sizeof(request), .policy = decider->policy};
  struct weir_verdict verdict;
  const char *why;
  (void)table_asked(&decider->table, weir_peek, &request, &verdict, &why);
}

/* The table is not closed: libmilter's threads may still be at work when it returns. */
static int serve(struct options *options)
{
  const struct passwd *user;
  struct socket_file file;
  uid_t owner;
  gid_t group;
  start_descriptors();
  if (find_owner(options, &user, &owner, &group) != 0)
    return EXIT_USAGE;
  int rc = filter_register(program, &options->decider, (unsigned)(options->start.idle_ms / 1000));
  if (rc == 0)
    rc = socket_open(&file, options->start.address, options->start.mode, owner, group);
  if (rc != 0)
    return EXIT_SYSTEM;
  if (user != NULL)
    rc = start_become(user);
  if (rc == 0) {
    open_table(&options->decider);
    log_line(LOG_INFO, "listening on %s", options->start.address);
    if (smfi_main() != MI_SUCCESS) {
      log_line(LOG_ERR, "libmilter has given up: see syslog");
      rc = -1;
    }
  }
  socket_remove(&file);
  return rc == 0 ? EXIT_DONE : EXIT_SYSTEM;
}

int main(int argc, char **argv)
{
  struct options options = {
      .decider = {.table.path = option_table(), .policy = "submission"},
      .start = {.mode = 0660, .idle_ms = 7210000},
  };
  read_options(&options, argc, argv);
  log_open(program, LOG_MAIL, options.shared.verbose);
  return serve(&options);
}
