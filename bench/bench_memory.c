/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What does a table of `create --keys N` take a principal, and what becomes of newcomers
 * while it fills to N and is then asked for more than it holds?
 *
 * Under policies of 1, 3 and 5 token buckets, one principal after another is asked for the first
 * time, up to 3 N of them, all at one instant (WEIR_NOW_GIVEN): no debt drains, nobody gets
 * idle, so that all are active in every limit.  That is the worst there is: in a table that is
 * in use the debts of the evicted, and what newcomers inherit of them, drain meanwhile.  Each
 * first request is one message; 9 of 100 principals then use half of the tightest burst and 1 all
 * of it, so that groups hold debts of all sizes and some that may not be evicted.
 *
 * A newcomer that met a full group is counted in two ways:
 *   principal  its first request evicted a cell or was denied by `when-full`, for at least one of
 *              its limits; over all first requests
 *   cell       evictions that made place for a cell (those that only made a FLOOR are taken off)
 *              and denials by `when-full`; over all cells claimed and those denials
 * The model: principals fall into groups as Poisson has it, each with a cell a limit; group size
 * and number of groups are the library's own.  A first request that is denied is wrongly denied,
 * since every principal is fresh; short_units_mean is what the others that began with a debt
 * have less than a fresh one.
 *
 * Prints TSV rows; never asserts.
 *
 * bench_memory [KEYS]   default 1000000
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admit/admit.h"
#include "gauge/count.h"
#include "memory_model.h"
#include "weir.h"
#include "support/number.h"

#define FILL_PERCENT 5u   /* a step up to N ...          */
#define EVICT_PERCENT 25u /* ... and the steps up to 3 N */
#define LAST_PERCENT 300u

struct policy {
  uint32_t limits;
  uint32_t burst; /* the tightest limit's */
  const char *text;
};

/* Long periods.  With a burst of 2 the debt of a few others already denies a newcomer. */
#define DAY_200 "policy p\n  limit day 200 messages / 1d per user\n"
#define DAY_2 "policy p\n  limit day 2 messages / 1d per user\n"
#define WEEK_AND_MONTH                                                                             \
  "  limit week 800 messages / 7d per user\n  limit month 2000 messages / 30d per user\n"
#define DAYS_AND_WEEKS                                                                             \
  "  limit days 350 messages / 2d per user\n  limit weeks 1400 messages / 14d per user\n"

static const struct policy policies[] = {
    {1, 200, DAY_200},
    {3, 200, DAY_200 WEEK_AND_MONTH},
    {5, 200, DAY_200 WEEK_AND_MONTH DAYS_AND_WEEKS},
    {1, 2, DAY_2},
};

struct world {
  const struct policy *policy;
  struct weir_table *table;
  uint64_t keys;
  uint64_t now_ns;
  uint64_t groups;
};

/* Sums since the table was made; those of a step are differences. */
struct sums {
  uint64_t principals;
  uint64_t met;    /* of these, met a full group            */
  uint64_t denied; /* of these, by their first request      */
  uint64_t begun_short, short_units;
  uint64_t floors;
  struct weir_stats stats;
};

static uint64_t counted(const struct world *world, enum wi_counter counter)
{
  return wi_count_sum(&world->table->region, counter);
}

static uint64_t meetings(const struct world *world)
{
  return counted(world, WI_COUNT_EVICTED) + counted(world, WI_COUNT_FULL_DENIED);
}

static void take(const struct world *world, uint64_t principal, uint64_t units,
                 struct weir_verdict *verdict)
{
  char name[40];
  int length = snprintf(name, sizeof name, "user%llu@example.org", (unsigned long long)principal);
  struct weir_attribute who = {"user", name, (size_t)length};
  struct weir_cost cost = {"messages", units};
  struct weir_request request = {.size_bytes = sizeof request,
                                 .attributes = &who,
                                 .attribute_count = 1,
                                 .costs = &cost,
                                 .cost_count = 1,
                                 .now_ns = world->now_ns,
                                 .flags = WEIR_NOW_GIVEN};
  int error = weir_take(world->table, &request, verdict);

