/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "sim_engine.h"

void sim_terms_read(const struct sim_engine *engine, const struct wctl_request *request,
                    struct sim_terms *terms)
{
  const struct wi_policy_set *set = engine->set;

  terms->request = request;
  for (uint32_t word = 0; word < set->word_count; word++) {
    size_t bytes = engine->word_bytes[word];

    terms->attributes[word] = NULL;
    terms->counts[word] = 0;
    terms->counted[word] = false;
    for (size_t i = 0; i < request->request.attribute_count; i++)
      if (request->name_bytes[i] == bytes &&
          memcmp(request->attributes[i].name, set->words[word], bytes) == 0) {
        terms->attributes[word] = &request->attributes[i];
        break;
      }
    for (size_t i = 0; i < request->request.cost_count; i++)
      if (strcmp(request->costs[i].unit, set->words[word]) == 0) {
        terms->counts[word] = request->costs[i].count;
        terms->counted[word] = true;
        break;
      }
    if (!terms->counted[word] && strcmp(set->words[word], "messages") == 0) {
      terms->counts[word] = 1;
      terms->counted[word] = true;
    }
  }
}

const char *sim_lacking(const struct sim_engine *engine, const struct sim_terms *terms,
                        uint32_t key)
{
  const struct wi_key *lacked = &engine->set->keys[key];

  for (uint32_t i = 0; i < lacked->attribute_count; i++)
    if (!terms->attributes[lacked->attributes[i]])
      return engine->set->words[lacked->attributes[i]];
  return NULL;
}

/* before, behind: of the word that it lacks.  Returns 0 where the limit is left out. */
static int lacks(const struct wi_limit *limit, struct sim_event *event, const char *before,
                 const char *what, const char *behind, const char *expected)
{
  if (limit->flags & WI_LIMIT_OPTIONAL)
    return 0;
  return sim_event_mistake(event, event->request_column,
                           "limit '%s' counts %s%s%s, which the request lacks: expected %s=%s",
                           limit->name, before, what, behind, what, expected);
}

int sim_ask_add(const struct sim_engine *engine, const struct sim_terms *terms, uint32_t limit_at,
                struct sim_event *event, struct sim_asks *asks)
{
  const struct wi_limit *limit = &engine->set->limits[limit_at];
  const char *attribute = sim_lacking(engine, terms, limit->key);
  const char *unit = engine->set->words[limit->unit];
  bool is_distinct = (limit->flags & WI_LIMIT_DISTINCT) != 0;

  if (attribute)
    return lacks(limit, event, "by '", attribute, "'", "VALUE");
  if (is_distinct && !terms->attributes[limit->unit])
    return lacks(limit, event, "values of '", unit, "'", "VALUE");
  if (!is_distinct && !terms->counted[limit->unit])
    return lacks(limit, event, "", unit, "", "NUMBER");
  asks->ask[asks->count++] =
      (struct sim_ask){.limit = limit_at, .units = terms->counts[limit->unit]};
  return 0;
}

int sim_ask_limits(struct sim_engine *engine, const struct sim_policy *policy,
                   const struct sim_terms *terms, struct sim_event *event, struct sim_asks *asks)
{
  uint32_t exempt = sim_special_exempt(engine, policy, terms);
  int class_at = sim_special_class(engine, policy, terms);

  asks->count = 0;
  for (uint32_t i = 0; i < policy->limit_count; i++) {
    uint32_t at = policy->limits[i];
    const struct wi_limit *limit;

    if (class_at >= 0 && engine->stands_in[class_at][at] != 0)
      at = engine->stands_in[class_at][at] - 1u;
    limit = &engine->set->limits[at];
    if ((limit->flags & WI_LIMIT_UNLIMITED) || sim_special_leaves_out(engine, limit, exempt) ||
        ((limit->flags & WI_LIMIT_DISTINCT) && event->op == SIM_REFUND))
      continue;
    if (sim_ask_add(engine, terms, at, event, asks) != 0)
      return -1;
  }
  return 0;
}

