/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "sim.h"

void sim_terms_read(const struct sim_engine *engine, const struct wctl_request *request,
                    struct sim_terms *terms)
{
  const struct wi_policy_set *set = engine->set;

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

/* The first attribute of a key that a request lacks, or NULL. */
static const char *lacking(const struct sim_engine *engine, const struct sim_terms *terms,
                           const struct wi_key *key)
{
  for (uint32_t i = 0; i < key->attribute_count; i++)
    if (!terms->attributes[key->attributes[i]])
      return engine->set->words[key->attributes[i]];
  return NULL;
}

int sim_ask_limits(const struct sim_engine *engine, const struct sim_policy *policy,
                   const struct sim_terms *terms, bool strictly, struct sim_event *event,
                   struct sim_asks *asks)
{
  asks->count = 0;
  for (uint32_t i = 0; i < policy->limit_count; i++) {
    const struct wi_limit *limit = &engine->set->limits[policy->limits[i]];
    const char *attribute = lacking(engine, terms, &engine->set->keys[limit->key]);
    bool unit = !strictly || terms->counted[limit->unit];

    if (!attribute && unit) {
      asks->ask[asks->count++] =
          (struct sim_ask){.limit = policy->limits[i], .units = terms->counts[limit->unit]};
      continue;
    }
    if (!strictly || (limit->flags & WI_LIMIT_OPTIONAL))
      continue;
    if (attribute)
      return sim_event_mistake(
          event, event->request_column,
          "limit '%s' counts by '%s', which the request lacks: expected %s=VALUE", limit->name,
          attribute, attribute);
    return sim_event_mistake(event, event->request_column,
                             "limit '%s' counts %s, which the request lacks: expected %s=NUMBER",
                             limit->name, engine->set->words[limit->unit],
                             engine->set->words[limit->unit]);
  }
  return 0;
}

/* Where a principal's key lies in engine->key. */
struct place {
  size_t offset;
  size_t length;
  uint64_t hash;
};

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
  place->hash = sim_map_hash(&engine->principals, key_index, engine->key.bytes + place->offset,
                             place->length);
  return 0;
}

static struct sim_principal *look_up(struct sim_engine *engine, uint32_t key,
                                     const struct place *place, bool make)
{
  const char *bytes = engine->key.bytes + place->offset;

  if (!make)
    return sim_map_find(&engine->principals, place->hash, key, bytes, place->length);
  return sim_map_need(&engine->principals, place->hash, key, bytes, place->length,
                      sizeof(struct sim_principal) +
                          engine->states[key] * sizeof(struct wi_exact_state));
}

struct wi_exact_state *sim_states_of(struct sim_principal *principal)
{
  return (struct wi_exact_state *)(void *)(principal + 1);
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
