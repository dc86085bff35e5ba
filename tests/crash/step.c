/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One decision killed after instruction i, for every i, while another process goes on asking.
 * After each: the table is sound, at most the request's own units stay charged, and the
 * principal can go on.  A first decision is single-stepped to list its instructions; each of
 * the others runs to one of them, under ptrace, and is killed there.  x86-64.
 *
 * step [STRIDE]   default 1: every instruction
 */
#include "admit/subject.h"
#include "support/stepping.h"
#include "support/table.h"

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

/* Until every group is full. */
static void fill(struct weir_table *table)
{
  struct weir_verdict verdict;
  char name[32];

  for (int i = 0; i < 2000; i++) {
    snprintf(name, sizeof name, "other%d", i);
    (void)take(table, name, &verdict);
  }
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

struct decision {
  struct weir_table *table;
  struct asking asking;
};

static void decide(void *context)
{
  struct decision *decision = context;
  struct weir_verdict verdict;

  (void)weir_take(decision->table, &decision->asking.request, &verdict);
}

/* As if the principal had never been there: the next decision takes the same way. */
static void forget(struct weir_table *table, const char *user)
{
  const struct wi_plan *plan = wi_plans_ready(&table->plans, &table->region, &(uint64_t){0});
  struct wi_subject subject;
  struct asking asking;

  ask_for(&asking, user, NULL);
  if (plan == NULL || wi_subject_resolve(plan, &table->region, &asking.request, &subject) != WEIR_OK)
    return;
  for (uint32_t key = 0; key < subject.policy->key_count; key++)
    for (uint32_t i = 0; i < WI_GROUP_CELLS; i++) {
      struct wi_cell *cell = &subject.places[key].group[i];
      struct wi_cell found = *cell, dead = {.tag = WI_TAG_DEAD};

      if (wi_tag_mark(found.tag) == subject.places[key].mark)
        (void)wi_cell_cas_seq_cst(cell, found, dead);
    }
}

/* The principal before its decision is killed; the units that it has. */
static uint64_t prepare(struct weir_table *table, const struct scenario *scenario)
{
  struct weir_verdict verdict = {.remaining = 0};
  struct asking asking;

  forget(table, "stepped");
  if (scenario->known)
    (void)take(table, "stepped", &verdict);
  ask_for(&asking, "stepped", NULL);
  (void)weir_peek(table, &asking.request, &verdict);
  memset(table->memos, 0, sizeof table->memos); /* the longer way, each time */
  return verdict.remaining;
}

static void check_after(struct weir_table *table, const struct scenario *scenario, uint64_t before,
                        long step, long *charged)
{
  struct weir_verdict verdict = {.remaining = 0};
  struct asking asking;
  uint64_t left;

  expect(weir_verify(table, NULL, NULL) == 0, "the table is not sound", step);
  ask_for(&asking, "stepped", NULL);
  expect(weir_peek(table, &asking.request, &verdict) == WEIR_OK, "the principal cannot ask", step);
  if (scenario->keys == 1)
    return; /* in a full group others' debts are inherited, too */
  left = verdict.remaining;
  expect(left + 1 >= before && left <= before, "more than its own unit is charged", step);
  *charged += left != before;
  expect(take(table, "stepped", &verdict) == WEIR_OK && verdict.outcome == WEIR_ALLOW,
         "the principal cannot go on", step);
}

static void run(const struct scenario *scenario, long stride)
{
  struct decision decision = {.table = make_table(NULL, scenario->keys, scenario->policy)};
  static struct stepping stepping = {.call = decide};
  struct weir_table *table = decision.table;
  struct weir_verdict verdict;
  long previous, killed = 0, charged = 0;
  pid_t other;

  ask_for(&decision.asking, "stepped", NULL);
  stepping.context = &decision;
  stepping.length = 0;
  (void)take(table, "stepped", &verdict); /* the policy is read once, not in the stepped decision */
  if (scenario->keys == 1)
    fill(table);
  do { /* until it is the usual way: a window's next part may just have begun */
    previous = stepping.length;
    (void)prepare(table, scenario);
    stepping_list(&stepping);
  } while (stepping.length != previous);
  other = start_other(table);
  for (long step = 0; step < stepping.length && failures < 10; step += stride) {
    uint64_t before = prepare(table, scenario);

    killed += stepping_kill_at(&stepping, step);
    check_after(table, scenario, before, step, &charged);
  }
  expect(kill(other, 0) == 0 && waitpid(other, NULL, WNOHANG) == 0, "the other process failed", -1);
  (void)kill(other, SIGKILL);
  (void)waitpid(other, NULL, 0);
  /* Which way a known principal is found depends on the processor. */
  expect(stepping.length > 100 && killed * stride * 10 > stepping.length * 7,
         "too few were killed on their way", -1);
  printf("%-28s %ld instructions, killed after each %ld: %ld; own unit left charged in %ld\n",
         scenario->name, stepping.length, stride, killed, charged);
  weir_close(table);
}

int main(int count, char **arguments)
{
  long stride = count > 1 ? atol(arguments[1]) : 1;
  int ran = 0, failed = 0;

  for (size_t i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++, ran++) {
    failures = 0;
    run(&scenarios[i], stride);
    failed += failures != 0;
  }
  printf("%d passed, %d failed\n", ran - failed, failed);
  return failed != 0;
}
