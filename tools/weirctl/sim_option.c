/* SPDX-License-Identifier: BSD-2-Clause
 * What sim was asked, checked. */
#include <string.h>

#include "sim.h"

#define ROWS_DEFAULT 20
#define ROWS_MAX 1000000000

static const struct wctl_usage usage = {
    .synopsis = "sim [OPTION...] POLICYFILE [TRACE | --from LOG...]",
    .help = "Replays a trace on a virtual clock, without a table.  TRACE, or standard input,\n"
            "has one event a line: TIME OP REQUEST.  TIME is seconds with up to 9 decimals,\n"
            "or whole nanoseconds with --ns; it may go back.  OP is take, peek, refund,\n"
            "reset, block, unblock or signal.  REQUEST is words NAME=VALUE, with policy=NAME\n"
            "where the file has several; block takes for=DURATION and reason=TEXT, signal\n"
            "takes signal=NAME and weight=N.  # begins a comment line.  Prints TIME, OP,\n"
            "VERDICT, LIMIT, REMAINING and RETRY_NS of each event, with tabs between\n"
            "(--quiet: not), and on standard error mistakes and a summary.\n"
            "\n"
            "  --from LOG        mail logs of Postfix or Exim instead, merged by time; - is\n"
            "                    standard input.  Prints who would have been stopped\n"
            "    --policy NAME   where the file has several\n"
            "    --spam FILE     users known to be compromised, one a line, a time behind it:\n"
            "                    how much spam would have passed, and whom else it would hit\n"
            "    -n N            users in each list (20)\n"
            "    --authenticated only messages of users who signed in\n"
            "    --year YYYY     of the first time that has no year\n"
            "    --rows          the rows of a trace, and the table on standard error\n"
            "  --json            as JSON\n",
    .operand = "POLICYFILE",
    .operands_min = 1,
    .operands_max = 1 << 20,
};

struct texts {
  const char *from, *year, *number;
};

static int wrong(const char *what)
{
  wctl_error("%s: see weirctl sim --help", what);
  return WCTL_USAGE;
}

static int check_trace(const struct sim_options *options, const struct texts *texts)
{
  if (options->policy || options->spam || texts->number || options->rows || texts->year ||
      options->logs.authenticated)
    return wrong("--policy, --spam, -n, --rows, --authenticated or --year without a log, expected "
                 "--from LOG");
  if (strcmp(options->policy_path, "-") == 0 && strcmp(options->trace, "-") == 0) {
    wctl_error("policy and trace both on standard input, expected one of them to be a file");
    return WCTL_USAGE;
  }
  return WCTL_GO_ON;
}

static bool is_input(const char *path)
{
  return path && strcmp(path, "-") == 0;
}

static int check_log(const struct sim_options *options)
{
  int inputs = is_input(options->policy_path) + is_input(options->spam);

  if (options->whole_ns || options->quiet)
    return wrong("--ns or --quiet beside --from, expected a trace with them");
  if (options->logs.from[0] == '\0')
    return wrong("no path behind --from, expected that of a log");
  for (size_t i = 0; i < options->logs.count; i++)
    inputs += is_input(log_choice_path(&options->logs, i));
  return inputs <= 1 ? WCTL_GO_ON
                     : wrong("standard input more than once, expected - for one file only");
}

int sim_options_read(int argc, char **argv, struct sim_options *options)
{
  struct texts texts = {0};
  const struct wctl_option accepted[] = {
      {"--ns", &options->whole_ns, NULL},
      {"--quiet", &options->quiet, NULL},
      {"--json", &options->json, NULL},
      {"--from", NULL, &texts.from},
      {"--policy", NULL, &options->policy},
      {"--spam", NULL, &options->spam},
      {"-n", NULL, &texts.number},
      {"--rows", &options->rows, NULL},
      {"--authenticated", &options->logs.authenticated, NULL},
      {"--year", NULL, &texts.year},
      {0},
  };
  int operands, status;

  *options = (struct sim_options){.rows_max = ROWS_DEFAULT};
  status = wctl_arguments(&usage, accepted, argc, argv, &operands);
  if (status != WCTL_GO_ON)
    return status;
  options->policy_path = argv[1];
  options->trace = operands == 2 ? argv[2] : "-";
  if (operands > 2 && !texts.from) {
    wctl_error("unexpected '%s', expected weirctl %s", argv[3], usage.synopsis);
    return WCTL_USAGE;
  }
  if (!texts.from)
    return check_trace(options, &texts);
  options->logs.from = texts.from;
  options->logs.more = argv + 1;
  options->logs.count = (size_t)operands;
  status = wctl_count("-n", texts.number, 1, ROWS_MAX, &options->rows_max);
  if (status == WCTL_GO_ON)
    status = wctl_count("--year", texts.year, LOG_YEAR_MIN, LOG_YEAR_MAX, &options->logs.year);
  return status == WCTL_GO_ON ? check_log(options) : status;
}