  if (error != WEIR_OK) {
    fprintf(stderr, "bench_memory: %s\n", weir_strerror(error));
    exit(1);
  }
}

static void ask(const struct world *world, struct sums *sums)
{
  uint64_t before = meetings(world), principal = sums->principals++;
  struct weir_verdict verdict;

  take(world, principal, 1, &verdict);
  sums->met += meetings(world) != before;
  if (verdict.outcome != WEIR_ALLOW) {
    sums->denied++;
    return;
  }
  if (verdict.remaining < verdict.burst - 1) {
    sums->begun_short++;
    sums->short_units += verdict.burst - 1 - verdict.remaining;
  }
  if (principal % 100 == 0)
    take(world, principal, verdict.remaining, &verdict);
  else if (principal % 100 < 10)
    take(world, principal, verdict.remaining / 2, &verdict);
}

static uint64_t count_floors(const struct world *world)
{
  const struct wi_cell *cells = world->table->region.cells;
  uint64_t floors = 0;

  for (uint64_t i = 0; i < world->groups * WI_GROUP_CELLS; i++)
    floors += wi_tag_mark(cells[i].tag) == 0 && wi_tag_id(cells[i].tag) >= WI_ID_FIRST_WORD;
  return floors;
}

static void look(const struct world *world, struct sums *sums)
{
  sums->stats.size_bytes = sizeof sums->stats;
  (void)weir_stats(world->table, &sums->stats);
  sums->floors = count_floors(world);
}

static double percent(uint64_t part, uint64_t whole)
{
  return whole == 0 ? 0 : 100.0 * (double)part / (double)whole;
}

struct shares {
  double principal, cell, model_principal, model_cell; /* percent */
};

static struct shares shares_between(const struct world *world, const struct sums *from,
                                    const struct sums *to)
{
  uint64_t refused = to->stats.full_denied - from->stats.full_denied;
  uint64_t claimed = to->stats.inserted - from->stats.inserted + refused;
  uint64_t met = to->stats.evicted - from->stats.evicted + refused;
  uint64_t floors = to->floors - from->floors;
  struct shares shares;
  struct model_shares predicted =
      model_shares(WI_GROUP_CELLS, world->policy->limits,
                   (double)from->principals / (double)world->groups,
                   (double)to->principals / (double)world->groups);

  shares.principal = percent(to->met - from->met, to->principals - from->principals);
  shares.cell = percent(met > floors ? met - floors : 0, claimed);
  shares.model_principal = 100 * predicted.principal;
  shares.model_cell = 100 * predicted.cell;
  return shares;
}

static void print_step(const struct world *world, const char *question, const struct sums *from,
                       const struct sums *to)
{
  struct shares shares = shares_between(world, from, to);
  uint64_t begun_short = to->begun_short - from->begun_short;

  printf("%s\t%u\t%u\t%llu\t%.0f\t%.0f\t%.3f\t%llu\t%llu\t%llu\t%llu\t%llu\t%.3f\t%.3f\t%.3f\t%.3f\t"
         "%.3f\t%.2f\n",
         question, world->policy->limits, world->policy->burst, (unsigned long long)world->keys,
         percent(from->principals, world->keys), percent(to->principals, world->keys),
         (double)to->stats.cells_live / (double)to->stats.cells,
         (unsigned long long)(to->principals - from->principals),
         (unsigned long long)(to->stats.inserted - from->stats.inserted),
         (unsigned long long)(to->stats.evicted - from->stats.evicted),
         (unsigned long long)(to->stats.inherited - from->stats.inherited),
         (unsigned long long)(to->stats.full_denied - from->stats.full_denied), shares.principal,
         shares.cell, shares.model_principal, shares.model_cell,
         percent(to->denied - from->denied, to->principals - from->principals),
         begun_short == 0 ? 0.0
                          : (double)(to->short_units - from->short_units) / (double)begun_short);
}

/* At N, and on the way there. */
struct filled {
  double bytes;
  uint64_t file_bytes, cells;
  double load;
  struct shares shares;
};

