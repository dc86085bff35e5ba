/* SPDX-License-Identifier: BSD-2-Clause
 * Who is remembered, from a distribution.
 *
 * A principal sends m messages a day, as a Poisson process, all of them evenly in the busy
 * 24 h / F of the day.  m is log-normal: MEAN exp(s z - s^2 / 2) with z standard normal.  Of
 * a key with fewer principals than users each is a sum over n = users / principals of them,
 * taken as log-normal too (Fenton 1960): mean n MEAN, s'^2 = ln(1 + (e^(s^2) - 1) / n).
 *
 * At the end of the busy hours a bucket whose units take T to come back is in debt with
 * probability min(1, m a(T)): the utilisation of a queue with service time T.  A window that
 * remembers for T counts something with probability 1 - exp(-m a(T)).  a(T) is the share of
 * a day's messages in the last T.  Whom a limit remembers, every longer one of the same key
 * remembers too. */
#include <string.h>

#include "plan.h"
#include "policy/number.h"

#define STEPS 400 /* of the integral over z, from -EDGE to EDGE                      */
#define EDGE 8.0

/* ------------------------------------------------------------------------- population -- */

static int find_key(const struct wi_policy_set *set, struct log_slice name)
{
  for (uint32_t key = 0; key < set->key_count; key++) {
    char text[WI_KEY_NAME_BYTES];

    wi_policy_key_name(set, key, text);
    if (set->keys[key].attribute_count > 0 && log_slice_is(name, text))
      return (int)key;
  }
  return -1;
}

/* KEY=N of the list. */
static int read_one(const struct wi_policy_set *set, struct log_slice item,
                    struct plan_population *population)
{
  size_t equals = log_slice_find(item, "=", false);
  struct log_slice name = {item.text, equals == SIZE_MAX ? item.bytes : equals};
  uint64_t count = 0;
  char suffix;
  int key = find_key(set, name);

  if (key < 0) {
    wctl_error("--principals: no limit counts by '%.*s', expected KEY=N with a key of the policy "
               "(per user+ip: user+ip=N, in the byte order of the words)",
               (int)(name.bytes < 60 ? name.bytes : 60), name.text);
    return WCTL_USAGE;
  }
  item = log_slice_from(item, equals == SIZE_MAX ? item.bytes : equals + 1);
  if (wi_policy_count(item.text, item.bytes, &count, &suffix) != WI_NUMBER_OK ||
      count > 1000000000) {
    wctl_error("--principals %.*s='%.*s', expected a whole number from 1 to 1000000000",
               (int)name.bytes, name.text, (int)(item.bytes < 60 ? item.bytes : 60), item.text);
    return WCTL_USAGE;
  }
  population->of_key[key] = (double)count;
  return WCTL_DONE;
}

int plan_population_read(const struct wi_policy_set *set, const struct plan_options *options,
                         struct plan_population *population)
{
  const char *text = options->keys_text;

  population->users = (double)options->users;
  for (uint32_t key = 0; key < set->key_count; key++)
    population->of_key[key] = set->keys[key].attribute_count > 0 ? (double)options->users : 1;
  while (text) {
    const char *comma = strchr(text, ',');
    struct log_slice item = {text, comma ? (size_t)(comma - text) : strlen(text)};
    int status = read_one(set, item, population);

    if (status != WCTL_DONE)
      return status;
    text = comma ? comma + 1 : NULL;
  }
  return WCTL_DONE;
}

double plan_population_of(const struct wi_policy_set *set,
                          const struct plan_population *population, const char *word)
{
  int key = find_key(set, (struct log_slice){word, strlen(word)});

  return key >= 0 && population->of_key[key] < population->users ? population->of_key[key]
                                                                 : population->users;
}

static bool is_known_unit(const char *unit)
{
  return strcmp(unit, "messages") == 0 || strcmp(unit, "recipients") == 0 ||
         strcmp(unit, "bytes") == 0;
}

