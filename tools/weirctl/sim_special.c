/* SPDX-License-Identifier: BSD-2-Clause
 * Members, exemptions and reachable values. */
#include <string.h>

#include "sim_engine.h"

static uint64_t kind_of(uint32_t policy, uint32_t kind, uint32_t word)
{
  return (uint64_t)policy << 16 | (uint64_t)kind << 8 | word;
}

int sim_special_begin(struct sim_engine *engine)
{
  const struct wi_policy_set *set = engine->set;

  for (uint32_t i = 0; i < set->special_count; i++) {
    const struct wi_special *special = &set->specials[i];
    const char *value = set->values + special->offset;
    uint64_t kind = kind_of(special->policy, special->kind, special->word);
    uint64_t hash = sim_map_hash(&engine->specials, kind, value, special->value_bytes);
    uint32_t *index =
        sim_map_need(&engine->specials, hash, kind, value, special->value_bytes, sizeof *index);

    if (!index)
      return -2;
    *index = i + 1;
    engine->policies[special->policy].special_words[special->kind] |= (uint32_t)1 << special->word;
  }
  return 0;
}

/* Index + 1 of what is said of an attribute's whole value; 0: nothing. */
static uint32_t find(const struct sim_engine *engine, const struct sim_policy *policy,
                     enum wi_special_kind of, uint32_t word, const struct sim_terms *terms)
{
  const struct weir_attribute *attribute = terms->attributes[word];
  uint64_t kind = kind_of(policy->index, of, word), hash;
  const uint32_t *index;

  if (!attribute)
    return 0;
  hash = sim_map_hash(&engine->specials, kind, attribute->value, attribute->value_bytes);
  index = sim_map_find(&engine->specials, hash, kind, attribute->value, attribute->value_bytes);
  return index ? *index : 0;
}

int sim_special_class(const struct sim_engine *engine, const struct sim_policy *policy,
                      const struct sim_terms *terms)
{
  uint32_t words = policy->special_words[WI_SPECIAL_MEMBER], first = 0;

  for (uint32_t word = 0; words != 0 && word < engine->set->word_count; word++) {
    uint32_t index = 0;

    if (words >> word & 1u)
      index = find(engine, policy, WI_SPECIAL_MEMBER, word, terms);
    if (index != 0 && (first == 0 || index < first))
      first = index;
  }
  return first == 0 ? -1 : (int)engine->set->specials[first - 1].at;
}

uint32_t sim_special_exempt(const struct sim_engine *engine, const struct sim_policy *policy,
                            const struct sim_terms *terms)
{
  uint32_t words = policy->special_words[WI_SPECIAL_EXEMPT], exempt = 0;

  for (uint32_t word = 0; words != 0 && word < engine->set->word_count; word++)
    if ((words >> word & 1u) && find(engine, policy, WI_SPECIAL_EXEMPT, word, terms) != 0)
      exempt |= (uint32_t)1 << word;
  return exempt;
}

bool sim_special_leaves_out(const struct sim_engine *engine, const struct wi_limit *limit,
                            uint32_t exempt)
{
  const struct wi_key *key = &engine->set->keys[limit->key];

  return key->attribute_count == 1 && (exempt >> key->attributes[0] & 1u);
}

static bool is_value(const struct wi_policy_set *set, const struct wi_special *special,
                     const char *item, size_t item_bytes)
{
  return special->value_bytes == item_bytes &&
         memcmp(set->values + special->offset, item, item_bytes) == 0;
}

/* Mark the limits of the lines that name an item; false where none does. */
static bool mark_item(const struct sim_engine *engine, const struct sim_policy *policy,
                      uint32_t word, const char *item, size_t item_bytes,
                      bool marked[WI_LIMITS_MAX])
{
  const struct wi_policy_set *set = engine->set;
  bool is_reachable = false;

  for (uint32_t i = 0; i < set->special_count; i++) {
    const struct wi_special *special = &set->specials[i];

    if (special->kind != WI_SPECIAL_REACHABLE || special->policy != policy->index ||
        special->word != word || !is_value(set, special, item, item_bytes))
      continue;
    marked[special->at] = true;
    is_reachable = true;
  }
  return is_reachable;
}

/* Whether every value of each list that lines name is reachable, and there is one. */
static bool all_reachable(const struct sim_engine *engine, const struct sim_policy *policy,
                          const struct sim_terms *terms, bool marked[WI_LIMITS_MAX])
{
  const struct wctl_request *request = terms->request;
  bool has_list = false;

  for (uint32_t word = 0; word < engine->set->word_count; word++) {
    const struct weir_attribute *attribute = terms->attributes[word];

    if (!attribute || !(policy->special_words[WI_SPECIAL_REACHABLE] >> word & 1u))
      continue;
    has_list = true;
    for (size_t i = 0; i < request->items[attribute - request->attributes]; i++) {
      size_t item_bytes;
      const char *item = wctl_request_item(request, attribute, i, &item_bytes);

      if (!mark_item(engine, policy, word, item, item_bytes, marked))
        return false;
    }
  }
  return has_list;
}

int sim_special_reachable(const struct sim_engine *engine, const struct sim_policy *policy,
                          const struct sim_terms *terms, struct sim_event *event,
                          struct sim_asks *asks)
{
  bool marked[WI_LIMITS_MAX] = {false};

  asks->count = 0;
  if (!all_reachable(engine, policy, terms, marked))
    return 0;
  for (uint32_t i = 0; i < engine->set->limit_count; i++)
    if (marked[i] && sim_ask_add(engine, terms, i, event, asks) != 0)
      return -1;
  return 0;
}
