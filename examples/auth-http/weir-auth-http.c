/* SPDX-License-Identifier: BSD-2-Clause
 *
 * weir as the auth_http server of nginx's mail proxy: see README.md beside this file. */
#include <arpa/inet.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connection.h"
#include "daemon/log.h"
#include "daemon/options.h"
#include "daemon/start.h"
#include "secret.h"

struct options {
  struct decider decider;
  struct start start;
  const char *secret_file;
  bool says_check; /* --passwd or --check was given                            */
  struct shared_options shared;
};

static const char program[] = "weir-auth-http";

static const char usage[] =
    "usage: weir-auth-http -l ADDRESS {--passwd FILE | --check none}\n"
    "                      {--smtp | --imap | --pop3} IP:PORT … [OPTION …]\n"
    "An auth_http server for nginx's mail proxy that decides by a weir table.\n"
    "  -l ADDRESS      unix:PATH or inet:HOST:PORT\n"
    "  --passwd FILE   check passwords by lines NAME:HASH, with hashes of crypt(3)\n"
    "  --check none    the backend checks passwords: each sign-in is charged\n"
    "  --smtp, --imap, --pop3 IP:PORT  where a client that may pass is sent to\n"
    "  -t TABLE    the table; default $WEIR_TABLE, else " WEIR_DEFAULT_TABLE "\n"
    "  -p POLICY   the policy in it for sign-ins; default signin\n"
    "  -n POLICY   … for SMTP sessions without a sign-in; default: they are refused\n"
    "  -k FILE     its first line is what the header X-Auth-Key has to be\n"
    "  -L          names of users are the same in lower case\n"
    "  -w SECONDS  until a client hears of a wrong password, 0 to 60; default 2\n"
    "  -j THREADS  that check passwords, 1 to 64; default 2\n"
    "  -m MODE     of the unix socket, octal; default 0660\n"
    "  -u USER     become USER after binding; the unix socket is given to USER\n"
    "  -f closed   where weir cannot decide: try again later (default); -f open: pass,\n"
    "              with --passwd if the password is right\n"
    "  -i SECONDS  for a request to come, and for its answer to go, 1 to 600; default 10\n"
    "  -v          log to standard error, not to syslog\n"
    "  -h, --help  this text\n";

enum { OPTION_PASSWD = 256, OPTION_CHECK, OPTION_BACKEND };

static const struct option names[] = {{"help", no_argument, NULL, 'h'},
                                      {"passwd", required_argument, NULL, OPTION_PASSWD},
                                      {"check", required_argument, NULL, OPTION_CHECK},
                                      {"smtp", required_argument, NULL, OPTION_BACKEND},
                                      {"imap", required_argument, NULL, OPTION_BACKEND + 1},
                                      {"pop3", required_argument, NULL, OPTION_BACKEND + 2},
                                      {NULL, 0, NULL, 0}};

_Noreturn static void reject(const char *option, const char *text, const char *expected)
{
  fprintf(stderr, "%s: %s %s: expected %s\n", program, option, text, expected);
  exit(EXIT_USAGE);
}

/* nginx takes no name here. */
static void read_backend(struct backend *backend, enum protocol protocol, const char *text)
{
  static const char expected[] = "IP:PORT or [IP]:PORT";
  char option[16];
  snprintf(option, sizeof(option), "--%s", protocol_name(protocol));
  const char *colon = strrchr(text, ':'), *begin = text, *end = colon;
  if (colon != NULL && *begin == '[' && colon > text && colon[-1] == ']') {
    begin++;
    end--;
  }
  if (colon == NULL || end - begin >= (ptrdiff_t)sizeof(backend->ip) || end <= begin)
    reject(option, text, expected);
  struct in6_addr ignored;
  memcpy(backend->ip, begin, (size_t)(end - begin));
  backend->ip[end - begin] = '\0';
  if (inet_pton(begin == text ? AF_INET : AF_INET6, backend->ip, &ignored) != 1)
    reject(option, text, expected);
  backend->port = (uint16_t)option_number(program, option, colon + 1, 1, 65535, "as a port");
}

static void read_check(struct options *options, const char *text)
{
  if (strcmp(text, "none") != 0)
    reject("--check", text, "none");
  options->says_check = true;
}

static void read_letter(struct options *options, int option)
{
  struct decider *decider = &options->decider;
  switch (option) {
  case 'n':
    decider->session_policy = optarg;
    break;
  case 'k':
    options->secret_file = optarg;
    break;
  case 'L':
    decider->folds_case = true;
    break;
  case 'w':
    decider->wait_s = option_number(program, "-w", optarg, 0, 60, "seconds");
    break;
  case 'j':
    decider->threads = (unsigned)option_number(program, "-j", optarg, 1, THREADS_MAX, "threads");
    break;
  default:
    option_misused(&options->shared);
  }
}

static void read_option(struct options *options, int option)
{
  switch (option) {
  case OPTION_PASSWD:
    options->decider.users.path = optarg;
    options->decider.checks_passwords = true;
    break;
  case OPTION_CHECK:
    read_check(options, optarg);
    break;
  case OPTION_BACKEND + PROTOCOL_SMTP:
  case OPTION_BACKEND + PROTOCOL_IMAP:
  case OPTION_BACKEND + PROTOCOL_POP3: {
    enum protocol protocol = (enum protocol)(option - OPTION_BACKEND);
    read_backend(&options->decider.backends[protocol], protocol, optarg);
    break;
  }
  default:
    read_letter(options, option);
  }
}

static void read_options(struct options *options, int argc, char **argv)
{
  int option;
  options->shared = (struct shared_options){.program = program,
                                            .usage = usage,
                                            .table = &options->decider.table.path,
                                            .policy = &options->decider.policy,
                                            .fails_open = &options->decider.fails_open,
                                            .start = &options->start,
                                            .idle_max_s = 600};
  while ((option = getopt_long(argc, argv, OPTIONS_SHARED "n:k:Lw:j:", names, NULL)) != -1)
    if (!option_shared(&options->shared, option, optarg))
      read_option(options, option);
  bool has_backend = false;
  for (int i = 0; i < PROTOCOLS; i++)
    has_backend = has_backend || options->decider.backends[i].port != 0;
  if (optind != argc || options->start.address == NULL || !has_backend ||
      options->says_check == options->decider.checks_passwords)
    option_misused(&options->shared);
}

static int prepare(void *context)
{
  return decider_start(context);
}

int main(int argc, char **argv)
{
  static struct options options = {
      .decider = {.policy = "signin", .wait_s = 2, .threads = 2},
      .start = {.mode = 0660, .idle_ms = 10000, .prepare = prepare},
  };
  options.decider.table.path = option_table();
  read_options(&options, argc, argv);
  log_open(program, LOG_MAIL, options.shared.verbose);
  if (options.secret_file != NULL &&
      (options.decider.secret = secret_read(options.secret_file)) == NULL)
    return EXIT_USAGE;
  int status = start_service(&options.start, &connections, &options.decider);
  decider_stop(&options.decider);
  return status;
}
