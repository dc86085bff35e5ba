/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>

#include "check.h"
#include "limit/bucket.h"
#include "limit/window.h"

static const char *const when_full[] = {
    [WI_FULL_INHERIT] = "inherit", [WI_FULL_DENY] = "deny", [WI_FULL_ALLOW] = "allow"};

static void print_text(const char *name, const char *text)
{
  printf("\"%s\":", name);
  wctl_json_string(stdout, text);
}

static void print_key(const struct wi_policy_set *set, const char *name, uint32_t key)
{
  printf("\"%s\":[", name);
  for (uint32_t i = 0; i < set->keys[key].attribute_count; i++) {
    printf("%s", i > 0 ? "," : "");
    wctl_json_string(stdout, set->words[set->keys[key].attributes[i]]);
  }
  printf("]");
}

static void print_policy(const struct wi_policy_set *set, uint32_t policy)
{
  printf("{");
  print_text("policy", set->policies[policy].name);
  printf(",");
}

/* ------------------------------------------------------------------------------- limits */

static void print_kind(const struct wi_limit *limit)
{
  const struct wi_rule *rule = &limit->rule;
  struct wi_bucket bucket;
  struct wi_window window;

  if (limit->flags & WI_LIMIT_DISTINCT) {
    printf("\"kind\":\"distinct\",\"canonical\":%s",
           limit->flags & WI_LIMIT_CANONICAL ? "true" : "false");
  } else if (!rule->sliding) {
    wi_bucket_compile(&bucket, rule);
    printf("\"kind\":\"bucket\",\"exact\":%s,\"burst\":%" PRIu64, bucket.exact ? "true" : "false",
           rule->burst);
  } else if (wi_window_compile(&window, rule) == 0) {
    printf("\"kind\":\"sliding\",\"parts\":%" PRIu32 ",\"part_ns\":%" PRIu64
           ",\"early_denial\":\"1/%" PRIu32 "\"",
           window.parts, window.part_ns, window.parts + 1);
  }
}

static void print_limit(const struct wi_policy_set *set, const struct wi_limit *limit)
{
  char interval[WCTL_DURATION_BYTES];

  print_policy(set, limit->policy);
  print_text("limit", limit->name);
  printf(",\"quota\":%" PRIu64 ",", limit->rule.count);
  print_text("unit", set->words[limit->unit]);
  printf(",\"period_ns\":%" PRIu64 ",", limit->rule.period_ns);
  print_key(set, "per", limit->key);
  printf(",");
  print_kind(limit);
  printf(",\"emission_interval\":\"%s\",\"shadow\":%s,\"optional\":%s,\"when_full\":\"%s\"}",
         wctl_interval(interval, limit->rule.period_ns, limit->rule.count),
         limit->flags & WI_LIMIT_SHADOW ? "true" : "false",
         limit->flags & WI_LIMIT_OPTIONAL ? "true" : "false", when_full[limit->when_full]);
}

static void print_class_limit(const struct wi_policy_set *set, const struct wi_limit *limit)
{
  print_policy(set, limit->policy);
  print_text("class", set->classes[limit->class_at].name);
  printf(",");
  print_text("limit", limit->name);
  if (limit->flags & WI_LIMIT_UNLIMITED) {
    printf(",\"unlimited\":true}");
    return;
  }
  printf(",\"unlimited\":false,\"quota\":%" PRIu64 ",", limit->rule.count);
  print_kind(limit);
  printf("}");
}

static void print_signals(const struct wi_policy_set *set, uint32_t score)
{
  const char *between = "";

  printf("\"signals\":[");
  for (uint32_t i = 0; i < set->signal_count; i++) {
    if (set->signals[i].score != score)
      continue;
    printf("%s{", between);
    print_text("signal", set->signals[i].name);
    printf(",\"points\":%" PRIu64 "}", set->signals[i].points);
    between = ",";
  }
  printf("]");
}

