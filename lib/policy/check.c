/* SPDX-License-Identifier: BSD-2-Clause
 * Whether a set of unknown origin is one that the parser could have made.  Nothing
 * of it is used as an index or as a string before it passed; the caller gives a
 * private copy, which nobody changes meanwhile. */
#include <stdbool.h>
#include <string.h>

#include "limit/window.h"
#include "policy/name.h"

static bool words_are_sound(const struct wi_policy_set *set)
{
  if (set->word_count > WI_WORDS_MAX)
    return false;
  for (uint32_t i = 0; i < set->word_count; i++) {
    if (!wi_name_stored_is_sound(set->words[i]))
      return false;
    for (uint32_t j = 0; j < i; j++)
      if (strcmp(set->words[i], set->words[j]) == 0)
        return false;
  }
  return true;
}

static bool attributes_are_sound(const struct wi_policy_set *set, const struct wi_key *key)
{
  if (key->attribute_count > WI_KEY_ATTRIBUTES_MAX)
    return false;
  for (uint32_t i = 0; i < WI_KEY_ATTRIBUTES_MAX; i++) {
    uint32_t attribute = key->attributes[i];

    if (i >= key->attribute_count) {
      if (attribute != 0)
        return false;
      continue;
    }
    if (attribute >= set->word_count || strcmp(set->words[attribute], "overall") == 0)
      return false;
    if (i > 0 && strcmp(set->words[key->attributes[i - 1]], set->words[attribute]) >= 0)
      return false;
  }
  return true;
}

static bool keys_are_sound(const struct wi_policy_set *set)
{
  if (set->key_count > WI_KEYS_MAX)
    return false;
  for (uint32_t i = 0; i < set->key_count; i++) {
    if (!attributes_are_sound(set, &set->keys[i]))
      return false;
    for (uint32_t j = 0; j < i; j++)
      if (memcmp(&set->keys[i], &set->keys[j], sizeof set->keys[i]) == 0)
        return false;
  }
  return true;
}

static bool has_limits(const struct wi_policy_set *set, uint32_t policy)
{
  for (uint32_t i = 0; i < set->limit_count; i++)
    if (set->limits[i].policy == policy)
      return true;
  return false;
}

static bool policies_are_sound(const struct wi_policy_set *set)
{
  if (set->policy_count == 0 || set->policy_count > WI_POLICIES_MAX)
    return false;
  for (uint32_t i = 0; i < set->policy_count; i++) {
    if (!wi_name_stored_is_sound(set->policies[i].name) || !has_limits(set, i))
      return false;
    for (uint32_t j = 0; j < i; j++)
      if (strcmp(set->policies[i].name, set->policies[j].name) == 0)
        return false;
  }
  return true;
}

static bool in_range(uint64_t number)
{
  return number >= 1 && number <= WI_COUNT_MAX;
}

static bool rule_is_sound(const struct wi_rule *rule)
{
  struct wi_window window;

  if (!in_range(rule->count) || !in_range(rule->period_ns) || !in_range(rule->burst))
    return false;
  if (rule->sliding > WI_DISTINCT || rule->reserved != 0)
    return false;
  return !rule->sliding || (rule->burst == rule->count && wi_window_compile(&window, rule) == 0);
}

static bool limit_is_sound(const struct wi_policy_set *set, const struct wi_limit *limit)
{
  return wi_name_stored_is_sound(limit->name) && rule_is_sound(&limit->rule) &&
         limit->policy < set->policy_count &&
         limit->key < set->key_count && limit->unit < set->word_count &&
         strcmp(set->words[limit->unit], "distinct") != 0 &&
         (limit->flags & ~(uint32_t)(WI_LIMIT_SHADOW | WI_LIMIT_OPTIONAL)) == 0 &&
         limit->when_full <= WI_FULL_ALLOW && limit->kind == WI_KIND_LIMIT && limit->of == 0 &&
         limit->class_at == 0 && limit->reserved == 0;
}

static bool limits_are_sound(const struct wi_policy_set *set)
{
  uint32_t state_words = 0, key_state_words[WI_KEYS_MAX] = {0};

  for (uint32_t i = 0; i < set->limit_count; i++) {
    const struct wi_limit *limit = &set->limits[i];
    uint32_t words;

    if (limit->in_use != 1 || !limit_is_sound(set, limit))
      return false;
    words = limit->rule.sliding ? WI_WINDOW_WORDS : 1;
    state_words += words;
    key_state_words[limit->key] += words;
    if (state_words > WI_STATE_WORDS_MAX ||
        key_state_words[limit->key] > WI_KEY_STATE_WORDS_MAX)
      return false;
    for (uint32_t j = 0; j < i; j++)
      if (set->limits[j].policy == limit->policy &&
          strcmp(set->limits[j].name, limit->name) == 0)
        return false;
  }
  return true;
}

int wi_policy_set_check(const struct wi_policy_set *set)
{
  bool is_sound = set->limit_count <= WI_LIMITS_MAX && words_are_sound(set) &&
                  keys_are_sound(set) && policies_are_sound(set) && limits_are_sound(set) &&
                  (set->class_count | set->special_count | set->response_count |
                   set->signal_count | set->value_bytes | set->reserved) == 0;

  return is_sound ? WEIR_OK : WEIR_E_CORRUPT;
}
