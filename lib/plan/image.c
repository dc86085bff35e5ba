/* SPDX-License-Identifier: BSD-2-Clause */
#include "plan/image.h"

#include <string.h>

#include "base/arith.h"
#include "limit/window.h"

#define NO_LIMIT UINT32_MAX

/* Until when a cell of a rule can hold a debt, from now on. */
static uint64_t horizon_ns(const struct wi_rule *rule)
{
  struct wi_window window;
  wi_u128 whole;

  if (rule->sliding) {
    if (wi_window_compile(&window, rule) != 0)
      return rule->period_ns;
    return wi_mul_sat(window.part_ns, window.parts + 2);
  }
  whole = wi_u128_div_up((wi_u128)rule->burst * rule->period_ns, rule->count);
  return wi_u128_clamp(whole + 1000000000u);
}

static uint32_t find_limit(const struct wi_image *image, const char *policy, const char *name)
{
  for (uint32_t i = 0; image != NULL && i < WI_LIMITS_MAX; i++) {
    const struct wi_limit *limit = &image->set.limits[i];

    if (limit->in_use && strcmp(limit->name, name) == 0 &&
        strcmp(image->set.policies[limit->policy].name, policy) == 0)
      return i;
  }
  return NO_LIMIT;
}

/* Whether words written under one rule mean the same under the other. */
static bool same_words(const struct wi_rule *a, const struct wi_rule *b)
{
  return a->count == b->count && a->period_ns == b->period_ns && a->sliding == b->sliding &&
         (a->sliding || a->burst == b->burst);
}

static void add_former(struct wi_image *image, const struct wi_former *former, uint32_t *lost)
{
  struct wi_former *place = &image->formers[0];

  for (uint32_t i = 0; i < WI_FORMERS_MAX; i++) {
    struct wi_former *candidate = &image->formers[i];

    if (candidate->id == 0) {
      *candidate = *former;
      return;
    }
    if (candidate->idle_at_ns < place->idle_at_ns)
      place = candidate;
  }
  ++*lost;
  if (place->idle_at_ns < former->idle_at_ns)
    *place = *former;
}

static void mark_ids(uint8_t used[WI_IDS], uint32_t id, const struct wi_rule *rule)
{
  for (uint32_t i = 0; i < wi_rule_words(rule); i++)
    used[id + i] = 1;
}

/* A run of ids: never used ones first, then such as nothing in the image uses any more. */
static uint32_t take_ids(struct wi_image *image, uint8_t used[WI_IDS], uint32_t count,
                         struct wi_sweep *sweep)
{
  uint32_t id = (uint32_t)image->next_id;

  if (id + count <= WI_IDS) {
    image->next_id += count;
    memset(used + id, 1, count);
    return id;
  }
  for (id = WI_ID_FIRST_WORD; id + count <= WI_IDS; id++) {
    static const uint8_t none[3] = {0, 0, 0};

    if (memcmp(used + id, none, count) != 0)
      continue;
    memset(used + id, 1, count);
    memset(sweep->again + id, 1, count);
    sweep->count += count;
    return id;
  }
  return 0;
}

static uint32_t take_slot(uint8_t used[WI_LIMITS_MAX], struct wi_sweep *sweep)
{
  uint32_t slot = 0;

  while (used[slot])
    slot++; /* there are as many slots as limits */
  used[slot] = 1;
  sweep->fresh_slot[slot] = 1;
  return slot;
}

/* Formers of the old image that still count, and those that become such. */
static void keep_formers(const struct wi_image *old, const uint32_t old_to_new[WI_LIMITS_MAX],
                         uint64_t now_ns, struct wi_image *image, uint32_t *lost)
{
  for (uint32_t i = 0; i < WI_FORMERS_MAX; i++) {
    struct wi_former former = old->formers[i];

    if (former.id == 0 || former.idle_at_ns <= now_ns)
      continue;
    if (former.limit != WI_FORMER_GONE) {
      former.limit = old_to_new[former.limit];
      if (former.limit == NO_LIMIT)
        former.limit = WI_FORMER_GONE;
    }
    add_former(image, &former, lost);
  }
  for (uint32_t i = 0; i < WI_LIMITS_MAX; i++) {
    struct wi_former former = {.id = old->bindings[i].id, .limit = WI_FORMER_GONE};
    uint32_t now_at = old_to_new[i];

    if (!old->set.limits[i].in_use)
      continue;
    if (now_at != NO_LIMIT) {
      if (same_words(&old->set.limits[i].rule, &image->set.limits[now_at].rule))
        continue;
      former.limit = now_at;
    }
    former.rule = old->set.limits[i].rule;
    former.idle_at_ns = wi_add_sat(now_ns, horizon_ns(&former.rule));
    add_former(image, &former, lost);
  }
}

/* A former of the limit itself whose words mean the same as the new ones: its ids return. */
static uint32_t return_former(struct wi_image *image, uint32_t limit)
{
  for (uint32_t i = 0; i < WI_FORMERS_MAX; i++) {
    struct wi_former *former = &image->formers[i];
    uint32_t id = former->id;

    if (id != 0 && former->limit == limit &&
        same_words(&former->rule, &image->set.limits[limit].rule)) {
      memset(former, 0, sizeof *former);
      return id;
    }
  }
  return 0;
}

