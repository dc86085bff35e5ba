/* SPDX-License-Identifier: BSD-2-Clause
 * Short words for tests that make a table and ask it. */
#ifndef TEST_SUPPORT_TABLE_H
#define TEST_SUPPORT_TABLE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weir.h"

#define SECOND_NS 1000000000ull
#define MINUTE_NS (60 * SECOND_NS)

static inline struct weir_table *make_table(const char *path, uint64_t keys, const char *policy)
{
  struct weir_create_options options = {.size_bytes = sizeof options,
                                        .keys = keys,
                                        .policy_text = policy,
                                        .policy_bytes = policy != NULL ? strlen(policy) : 0,
                                        .policy_name = "test"};
  struct weir_table *table = NULL;
  struct weir_fault fault;
  int error = weir_create(path, &options, &table, &fault);

  if (error != WEIR_OK) {
    fprintf(stderr, "make_table: %d %s\n", error, fault.text);
    abort();
  }
  return table;
}

/* A request of one or two attributes and one number. */
struct asking {
  struct weir_request request;
  struct weir_attribute attributes[3];
  struct weir_cost costs[2];
};

static inline void ask_for(struct asking *asking, const char *user, const char *ip)
{
  memset(asking, 0, sizeof *asking);
  asking->request.size_bytes = sizeof asking->request;
  asking->request.attributes = asking->attributes;
  asking->request.costs = asking->costs;
  if (user != NULL)
    asking->attributes[asking->request.attribute_count++] =
        (struct weir_attribute){"user", user, strlen(user)};
  if (ip != NULL)
    asking->attributes[asking->request.attribute_count++] =
        (struct weir_attribute){"ip", ip, strlen(ip)};
}

static inline void ask_units(struct asking *asking, const char *unit, uint64_t count)
{
  asking->costs[asking->request.cost_count++] = (struct weir_cost){unit, count};
}

static inline void ask_at(struct asking *asking, uint64_t now_ns)
{
  asking->request.flags = WEIR_NOW_GIVEN;
  asking->request.now_ns = now_ns;
}

/* Take one message for a user at a time; the outcome, or an error. */
static inline int take_at(struct weir_table *table, const char *user, uint64_t now_ns,
                          struct weir_verdict *verdict)
{
  struct asking asking;
  int error;

  ask_for(&asking, user, NULL);
  ask_at(&asking, now_ns);
  error = weir_take(table, &asking.request, verdict);
  return error != WEIR_OK ? error : (int)verdict->outcome;
}

/* WEIR_SEED, or one from the clock that is printed. */
static inline uint64_t test_seed(void)
{
  const char *text = getenv("WEIR_SEED");
  uint64_t seed = text != NULL ? strtoull(text, NULL, 0) : 20251;

  fprintf(stderr, "WEIR_SEED=%llu\n", (unsigned long long)seed);
  return seed;
}

static inline uint64_t test_random(uint64_t *state)
{
  uint64_t z = (*state += 0x9e3779b97f4a7c15u); /* splitmix64 */

  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

#endif
