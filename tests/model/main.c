/* SPDX-License-Identifier: BSD-2-Clause
 * Runs the models, a few at once, and prints one line a case in their order.
 *
 *   model [-q] [-j JOBS] [-t FOLDER] [TEXT]
 *     -q  only the cases of every day
 *     -j  how many at once; default: the processors, at most 4
 *     -t  writes each trace to FOLDER/NUMBER.txt
 *     TEXT  only cases whose line contains it
 *
 * A case passes where a violation was found and expected, or neither.  The table is
 * Markdown, for README.md. Exits with 1 where a case failed. */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suite.h"

enum { STATES_MAX = 40000000, CASES_MAX = 256, LINE_MAX_BYTES = 512 };

static const struct suite *const suites[] = {&suite_cells, &suite_several, &suite_ring,
                                             &suite_policy, &suite_events,
                                             &suite_seen, &suite_kind, &suite_block,
                                             &suite_shape, &suite_lift, &suite_memo};

struct job {
  unsigned suite, number;
  pid_t child;
  int pipe;
  bool passed, ended;
  char line[LINE_MAX_BYTES];
};

struct options {
  bool quick;
  unsigned jobs;
  const char *traces, *text;
};

static void run_case(const struct job *job, unsigned number, const struct options *options,
                     char line[LINE_MAX_BYTES])
{
  struct suite_case one = suites[job->suite]->get(job->number);
  FILE *trace = NULL;
  if (options->traces != NULL) {
    char path[512];
    snprintf(path, sizeof path, "%s/%u.txt", options->traces, number);
    trace = fopen(path, "w");
  }
  struct explore_result result = explore(&one.model, STATES_MAX, trace);
  if (trace != NULL)
    fclose(trace);
  bool passed = (result.violation != NULL) == one.fails && (one.fails || result.complete);
  char length[32] = "";
  if (result.violation != NULL)
    snprintf(length, sizeof length, "%u", result.depth);
  snprintf(line, LINE_MAX_BYTES, "%c| %u | %s | %s | %s | %s | %s%s | %u | %s |",
           passed ? '+' : '-', number, suites[job->suite]->name,
           one.change != NULL ? one.change : "**as designed**", one.scenario,
           one.fails ? "fails" : "holds",
           result.violation != NULL ? result.violation
           : result.complete        ? "holds"
                                    : "not complete",
           passed ? "" : " (NOT AS EXPECTED)", result.states, length);
}

static void start_job(struct job *job, unsigned number, const struct options *options)
{
  int ends[2];
  fflush(NULL);
  if (pipe(ends) != 0 || (job->child = fork()) < 0) {
    perror("model");
    exit(2);
  }
  if (job->child == 0) {
    char line[LINE_MAX_BYTES];
    close(ends[0]);
    run_case(job, number, options, line);
    ssize_t written = write(ends[1], line, strlen(line));
    _exit(written > 0 ? 0 : 2);
  }
  close(ends[1]);
  job->pipe = ends[0];
}

static void end_job(struct job *jobs, unsigned count)
{
  pid_t child = wait(NULL);
  for (unsigned i = 0; i < count; i++) {
    struct job *job = &jobs[i];
    if (job->ended || job->child != child)
      continue;
    ssize_t bytes = read(job->pipe, job->line, sizeof job->line - 1);
    close(job->pipe);
    if (bytes <= 0)
      snprintf(job->line, sizeof job->line, "-| %u | ended without an answer (memory?) |", i + 1);
    job->passed = job->line[0] == '+';
    job->ended = true;
  }
}

static unsigned list_jobs(struct job jobs[CASES_MAX], const struct options *options)
{
  unsigned count = 0;
  for (unsigned s = 0; s < sizeof suites / sizeof suites[0]; s++)
    for (unsigned n = 0; n < suites[s]->count() && count < CASES_MAX; n++) {
      struct suite_case one = suites[s]->get(n);
      char line[LINE_MAX_BYTES];
      snprintf(line, sizeof line, "%s | %s | %s", suites[s]->name,
               one.change != NULL ? one.change : "as designed", one.scenario);
      if ((options->quick && !one.quick) ||
          (options->text != NULL && strstr(line, options->text) == NULL))
        continue;
      jobs[count++] = (struct job){.suite = s, .number = n};
    }
  return count;
}

static unsigned run_jobs(struct job *jobs, unsigned count, const struct options *options)
{
  unsigned started = 0, ended = 0, printed = 0, passed = 0;
  printf("| # | model | change | scenario | expected | found | states | steps |\n"
         "|---|---|---|---|---|---|---|---|\n");
  while (printed < count) {
    while (started < count && started - ended < options->jobs) {
      start_job(&jobs[started], started + 1, options);
      started++;
    }
    end_job(jobs, started);
    ended++;
    for (; printed < count && jobs[printed].ended; printed++) {
      printf("%s\n", jobs[printed].line + 1);
      passed += jobs[printed].passed ? 1u : 0u;
    }
    fflush(stdout);
  }
  return passed;
}

int main(int argc, char **argv)
{
  static struct job jobs[CASES_MAX];
  struct options options = {0};
  long processors = sysconf(_SC_NPROCESSORS_ONLN);
  options.jobs = processors < 1 ? 1 : processors > 4 ? 4 : (unsigned)processors;
  for (int option; (option = getopt(argc, argv, "qj:t:")) != -1;) {
    if (option == 'q')
      options.quick = true;
    else if (option == 'j' && atoi(optarg) > 0)
      options.jobs = (unsigned)atoi(optarg);
    else if (option == 't')
      options.traces = optarg;
    else {
      fprintf(stderr, "usage: model [-q] [-j JOBS] [-t FOLDER] [TEXT]\n");
      return 2;
    }
  }
  options.text = optind < argc ? argv[optind] : NULL;
  unsigned count = list_jobs(jobs, &options);
  unsigned passed = run_jobs(jobs, count, &options);
  printf("%u passed, %u failed\n", passed, count - passed);
  return passed == count && count > 0 ? 0 : 1;
}
