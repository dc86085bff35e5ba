/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

#define TOP_COUNT 10

/* The principals denied most, most first; of equals the lesser name. */
struct top {
  size_t count;
  struct denied {
    uint64_t denied;
    uint64_t kind;
    const char *key;
    size_t key_bytes;
  } rows[TOP_COUNT];
};

static int compare_keys(const struct denied *a, const struct denied *b)
{
  size_t common = a->key_bytes < b->key_bytes ? a->key_bytes : b->key_bytes;
  int order = common > 0 ? memcmp(a->key, b->key, common) : 0;

  if (a->kind != b->kind)
    return a->kind < b->kind ? -1 : 1;
  if (order == 0 && a->key_bytes != b->key_bytes)
    return a->key_bytes < b->key_bytes ? -1 : 1;
  return order;
}

static bool comes_before(const struct denied *a, const struct denied *b)
{
  return a->denied != b->denied ? a->denied > b->denied : compare_keys(a, b) < 0;
}

static void consider(void *context, uint64_t kind, const void *payload, const char *key,
                     size_t key_bytes)
{
  struct top *top = context;
  const struct sim_principal *principal = payload;
  struct denied row = {principal->denied, kind, key, key_bytes};
  size_t at;

  if (row.denied == 0)
    return;
  if (top->count < TOP_COUNT)
    top->count++;
  else if (!comes_before(&row, &top->rows[TOP_COUNT - 1]))
    return;
  for (at = top->count - 1; at > 0 && comes_before(&row, &top->rows[at - 1]); at--)
    top->rows[at] = top->rows[at - 1];
  top->rows[at] = row;
}

/* -------------------------------------------------------------------------- names */

/* "user=alice ip=192.0.2.1", to be freed; NULL where memory is short. */
static char *name_of(const struct sim_engine *engine, const struct denied *row)
{
  const struct wi_key *key = &engine->set->keys[row->kind];
  const char *at = row->key;
  char *name = NULL;
  size_t bytes;
  FILE *out = open_memstream(&name, &bytes);

  if (!out)
    return NULL;
  for (uint32_t i = 0; i < key->attribute_count; i++) {
    size_t value_bytes;
    const char *value = sim_key_value(&at, &value_bytes);

    (void)fprintf(out, "%s%s=", i > 0 ? " " : "", engine->set->words[key->attributes[i]]);
    wctl_value_print(out, value, value_bytes);
  }
  if (key->attribute_count == 0)
    (void)fputs("overall", out);
  if (fclose(out) != 0) {
    free(name);
    return NULL;
  }
  return name;
}

/* -------------------------------------------------------------------------- print */

static void print_totals(const struct sim_engine *engine, const struct sim_totals *totals)
{
  (void)fprintf(stderr,
                "events\t%" PRIu64 "\nallowed\t%" PRIu64 "\ndenied\t%" PRIu64 "\nblocked\t%" PRIu64
                "\nerrors\t%" PRIu64 "\nprincipals\t%zu\n",
                totals->events, totals->outcomes[SIM_ALLOWED], totals->outcomes[SIM_DENIED],
                totals->outcomes[SIM_BLOCKED], totals->outcomes[SIM_ERROR],
                engine->principals.entry_count);
}

static void print_totals_json(const struct sim_engine *engine, const struct sim_totals *totals)
{
  (void)fprintf(stderr,
                "{\"events\":%" PRIu64 ",\"allowed\":%" PRIu64 ",\"denied\":%" PRIu64
                ",\"blocked\":%" PRIu64 ",\"errors\":%" PRIu64 ",\"principals\":%zu",
                totals->events, totals->outcomes[SIM_ALLOWED], totals->outcomes[SIM_DENIED],
                totals->outcomes[SIM_BLOCKED], totals->outcomes[SIM_ERROR],
                engine->principals.entry_count);
}

static void print_limits(const struct sim_engine *engine, bool json)
{
  const char *between = "";

  for (uint32_t i = 0; i < engine->set->limit_count; i++) {
    const struct wi_limit *limit = &engine->set->limits[i];
    const struct sim_limit_counts *counts = &engine->counts[i];
    const char *policy = engine->set->policies[limit->policy].name;

    if (limit->kind != WI_KIND_LIMIT && limit->kind != WI_KIND_APART)
      continue;
    if (json)
      (void)fprintf(stderr,
                    "%s{\"policy\":\"%s\",\"limit\":\"%s\",\"asked\":%" PRIu64
                    ",\"denied\":%" PRIu64 ",\"shadow_denied\":%" PRIu64 "}",
                    between, policy, limit->name, counts->asked, counts->denied,
                    counts->shadow_denied);
    else
      (void)fprintf(stderr,
                    "limit\t%s\t%s\tasked\t%" PRIu64 "\tdenied\t%" PRIu64
                    "\tshadow denied\t%" PRIu64 "\n",
                    policy, limit->name, counts->asked, counts->denied, counts->shadow_denied);
    between = ",";
  }
}

static int print_top(const struct sim_engine *engine, bool json)
{
  struct top top = {.count = 0};

  sim_map_visit(&engine->principals, consider, &top);
  for (size_t i = 0; i < top.count; i++) {
    char *name = name_of(engine, &top.rows[i]);

    if (!name)
      return -1;
    if (json) {
      (void)fprintf(stderr, "%s{\"denied\":%" PRIu64 ",\"principal\":", i > 0 ? "," : "",
                    top.rows[i].denied);
      wctl_json_string(stderr, name);
      (void)fputc('}', stderr);
    } else {
      (void)fprintf(stderr, "most denied\t%" PRIu64 "\t%s\n", top.rows[i].denied, name);
    }
    free(name);
  }
  return 0;
}

int sim_summary_print(const struct sim_engine *engine, const struct sim_totals *totals, bool json)
{
  int status;

  if (!json) {
    print_totals(engine, totals);
    print_limits(engine, false);
    return print_top(engine, false);
  }
  print_totals_json(engine, totals);
  (void)fputs(",\"limits\":[", stderr);
  print_limits(engine, true);
  (void)fputs("],\"most_denied\":[", stderr);
  status = print_top(engine, true);
  (void)fputs("]}\n", stderr);
  return status;
}