static void print_score(const struct wi_policy_set *set, uint32_t index)
{
  const struct wi_limit *score = &set->limits[index];

  print_policy(set, score->policy);
  print_text("score", score->name);
  printf(",\"points\":%" PRIu64 ",\"period_ns\":%" PRIu64 ",", score->rule.count,
         score->rule.period_ns);
  print_key(set, "per", score->key);
  printf(",");
  print_signals(set, index);
  printf("}");
}

static void print_limits(const struct wi_policy_set *set, const char *name, enum wi_limit_kind kind)
{
  const char *between = "";

  printf("\"%s\":[", name);
  for (uint32_t i = 0; i < set->limit_count; i++) {
    if (set->limits[i].kind != (uint32_t)kind)
      continue;
    printf("%s", between);
    if (kind == WI_KIND_CLASS)
      print_class_limit(set, &set->limits[i]);
    else if (kind == WI_KIND_SCORE)
      print_score(set, i);
    else
      print_limit(set, &set->limits[i]);
    between = ",";
  }
  printf("]");
}

/* ------------------------------------------------------------------------- other statements */

static void print_response(const struct wi_policy_set *set, const struct wi_response *response)
{
  const struct wi_limit *limit = &set->limits[response->limit];
  bool is_score = limit->kind == WI_KIND_SCORE;

  print_policy(set, response->policy);
  print_text(is_score ? "score" : "limit", limit->name);
  if (!is_score && response->strikes == WI_NO_STRIKES)
    printf(",\"denials\":1");
  else if (!is_score)
    printf(",\"denials\":%" PRIu64 ",\"within_ns\":%" PRIu64,
           set->limits[response->strikes].rule.count + 1,
           set->limits[response->strikes].rule.period_ns);
  printf(",");
  print_key(set, "block", response->key);
  printf(",\"for_ns\":%" PRIu64 ",\"longest_ns\":%" PRIu64 "}", response->duration_ns,
         response->longest_ns);
}

static void print_special(const struct wi_policy_set *set, const struct wi_special *special)
{
  print_policy(set, special->policy);
  if (special->kind == WI_SPECIAL_MEMBER) {
    print_text("class", set->classes[special->at].name);
    printf(",");
  }
  print_text("attribute", set->words[special->word]);
  printf(",\"value\":");
  wctl_json_bytes(stdout, set->values + special->offset, special->value_bytes);
  if (special->kind == WI_SPECIAL_REACHABLE) {
    const struct wi_limit *limit = &set->limits[special->at];

    printf(",\"quota\":%" PRIu64 ",", limit->rule.count);
    print_text("unit", set->words[limit->unit]);
    printf(",\"period_ns\":%" PRIu64 ",", limit->rule.period_ns);
    print_key(set, "per", limit->key);
  }
  printf("}");
}

static void print_specials(const struct wi_policy_set *set, const char *name,
                           enum wi_special_kind kind)
{
  const char *between = "";

  printf("\"%s\":[", name);
  for (uint32_t i = 0; i < set->special_count; i++) {
    if (set->specials[i].kind != (uint32_t)kind)
      continue;
    printf("%s", between);
    print_special(set, &set->specials[i]);
    between = ",";
  }
  printf("]");
}

void check_json_print(const struct wi_policy_set *set)
{
  printf("{");
  print_limits(set, "limits", WI_KIND_LIMIT);
  printf(",");
  print_limits(set, "class_limits", WI_KIND_CLASS);
  printf(",");
  print_limits(set, "scores", WI_KIND_SCORE);
  printf(",\"responses\":[");
  for (uint32_t i = 0; i < set->response_count; i++) {
    printf("%s", i > 0 ? "," : "");
    print_response(set, &set->responses[i]);
  }
  printf("],");
  print_specials(set, "members", WI_SPECIAL_MEMBER);
  printf(",");
  print_specials(set, "exempt", WI_SPECIAL_EXEMPT);
  printf(",");
  print_specials(set, "reachable", WI_SPECIAL_REACHABLE);
  printf("}\n");
}
