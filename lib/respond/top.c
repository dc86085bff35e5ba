/* SPDX-License-Identifier: BSD-2-Clause */
#include "respond/see.h"

#include <stdlib.h>
#include <string.h>

#include "base/arith.h"
#include "guard/pending.h"
#include "guard/tell.h"

/* A principal of the records. */
struct candidate {
  struct wi_hash hash;
  uint64_t score;  /* greatest first                                                     */
  uint64_t second; /* of equals                                                          */
  uint32_t record;
};

/* The limit of which a principal has used the largest share. */
struct fullest {
  uint32_t per_mille; /* 0: nothing is used                                              */
  uint32_t limit;
  struct wi_used used;
};

static struct wi_place place_of(const struct wi_decision *decision, struct wi_hash hash)
{
  const struct wi_region *region = &decision->table->region;
  struct wi_place place = wi_place_of(region->cells, region->geometry.groups, hash);

  wi_place_turn(region, &place);
  return place;
}

/* Limits of which the principal has a cell, of theirs or of former numbers, a bit each. */
static uint64_t find_limits(const struct wi_decision *decision, const struct wi_place *place)
{
  static const struct wi_wanted everything = {.enough = WI_GROUP_CELLS + 1};
  const struct wi_plan *plan = decision->plan;
  struct wi_hits hits;
  uint64_t limits = 0;

  wi_find(place, &everything, &hits);
  for (uint64_t mine = hits.mine; mine != 0; mine &= mine - 1) {
    /* Partner: every CAS on the cell; a hint, read again by wi_used_read(). */
    uint64_t tag = wi_load_acquire(&place->group[__builtin_ctzll(mine)].tag);
    uint32_t id = wi_tag_id(tag), limit = WI_LIMITS_MAX;

    if (wi_tag_mark(tag) != place->mark)
      continue;
    if (plan->ids[id].owner == WI_ID_OF_LIMIT)
      limit = plan->ids[id].index;
    else if (plan->ids[id].owner == WI_ID_OF_FORMER)
      limit = plan->formers[plan->ids[id].index].limit;
    if (limit < WI_LIMITS_MAX && (plan->limits[limit].kind == WI_KIND_LIMIT ||
                                  plan->limits[limit].kind == WI_KIND_CLASS))
      limits |= (uint64_t)1 << limit;
  }
  return limits;
}
_Static_assert(WI_LIMITS_MAX <= 64, "one bit a limit");

static struct fullest find_fullest(struct wi_decision *decision, const struct wi_place *place)
{
  struct fullest fullest = {.per_mille = 0};

  if (decision->plan == NULL)
    return fullest;
  for (uint64_t left = find_limits(decision, place); left != 0; left &= left - 1) {
    uint32_t limit = (uint32_t)__builtin_ctzll(left), per_mille;
    struct wi_used used;

    wi_used_read(decision, &decision->plan->limits[limit], place, &used);
    per_mille = (uint32_t)(((wi_u128)used.used * 1000 + used.burst - 1) / used.burst);
    if (per_mille > fullest.per_mille)
      fullest = (struct fullest){.per_mille = per_mille, .limit = limit, .used = used};
  }
  return fullest;
}

static bool is_blocked(const struct wi_decision *decision, const struct wi_place *place)
{
  struct wi_hit hit;

  return wi_block_find(&decision->table->region, place, &hit) &&
         wi_block_is_in_force(hit.state, decision->now_ns);
}

/* false: it has no claim to a place in the list. */
static bool score(struct wi_decision *decision, enum weir_top_order order,
                  const struct wi_name *name, struct candidate *candidate)
{
  struct wi_place place;
  struct fullest fullest;

  candidate->hash = name->hash;
  if (order == WEIR_TOP_DENIED) { /* the tallies of a block's record may be another's */
    if (name->kind != WI_NAME_DENIED)
      return false;
    place = place_of(decision, name->hash);
    candidate->score =
        wi_add_sat(name->denied, wi_pending_denied(&decision->table->region, place.own));
    candidate->second = name->denied_last_ns;
    return candidate->score != 0;
  }
  place = place_of(decision, name->hash);
  fullest = find_fullest(decision, &place);
  candidate->score = fullest.per_mille;
  candidate->second = fullest.used.used;
  return candidate->score != 0;
}

