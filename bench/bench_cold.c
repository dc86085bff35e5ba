/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What does one decision cost a program that does nothing else, as a CGI: open, take, close, or
 * what a peer has for it?
 *
 * Each round starts every subject once, each a fresh process, and beside it the same program
 * doing nothing; the difference of the two is the subject's cost.  Programs differ by peer, for
 * the libraries that a peer needs: what it takes to load those is in both and so in no
 * difference, which is to the peers' advantage.  In each round the order begins elsewhere.
 *
 *   weir_*        a table for KEYS principals; of one bucket, or of a bucket and a sliding limit;
 *                 users new to the table, and users that are in it
 *   locked_file   a record in a file, under fcntl(): the least that such a design can cost
 *   berkeley_db   a hash of 100,000 users, behind a locked file, as Exim's ratelimit
 *   redis_*       a round trip with its connect, on a unix socket, by hiredis: INCR, and GCRA as a
 *                 script; the server has nothing else to do, and keeps nothing on a disk
 *
 * The files of all lie on a tmpfs.  Prints TSV rows; never asserts.
 *
 * bench_cold [KEYS [ROUNDS]]   default 10000000 and 1000
 */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cold_stage.h"
#include "support/clock.h"
#include "support/number.h"

#define WARM_UP 20
#define ARGUMENTS_MAX 6

extern char **environ;

/* What a subject's last argument is; another one in each round. */
enum user { USER_NONE, USER_NEW, USER_KNOWN, USER_NUMBER };

struct subject {
  const char *name;
  const char *program;
  const char *verb, *where, *what; /* where, what: NULL: none */
  enum user user;
  int empty; /* the subject of the same program that does nothing */
  double *took_us;
  double *cost_us;
};

enum { EMPTY, WEIR_TWO_NEW, WEIR_TWO_KNOWN, WEIR_ONE_NEW, WEIR_ONE_KNOWN, LOCKED, EMPTY_DB, DB,
       EMPTY_REDIS, INCR, GCRA, SUBJECTS };

static void set_subjects(struct subject subjects[SUBJECTS], const struct cold_stage *stage)
{
  static const char own[] = "cold_child", db[] = "cold_db", redis[] = "cold_redis";
  const char *one = stage->one_limit, *two = stage->two_limits, *socket = stage->socket;
  const struct subject all[SUBJECTS] = {
      [EMPTY] = {"nothing", own, "nothing", NULL, NULL, USER_NONE, EMPTY, NULL, NULL},
      [WEIR_TWO_NEW] = {"weir_2_limits_new_user", own, "take", two, NULL, USER_NEW, EMPTY, NULL,
                        NULL},
      [WEIR_TWO_KNOWN] = {"weir_2_limits_known_user", own, "take", two, NULL, USER_KNOWN, EMPTY,
                          NULL, NULL},
      [WEIR_ONE_NEW] = {"weir_1_limit_new_user", own, "take", one, NULL, USER_NEW, EMPTY, NULL,
                        NULL},
      [WEIR_ONE_KNOWN] = {"weir_1_limit_known_user", own, "take", one, NULL, USER_KNOWN, EMPTY,
                          NULL, NULL},
      [LOCKED] = {"locked_file", own, "locked", stage->locked, NULL, USER_NUMBER, EMPTY, NULL,
                  NULL},
      [EMPTY_DB] = {"nothing_with_libdb", db, "nothing", NULL, NULL, USER_NONE, EMPTY_DB, NULL,
                    NULL},
      [DB] = {"berkeley_db", db, "take", stage->db, NULL, USER_NEW, EMPTY_DB, NULL, NULL},
      [EMPTY_REDIS] = {"nothing_with_hiredis", redis, "nothing", NULL, NULL, USER_NONE,
                       EMPTY_REDIS, NULL, NULL},
      [INCR] = {"redis_incr", redis, "incr", socket, NULL, USER_NEW, EMPTY_REDIS, NULL, NULL},
      [GCRA] = {"redis_gcra", redis, "gcra", socket, stage->script, USER_NEW, EMPTY_REDIS, NULL,
                NULL},
  };

  memcpy(subjects, all, sizeof all);
}

/* Beside this program. */
static void child_path(char path[512], const char *program)
{
  char own[256];
  ssize_t length = readlink("/proc/self/exe", own, sizeof own - 1);

  if (length <= 0)
    cold_fail("no /proc");
  own[length] = '\0';
  *(strrchr(own, '/') + 1) = '\0';
  snprintf(path, 512, "%s%s", own, program);
}

static double run_us(const char *path, const char *const words[ARGUMENTS_MAX])
{
  char *arguments[ARGUMENTS_MAX];
  uint64_t began_ns;
  int status;
  pid_t child;

  memcpy(arguments, words, sizeof arguments); /* posix_spawn() writes to none of them */
  began_ns = bench_now_ns();
  if (posix_spawn(&child, path, NULL, NULL, arguments, environ) != 0 ||
      waitpid(child, &status, 0) != child)
    cold_fail("a child does not start");
  began_ns = bench_now_ns() - began_ns;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    fprintf(stderr, "%s %s: wait status %d\n", path, words[1], status);
    cold_fail("a child was not allowed");
  }
  return (double)began_ns / 1e3;
}

