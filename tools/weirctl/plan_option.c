/* SPDX-License-Identifier: BSD-2-Clause
 * What the command was asked, checked. */
#include <string.h>
#include <unistd.h>

#include "plan.h"

static const struct wctl_usage usage = {
    .synopsis = "plan --policy FILE (--from LOG... | --users N --per-day M) [OPTION...]",
    .help = "How large a table, how many processors, and who would be refused.\n"
            "\n"
            "  --policy FILE     the limits to plan for; --name POLICY where it has several\n"
            "  --from LOG        mail logs of Postfix or Exim, merged by time; - is standard\n"
            "                    input\n"
            "    --authenticated only messages of users who signed in\n"
            "    --year YYYY     of the first time that has no year\n"
            "    --users N       scale the log's users to N\n"
            "    --trace         print the messages as a trace for weirctl sim, no plan\n"
            "  --users N         no log: so many users, with\n"
            "    --per-day MEAN  messages a user and day, log-normal over the users\n"
            "    --sigma S       of that distribution (1)\n"
            "    --peak FACTOR   rate of the busy hours over that of the day (3)\n"
            "    --recipients MEAN  a message (1.5), --bytes MEAN a message (75000)\n"
            "    --principals KEY=N,...  how many there are: ip=2000 (as many as users)\n"
            "    --seed N        of the day that is drawn (1)\n"
            "  --keys N          plan for the table that create --keys N makes\n"
            "  --cores N         that decide (those of this machine)\n"
            "  --no-measure      do not measure this machine, which takes some seconds\n"
            "  --json            every figure, with where it comes from\n",
    .operands_max = 1 << 20,
};

struct texts {
  const char *from, *users, *keys, *seed, *year, *cores, *per_day, *sigma, *peak, *recipients,
      *bytes;
};

/* Digits, with at most one point among them. */
static bool read_digits(const char *text, double *value)
{
  double unit = 0;
  size_t digits = 0;

  *value = 0;
  for (; *text != '\0'; text++) {
    if (*text == '.' && unit == 0) {
      unit = 1;
      continue;
    }
    if (*text < '0' || *text > '9' || ++digits > 18)
      return false;
    *value = *value * 10 + (*text - '0');
    unit *= 10;
  }
  if (unit > 0)
    *value /= unit;
  return digits > 0;
}

static int read_real(const char *option, const char *text, double from, double to, double *value)
{
  double number;

  if (!text)
    return WCTL_GO_ON;
  if (read_digits(text, &number) && number >= from && number <= to) {
    *value = number;
    return WCTL_GO_ON;
  }
  wctl_error("%s '%s', expected a number from %g to %.15g", option, text, from, to);
  return WCTL_USAGE;
}

static int read_numbers(const struct texts *texts, struct plan_options *options)
{
  uint64_t cores = 0;
  int status;

  if ((status = wctl_count("--users", texts->users, 1, 1000000000, &options->users)) !=
          WCTL_GO_ON ||
      (status = wctl_count("--keys", texts->keys, 1, 100000000000, &options->keys)) != WCTL_GO_ON ||
      (status = wctl_count("--seed", texts->seed, 0, INT64_MAX, &options->seed)) != WCTL_GO_ON ||
      (status = wctl_count("--year", texts->year, LOG_YEAR_MIN, LOG_YEAR_MAX,
                           &options->logs.year)) != WCTL_GO_ON ||
      (status = wctl_count("--cores", texts->cores, 1, 100000, &cores)) != WCTL_GO_ON ||
      (status = read_real("--per-day", texts->per_day, 0.001, 1e6, &options->per_day)) !=
          WCTL_GO_ON ||
      (status = read_real("--sigma", texts->sigma, 0, 4, &options->sigma)) != WCTL_GO_ON ||
      (status = read_real("--peak", texts->peak, 1, 1000, &options->peak)) != WCTL_GO_ON ||
      (status = read_real("--recipients", texts->recipients, 1, 1e6, &options->recipients)) !=
          WCTL_GO_ON ||
      (status = read_real("--bytes", texts->bytes, 1, 1e12, &options->bytes)) != WCTL_GO_ON)
    return status;
  if (cores == 0)
    cores = (uint64_t)sysconf(_SC_NPROCESSORS_ONLN);
  options->cores = (uint32_t)cores;
  return WCTL_GO_ON;
}

