/* SPDX-License-Identifier: BSD-2-Clause
 * Whether a set of unknown origin is one that the parser could have made.  Nothing
 * of it is used as an index or as a string before it passed; the caller gives a
 * private copy, which nobody changes meanwhile. */
#include <stdbool.h>
#include <string.h>

#include "policy/check.h"
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
    if (set->limits[i].policy == policy && set->limits[i].kind == WI_KIND_LIMIT)
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

/* The counts first: nothing is looked at beyond them. */
static bool counts_are_sound(const struct wi_policy_set *set)
{
  return set->limit_count <= WI_LIMITS_MAX && set->class_count <= WI_CLASSES_MAX &&
         set->special_count <= WI_SPECIALS_MAX && set->response_count <= WI_RESPONSES_MAX &&
         set->signal_count <= WI_SIGNALS_MAX && set->value_bytes <= WI_VALUES_BYTES &&
         set->reserved == 0;
}

int wi_policy_set_check(const struct wi_policy_set *set)
{
  bool is_sound = counts_are_sound(set) && words_are_sound(set) && keys_are_sound(set) &&
                  policies_are_sound(set) && wi_check_classes(set) && wi_check_limits(set) &&
                  wi_check_specials(set) && wi_check_responses(set) && wi_check_signals(set);

  return is_sound ? WEIR_OK : WEIR_E_CORRUPT;
}