int wi_image_bind(const struct wi_image *old, const struct wi_policy_set *set, uint64_t now_ns,
                  struct wi_image *image, struct wi_sweep *sweep, uint32_t *lost)
{
  uint32_t old_to_new[WI_LIMITS_MAX];
  uint8_t used_ids[WI_IDS] = {0}, used_slots[WI_LIMITS_MAX] = {0};

  memset(image, 0, sizeof *image);
  memset(sweep, 0, sizeof *sweep);
  memset(old_to_new, 0xff, sizeof old_to_new);
  *lost = 0;
  image->set = *set;
  image->version = old != NULL ? old->version + 1 : 1;
  image->next_id = old != NULL ? old->next_id : WI_ID_FIRST_WORD;
  for (uint32_t i = 0; old != NULL && i < WI_LIMITS_MAX; i++) {
    uint32_t before;

    if (!set->limits[i].in_use)
      continue;
    before = find_limit(old, set->policies[set->limits[i].policy].name, set->limits[i].name);
    if (before == NO_LIMIT)
      continue;
    old_to_new[before] = i;
    image->bindings[i].slot = old->bindings[before].slot;
    used_slots[image->bindings[i].slot] = 1;
    if (same_words(&old->set.limits[before].rule, &set->limits[i].rule))
      image->bindings[i].id = old->bindings[before].id;
  }
  if (old != NULL)
    keep_formers(old, old_to_new, now_ns, image, lost);
  for (uint32_t i = 0; i < WI_LIMITS_MAX; i++) {
    if (set->limits[i].in_use && image->bindings[i].id == 0)
      image->bindings[i].id = return_former(image, i);
    if (image->bindings[i].id != 0)
      mark_ids(used_ids, image->bindings[i].id, &set->limits[i].rule);
  }
  for (uint32_t i = 0; i < WI_FORMERS_MAX; i++)
    if (image->formers[i].id != 0)
      mark_ids(used_ids, image->formers[i].id, &image->formers[i].rule);
  for (uint32_t i = 0; i < WI_LIMITS_MAX; i++) {
    struct wi_binding *binding = &image->bindings[i];
    bool known = false;

    if (!set->limits[i].in_use)
      continue;
    for (uint32_t before = 0; before < WI_LIMITS_MAX; before++)
      known |= old_to_new[before] == i;
    if (!known)
      binding->slot = take_slot(used_slots, sweep);
    if (binding->id == 0)
      binding->id = take_ids(image, used_ids, wi_rule_words(&set->limits[i].rule), sweep);
    if (binding->id == 0)
      return WEIR_E_CAPACITY;
  }
  image->checksum = wi_layout_checksum(image, offsetof(struct wi_image, checksum));
  return WEIR_OK;
}

static bool rule_fits(uint32_t id, const struct wi_rule *rule)
{
  struct wi_window window;

  if (id < WI_ID_FIRST_WORD || id > WI_IDS - wi_rule_words(rule))
    return false;
  if (rule->count == 0 || rule->count > WI_COUNT_MAX || rule->period_ns == 0 ||
      rule->period_ns > WI_COUNT_MAX || rule->burst == 0 || rule->burst > WI_COUNT_MAX ||
      rule->sliding > 1)
    return false;
  return !rule->sliding || wi_window_compile(&window, rule) == 0;
}

int wi_image_check(const struct wi_image *image, uint64_t version)
{
  uint8_t used[WI_IDS] = {0};

  if (image->version != version ||
      image->checksum != wi_layout_checksum(image, offsetof(struct wi_image, checksum)) ||
      image->next_id < WI_ID_FIRST_WORD || image->next_id > WI_IDS)
    return WEIR_E_CORRUPT;
  if (wi_policy_set_check(&image->set) != WEIR_OK)
    return WEIR_E_CORRUPT;
  for (uint32_t i = 0; i < WI_LIMITS_MAX; i++) {
    const struct wi_binding *binding = &image->bindings[i];
    const struct wi_rule *rule = &image->set.limits[i].rule;

    if (!image->set.limits[i].in_use)
      continue;
    if (!rule_fits(binding->id, rule) || binding->slot >= WI_LIMITS_MAX)
      return WEIR_E_CORRUPT;
    for (uint32_t word = 0; word < wi_rule_words(rule); word++)
      if (used[binding->id + word]++ != 0)
        return WEIR_E_CORRUPT;
  }
  for (uint32_t i = 0; i < WI_FORMERS_MAX; i++) {
    const struct wi_former *former = &image->formers[i];

    if (former->id == 0)
      continue;
    if (!rule_fits(former->id, &former->rule) ||
        (former->limit != WI_FORMER_GONE &&
         (former->limit >= WI_LIMITS_MAX || !image->set.limits[former->limit].in_use)))
      return WEIR_E_CORRUPT;
    for (uint32_t word = 0; word < wi_rule_words(&former->rule); word++)
      if (used[former->id + word]++ != 0)
        return WEIR_E_CORRUPT;
  }
  return WEIR_OK;
}

uint32_t wi_image_cells_per_principal(const struct wi_policy_set *set)
{
  uint32_t most = 1;

  for (uint32_t key = 0; key < WI_KEYS_MAX; key++) {
    uint32_t cells = 0;

    for (uint32_t i = 0; i < WI_LIMITS_MAX; i++)
      if (set->limits[i].in_use && set->limits[i].key == key &&
          set->keys[key].attribute_count > 0)
        cells += wi_rule_words(&set->limits[i].rule);
    if (cells > most)
      most = cells;
  }
  return most;
}
