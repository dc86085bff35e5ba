/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One decision, single-stepped and killed after instruction i, for every i, while another process
 * goes on asking.  After each: the table is sound, at most the request's own units stay
 * charged, and the principal can go on.
 *
 * step [STRIDE]   default 1: every instruction
 */
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/table.h"

#define BURST 5

struct scenario {
  const char *name;
  const char *policy;
  uint64_t keys;
  int known; /* the principal has cells before                                          */
};

static const struct scenario scenarios[] = {
    {"bucket, known principal", "policy p\n limit m 5 messages / 1h per user\n", 20000, 1},
    {"bucket, new principal", "policy p\n limit m 5 messages / 1h per user\n", 20000, 0},
    {"three limits, new principal",
     "policy p\n limit m 5 messages / 1h per user\n limit d 5 messages / 1d per user\n"
     " limit all 1000000 messages / 1s overall\n",
     20000, 0},
    {"sliding, known principal", "policy p\n limit m 5 messages / 1h per user sliding\n", 20000, 1},
    {"bucket, full group", "policy p\n limit m 5 messages / 1h per user\n", 1, 0},
};

static int failures;

static void expect(int holds, const char *what, long step)
{
  if (holds)
    return;
  printf("FAILED at instruction %ld: %s\n", step, what);
  failures++;
}

static int take(struct weir_table *table, const char *user, struct weir_verdict *verdict)
{
  struct asking asking;

  ask_for(&asking, user, NULL);
  return weir_take(table, &asking.request, verdict);
}

/* Ask for others' keys until killed. */
static pid_t start_other(struct weir_table *table)
{
  pid_t process = fork();
  uint64_t random = 7;

  if (process != 0)
    return process;
  for (;;) {
    struct weir_verdict verdict;
    char name[32];

    snprintf(name, sizeof name, "other%llu", (unsigned long long)(test_random(&random) % 2000));
    if (take(table, name, &verdict) != WEIR_OK)
      _exit(1);
  }
}

/* Step a decision for `user` and kill it after `limit` instructions.  The number stepped; less
 * than limit where the decision ended before. */
static long step_and_kill(struct weir_table *table, const char *user, long limit)
{
  struct weir_verdict verdict;
  struct asking asking;
  long steps = 0;
  int status;
  pid_t child;

  ask_for(&asking, user, NULL);
  child = fork();
  if (child == 0) {
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
      _exit(2);
    (void)raise(SIGSTOP);
    (void)weir_take(table, &asking.request, &verdict);
    _exit(0);
  }
  (void)waitpid(child, &status, 0);
  while (WIFSTOPPED(status) && steps < limit) {
    if (ptrace(PTRACE_SINGLESTEP, child, NULL, NULL) != 0)
      break;
    (void)waitpid(child, &status, 0);
    steps++;
  }
  if (!WIFEXITED(status)) {
    (void)kill(child, SIGKILL);
    (void)waitpid(child, &status, 0);
  }
  return steps;
}

static long run(const struct scenario *scenario, long stride)
{
  struct weir_table *table = make_table(NULL, scenario->keys, scenario->policy);
  struct weir_verdict verdict;
  pid_t other;
  long step = 0, stepped = 0, charged = 0;

  (void)take(table, "first", &verdict); /* the policy is read once, not in the stepped decision */
  other = start_other(table);
  do {
    struct asking asking;
    char user[32];
    uint64_t before = BURST;

    step += stride;
    snprintf(user, sizeof user, "stepped%ld", step);
    if (scenario->known && take(table, user, &verdict) == WEIR_OK)
      before = verdict.remaining;
    ask_for(&asking, user, NULL);
    if (scenario->keys == 1) { /* a full group may have given it a debt at once */
      (void)weir_peek(table, &asking.request, &verdict);
      before = verdict.remaining + (verdict.outcome == WEIR_ALLOW);
    }
    stepped = step_and_kill(table, user, step);
    expect(weir_verify(table, NULL, NULL) == 0, "the table is not sound", step);
    expect(weir_peek(table, &asking.request, &verdict) == WEIR_OK, "the principal cannot ask", step);
    if (scenario->keys != 1) {
      uint64_t left = verdict.remaining + (verdict.outcome == WEIR_ALLOW);

      expect(left + 1 >= before && left <= before, "more than its own unit is charged", step);
      charged += left != before;
      expect(take(table, user, &verdict) == WEIR_OK && verdict.outcome == WEIR_ALLOW,
             "the principal cannot go on", step);
    }
  } while (stepped == step && failures < 10);
  expect(kill(other, 0) == 0 && waitpid(other, NULL, WNOHANG) == 0, "the other process failed", step);
  (void)kill(other, SIGKILL);
  (void)waitpid(other, NULL, 0);
  printf("%-28s %ld instructions, killed after each %ld; own unit left charged in %ld\n",
         scenario->name, stepped, stride, charged);
  weir_close(table);
  return stepped;
}

int main(int count, char **arguments)
{
  long stride = count > 1 ? atol(arguments[1]) : 1;
  int ran = 0, failed = 0;

  for (size_t i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++, ran++) {
    failures = 0;
    (void)run(&scenarios[i], stride);
    failed += failures != 0;
  }
  printf("%d passed, %d failed\n", ran - failed, failed);
  return failed != 0;
}