int plan_spread_check(const struct wi_policy_set *set)
{
  for (uint32_t i = 0; i < set->limit_count; i++)
    if (!is_known_unit(set->words[set->limits[i].unit])) {
      wctl_error("limit '%s' counts %s, of which a distribution has none, expected messages, "
                 "recipients or bytes",
                 set->limits[i].name, set->words[set->limits[i].unit]);
      return WCTL_INPUT;
    }
  return WCTL_DONE;
}

/* --------------------------------------------------------------------------- formulas -- */

/* The share of a day's messages in the last ns, at the end of the busy hours. */
static double share_in(double ns, double peak)
{
  double days = ns / (double)LOG_NS_PER_DAY, whole = (double)(uint64_t)(days < 1e9 ? days : 1e9);
  double rest = peak * (days - whole);

  return whole + (rest < 1 ? rest : 1);
}

static double units_of(const struct wi_policy_set *set, const struct wi_limit *limit,
                       const struct plan_options *options)
{
  const char *unit = set->words[limit->unit];

  return strcmp(unit, "recipients") == 0 ? options->recipients
         : strcmp(unit, "bytes") == 0    ? options->bytes
                                         : 1;
}

/* How long a message is remembered. */
static double memory_ns(const struct wi_policy_set *set, const struct wi_limit *limit,
                        const struct plan_options *options)
{
  const struct wi_rule *rule = &limit->rule;
  struct wi_exact exact;

  if (!rule->sliding)
    return units_of(set, limit, options) * (double)rule->period_ns / (double)rule->count;
  wi_exact_compile(&exact, rule);
  return (double)rule->period_ns + (double)exact.part_ns / 2;
}

static double probability(const struct wi_limit *limit, double expected)
{
  if (limit->rule.sliding)
    return 1 - plan_exp(-expected);
  return expected < 1 ? expected : 1;
}

/* One kind of principal: m messages a day each, and weight of them. */
static void add_kind(const struct wi_policy_set *set, const struct plan_options *options,
                     uint32_t key, double m, double weight, struct plan_load *load)
{
  double any = 0;

  for (uint32_t i = 0; i < set->limit_count; i++) {
    const struct wi_limit *limit = &set->limits[i];
    double live;

    if (limit->key != key)
      continue;
    live = probability(limit, m * share_in(memory_ns(set, limit, options), options->peak));
    load->peak.live[i] += weight * live;
    load->newcomers[i] += weight * m * (1 - live);
    if (live > any)
      any = live;
  }
  load->peak.principals[key] += weight * any;
}

static void add_key(const struct wi_policy_set *set, const struct plan_options *options,
                    uint32_t key, double principals, struct plan_load *load)
{
  double n = (double)options->users / principals, sigma = options->sigma, total = 0;
  double mean = options->per_day * n;

  if (n > 1)
    sigma = plan_sqrt(plan_log(1 + (plan_exp(sigma * sigma) - 1) / n));
  for (int i = 0; i <= STEPS; i++) {
    double z = EDGE * (2.0 * i / STEPS - 1);

    total += plan_exp(-z * z / 2);
  }
  for (int i = 0; i <= STEPS; i++) {
    double z = EDGE * (2.0 * i / STEPS - 1);

    add_kind(set, options, key, mean * plan_exp(sigma * z - sigma * sigma / 2),
             principals * plan_exp(-z * z / 2) / total, load);
  }
}

void plan_spread_load(const struct wi_policy_set *set, const struct plan_options *options,
                      const struct plan_population *population, struct plan_load *load)
{
  *load = (struct plan_load){.span_ns = (double)LOG_NS_PER_DAY};
  for (uint32_t key = 0; key < set->key_count; key++) {
    add_key(set, options, key, population->of_key[key], load);
    load->principals_most[key] = load->peak.principals[key];
    load->needed_most += load->peak.principals[key] * plan_key_cells(set, key);
  }
  for (uint32_t i = 0; i < set->limit_count; i++)
    load->peak.cells += load->peak.live[i] * plan_limit_cells(&set->limits[i]);
  load->peak.needed = load->needed_most;
  load->messages_per_day = (double)options->users * options->per_day;
  load->peak_per_s = load->messages_per_day * options->peak / 86400;
}
