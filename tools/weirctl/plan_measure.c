/* SPDX-License-Identifier: BSD-2-Clause
 * How many decisions a second this machine makes, on the table that is planned: all users,
 * as unlike as --sigma says, at the peak's rate on a clock of its own, 1 of every unit.  Cells
 * get idle and are taken by others as they will be; real time would empty every bucket within
 * the measurement, and denials would be measured. */
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "plan.h"

#define FILL_NS ((uint64_t)1500000000)
#define EACH_NS ((uint64_t)500000000) /* of single calls, and of batches              */
#define BATCH 32u
#define VALUE_BYTES 32
#define MEMORY_NS (1.2 * LOG_NS_PER_DAY) /* of messages that fill the table           */

struct asker {
  struct weir_table *table;
  const struct wi_policy_set *set;
  double users;
  double sigma;
  double words[WI_WORDS_MAX]; /* how many values each attribute has                    */
  struct plan_random random;
  struct weir_attribute attributes[BATCH][WI_WORDS_MAX];
  struct weir_cost costs[WI_WORDS_MAX];
  char values[BATCH][WI_WORDS_MAX][VALUE_BYTES];
  struct weir_request requests[BATCH];
  struct weir_verdict verdicts[BATCH];
  uint64_t decided;
  uint64_t allowed;
  double now_ns; /* the table's time, as it is given                                 */
  double step_ns;
};

static uint64_t now_ns(void)
{
  struct timespec now;

  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * LOG_NS_PER_S + (uint64_t)now.tv_nsec;
}

static bool is_attribute(const struct wi_policy_set *set, uint32_t word)
{
  for (uint32_t key = 0; key < set->key_count; key++)
    for (uint32_t i = 0; i < set->keys[key].attribute_count; i++)
      if (set->keys[key].attributes[i] == word)
        return true;
  return false;
}

/* Every request has every attribute that a limit counts by, and 1 of every unit. */
static void begin(struct asker *asker, const char *policy)
{
  const struct wi_policy_set *set = asker->set;
  size_t attributes = 0, costs = 0;

  for (uint32_t word = 0; word < set->word_count; word++) {
    if (!is_attribute(set, word)) {
      asker->costs[costs++] = (struct weir_cost){.unit = set->words[word], .count = 1};
      continue;
    }
    for (size_t i = 0; i < BATCH; i++)
      asker->attributes[i][attributes] = (struct weir_attribute){
          .name = set->words[word], .value = asker->values[i][attributes]};
    attributes++;
  }
  for (size_t i = 0; i < BATCH; i++)
    asker->requests[i] = (struct weir_request){
        .size_bytes = sizeof asker->requests[i],
        .policy = policy,
        .attributes = asker->attributes[i],
        .attribute_count = attributes,
        .costs = asker->costs,
        .cost_count = costs,
        .flags = WEIR_NOW_GIVEN,
    };
}

/* The share of users that send less: the messages of a log-normal distribution come from
 * senders whose z is normal about sigma.  The integral of the normal density after Abramowitz
 * and Stegun 7.1.26, to 1e-7. */
static double draw_rank(struct asker *asker)
{
  double x = (plan_random_normal(&asker->random) + asker->sigma) * 0.70710678118654752;
  double size = x < 0 ? -x : x, t = 1 / (1 + 0.3275911 * size);
  double inner = 1.421413741 + t * (-1.453152027 + t * 1.061405429);
  double above = t * (0.254829592 + t * (-0.284496736 + t * inner)) * plan_exp(-size * size) / 2;

  return x < 0 ? above : 1 - above;
}

/* The next request: whose, and when. */
static void set_request(struct asker *asker, size_t i)
{
  uint64_t user = (uint64_t)(draw_rank(asker) * asker->users);

  for (size_t at = 0; at < asker->requests[i].attribute_count; at++) {
    uint64_t number = user % (uint64_t)asker->words[at];

    asker->attributes[i][at].value_bytes = (size_t)snprintf(
        asker->values[i][at], VALUE_BYTES, "principal-%012" PRIu64, number);
  }
  asker->now_ns += asker->step_ns;
  asker->requests[i].now_ns = (uint64_t)(asker->now_ns < 9e18 ? asker->now_ns : 9e18);
}

/* Until every limit has something to forget, or for as long as there is time; returns the
 * decisions made. */
static uint64_t fill(struct asker *asker)
{
  uint64_t end = now_ns() + FILL_NS, made = 0;
  double until = asker->now_ns + MEMORY_NS;

  while (asker->now_ns < until && now_ns() < end) {
    for (size_t i = 0; i < BATCH; i++)
      set_request(asker, i);
    (void)weir_take_many(asker->table, asker->requests, asker->verdicts, NULL, BATCH);
    made += BATCH;
  }
  return made;
}

/* A decision reads the clock, or would were it not given the time. */
static void read_clock(void)
{
  struct timespec now;

  (void)clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
}

/* Decisions a second; the making of the requests is not timed. */
static double measure(struct asker *asker, bool batches)
{
  uint64_t spent = 0, decided = 0;

  while (spent < EACH_NS) {
    uint64_t begun;

    for (size_t i = 0; i < BATCH; i++)
      set_request(asker, i);
    begun = now_ns();
    if (batches)
      (void)weir_take_many(asker->table, asker->requests, asker->verdicts, NULL, BATCH);
    else
      for (size_t i = 0; i < BATCH; i++) {
        read_clock();
        (void)weir_take(asker->table, &asker->requests[i], &asker->verdicts[i]);
      }
    spent += now_ns() - begun;
    decided += BATCH;
    for (size_t i = 0; i < BATCH; i++)
      asker->allowed += asker->verdicts[i].outcome == WEIR_ALLOW;
  }
  asker->decided += decided;
  return (double)decided * LOG_NS_PER_S / (double)spent;
}

int plan_measure(struct weir_table *table, const struct wi_policy_set *set,
                 const struct plan_options *options, const struct plan_population *population,
                 const struct plan_load *load, struct plan_table *out)
{
  struct asker *asker = calloc(1, sizeof *asker);
  size_t at = 0;

  if (!asker)
    return -1;
  /* A smaller table has as many users fewer, and each as often as before. */
  out->share = (double)out->made_keys / (double)out->keys;
  *asker = (struct asker){.table = table,
                          .set = set,
                          .users = population->users * out->share,
                          .sigma = options->sigma,
                          .now_ns = (double)weir_now_ns(table),
                          .step_ns = LOG_NS_PER_S / (load->peak_per_s * out->share)};
  if (asker->users < 1)
    asker->users = 1;
  for (uint32_t word = 0; word < set->word_count; word++)
    if (is_attribute(set, word)) {
      double values = plan_population_of(set, population, set->words[word]) * out->share;

      asker->words[at++] = values < 1 ? 1 : values;
    }
  begin(asker, options->policy_name);
  out->filled = fill(asker);
  out->single_per_s = measure(asker, false);
  out->batch_per_s = measure(asker, true);
  out->seconds = (double)EACH_NS / LOG_NS_PER_S;
  out->allowed = (double)asker->allowed / (double)asker->decided;
  free(asker);
  return 0;
}
