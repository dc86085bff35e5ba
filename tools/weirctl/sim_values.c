/* SPDX-License-Identifier: BSD-2-Clause
 * The distinct values that a principal has used under a limit: a list by last use.  A value
 * counts while its last use is less than the limit's period ago; time does not go back here. */
#include <string.h>

#include "base/arith.h"
#include "sim_engine.h"

struct sim_use {
  struct sim_use *before; /* in the list                                              */
  struct sim_use *behind;
  uint64_t last_ns;
  uint64_t asked; /* by which ask it was last looked at                                 */
  bool is_listed;
};

struct asker {
  struct sim_engine *engine;
  const struct wi_limit *limit;
  struct sim_values *values;
  uint64_t as_of_ns;
};

static struct asker begin(struct sim_engine *engine, struct sim_ask *ask, uint64_t now_ns)
{
  struct sim_values *values = &ask->state->values;

  if (values->id == 0)
    values->id = ++engine->values_count;
  return (struct asker){.engine = engine,
                        .limit = &engine->set->limits[ask->limit],
                        .values = values,
                        .as_of_ns = wi_max(now_ns, values->newest)};
}

static bool counts(const struct asker *asker, const struct sim_use *use)
{
  return use->is_listed && asker->as_of_ns - use->last_ns < asker->limit->rule.period_ns;
}

/* Letters of the domain small, a tag of the local part cut off: in place; returns the length. */
static size_t canonical(char *address, size_t bytes)
{
  char *at = memrchr(address, '@', bytes), *tag;
  size_t domain_bytes;

  if (!at)
    return bytes;
  for (char *letter = at; letter < address + bytes; letter++)
    if (*letter >= 'A' && *letter <= 'Z')
      *letter = (char)(*letter - 'A' + 'a');
  tag = memchr(address, '+', (size_t)(at - address));
  if (!tag || tag == address)
    return bytes;
  domain_bytes = (size_t)(address + bytes - at);
  memmove(tag, at, domain_bytes);
  return (size_t)(tag - address) + domain_bytes;
}

/* An item of the request; NULL where memory is short. */
static struct sim_use *look_up(const struct asker *asker, const struct sim_terms *terms,
                               size_t item)
{
  const struct weir_attribute *attribute = terms->attributes[asker->limit->unit];
  struct sim_key *key = &asker->engine->key;
  size_t bytes;
  const char *value = wctl_request_item(terms->request, attribute, item, &bytes);
  char *address;
  uint64_t hash;

  key->length = 0;
  if (sim_key_add(key, value, bytes) != 0)
    return NULL;
  address = key->bytes + sizeof bytes; /* behind its length */
  if (asker->limit->flags & WI_LIMIT_CANONICAL)
    bytes = canonical(address, bytes);
  hash = sim_map_hash(&asker->engine->uses, asker->values->id, address, bytes);
  return sim_map_need(&asker->engine->uses, hash, asker->values->id, address, bytes,
                      sizeof(struct sim_use));
}

static size_t item_count(const struct asker *asker, const struct sim_terms *terms)
{
  return terms->request->items[terms->attributes[asker->limit->unit] - terms->request->attributes];
}

/* Until so many values that the request does not have count no more. */
static uint64_t wait_ns(const struct asker *asker, uint64_t ask_count, uint64_t excess,
                        uint64_t now_ns)
{
  const struct sim_use *use = asker->values->first;

  for (;; use = use->behind) {
    if (!counts(asker, use) || use->asked == ask_count)
      continue;
    if (--excess == 0)
      return wi_min(wi_u128_clamp((wi_u128)use->last_ns + asker->limit->rule.period_ns - now_ns),
                    UINT64_MAX - 1);
  }
}

int sim_values_ask(struct sim_engine *engine, const struct sim_terms *terms, uint64_t now_ns,
                   struct sim_ask *ask)
{
  struct asker asker = begin(engine, ask, now_ns);
  uint64_t most = asker.limit->rule.count, live = asker.values->count, own = 0, asked = 0;
  uint64_t ask_count = ++engine->ask_count, others;

  for (const struct sim_use *use = asker.values->first; use && !counts(&asker, use);
       use = use->behind)
    live--;
  for (size_t i = 0; i < item_count(&asker, terms); i++) {
    struct sim_use *use = look_up(&asker, terms, i);

    if (!use)
      return -2;
    if (use->asked == ask_count)
      continue;
    use->asked = ask_count;
    asked++;
    own += counts(&asker, use);
  }
  others = live - own;
  ask->units = asked - own;
  ask->answer = (struct wi_answer){.remaining = wi_sub_floor(most, live)};
  if (asked > most)
    ask->answer.retry_after_ns = UINT64_MAX;
  else if (others + asked > most)
    ask->answer.retry_after_ns = wait_ns(&asker, ask_count, others + asked - most, now_ns);
  return 0;
}

static void take_out(struct sim_values *values, struct sim_use *use)
{
  *(use->before ? &use->before->behind : &values->first) = use->behind;
  *(use->behind ? &use->behind->before : &values->last) = use->before;
  use->is_listed = false;
  values->count--;
}

static void put_last(struct sim_values *values, struct sim_use *use)
{
  use->before = values->last;
  use->behind = NULL;
  *(values->last ? &values->last->behind : &values->first) = use;
  values->last = use;
  use->is_listed = true;
  values->count++;
}

int sim_values_charge(struct sim_engine *engine, const struct sim_terms *terms, uint64_t now_ns,
                      struct sim_ask *ask)
{
  struct asker asker = begin(engine, ask, now_ns);

  while (asker.values->first && !counts(&asker, asker.values->first))
    take_out(asker.values, asker.values->first);
  for (size_t i = 0; i < item_count(&asker, terms); i++) {
    struct sim_use *use = look_up(&asker, terms, i);

    if (!use)
      return -2;
    if (use->is_listed)
      take_out(asker.values, use);
    use->last_ns = asker.as_of_ns;
    put_last(asker.values, use);
  }
  asker.values->newest = asker.as_of_ns;
  return 0;
}
