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

/* Which of several limits of one policy, name, kind and class: an `on` line may stand twice. */
static uint32_t ordinal(const struct wi_policy_set *set, uint32_t at)
{
  const struct wi_limit *limit = &set->limits[at];
  uint32_t before = 0;

  for (uint32_t i = 0; i < at; i++)
    before += set->limits[i].policy == limit->policy && set->limits[i].kind == limit->kind &&
              set->limits[i].class_at == limit->class_at &&
              strcmp(set->limits[i].name, limit->name) == 0;
  return before;
}

static bool is_same_limit(const struct wi_policy_set *a, uint32_t one,
                          const struct wi_policy_set *b, uint32_t other)
{
  const struct wi_limit *limit = &a->limits[one], *with = &b->limits[other];

  return limit->kind == with->kind && strcmp(limit->name, with->name) == 0 &&
         strcmp(a->policies[limit->policy].name, b->policies[with->policy].name) == 0 &&
         (limit->kind != WI_KIND_CLASS ||
          strcmp(a->classes[limit->class_at].name, b->classes[with->class_at].name) == 0) &&
         ordinal(a, one) == ordinal(b, other);
}

/* The limit of an image that a set's limit goes on from. */
static uint32_t find_limit(const struct wi_image *image, const struct wi_policy_set *set,
                           uint32_t at)
{
  for (uint32_t i = 0; image != NULL && i < image->set.limit_count; i++)
    if (is_same_limit(set, at, &image->set, i))
      return i;
  return NO_LIMIT;
}

/* Whether words written under one rule mean the same under the other. */
static bool same_words(const struct wi_rule *a, const struct wi_rule *b)
{
  struct wi_window one, other;

  if (a->sliding != b->sliding || a->period_ns != b->period_ns)
    return false;
  if (!a->sliding)
    return a->count == b->count && a->burst == b->burst;
  return wi_window_compile(&one, a) == 0 && wi_window_compile(&other, b) == 0 &&
         one.slots == other.slots;
}

/* Whether two limits of one name count the same unit by the same attributes. */
static bool counts_the_same(const struct wi_image *old, uint32_t before,
                            const struct wi_policy_set *set, uint32_t now)
{
  const struct wi_limit *a = &old->set.limits[before], *b = &set->limits[now];
  char key_before[WI_KEY_NAME_BYTES], key_now[WI_KEY_NAME_BYTES];

  wi_policy_key_name(&old->set, a->key, key_before);
  wi_policy_key_name(set, b->key, key_now);
  return strcmp(old->set.words[a->unit], set->words[b->unit]) == 0 &&
         strcmp(key_before, key_now) == 0;
}

static void add_former(struct wi_image *image, const struct wi_former *former, uint32_t *lost)
{
  struct wi_former *place = &image->formers[0];

  if (image->former_count < WI_FORMERS_MAX) {
    image->formers[image->former_count++] = *former;
    return;
  }
  for (uint32_t i = 0; i < image->former_count; i++)
    if (image->formers[i].idle_at_ns < place->idle_at_ns)
      place = &image->formers[i];
  ++*lost;
  if (place->idle_at_ns < former->idle_at_ns)
    *place = *former;
}

static void mark_ids(uint8_t used[WI_IDS], uint32_t id, const struct wi_rule *rule)
{
  for (uint32_t i = 0; i < wi_rule_ids(rule); i++)
    used[id + i] = 1;
}

static uint32_t free_run(const uint8_t used[WI_IDS], uint32_t count)
{
  static const uint8_t none[4] = {0, 0, 0, 0};

  for (uint32_t id = WI_ID_FIRST_WORD; id + count <= WI_IDS; id++)
    if (memcmp(used + id, none, count) == 0)
      return id;
  return 0;
}

/* The former that would be idle first, given up before its time. */
static bool drop_former(struct wi_image *image, uint8_t used[WI_IDS])
{
  struct wi_former *first = &image->formers[0];

  if (image->former_count == 0)
    return false;
  for (uint32_t i = 1; i < image->former_count; i++)
    if (image->formers[i].idle_at_ns < first->idle_at_ns)
      first = &image->formers[i];
  memset(used + first->id, 0, wi_rule_ids(&first->rule));
  *first = image->formers[--image->former_count];
  memset(&image->formers[image->former_count], 0, sizeof *first);
  return true;
}

/* A run of ids: never used ones first, then such as nothing in the image uses any more, then
 * those of formers, the oldest first. */
static uint32_t take_ids(struct wi_image *image, uint8_t used[WI_IDS], uint32_t count,
                         struct wi_sweep *sweep, uint32_t *lost)
{
  uint32_t id = image->next_id;

