/* SPDX-License-Identifier: BSD-2-Clause
 * Limits of unknown origin, of every kind. */
#include <string.h>

#include "limit/window.h"
#include "policy/check.h"
#include "policy/name.h"

static bool rule_is_sound(const struct wi_rule *rule)
{
  struct wi_window window;

  if (!wi_in_range(rule->count) || !wi_in_range(rule->period_ns) || !wi_in_range(rule->burst))
    return false;
  if (rule->sliding > WI_DISTINCT || rule->reserved != 0 ||
      (rule->sliding == WI_DISTINCT && rule->period_ns < WI_DISTINCT_PERIOD_MIN_NS))
    return false;
  return !rule->sliding || (rule->burst == rule->count && wi_window_compile(&window, rule) == 0);
}

static bool flags_are_sound(const struct wi_limit *limit)
{
  const uint32_t known = WI_LIMIT_SHADOW | WI_LIMIT_OPTIONAL | WI_LIMIT_DISTINCT |
                         WI_LIMIT_CANONICAL | WI_LIMIT_UNLIMITED;

  if ((limit->flags & ~known) != 0)
    return false;
  if (((limit->flags & WI_LIMIT_DISTINCT) != 0) != (limit->rule.sliding == WI_DISTINCT))
    return false;
  return (limit->flags & WI_LIMIT_CANONICAL) == 0 || (limit->flags & WI_LIMIT_DISTINCT) != 0;
}

/* What limits of all kinds have. */
static bool limit_is_sound(const struct wi_policy_set *set, const struct wi_limit *limit)
{
  return limit->in_use == 1 && wi_name_stored_is_sound(limit->name) &&
         rule_is_sound(&limit->rule) && flags_are_sound(limit) &&
         limit->policy < set->policy_count && limit->key < set->key_count &&
         limit->unit < set->word_count && strcmp(set->words[limit->unit], "distinct") != 0 &&
         limit->when_full <= WI_FULL_ALLOW && limit->reserved == 0;
}

static bool is_of_none(const struct wi_limit *limit)
{
  return limit->of == 0 && limit->class_at == 0;
}

/* A token bucket without flags, of somebody. */
static bool is_plain_bucket(const struct wi_policy_set *set, const struct wi_limit *limit)
{
  return limit->rule.sliding == 0 && limit->rule.burst == limit->rule.count && limit->flags == 0 &&
         limit->when_full == WI_FULL_INHERIT && is_of_none(limit) &&
         set->keys[limit->key].attribute_count > 0;
}

/* The limit that one with `of` belongs to; NULL: there is no such. */
static const struct wi_limit *limit_of(const struct wi_policy_set *set, uint32_t index)
{
  const struct wi_limit *limit = &set->limits[index], *of;

  if (limit->of >= index)
    return NULL;
  of = &set->limits[limit->of];
  if (of->kind != WI_KIND_LIMIT || of->policy != limit->policy ||
      memcmp(of->name, limit->name, sizeof of->name) != 0)
    return NULL;
  return of;
}

static bool class_limit_is_sound(const struct wi_policy_set *set, uint32_t index)
{
  const struct wi_limit *limit = &set->limits[index], *of = limit_of(set, index);

  if (!of || limit->class_at >= set->class_count ||
      set->classes[limit->class_at].policy != limit->policy || limit->key != of->key ||
      limit->unit != of->unit || limit->when_full != of->when_full ||
      (limit->flags & ~(uint32_t)WI_LIMIT_UNLIMITED) != of->flags ||
      limit->rule.period_ns != of->rule.period_ns || limit->rule.sliding != of->rule.sliding)
    return false;
  return (limit->flags & WI_LIMIT_UNLIMITED) == 0 ||
         (limit->rule.count == of->rule.count && limit->rule.burst == of->rule.burst);
}

static bool strikes_are_sound(const struct wi_policy_set *set, uint32_t index)
{
  const struct wi_limit *limit = &set->limits[index], *of = limit_of(set, index);

  return of && (of->flags & WI_LIMIT_SHADOW) == 0 && limit->rule.sliding == 1 &&
         limit->flags == 0 && limit->when_full == WI_FULL_INHERIT && limit->class_at == 0 &&
         strcmp(set->words[limit->unit], "denials") == 0 &&
         set->keys[limit->key].attribute_count > 0;
}

static bool kind_is_sound(const struct wi_policy_set *set, uint32_t index)
{
  const struct wi_limit *limit = &set->limits[index];

  switch (limit->kind) {
  case WI_KIND_LIMIT:
    return is_of_none(limit) && (limit->flags & WI_LIMIT_UNLIMITED) == 0;
  case WI_KIND_CLASS:
    return class_limit_is_sound(set, index);
  case WI_KIND_STRIKES:
    return strikes_are_sound(set, index);
  case WI_KIND_SCORE:
    return is_plain_bucket(set, limit) && strcmp(set->words[limit->unit], "points") == 0;
  case WI_KIND_APART:
    return is_plain_bucket(set, limit) && strcmp(limit->name, "reachable") == 0;
  default:
    return false;
  }
}

/* Names are a limit's or a score's own in its policy; a class overrides a limit once.  Others
 * have the names of what they belong to. */
static bool is_another(const struct wi_limit *limit, const struct wi_limit *earlier)
{
  if (limit->kind != earlier->kind || limit->policy != earlier->policy ||
      limit->kind == WI_KIND_STRIKES || limit->kind == WI_KIND_APART)
    return true;
  return limit->class_at != earlier->class_at || strcmp(limit->name, earlier->name) != 0;
}

bool wi_check_limits(const struct wi_policy_set *set)
{
  uint32_t state_words = 0, key_state_words[WI_KEYS_MAX] = {0};

  for (uint32_t i = 0; i < set->limit_count; i++) {
    const struct wi_limit *limit = &set->limits[i];
    uint32_t words;

    if (!limit_is_sound(set, limit) || !kind_is_sound(set, i))
      return false;
    words = wi_rule_words(&limit->rule);
    state_words += wi_rule_ids(&limit->rule);
    key_state_words[limit->key] += words;
    if (state_words > WI_STATE_WORDS_MAX || key_state_words[limit->key] > WI_KEY_STATE_WORDS_MAX)
      return false;
    for (uint32_t j = 0; j < i; j++)
      if (!is_another(limit, &set->limits[j]))
        return false;
  }
  return true;
}
