/* SPDX-License-Identifier: BSD-2-Clause */
#include "ask.h"
#include "environment.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

struct question {
  struct weir_attribute attributes[2];
  struct weir_cost costs[2];
  struct weir_value values[RECIPIENTS_MAX];
  struct weir_list list;
  struct weir_request request;
};

static uint64_t clock_ns(void)
{
  struct timespec now;

  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void open_table(struct ask *ask)
{
  struct weir_fault fault = {0};
  uint64_t start = clock_ns();

  if (weir_open(NULL, &ask->table, &fault) != WEIR_OK) {
    ask->table = NULL;
    (void)snprintf(ask->fault, sizeof ask->fault, "%s", fault.text);
  }
  ask->open_ns = clock_ns() - start;
}

void ask_begin(struct ask *ask)
{
  memset(ask, 0, sizeof *ask);
  ask->is_off = environment_is("WEIR_OFF", "1");
  if (!ask->is_off)
    open_table(ask);
}

void ask_end(struct ask *ask)
{
  uint64_t start = clock_ns();

  weir_close(ask->table);
  ask->close_ns = clock_ns() - start;
  ask->table = NULL;
}

int ask_fails_open(struct ask *ask)
{
  int open = environment_is("WEIR_FAIL", "open");

  if (!ask->has_complained)
    fprintf(stderr, "compose: weir: %s; %s\n", ask->fault,
            open ? "went on without asking (WEIR_FAIL=open)" : "refused");
  ask->has_complained = 1;
  return open;
}

/* recipients may be NULL: a password has none. */
static void put(struct question *question, const char *policy, const struct asker *asker,
                uint64_t messages, const struct recipients *recipients)
{
  size_t count = recipients ? recipients->count : 0;

  question->attributes[0] = (struct weir_attribute){"user", asker->user, strlen(asker->user)};
  question->attributes[1] = (struct weir_attribute){"ip", asker->address, strlen(asker->address)};
  question->costs[0] = (struct weir_cost){"messages", messages};
  question->costs[1] = (struct weir_cost){"recipients", count};
  for (size_t i = 0; i < count; i++)
    question->values[i] =
        (struct weir_value){recipients->address[i], strlen(recipients->address[i])};
  question->list = (struct weir_list){"recipient", question->values, count};
  question->request = (struct weir_request){.size_bytes = sizeof question->request,
                                            .policy = policy,
                                            .attributes = question->attributes,
                                            .attribute_count = 2,
                                            .costs = question->costs,
                                            .cost_count = 2,
                                            .lists = &question->list,
                                            .list_count = 1};
}

/* Whether to ask once more: a larger table has come under the same name. */
static int is_retired(struct ask *ask, int error)
{
  if (error != WEIR_E_RETIRED)
    return 0;
  ask_end(ask);
  open_table(ask);
  return ask->table != NULL;
}

static enum ask_outcome outcome_of(struct ask *ask, const char *policy, int error)
{
  if (error == WEIR_OK) {
    if (ask->verdict.outcome == WEIR_ALLOW)
      return ASK_ALLOW;
    return ask->verdict.outcome == WEIR_DENY ? ASK_DENY : ASK_BLOCK;
  }
  memset(&ask->verdict, 0, sizeof ask->verdict);
  (void)snprintf(ask->fault, sizeof ask->fault, "policy %s: %s", policy, weir_strerror(error));
  return ASK_UNANSWERED;
}

static enum ask_outcome without_table(const struct ask *ask)
{
  return ask->is_off ? ASK_ALLOW : ASK_UNANSWERED;
}

/* What a blocked user may still write to is charged apart, where a refund does not go. */
static int is_apart(const struct weir_verdict *verdict)
{
  return strcmp(verdict->limit, "reachable") == 0;
}

enum ask_outcome ask_take(struct ask *ask, const struct asker *asker,
                          const struct recipients *recipients)
{
  struct question question;
  uint64_t start;
  int error;

  if (!ask->table)
    return without_table(ask);
  put(&question, ASK_POLICY, asker, 1, recipients);
  start = clock_ns();
  error = weir_take(ask->table, &question.request, &ask->verdict);
  if (is_retired(ask, error))
    error = weir_take(ask->table, &question.request, &ask->verdict);
  ask->take_ns = clock_ns() - start;
  ask->is_charged =
      error == WEIR_OK && ask->verdict.outcome == WEIR_ALLOW && !is_apart(&ask->verdict);
  return outcome_of(ask, ASK_POLICY, error);
}

void ask_refund(struct ask *ask, const struct asker *asker, unsigned messages,
                const struct recipients *recipients)
{
  struct question question;

  put(&question, ASK_POLICY, asker, messages, recipients);
  if (ask->table && ask->is_charged)
    (void)weir_refund(ask->table, &question.request);
  memset(&ask->verdict, 0, sizeof ask->verdict); /* what it said is left no longer holds */
}

enum ask_outcome ask_what_is_left(struct ask *ask, const struct asker *asker)
{
  struct question question;
  int error;

  if (!ask->table)
    return without_table(ask);
  put(&question, ASK_POLICY, asker, 0, NULL);
  error = weir_peek(ask->table, &question.request, &ask->verdict);
  if (is_retired(ask, error))
    error = weir_peek(ask->table, &question.request, &ask->verdict);
  if (error == WEIR_OK && ask->verdict.outcome == WEIR_ALLOW && ask->verdict.remaining == 0) {
    question.costs[0].count = 1;
    question.costs[1].count = 1;
    error = weir_peek(ask->table, &question.request, &ask->verdict);
  }
  return outcome_of(ask, ASK_POLICY, error);
}

struct unit_search {
  const char *limit;
  char *unit;
};

static void look_for_unit(void *context, const struct weir_limit_stats *limit)
{
  struct unit_search *search = context;

  if (strcmp(limit->policy, ASK_POLICY) == 0 && strcmp(limit->limit, search->limit) == 0)
    (void)snprintf(search->unit, WEIR_NAME_BYTES, "%s", limit->unit);
}

void ask_unit(struct ask *ask, char unit[WEIR_NAME_BYTES])
{
  struct unit_search search = {ask->verdict.limit, unit};

  *unit = '\0';
  if (ask->table && *ask->verdict.limit)
    (void)weir_stats_limits(ask->table, look_for_unit, &search);
}

enum ask_outcome ask_session(struct ask *ask, const char *user, uint64_t issued_ns)
{
  struct weir_attribute who = {"user", user, strlen(user)};
  int valid;

  if (!ask->table)
    return without_table(ask);
  valid = weir_session_valid(ask->table, &who, 1, issued_ns);
  if (is_retired(ask, valid))
    valid = weir_session_valid(ask->table, &who, 1, issued_ns);
  if (valid >= 0)
    return valid ? ASK_ALLOW : ASK_BLOCK;
  (void)snprintf(ask->fault, sizeof ask->fault, "session: %s", weir_strerror(valid));
  return ASK_UNANSWERED;
}

enum ask_outcome ask_password(struct ask *ask, const struct asker *asker)
{
  struct question question;
  int error;

  if (!ask->table)
    return without_table(ask);
  put(&question, ASK_SIGN_IN_POLICY, asker, 1, NULL);
  error = weir_take(ask->table, &question.request, &ask->verdict);
  if (is_retired(ask, error))
    error = weir_take(ask->table, &question.request, &ask->verdict);
  if (error == WEIR_E_POLICY) { /* nobody wants it throttled                           */
    memset(&ask->verdict, 0, sizeof ask->verdict);
    return ASK_ALLOW;
  }
  return outcome_of(ask, ASK_SIGN_IN_POLICY, error);
}

void ask_password_give_back(struct ask *ask, const struct asker *asker)
{
  struct question question;

  put(&question, ASK_SIGN_IN_POLICY, asker, 1, NULL);
  if (ask->table)
    (void)weir_refund(ask->table, &question.request);
  memset(&ask->verdict, 0, sizeof ask->verdict);
}

void ask_signal(struct ask *ask, const struct asker *asker, const char *name, uint64_t weight)
{
  struct question question;

  put(&question, ASK_POLICY, asker, 0, NULL);
  if (ask->table)
    (void)weir_signal(ask->table, &question.request, name, weight);
}