static void make_world(struct world *world, const struct policy *policy, uint64_t keys)
{
  struct weir_create_options options = {.size_bytes = sizeof options,
                                        .keys = keys,
                                        .policy_text = policy->text,
                                        .policy_bytes = strlen(policy->text)};
  struct weir_fault fault;

  if (weir_create(NULL, &options, &world->table, &fault) != WEIR_OK) {
    fprintf(stderr, "bench_memory: %s\n", fault.text);
    exit(1);
  }
  world->policy = policy;
  world->keys = keys;
  world->now_ns = weir_now_ns(world->table);
  world->groups = world->table->region.geometry.groups;
}

static struct filled fill_beyond(const struct policy *policy, uint64_t keys)
{
  struct world world;
  struct sums begin = {0}, sums = {0}, step_began, evict_began = {0};
  struct filled filled = {0};

  make_world(&world, policy, keys);
  look(&world, &begin);
  sums = step_began = begin;
  for (uint64_t at = 0; at < LAST_PERCENT;) {
    at += at < 100 ? FILL_PERCENT : EVICT_PERCENT;
    while (sums.principals < keys * at / 100)
      ask(&world, &sums);
    look(&world, &sums);
    if (at <= 100)
      print_step(&world, "memory_fill", &step_began, &sums);
    step_began = sums;
    if (at >= 50 && at % EVICT_PERCENT == 0) {
      if (at > 50)
        print_step(&world, "memory_evict", &evict_began, &sums);
      evict_began = sums;
    }
    if (at != 100)
      continue;
    filled.file_bytes = sums.stats.file_bytes;
    filled.bytes = (double)sums.stats.file_bytes / (double)keys;
    filled.cells = sums.stats.cells;
    filled.load = (double)sums.stats.cells_live / (double)sums.stats.cells;
    filled.shares = shares_between(&world, &begin, &sums);
  }
  weir_close(world.table);
  return filled;
}

int main(int count, char **arguments)
{
  enum { POLICIES = sizeof policies / sizeof *policies, SIZES = 3 };
  uint64_t keys = bench_number(count, arguments, 1, "KEYS", 1000000, 1, 1000000000);
  struct filled filled[POLICIES];

  printf("question\tlimits\tburst\tkeys\tfrom_percent\tto_percent\tload_after\tprincipals\tinserted\t"
         "evicted\tinherited\tfull_denied\tmet_full_principal_percent\tmet_full_cell_percent\t"
         "model_principal_percent\tmodel_cell_percent\twrongly_denied_percent\tshort_units_mean\n");
  for (int i = 0; i < POLICIES; i++)
    filled[i] = fill_beyond(&policies[i], keys);
  printf("question\tlimits\tkeys\tgroup_cells\tcells\tfile_bytes\tbytes_per_principal\tload\t"
         "met_full_principal_percent\tmet_full_cell_percent\tmodel_principal_percent\t"
         "model_cell_percent\n");
  for (int i = 0; i < SIZES; i++)
    printf("memory_create\t%u\t%llu\t%u\t%llu\t%llu\t%.2f\t%.3f\t%.3f\t%.3f\t%.3f\t%.3f\n",
           policies[i].limits, (unsigned long long)keys, WI_GROUP_CELLS,
           (unsigned long long)filled[i].cells, (unsigned long long)filled[i].file_bytes,
           filled[i].bytes, filled[i].load, filled[i].shares.principal, filled[i].shares.cell,
           filled[i].shares.model_principal, filled[i].shares.model_cell);
  printf("bar\tbytes_per_principal_1_limit\t%.2f\t<=26\n", filled[0].bytes);
  printf("bar\tbytes_per_principal_3_limits\t%.2f\t<=72\n", filled[1].bytes);
  printf("bar\tmet_full_group_percent_1_limit\t%.2f\t<=2\n", filled[0].shares.principal);
  printf("bar\tmet_full_group_percent_3_limits\t%.2f\t<=2\n", filled[1].shares.principal);
  printf("bar\tmet_full_group_percent_3_limits_cells\t%.2f\t<=2\n", filled[1].shares.cell);
  return 0;
}
