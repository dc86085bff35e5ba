/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OUTPUT_BYTES ((size_t)256 << 10)

struct sim {
  struct sim_engine engine;
  struct sim_lines lines;
  struct sim_totals totals;
  struct wctl_request request;
  const struct sim_options *options;
  const char *trace; /* for messages */
  uint64_t line;
};

static int no_memory(const struct sim *sim)
{
  wctl_error("%s:%" PRIu64 ":1: no memory left, expected room for every principal", sim->trace,
             sim->line);
  return WCTL_INTERNAL;
}

static int read_policy(const char *path, struct wi_policy_set **set)
{
  struct wctl_file file;
  int status = wctl_file_read(path, &file);

  if (status != WCTL_DONE)
    return status;
  *set = malloc(sizeof **set);
  if (!*set) {
    wctl_error("no memory left, expected room for a policy");
    status = WCTL_INTERNAL;
  } else if (wi_policy_parse(file.text, file.bytes, file.name, *set, wctl_complain, NULL, NULL) !=
             WEIR_OK) {
    status = WCTL_INPUT;
    free(*set);
    *set = NULL;
  }
  wctl_file_free(&file);
  return status;
}

/* Returns WCTL_DONE, WCTL_INPUT where the line is mistaken, WCTL_INTERNAL. */
static int run_line(struct sim *sim, const char *line, size_t bytes)
{
  struct sim_event event;
  struct sim_verdict verdict = {.outcome = SIM_ERROR};
  int status;

  event.request = &sim->request;
  status = sim_event_read(line, bytes, sim->options->whole_ns, &event);
  if (status == 0)
    status = sim_engine_run(&sim->engine, &event, &verdict);
  if (status == -2)
    return no_memory(sim);
  if (status == -1) {
    verdict = (struct sim_verdict){.outcome = SIM_ERROR};
    wctl_error("%s:%" PRIu64 ":%zu: %s", sim->trace, sim->line, event.column, event.what);
  }
  sim->totals.events++;
  sim->totals.outcomes[verdict.outcome]++;
  if (!sim->options->quiet)
    sim_row_print(&event, &verdict, sim->options->json);
  return status == 0 ? WCTL_DONE : WCTL_INPUT;
}

static int run_trace(struct sim *sim)
{
  int worst = WCTL_DONE, status, got;
  const char *line;
  size_t bytes;

  while ((got = sim_lines_next(&sim->lines, &line, &bytes)) == 1) {
    sim->line++;
    if (!sim_event_is_there(line, bytes))
      continue;
    status = run_line(sim, line, bytes);
    if (status == WCTL_INTERNAL)
      return status;
    if (status != WCTL_DONE)
      worst = status;
    if (ferror_unlocked(stdout)) /* main() says so */
      return WCTL_INTERNAL;
  }
  if (got == 0)
    return worst;
  if (errno == ENOMEM)
    return no_memory(sim);
  wctl_error("%s: cannot read: %s, expected a trace", sim->trace, strerror(errno));
  return WCTL_INPUT;
}

static int open_trace(const char *path, struct sim *sim)
{
  bool is_input = strcmp(path, "-") == 0;

  sim->trace = is_input ? "<stdin>" : path;
  sim->lines.descriptor = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (sim->lines.descriptor >= 0)
    return WCTL_DONE;
  wctl_error("%s: cannot open: %s, expected a trace", path, strerror(errno));
  return WCTL_INPUT;
}

static int run(struct sim *sim)
{
  int status = run_trace(sim);

  if (status == WCTL_INTERNAL)
    return status;
  (void)fflush(stdout);
  return sim_summary_print(&sim->engine, &sim->totals, sim->options->json) == 0 ? status
                                                                                : no_memory(sim);
}

static int replay(const struct sim_options *options, struct wi_policy_set *set)
{
  static struct sim sim;
  int status;

  sim = (struct sim){.options = options};
  status = open_trace(options->trace, &sim);
  if (sim_engine_begin(&sim.engine, set) != 0)
    status = no_memory(&sim);
  if (status == WCTL_DONE)
    status = run(&sim);
  sim_engine_free(&sim.engine);
  sim_lines_free(&sim.lines);
  wctl_request_free(&sim.request);
  if (sim.lines.descriptor > STDERR_FILENO)
    close(sim.lines.descriptor);
  return status;
}

int wctl_sim(int argc, char **argv)
{
  struct wi_policy_set *set = NULL;
  struct sim_options options;
  int status = sim_options_read(argc, argv, &options);

  if (status != WCTL_GO_ON)
    return status;
  status = read_policy(options.policy_path, &set);
  if (status != WCTL_DONE)
    return status;
  (void)setvbuf(stdout, NULL, _IOFBF, OUTPUT_BYTES);
  return options.logs.from ? sim_log_run(&options, set) : replay(&options, set);
}
