/* SPDX-License-Identifier: BSD-2-Clause
 * Classes, special values, responses and signals of unknown origin. */
#include <string.h>

#include "hash/siphash.h"
#include "policy/check.h"
#include "policy/name.h"

/* That each has limits is seen with the special values, once limits are sound. */
bool wi_check_classes(const struct wi_policy_set *set)
{
  for (uint32_t i = 0; i < set->class_count; i++) {
    const struct wi_class *each = &set->classes[i];

    if (!wi_name_stored_is_sound(each->name) || each->policy >= set->policy_count ||
        each->reserved != 0)
      return false;
    for (uint32_t j = 0; j < i; j++)
      if (set->classes[j].policy == each->policy && strcmp(set->classes[j].name, each->name) == 0)
        return false;
  }
  return true;
}

static bool class_has_limits(const struct wi_policy_set *set, uint32_t class_at)
{
  for (uint32_t i = 0; i < set->limit_count; i++)
    if (set->limits[i].kind == WI_KIND_CLASS && set->limits[i].class_at == class_at)
      return true;
  return false;
}

/* ----------------------------------------------------------------------- special values -- */

static bool at_is_sound(const struct wi_policy_set *set, const struct wi_special *special)
{
  switch (special->kind) {
  case WI_SPECIAL_MEMBER:
    return special->at < set->class_count && set->classes[special->at].policy == special->policy;
  case WI_SPECIAL_EXEMPT:
    return special->at == 0;
  case WI_SPECIAL_REACHABLE:
    return special->at < set->limit_count && set->limits[special->at].kind == WI_KIND_APART &&
           set->limits[special->at].policy == special->policy;
  default:
    return false;
  }
}

/* The members and exemptions so far, by a hash of what they say: a set is checked each time that
 * a program opens a table, so not each against each.  Index + 1, or 0. */
#define SLOTS (2 * WI_SPECIALS_MAX)

static bool says_the_same(const struct wi_policy_set *set, const struct wi_special *one,
                          const struct wi_special *other)
{
  return one->kind == other->kind && one->policy == other->policy && one->word == other->word &&
         one->value_bytes == other->value_bytes &&
         memcmp(set->values + one->offset, set->values + other->offset, one->value_bytes) == 0;
}

/* A principal is once a member and once exempt. */
static bool add_principal(const struct wi_policy_set *set, uint32_t index, uint16_t slots[SLOTS])
{
  static const uint64_t key[2];
  const struct wi_special *special = &set->specials[index];
  struct wi_sip sip;
  uint64_t at;

  wi_sip_begin(&sip, key);
  wi_sip_word(&sip, (uint64_t)special->kind << 32 | special->policy << 16 | special->word);
  wi_sip_bytes(&sip, set->values + special->offset, special->value_bytes);
  for (at = wi_sip_end(&sip).place % SLOTS; slots[at] != 0; at = (at + 1) % SLOTS)
    if (says_the_same(set, special, &set->specials[slots[at] - 1]))
      return false;
  slots[at] = (uint16_t)(index + 1);
  return true;
}

static uint32_t count_kind(const struct wi_policy_set *set, enum wi_limit_kind kind)
{
  uint32_t count = 0;

  for (uint32_t i = 0; i < set->limit_count; i++)
    count += set->limits[i].kind == (uint32_t)kind;
  return count;
}

/* Values lie one behind the other, in order. */
bool wi_check_specials(const struct wi_policy_set *set)
{
  uint16_t slots[SLOTS] = {0};
  bool is_apart[WI_LIMITS_MAX] = {false}; /* of a reachable value: each of one           */
  uint32_t used_bytes = 0, reachable = 0;

  for (uint32_t i = 0; i < set->special_count; i++) {
    const struct wi_special *special = &set->specials[i];

    if (special->policy >= set->policy_count || special->word >= set->word_count ||
        !at_is_sound(set, special) || special->offset != used_bytes || special->value_bytes == 0 ||
        special->value_bytes > set->value_bytes - used_bytes)
      return false;
    used_bytes += special->value_bytes;
    if (special->kind != WI_SPECIAL_REACHABLE) {
      if (!add_principal(set, i, slots))
        return false;
      continue;
    }
    if (is_apart[special->at])
      return false;
    is_apart[special->at] = true;
    reachable++;
  }
  for (uint32_t i = 0; i < set->class_count; i++)
    if (!class_has_limits(set, i))
      return false;
  return used_bytes == set->value_bytes && reachable == count_kind(set, WI_KIND_APART);
}

/* ---------------------------------------------------------------- responses and signals -- */

static bool trips_soundly(const struct wi_policy_set *set, const struct wi_response *response)
{
  const struct wi_limit *limit = &set->limits[response->limit], *strikes;

  if (limit->policy != response->policy)
    return false;
  if (limit->kind == WI_KIND_SCORE)
    return response->strikes == WI_NO_STRIKES;
  if (limit->kind != WI_KIND_LIMIT || (limit->flags & WI_LIMIT_SHADOW) != 0)
    return false;
  if (response->strikes == WI_NO_STRIKES)
    return true;
  if (response->strikes >= set->limit_count)
    return false;
  strikes = &set->limits[response->strikes];
  return strikes->kind == WI_KIND_STRIKES && strikes->of == response->limit &&
         strikes->key == response->key;
}

/* Strikes are of one response, and a score has one at most. */
static bool response_is_another(const struct wi_policy_set *set, const struct wi_response *response,
                                const struct wi_response *earlier)
{
  if (response->strikes != WI_NO_STRIKES)
    return response->strikes != earlier->strikes;
  return set->limits[response->limit].kind != WI_KIND_SCORE || response->limit != earlier->limit;
}

bool wi_check_responses(const struct wi_policy_set *set)
{
  uint32_t strikes = 0;

  for (uint32_t i = 0; i < set->response_count; i++) {
    const struct wi_response *response = &set->responses[i];

    if (response->policy >= set->policy_count || response->limit >= set->limit_count ||
        response->key >= set->key_count || set->keys[response->key].attribute_count == 0 ||
        !wi_in_range(response->duration_ns) || !wi_in_range(response->longest_ns) ||
        response->longest_ns < response->duration_ns || !trips_soundly(set, response))
      return false;
    strikes += response->strikes != WI_NO_STRIKES;
    for (uint32_t j = 0; j < i; j++)
      if (!response_is_another(set, response, &set->responses[j]))
        return false;
  }
  return strikes == count_kind(set, WI_KIND_STRIKES);
}

static bool score_has_signals(const struct wi_policy_set *set, uint32_t score)
{
  for (uint32_t i = 0; i < set->signal_count; i++)
    if (set->signals[i].score == score)
      return true;
  return false;
}

bool wi_check_signals(const struct wi_policy_set *set)
{
  for (uint32_t i = 0; i < set->signal_count; i++) {
    const struct wi_signal *signal = &set->signals[i];

    if (!wi_name_stored_is_sound(signal->name) || !wi_in_range(signal->points) ||
        signal->score >= set->limit_count || set->limits[signal->score].kind != WI_KIND_SCORE ||
        signal->reserved != 0)
      return false;
    for (uint32_t j = 0; j < i; j++)
      if (set->signals[j].score == signal->score && strcmp(set->signals[j].name, signal->name) == 0)
        return false;
  }
  for (uint32_t i = 0; i < set->limit_count; i++)
    if (set->limits[i].kind == WI_KIND_SCORE && !score_has_signals(set, i))
      return false;
  return true;
}
