/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What does one decision cost a program that does nothing else, as a CGI?
 *
 * The program starts itself, in turn, as a process that does nothing and as one that opens a
 * table, takes once and closes it; the difference of each pair is the cost.  Prints a TSV row;
 * never asserts.
 *
 * bench_cold [KEYS [PAIRS]]   default 10000000 and 300
 */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "weir.h"

extern char **environ;

static double clock_us(void)
{
  struct timespec now;

  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

/* The child that decides. */
static int decide(const char *path, const char *user)
{
  struct weir_attribute who = {"user", user, strlen(user)};
  struct weir_request request = {
      .size_bytes = sizeof request, .attributes = &who, .attribute_count = 1};
  struct weir_verdict verdict;
  struct weir_table *table;

  if (weir_open(path, &table, NULL) != WEIR_OK)
    return 2;
  if (weir_take(table, &request, &verdict) != WEIR_OK)
    return 3;
  weir_close(table);
  return (int)verdict.outcome;
}

static double run_us(char **arguments)
{
  double begin = clock_us();
  int status;
  pid_t child;

  if (posix_spawn(&child, arguments[0], NULL, NULL, arguments, environ) != 0 ||
      waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) > 1) {
    fprintf(stderr, "bench_cold: the child failed\n");
    exit(1);
  }
  return clock_us() - begin;
}

static void make_table(const char *path, uint64_t keys)
{
  static const char policy[] = "policy p\n  limit m 30 messages / 1m per user burst 60\n"
                               "  limit d 500 messages / 1d per user sliding\n";
  struct weir_create_options options = {.size_bytes = sizeof options,
                                        .keys = keys,
                                        .policy_text = policy,
                                        .policy_bytes = sizeof policy - 1};
  struct weir_fault fault;
  struct weir_table *table;

  if (weir_create(path, &options, &table, &fault) != WEIR_OK) {
    fprintf(stderr, "bench_cold: %s\n", fault.text);
    exit(1);
  }
  weir_close(table);
}

int main(int count, char **arguments)
{
  uint64_t keys = count > 1 ? strtoull(arguments[1], NULL, 0) : 10000000;
  int pairs = count > 2 ? atoi(arguments[2]) : 300;
  char path[64], user[32];
  char nothing[] = "nothing", take[] = "take";
  char *empty[] = {arguments[0], nothing, NULL}, *full[] = {arguments[0], take, path, user, NULL};
  double *without, *with, *difference;

  if (count > 1 && strcmp(arguments[1], nothing) == 0)
    return 0;
  if (count > 3 && strcmp(arguments[1], take) == 0)
    return decide(arguments[2], arguments[3]);
  snprintf(path, sizeof path, "%s/weir-cold-%ld",
           access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (long)getpid());
  make_table(path, keys);
  without = calloc((size_t)pairs * 3, sizeof *without);
  if (without == NULL)
    return 1;
  with = without + pairs;
  difference = with + pairs;
  for (int i = -20; i < pairs; i++) {
    double a, b;

    snprintf(user, sizeof user, "user%d", i);
    a = run_us(empty);
    b = run_us(full);
    if (i < 0)
      continue; /* warm-up */
    without[i] = a;
    with[i] = b;
    difference[i] = b - a;
  }
  (void)unlink(path);
  qsort(without, (size_t)pairs, sizeof *without, compare);
  qsort(with, (size_t)pairs, sizeof *with, compare);
  qsort(difference, (size_t)pairs, sizeof *difference, compare);
  printf("question\tkeys\tpairs\tprocess_us_median\twith_take_us_median\t"
         "difference_us_p25\tdifference_us_median\tdifference_us_p75\n");
  printf("cold_open_take_close\t%llu\t%d\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\n", (unsigned long long)keys,
         pairs, without[pairs / 2], with[pairs / 2], difference[pairs / 4], difference[pairs / 2],
         difference[pairs * 3 / 4]);
  free(without);
  return 0;
}
