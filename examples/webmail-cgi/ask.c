/* SPDX-License-Identifier: BSD-2-Clause */
#include "ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t clock_ns(void)
{
  struct timespec now;

  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int open_and_take(struct ask *ask)
{
  struct weir_fault fault = {0};
  uint64_t start = clock_ns();
  int error = weir_open(NULL, &ask->table, &fault);
  uint64_t opened = clock_ns();

  ask->open_ns = opened - start;
  if (error != WEIR_OK) {
    ask->table = NULL;
    (void)snprintf(ask->fault, sizeof ask->fault, "%s", fault.text);
    return error;
  }
  error = weir_take(ask->table, &ask->request, &ask->verdict);
  ask->take_ns = clock_ns() - opened;
  if (error != WEIR_OK)
    (void)snprintf(ask->fault, sizeof ask->fault, "policy %s: %s", ASK_POLICY,
                   weir_strerror(error));
  return error;
}

enum ask_outcome ask_begin(struct ask *ask, const char *user, const char *address,
                           const struct recipients *recipients)
{
  int error;

  memset(ask, 0, sizeof *ask);
  ask->attributes[0] = (struct weir_attribute){"user", user, strlen(user)};
  ask->attributes[1] = (struct weir_attribute){"ip", address, strlen(address)};
  ask->costs[0] = (struct weir_cost){"messages", 1};
  ask->costs[1] = (struct weir_cost){"recipients", recipients->count};
  for (size_t i = 0; i < recipients->count; i++)
    ask->values[i] = (struct weir_value){recipients->address[i], strlen(recipients->address[i])};
  ask->list = (struct weir_list){"recipient", ask->values, recipients->count};
  ask->request.size_bytes = sizeof ask->request;
  ask->request.policy = ASK_POLICY;
  ask->request.attributes = ask->attributes;
  ask->request.attribute_count = 2;
  ask->request.costs = ask->costs;
  ask->request.cost_count = 2;
  ask->request.lists = &ask->list;
  ask->request.list_count = 1;

  error = open_and_take(ask);
  if (error == WEIR_E_RETIRED) { /* a larger table has come under the same name */
    ask_end(ask);
    error = open_and_take(ask);
  }
  if (error != WEIR_OK)
    return ASK_UNANSWERED;
  if (ask->verdict.outcome == WEIR_ALLOW)
    return ASK_ALLOW;
  return ask->verdict.outcome == WEIR_DENY ? ASK_DENY : ASK_BLOCK;
}

void ask_signal(struct ask *ask, const char *name)
{
  if (ask->table)
    (void)weir_signal(ask->table, &ask->request, name, 1);
}

void ask_refund(struct ask *ask)
{
  if (ask->table)
    (void)weir_refund(ask->table, &ask->request);
  memset(&ask->verdict, 0, sizeof ask->verdict); /* what it said is left no longer holds */
}

void ask_end(struct ask *ask)
{
  uint64_t start = clock_ns();

  weir_close(ask->table);
  ask->close_ns = clock_ns() - start;
  ask->table = NULL;
}