static int by_principal(const void *a, const void *b)
{
  const struct candidate *one = a, *other = b;

  if (one->hash.mark != other->hash.mark)
    return one->hash.mark < other->hash.mark ? -1 : 1;
  if (one->hash.place != other->hash.place)
    return one->hash.place < other->hash.place ? -1 : 1;
  return one->record < other->record ? -1 : 1;
}

/* A principal has a record of a block and one of denials: the first stands. */
static uint32_t keep_first_of_each(struct candidate *list, uint32_t count)
{
  uint32_t kept = 0;

  if (count == 0)
    return 0;
  qsort(list, count, sizeof *list, by_principal);
  for (uint32_t i = 1; i < count; i++)
    if (list[i].hash.mark != list[kept].hash.mark || list[i].hash.place != list[kept].hash.place)
      list[++kept] = list[i];
  return kept + 1;
}

static uint32_t collect(struct wi_decision *decision, enum weir_top_order order,
                        struct candidate *list)
{
  struct wi_name name;
  uint32_t count = 0, at = 0;

  while (wi_name_next(&decision->table->region, &at, &name)) {
    list[count].record = at - 1;
    count += score(decision, order, &name, &list[count]);
  }
  return keep_first_of_each(list, count);
}

static int greatest_first(const void *a, const void *b)
{
  const struct candidate *one = a, *other = b;

  if (one->score != other->score)
    return one->score > other->score ? -1 : 1;
  if (one->second != other->second)
    return one->second > other->second ? -1 : 1;
  return one->record < other->record ? -1 : 1;
}

static int visit(struct wi_decision *decision, const struct wi_name *name,
                 weir_top_visitor *visitor, void *context)
{
  static const char nothing[] = "";
  struct wi_place place = place_of(decision, name->hash);
  struct weir_top top = {.principal = name->principal, .denied_policy = nothing,
                         .denied_limit = nothing, .policy = nothing, .limit = nothing,
                         .unit = nothing};
  struct wi_name denied;
  struct fullest fullest = find_fullest(decision, &place);

  top.blocked = is_blocked(decision, &place);
  if (wi_name_find_denied(&decision->table->region, name->hash, &denied)) {
    int limit = wi_used_limit_of_slot(decision->plan, denied.slot);

    top.denied =
        wi_add_sat(denied.denied, wi_pending_denied(&decision->table->region, place.own));
    top.denied_last_wall_ns =
        wi_tell_wall_ns(&decision->table->region, denied.denied_last_ns);
    if (limit >= 0 && top.denied != 0) {
      const struct wi_policy_set *set = &decision->plan->image.set;

      top.denied_limit = set->limits[limit].name;
      top.denied_policy = set->policies[set->limits[limit].policy].name;
    }
  }
  if (fullest.per_mille != 0) {
    const struct wi_policy_set *set = &decision->plan->image.set;
    const struct wi_limit *limit = &set->limits[fullest.limit];

    top.used_per_mille = fullest.per_mille;
    top.flags = wi_used_flags(limit);
    top.used = fullest.used.used;
    top.burst = fullest.used.burst;
    top.limit = limit->name;
    top.policy = set->policies[limit->policy].name;
    top.unit = set->words[limit->unit];
  }
  return visitor(context, &top);
}

int wi_top(struct wi_decision *decision, enum weir_top_order order, size_t count,
           weir_top_visitor *visitor, void *context)
{
  const struct wi_region *region = &decision->table->region;
  struct candidate *list = calloc(region->geometry.names, sizeof *list);
  uint32_t found;

  if (list == NULL)
    return WEIR_E_SPACE;
  found = collect(decision, order, list);
  qsort(list, found, sizeof *list, greatest_first);
  for (uint32_t i = 0; i < found && count != 0; i++) {
    uint32_t at = list[i].record;
    struct wi_name name;

    /* It may have become another's since. */
    if (!wi_name_next(region, &at, &name) || at != list[i].record + 1 ||
        name.hash.mark != list[i].hash.mark || name.hash.place != list[i].hash.place)
      continue;
    if (visit(decision, &name, visitor, context) != 0)
      break;
    count--;
  }
  free(list);
  return WEIR_OK;
}