  if (id + count <= WI_IDS) {
    image->next_id += count;
    memset(used + id, 1, count);
    return id;
  }
  while ((id = free_run(used, count)) == 0) {
    if (!drop_former(image, used))
      return 0;
    ++*lost;
  }
  memset(used + id, 1, count);
  memset(sweep->again + id, 1, count);
  sweep->count += count;
  return id;
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
  for (uint32_t i = 0; i < old->former_count; i++) {
    struct wi_former former = old->formers[i];

    if (former.idle_at_ns <= now_ns)
      continue;
    if (former.limit != WI_FORMER_GONE) {
      former.limit = old_to_new[former.limit];
      if (former.limit == NO_LIMIT)
        former.limit = WI_FORMER_GONE;
    }
    add_former(image, &former, lost);
  }
  for (uint32_t i = 0; i < old->set.limit_count; i++) {
    struct wi_former former = {.id = old->bindings[i].id, .limit = WI_FORMER_GONE};
    uint32_t now_at = old_to_new[i];

    if (now_at != NO_LIMIT) {
      if (same_words(&old->set.limits[i].rule, &image->set.limits[now_at].rule))
        continue;
      former.limit = now_at;
    }
    former.rule = old->set.limits[i].rule;
    former.changed_ns = now_ns;
    former.idle_at_ns = wi_add_sat(now_ns, horizon_ns(&former.rule));
    add_former(image, &former, lost);
  }
}

