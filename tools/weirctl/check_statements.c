/* SPDX-License-Identifier: BSD-2-Clause
 * The statements beside `limit`, one a line behind the name of their policy. */
#include <inttypes.h>
#include <string.h>

#include "check.h"

/* Width of the names of policies that have such a statement; 0: none has. */
static int measure(const struct wi_policy_set *set)
{
  size_t width = 0;

  for (uint32_t i = 0; i < set->response_count + set->special_count + set->signal_count; i++) {
    uint32_t special = i - set->response_count, signal = special - set->special_count;
    uint32_t policy = i < set->response_count ? set->responses[i].policy
                      : special < set->special_count
                          ? set->specials[special].policy
                          : set->limits[set->signals[signal].score].policy;

    if (strlen(set->policies[policy].name) > width)
      width = strlen(set->policies[policy].name);
  }
  return (int)width;
}

static void print_policy(const struct wi_policy_set *set, uint32_t policy, int width)
{
  printf("%-*s  ", width, set->policies[policy].name);
}

static void print_response(const struct wi_policy_set *set, const struct wi_response *response)
{
  const struct wi_limit *limit = &set->limits[response->limit];
  char key[WI_KEY_NAME_BYTES], duration[WCTL_DURATION_BYTES];

  if (limit->kind == WI_KIND_SCORE)
    printf("score %s", limit->name);
  else
    printf("on %s denied", limit->name);
  if (response->strikes != WI_NO_STRIKES) {
    const struct wi_rule *rule = &set->limits[response->strikes].rule;

    printf(" %" PRIu64 " in %s", rule->count + 1, wctl_duration(duration, rule->period_ns));
  }
  wi_policy_key_name(set, response->key, key);
  printf(" block %s for %s", key, wctl_duration(duration, response->duration_ns));
  if (response->longest_ns > response->duration_ns)
    printf(" doubling to %s", wctl_duration(duration, response->longest_ns));
  printf("\n");
}

static void print_special(const struct wi_policy_set *set, const struct wi_special *special)
{
  if (special->kind == WI_SPECIAL_MEMBER)
    printf("member %s ", set->classes[special->at].name);
  else
    printf("%s ", special->kind == WI_SPECIAL_EXEMPT ? "exempt" : "reachable");
  printf("%s=", set->words[special->word]);
  wctl_value_print(stdout, set->values + special->offset, special->value_bytes);
  if (special->kind == WI_SPECIAL_REACHABLE) {
    const struct wi_limit *limit = &set->limits[special->at];
    char key[WI_KEY_NAME_BYTES], period[WCTL_DURATION_BYTES];

    wi_policy_key_name(set, limit->key, key);
    printf(" %" PRIu64 " %s / %s per %s", limit->rule.count, set->words[limit->unit],
           wctl_duration(period, limit->rule.period_ns), key);
  }
  printf("\n");
}

void check_statements_print(const struct wi_policy_set *set)
{
  int width = measure(set);

  if (width == 0)
    return;
  printf("\n");
  for (uint32_t i = 0; i < set->response_count; i++) {
    print_policy(set, set->responses[i].policy, width);
    print_response(set, &set->responses[i]);
  }
  for (uint32_t i = 0; i < set->signal_count; i++) {
    const struct wi_limit *score = &set->limits[set->signals[i].score];

    print_policy(set, score->policy, width);
    printf("signal %s of score %s: %" PRIu64 " points\n", set->signals[i].name, score->name,
           set->signals[i].points);
  }
  for (uint32_t i = 0; i < set->special_count; i++) {
    print_policy(set, set->specials[i].policy, width);
    print_special(set, &set->specials[i]);
  }
}