void sim_ask_resettable(const struct sim_engine *engine, const struct sim_policy *policy,
                        const struct sim_terms *terms, struct sim_asks *asks)
{
  asks->count = 0;
  for (uint32_t i = 0; i < engine->set->limit_count; i++) {
    const struct wi_limit *limit = &engine->set->limits[i];

    if (limit->policy == policy->index && limit->kind != WI_KIND_STRIKES &&
        limit->kind != WI_KIND_SCORE && !sim_lacking(engine, terms, limit->key))
      asks->ask[asks->count++] = (struct sim_ask){.limit = i};
  }
}

/* Where a principal's key lies in engine->key. */
struct place {
  size_t offset;
  size_t length;
  uint64_t hash;
};

/* Of no attribute there are no bytes, and may be no memory for them. */
static const char *bytes_at(const struct sim_engine *engine, const struct place *place)
{
  return place->length > 0 ? engine->key.bytes + place->offset : "";
}

static int write_key(struct sim_engine *engine, uint32_t key_index, const struct sim_terms *terms,
                     struct place *place)
{
  const struct wi_key *key = &engine->set->keys[key_index];

  place->offset = engine->key.length;
  for (uint32_t i = 0; i < key->attribute_count; i++) {
    const struct weir_attribute *attribute = terms->attributes[key->attributes[i]];

    if (sim_key_add(&engine->key, attribute->value, attribute->value_bytes) != 0)
      return -2;
  }
  place->length = engine->key.length - place->offset;
  place->hash =
      sim_map_hash(&engine->principals, key_index, bytes_at(engine, place), place->length);
  return 0;
}

static struct sim_principal *look_up(struct sim_engine *engine, uint32_t key,
                                     const struct place *place, bool make)
{
  const char *bytes = bytes_at(engine, place);

  if (!make)
    return sim_map_find(&engine->principals, place->hash, key, bytes, place->length);
  return sim_map_need(&engine->principals, place->hash, key, bytes, place->length,
                      sizeof(struct sim_principal) + engine->states[key] * sizeof(union sim_state));
}

union sim_state *sim_states_of(struct sim_principal *principal)
{
  return (union sim_state *)(void *)(principal + 1);
}

int sim_key_write(struct sim_engine *engine, uint32_t key, const struct sim_terms *terms)
{
  struct place place;

  engine->key.length = 0;
  return write_key(engine, key, terms, &place);
}

int sim_find_principal(struct sim_engine *engine, uint32_t key, const struct sim_terms *terms,
                       struct sim_principal **principal)
{
  struct place place;

  engine->key.length = 0;
  if (write_key(engine, key, terms, &place) != 0)
    return -2;
  *principal = look_up(engine, key, &place, false);
  return 0;
}

int sim_ask_principals(struct sim_engine *engine, const struct sim_terms *terms, bool make,
                       struct sim_asks *asks)
{
  struct place places[WI_KEYS_MAX];
  struct sim_principal *found[WI_KEYS_MAX];
  uint32_t keys[WI_KEYS_MAX], count = 0, known = 0; /* bit: of a key in keys */

  engine->key.length = 0;
  for (uint32_t i = 0; i < asks->count; i++) {
    uint32_t key = engine->set->limits[asks->ask[i].limit].key;

    if (known >> key & 1u)
      continue;
    known |= (uint32_t)1 << key;
    keys[count++] = key;
    if (write_key(engine, key, terms, &places[key]) != 0)
      return -2;
  }
  for (uint32_t i = 0; i < count; i++)
    sim_map_fetch(&engine->principals, places[keys[i]].hash);
  for (uint32_t i = 0; i < count; i++) {
    found[keys[i]] = look_up(engine, keys[i], &places[keys[i]], make);
    if (make && !found[keys[i]])
      return -2;
  }
  for (uint32_t i = 0; i < asks->count; i++) {
    struct sim_ask *ask = &asks->ask[i];

    ask->principal = found[engine->set->limits[ask->limit].key];
    if (ask->principal)
      ask->state = sim_states_of(ask->principal) + engine->state_of[ask->limit];
  }
  return 0;
}