static double measure_us(const struct subject *subject, int round)
{
  const char *words[ARGUMENTS_MAX] = {subject->program, subject->verb};
  char path[512], user[32];
  int count = 2;

  if (subject->where != NULL)
    words[count++] = subject->where;
  if (subject->what != NULL)
    words[count++] = subject->what;
  if (subject->user == USER_NUMBER) /* far from the last one, as by a hash */
    snprintf(user, sizeof user, "%llu", (unsigned long long)round * 7919u);
  else
    snprintf(user, sizeof user, "%s%d", subject->user == USER_KNOWN ? "known" : "new", round);
  if (subject->user != USER_NONE)
    words[count] = user;
  child_path(path, subject->program);
  return run_us(path, words);
}

static void fill_db(const struct cold_stage *stage)
{
  const char *words[ARGUMENTS_MAX] = {"cold_db", "fill", stage->db, COLD_DB_USERS};
  char path[512];

  child_path(path, words[0]);
  (void)run_us(path, words);
}

static bool is_installed(const struct subject *subject, const struct cold_stage *stage)
{
  char path[512];

  child_path(path, subject->program);
  return access(path, X_OK) == 0 && (subject->where != stage->socket || stage->has_server);
}

static int compare(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

/* took_us is NULL where the subject is not installed. */
static void print_row(const struct subject *subjects, int at, uint64_t keys, int rounds)
{
  const struct subject *subject = &subjects[at];
  const double *cost = subject->cost_us, *weir = subjects[WEIR_ONE_NEW].cost_us;

  printf("cold\t%s\t%llu\t%d\t", subject->name, (unsigned long long)keys, rounds);
  if (subject->took_us == NULL)
    printf("not installed\t-\t-\t-\t-\n");
  else if (subject->empty == at)
    printf("%.1f\t-\t-\t-\t-\n", subject->took_us[rounds / 2]);
  else
    printf("%.1f\t%.1f\t%.1f\t%.1f\t%.2f\n", subject->took_us[rounds / 2], cost[rounds / 4],
           cost[rounds / 2], cost[rounds * 3 / 4], cost[rounds / 2] / weir[rounds / 2]);
}

static void print_bar(const struct subject *subjects, int peer, int weir, const char *name,
                      int rounds)
{
  if (subjects[peer].took_us != NULL)
    printf("bar\t%s\t%.2f\t>=3\n", name,
           subjects[peer].cost_us[rounds / 2] / subjects[weir].cost_us[rounds / 2]);
}

static void measure_all(struct subject subjects[SUBJECTS], int rounds)
{
  for (int round = 0; round < WARM_UP + rounds; round++) {
    double took_us[SUBJECTS] = {0};

    for (int i = 0; i < SUBJECTS; i++) {
      int at = (i + round) % SUBJECTS;

      if (subjects[at].took_us != NULL)
        took_us[at] = measure_us(&subjects[at], round);
    }
    for (int at = 0; at < SUBJECTS && round >= WARM_UP; at++) {
      if (subjects[at].took_us == NULL)
        continue;
      subjects[at].took_us[round - WARM_UP] = took_us[at];
      subjects[at].cost_us[round - WARM_UP] = took_us[at] - took_us[subjects[at].empty];
    }
  }
}

int main(int count, char **arguments)
{
  uint64_t keys = bench_number(count, arguments, 1, "KEYS", 10000000, 1, 1000000000);
  int rounds = (int)bench_number(count, arguments, 2, "ROUNDS", 1000, 1, 100000);
  static struct cold_stage stage;
  struct subject subjects[SUBJECTS];
  double *figures;

  figures = calloc((size_t)rounds * SUBJECTS * 2, sizeof *figures);
  if (figures == NULL)
    cold_fail("no memory");
  cold_stage_set(&stage, keys, WARM_UP + rounds);
  set_subjects(subjects, &stage);
  for (int i = 0; i < SUBJECTS; i++) {
    if (!is_installed(&subjects[i], &stage))
      continue;
    subjects[i].took_us = figures + i * 2 * rounds;
    subjects[i].cost_us = subjects[i].took_us + rounds;
  }
  if (subjects[DB].took_us != NULL)
    fill_db(&stage);
  measure_all(subjects, rounds);
  for (int i = 0; i < SUBJECTS * 2; i++)
    qsort(figures + i * rounds, (size_t)rounds, sizeof *figures, compare);
  printf("question\tsubject\tkeys\trounds\tprocess_us_median\tdifference_us_p25\t"
         "difference_us_median\tdifference_us_p75\tratio_to_weir_1_limit_new_user\n");
  for (int i = 0; i < SUBJECTS; i++)
    print_row(subjects, i, keys, rounds);
  print_bar(subjects, GCRA, WEIR_ONE_NEW, "redis_gcra_over_weir_1_limit", rounds);
  print_bar(subjects, INCR, WEIR_ONE_NEW, "redis_incr_over_weir_1_limit", rounds);
  print_bar(subjects, GCRA, WEIR_TWO_NEW, "redis_gcra_over_weir_2_limits", rounds);
  free(figures);
  return 0;
}
