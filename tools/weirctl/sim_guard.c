/* SPDX-License-Identifier: BSD-2-Clause
 * Denials and points, by whom a response blocks, and the blocks that they trip. */
#include <stdlib.h>
#include <string.h>

#include "base/arith.h"
#include "sim_engine.h"

/* When a limit denied: the times that are less than D ago, in order, from `first` on. */
struct sim_strikes {
  uint64_t *times;
  size_t first;
  size_t count; /* all, the forgotten before `first` too                               */
  size_t room;
};

/* What is counted of a response or a score, by a key of the request; made, or found. */
static void *payload(struct sim_engine *engine, struct sim_map *map, uint32_t kind, uint32_t key,
                     const struct sim_terms *terms, size_t make_bytes)
{
  uint64_t hash;

  if (sim_key_write(engine, key, terms) != 0)
    return NULL;
  hash = sim_map_hash(map, kind, engine->key.bytes, engine->key.length);
  if (make_bytes == 0)
    return sim_map_find(map, hash, kind, engine->key.bytes, engine->key.length);
  return sim_map_need(map, hash, kind, engine->key.bytes, engine->key.length, make_bytes);
}

static int trip(struct sim_engine *engine, const struct wi_response *response,
                const struct sim_terms *terms, uint64_t now_ns)
{
  const struct wi_key *key = &engine->set->keys[response->key];
  const struct weir_attribute *sorted[WI_KEY_ATTRIBUTES_MAX];

  for (uint32_t i = 0; i < key->attribute_count; i++)
    sorted[i] = terms->attributes[key->attributes[i]];
  return sim_block_trip(&engine->blocks, sorted, key->attribute_count, now_ns, response) == 0 ? 0
                                                                                              : -2;
}

/* ------------------------------------------------------------------------------ denials */

static int add_time(struct sim_strikes *strikes, uint64_t time_ns)
{
  if (strikes->first > strikes->count / 2) {
    strikes->count -= strikes->first;
    memmove(strikes->times, strikes->times + strikes->first,
            strikes->count * sizeof *strikes->times);
    strikes->first = 0;
  }
  if (strikes->count == strikes->room) {
    size_t room = strikes->room > 0 ? 2 * strikes->room : 8;
    uint64_t *times = realloc(strikes->times, room * sizeof *times);

    if (!times)
      return -2;
    strikes->times = times;
    strikes->room = room;
  }
  strikes->times[strikes->count++] = time_ns;
  return 0;
}

/* Sets *many to whether this is the K-th denial within D.  Time does not go back. */
static int strike(struct sim_engine *engine, uint32_t index, const struct sim_terms *terms,
                  uint64_t now_ns, bool *many)
{
  const struct wi_response *response = &engine->set->responses[index];
  const struct wi_rule *rule = &engine->set->limits[response->strikes].rule;
  struct sim_strikes *strikes =
      payload(engine, &engine->strikes, index, response->key, terms, sizeof *strikes);

  if (!strikes)
    return -2;
  if (strikes->count > strikes->first)
    now_ns = wi_max(now_ns, strikes->times[strikes->count - 1]);
  while (strikes->first < strikes->count &&
         now_ns - strikes->times[strikes->first] >= rule->period_ns)
    strikes->first++;
  if (add_time(strikes, now_ns) != 0)
    return -2;
  *many = strikes->count - strikes->first > rule->count;
  return 0;
}

int sim_guard_denied(struct sim_engine *engine, uint32_t limit, const struct sim_terms *terms,
                     uint64_t now_ns)
{
  for (uint32_t i = 0; i < engine->set->response_count; i++) {
    const struct wi_response *response = &engine->set->responses[i];
    bool many = true;

    if (response->limit != limit || sim_lacking(engine, terms, response->key))
      continue;
    if (response->strikes != WI_NO_STRIKES && strike(engine, i, terms, now_ns, &many) != 0)
      return -2;
    if (many && trip(engine, response, terms, now_ns) != 0)
      return -2;
  }
  return 0;
}

/* ------------------------------------------------------------------------------- points */

/* Add to what is held, T at most.  Returns whether it is T then.  In 1/T ns, as limit/exact.h
 * has it: below 2^127 + 2^126. */
static bool add_points(const struct wi_rule *rule, wi_u128 *held_until, uint64_t points,
                       uint64_t now_ns)
{
  wi_u128 now = (wi_u128)now_ns * rule->count;
  wi_u128 full = now + (wi_u128)rule->period_ns * rule->count;
  wi_u128 base = *held_until > now ? *held_until : now;
  wi_u128 sum = wi_u128_add_sat(base, (wi_u128)points * rule->period_ns);

  if (base < full)
    base = sum < full ? sum : full;
  *held_until = base;
  return base >= full;
}

int sim_guard_score(struct sim_engine *engine, uint32_t score, uint64_t points,
                    const struct sim_terms *terms, uint64_t now_ns)
{
  const struct wi_limit *limit = &engine->set->limits[score];
  wi_u128 *held_until =
      payload(engine, &engine->scores, score, limit->key, terms, sizeof *held_until);

  if (!held_until)
    return -2;
  if (points == 0 || !add_points(&limit->rule, held_until, points, now_ns))
    return 0;
  for (uint32_t i = 0; i < engine->set->response_count; i++) {
    const struct wi_response *response = &engine->set->responses[i];

    if (response->limit == score && !sim_lacking(engine, terms, response->key) &&
        trip(engine, response, terms, now_ns) != 0)
      return -2;
  }
  return 0;
}

/* ------------------------------------------------------------------------------- forget */

static void forget_strikes(struct sim_engine *engine, uint32_t key, const struct sim_terms *terms)
{
  for (uint32_t i = 0; i < engine->set->response_count; i++) {
    struct sim_strikes *strikes;

    if (engine->set->responses[i].key != key)
      continue;
    strikes = payload(engine, &engine->strikes, i, key, terms, 0);
    if (strikes)
      strikes->first = strikes->count = 0;
  }
}

static void forget_scores(struct sim_engine *engine, uint32_t key, const struct sim_terms *terms)
{
  for (uint32_t i = 0; i < engine->set->limit_count; i++) {
    const struct wi_limit *limit = &engine->set->limits[i];
    wi_u128 *held_until;

    if (limit->kind != WI_KIND_SCORE || limit->key != key)
      continue;
    held_until = payload(engine, &engine->scores, i, key, terms, 0);
    if (held_until)
      *held_until = 0;
  }
}

/* The key is written here: again it needs no memory. */
int sim_guard_forget(struct sim_engine *engine, uint32_t key, const struct sim_terms *terms)
{
  if (sim_key_write(engine, key, terms) != 0)
    return -2;
  forget_strikes(engine, key, terms);
  forget_scores(engine, key, terms);
  return 0;
}

static void free_strikes(void *context, uint64_t kind, const void *payload_bytes, const char *key,
                         size_t key_bytes)
{
  const struct sim_strikes *strikes = payload_bytes;

  (void)context;
  (void)kind;
  (void)key;
  (void)key_bytes;
  free(strikes->times);
}

void sim_guard_free(struct sim_engine *engine)
{
  sim_map_visit(&engine->strikes, free_strikes, NULL);
  sim_map_free(&engine->strikes);
  sim_map_free(&engine->scores);
}
