/* SPDX-License-Identifier: BSD-2-Clause
 *
 * weir as an SPOE agent of HAProxy: see README.md beside this file. */
#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "connection.h"
#include "daemon/log.h"

enum exit_status { EXIT_DONE = 0, EXIT_USAGE = 64, EXIT_SYSTEM = 71 };

struct options {
  struct decider decider;
  const char *address;
  const char *user; /* NULL: stay who we are                                  */
  mode_t mode;
  uint64_t idle_ms;
  bool verbose;
};

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

static void read_mode(struct options *options, const char *text)
{
  char *end;
  unsigned long mode = strtoul(text, &end, 8);
  if (*text < '0' || *text > '7' || *end != '\0' || mode > 0777) {
    fprintf(stderr, "weir-spoa: -m %s: expected an octal mode up to 0777\n", text);
    exit(EXIT_USAGE);
  }
  options->mode = (mode_t)mode;
}

static void read_idle(struct options *options, const char *text)
{
  char *end;
  unsigned long seconds = strtoul(text, &end, 10);
  if (*text < '0' || *text > '9' || *end != '\0' || seconds < 1 || seconds > 86400) {
    fprintf(stderr, "weir-spoa: -i %s: expected 1 to 86400 seconds\n", text);
    exit(EXIT_USAGE);
  }
  options->idle_ms = (uint64_t)seconds * 1000;
}

static void read_fail_mode(struct options *options, const char *text)
{
  options->decider.fails_open = strcmp(text, "open") == 0;
  if (!options->decider.fails_open && strcmp(text, "closed") != 0) {
    fprintf(stderr, "weir-spoa: -f %s: expected open or closed\n", text);
    exit(EXIT_USAGE);
  }
}

static void read_options(struct options *options, int argc, char **argv)
{
  static const struct option names[] = {{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
  int option;
  while ((option = getopt_long(argc, argv, "t:p:l:m:u:f:i:vh", names, NULL)) != -1) {
    switch (option) {
    case 't':
      options->decider.table.path = optarg;
      break;
    case 'p':
      options->decider.policy = optarg;
      break;
    case 'l':
      options->address = optarg;
      break;
    case 'm':
      read_mode(options, optarg);
      break;
    case 'u':
      options->user = optarg;
      break;
    case 'f':
      read_fail_mode(options, optarg);
      break;
    case 'i':
      read_idle(options, optarg);
      break;
    case 'v':
      options->verbose = true;
      break;
    case 'h':
      fputs(usage, stdout);
      exit(EXIT_DONE);
    default:
      fputs(usage, stderr);
      exit(EXIT_USAGE);
    }
  }
  if (optind != argc || options->address == NULL) {
    fputs(usage, stderr);
    exit(EXIT_USAGE);
  }
}

/* A connection needs one descriptor; the default of 1024 is the shell's. */
static void allow_descriptors(void)
{
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

static int become(const struct passwd *user)
{
  if (initgroups(user->pw_name, user->pw_gid) != 0 || setgid(user->pw_gid) != 0 ||
      setuid(user->pw_uid) != 0) {
    log_line(LOG_ERR, "cannot become %s: %s", user->pw_name, strerror(errno));
    return -1;
  }
  return 0;
}

static int serve(struct options *options)
{
  const struct passwd *user = NULL;
  if (options->user != NULL && (user = getpwnam(options->user)) == NULL) {
    log_line(LOG_ERR, "-u %s: no such user", options->user);
    return EXIT_USAGE;
  }
  struct listener listener;
  if (listener_open(&listener, options->address, options->mode,
                    user == NULL ? (uid_t)-1 : user->pw_uid,
                    user == NULL ? (gid_t)-1 : user->pw_gid) != 0)
    return EXIT_SYSTEM;
  int rc = user == NULL ? 0 : become(user);
  if (rc == 0) {
    log_line(LOG_INFO, "listening on %s", options->address);
    rc = service_listen(&listener, &connections, &options->decider, options->idle_ms);
  }
  listener_close(&listener);
  table_close(&options->decider.table);
  return rc == 0 ? EXIT_DONE : EXIT_SYSTEM;
}

int main(int argc, char **argv)
{
  const char *environment = secure_getenv("WEIR_TABLE");
  struct options options = {
      .decider.table.path =
          environment != NULL && *environment != '\0' ? environment : WEIR_DEFAULT_TABLE,
      .decider.policy = "web",
      .mode = 0660,
      .idle_ms = 600000,
  };
  read_options(&options, argc, argv);
  log_open("weir-spoa", LOG_DAEMON, options.verbose);
  allow_descriptors();
  if (service_signals() != 0) {
    log_line(LOG_ERR, "signals: %s", strerror(errno));
    return EXIT_SYSTEM;
  }
  return serve(&options);
}