/* A former of the limit itself whose words mean the same as the new ones: its ids return. */
static uint32_t return_former(struct wi_image *image, uint32_t limit)
{
  for (uint32_t i = 0; i < image->former_count; i++) {
    struct wi_former *former = &image->formers[i];
    uint32_t id = former->id;

    if (former->limit == limit && same_words(&former->rule, &image->set.limits[limit].rule)) {
      *former = image->formers[--image->former_count];
      memset(&image->formers[image->former_count], 0, sizeof *former);
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
  for (uint32_t i = 0; old != NULL && i < set->limit_count; i++) {
    uint32_t before = find_limit(old, set, i);

    if (before == NO_LIMIT || !counts_the_same(old, before, set, i))
      continue;
    old_to_new[before] = i;
    image->bindings[i].slot = old->bindings[before].slot;
    used_slots[image->bindings[i].slot] = 1;
    if (same_words(&old->set.limits[before].rule, &set->limits[i].rule))
      image->bindings[i].id = old->bindings[before].id;
  }
  if (old != NULL)
    keep_formers(old, old_to_new, now_ns, image, lost);
  for (uint32_t i = 0; i < set->limit_count; i++) {
    if (image->bindings[i].id == 0)
      image->bindings[i].id = return_former(image, i);
    if (image->bindings[i].id != 0)
      mark_ids(used_ids, image->bindings[i].id, &set->limits[i].rule);
  }
  for (uint32_t i = 0; i < image->former_count; i++)
    mark_ids(used_ids, image->formers[i].id, &image->formers[i].rule);
  for (uint32_t i = 0; i < set->limit_count; i++) {
    struct wi_binding *binding = &image->bindings[i];
    bool known = false;

    for (uint32_t before = 0; before < WI_LIMITS_MAX; before++)
      known |= old_to_new[before] == i;
    if (!known)
      binding->slot = take_slot(used_slots, sweep);
    if (binding->id == 0)
      binding->id = take_ids(image, used_ids, wi_rule_ids(&set->limits[i].rule), sweep, lost);
    if (binding->id == 0)
      return WEIR_E_CAPACITY;
  }
  image->checksum = wi_image_checksum(image);
  return WEIR_OK;
}

/* The parts of an image that its counts bound, one after another. */
struct part {
  const void *bytes;
  size_t length_bytes;
};
#define PARTS 11

static size_t whole_words(uint32_t bytes)
{
  return (bytes + 7u) & ~(size_t)7;
}

static void list_parts(const struct wi_image *image, const struct wi_image *counts,
                       struct part parts[PARTS])
{
  const struct wi_policy_set *set = &image->set, *count = &counts->set;

  parts[0] = (struct part){image->bindings, count->limit_count * sizeof image->bindings[0]};
  parts[1] = (struct part){image->formers, counts->former_count * sizeof image->formers[0]};
  parts[2] = (struct part){set->keys, count->key_count * sizeof set->keys[0]};
  parts[3] = (struct part){set->words, count->word_count * sizeof set->words[0]};
  parts[4] = (struct part){set->policies, count->policy_count * sizeof set->policies[0]};
  parts[5] = (struct part){set->limits, count->limit_count * sizeof set->limits[0]};
  parts[6] = (struct part){set->classes, count->class_count * sizeof set->classes[0]};
  parts[7] = (struct part){set->specials, count->special_count * sizeof set->specials[0]};
  parts[8] = (struct part){set->responses, count->response_count * sizeof set->responses[0]};
  parts[9] = (struct part){set->signals, count->signal_count * sizeof set->signals[0]};
  parts[10] = (struct part){set->values, whole_words(count->value_bytes)};
}

uint64_t wi_image_checksum(const struct wi_image *image)
{
  static const uint64_t key[2] = {0x77656972, 2};
  struct part parts[PARTS];
  struct wi_sip sip;

  wi_sip_begin(&sip, key);
  wi_sip_word(&sip, image->version);
  wi_sip_word(&sip, (uint64_t)image->next_id << 32 | image->former_count);
  wi_sip_word(&sip, (uint64_t)image->set.word_count << 32 | image->set.key_count);
  wi_sip_word(&sip, (uint64_t)image->set.policy_count << 32 | image->set.limit_count);
  wi_sip_word(&sip, (uint64_t)image->set.class_count << 32 | image->set.special_count);
  wi_sip_word(&sip, (uint64_t)image->set.response_count << 32 | image->set.signal_count);
  wi_sip_word(&sip, (uint64_t)image->set.value_bytes << 32 | image->set.reserved);
  list_parts(image, image, parts);
  for (uint32_t i = 0; i < PARTS; i++)
    wi_sip_bytes(&sip, parts[i].bytes, parts[i].length_bytes);
  return wi_sip_end(&sip).mark;
}

/* Word by word: another process may be writing the slot, four versions on. */
static void copy_words(void *to, const void *from, size_t length_bytes)
{
  uint64_t *word = to;
  const uint64_t *shared = from;

  for (size_t i = 0; i < length_bytes / sizeof *word; i++)
    word[i] = wi_load_relaxed(&shared[i]); /* torn copies fail their checksum */
}

int wi_image_copy(struct wi_image *image, const struct wi_image *shared)
{
  struct part from[PARTS], to[PARTS];

  copy_words(image, shared, offsetof(struct wi_image, bindings));
  copy_words(&image->set, &shared->set, offsetof(struct wi_policy_set, keys));
  if (image->former_count > WI_FORMERS_MAX || image->set.word_count > WI_WORDS_MAX ||
      image->set.key_count > WI_KEYS_MAX || image->set.policy_count > WI_POLICIES_MAX ||
      image->set.limit_count > WI_LIMITS_MAX || image->set.class_count > WI_CLASSES_MAX ||
      image->set.special_count > WI_SPECIALS_MAX ||
      image->set.response_count > WI_RESPONSES_MAX || image->set.signal_count > WI_SIGNALS_MAX ||
      image->set.value_bytes > WI_VALUES_BYTES)
    return WEIR_E_CORRUPT;
  list_parts(shared, image, from);
  list_parts(image, image, to);
  for (uint32_t i = 0; i < PARTS; i++)
    copy_words((unsigned char *)image + ((const unsigned char *)to[i].bytes - (unsigned char *)image),
               from[i].bytes, from[i].length_bytes);
  return WEIR_OK;
}

static bool rule_fits(uint32_t id, const struct wi_rule *rule)
{
  struct wi_window window;

  if (id < WI_ID_FIRST_WORD || id > WI_IDS - wi_rule_ids(rule))
    return false;
  if (rule->count == 0 || rule->count > WI_COUNT_MAX || rule->period_ns == 0 ||
      rule->period_ns > WI_COUNT_MAX || rule->burst == 0 || rule->burst > WI_COUNT_MAX ||
      rule->sliding > WI_DISTINCT)
    return false;
  return !rule->sliding || wi_window_compile(&window, rule) == 0;
}

int wi_image_check(const struct wi_image *image, uint64_t version)
{
  uint8_t used[WI_IDS] = {0};

  if (image->version != version || image->checksum != wi_image_checksum(image) ||
      image->next_id < WI_ID_FIRST_WORD || image->next_id > WI_IDS)
    return WEIR_E_CORRUPT;
  if (wi_policy_set_check(&image->set) != WEIR_OK)
    return WEIR_E_CORRUPT;
  for (uint32_t i = 0; i < image->set.limit_count; i++) {
    const struct wi_binding *binding = &image->bindings[i];
    const struct wi_rule *rule = &image->set.limits[i].rule;

    if (!rule_fits(binding->id, rule) || binding->slot >= WI_LIMITS_MAX)
      return WEIR_E_CORRUPT;
    for (uint32_t word = 0; word < wi_rule_ids(rule); word++)
      if (used[binding->id + word]++ != 0)
        return WEIR_E_CORRUPT;
  }
  for (uint32_t i = 0; i < image->former_count; i++) {
    const struct wi_former *former = &image->formers[i];

    if (!rule_fits(former->id, &former->rule) ||
        (former->limit != WI_FORMER_GONE && former->limit >= image->set.limit_count))
      return WEIR_E_CORRUPT;
    for (uint32_t word = 0; word < wi_rule_ids(&former->rule); word++)
      if (used[former->id + word]++ != 0)
        return WEIR_E_CORRUPT;
  }
  return WEIR_OK;
}

/* Of a distinct limit: its window, and as many values as somebody uses who is nowhere near it. */
#define USUAL_VALUES 8u

static uint32_t cells_of(const struct wi_rule *rule)
{
  return rule->sliding == WI_DISTINCT ? 3 + (uint32_t)wi_min(rule->count, USUAL_VALUES)
                                      : wi_rule_words(rule);
}

uint32_t wi_image_cells_per_principal(const struct wi_policy_set *set)
{
  uint32_t most = 1;

  for (uint32_t key = 0; key < set->key_count; key++) {
    uint32_t cells = 0;

    for (uint32_t i = 0; i < set->limit_count; i++)
      if (set->limits[i].kind == WI_KIND_LIMIT && set->limits[i].key == key &&
          set->keys[key].attribute_count > 0)
        cells += cells_of(&set->limits[i].rule);
    if (cells > most)
      most = cells;
  }
  return most;
}