static int wrong(const char *what)
{
  wctl_error("%s: see weirctl plan --help", what);
  return WCTL_USAGE;
}

/* Options that would be of no effect are mistakes: somebody expected one. */
static int check_together(const struct texts *texts, const struct plan_options *options)
{
  if (!options->policy_path && !options->trace)
    return wrong("--policy is missing, expected a policy file");
  if (options->logs.from) {
    if (texts->per_day || texts->sigma || texts->peak || texts->recipients || texts->bytes ||
        options->keys_text || texts->seed)
      return wrong("a distribution beside --from, expected a log or a distribution");
    if (options->trace && (texts->users || texts->keys || options->json))
      return wrong("--trace with what a plan is asked for, expected the log's options alone");
    return WCTL_GO_ON;
  }
  if (options->trace || options->logs.authenticated || texts->year)
    return wrong("--trace, --authenticated or --year without a log, expected --from LOG");
  if (!texts->users || !texts->per_day)
    return wrong("nothing to plan from, expected --from LOG, or --users N and --per-day MEAN");
  return WCTL_GO_ON;
}

/* Standard input is read once. */
static int check_input(const struct plan_options *options)
{
  int inputs = options->policy_path && strcmp(options->policy_path, "-") == 0;

  for (size_t i = 0; i < options->logs.count; i++)
    inputs += strcmp(log_choice_path(&options->logs, i), "-") == 0;
  return inputs <= 1 ? WCTL_GO_ON
                     : wrong("standard input more than once, expected - for one file only");
}

int plan_options_read(int argc, char **argv, struct plan_options *options)
{
  struct texts texts = {0};
  bool no_measure = false;
  const struct wctl_option accepted[] = {
      {"--policy", NULL, &options->policy_path},
      {"--name", NULL, &options->policy_name},
      {"--from", NULL, &texts.from},
      {"--authenticated", &options->logs.authenticated, NULL},
      {"--year", NULL, &texts.year},
      {"--trace", &options->trace, NULL},
      {"--users", NULL, &texts.users},
      {"--per-day", NULL, &texts.per_day},
      {"--sigma", NULL, &texts.sigma},
      {"--peak", NULL, &texts.peak},
      {"--recipients", NULL, &texts.recipients},
      {"--bytes", NULL, &texts.bytes},
      {"--principals", NULL, &options->keys_text},
      {"--seed", NULL, &texts.seed},
      {"--keys", NULL, &texts.keys},
      {"--cores", NULL, &texts.cores},
      {"--no-measure", &no_measure, NULL},
      {"--json", &options->json, NULL},
      {0},
  };
  int operands, status;

  *options = (struct plan_options){
      .seed = 1, .per_day = 1, .sigma = 1, .peak = 3, .recipients = 1.5, .bytes = 75000};
  status = wctl_arguments(&usage, accepted, argc, argv, &operands);
  if (status != WCTL_GO_ON)
    return status;
  options->measure = !no_measure;
  if (operands > 0 && !texts.from) {
    wctl_error("unexpected '%s', expected weirctl %s", argv[1], usage.synopsis);
    return WCTL_USAGE;
  }
  if (texts.from) {
    if (texts.from[0] == '\0')
      return wrong("no path behind --from, expected that of a log");
    options->logs.from = texts.from;
    options->logs.more = argv;
    options->logs.count = (size_t)operands + 1;
  }
  status = read_numbers(&texts, options);
  if (status == WCTL_GO_ON)
    status = check_together(&texts, options);
  return status == WCTL_GO_ON ? check_input(options) : status;
}
