/* SPDX-License-Identifier: BSD-2-Clause
 * Which values a request has for a distinct limit. */
#include <string.h>

#include "admit/seen.h"
#include "admit/subject.h"

#define DOMAIN_BYTES_MAX 255u /* RFC 1035: longer ones are no domains, and taken as they are */
#define SET_SLOTS (2 * WI_SEEN_MAX)

/* A mail address as its owner means it: the domain in lower case, no +tag. */
static void hash_address(struct wi_sip *sip, const unsigned char *value, size_t bytes)
{
  const unsigned char *at = bytes != 0 ? memrchr(value, '@', bytes) : NULL;
  size_t local = at != NULL ? (size_t)(at - value) : bytes;
  const unsigned char *tag = local != 0 ? memchr(value, '+', local) : NULL;
  unsigned char domain[DOMAIN_BYTES_MAX];
  size_t domain_bytes = bytes - local;

  if (domain_bytes > sizeof domain) {
    wi_sip_bytes(sip, value, bytes);
    return;
  }
  if (tag != NULL && tag != value)
    local = (size_t)(tag - value);
  for (size_t i = 0; i < domain_bytes; i++)
    domain[i] = at[i] >= 'A' && at[i] <= 'Z' ? (unsigned char)(at[i] + 'a' - 'A') : at[i];
  wi_sip_bytes(sip, value, local);
  wi_sip_bytes(sip, domain, domain_bytes);
}

/* Limit, principal under its generation, value. */
static struct wi_hash hash_value(const struct wi_decision *decision, const struct wi_ask *ask,
                                 const void *value, size_t bytes)
{
  const struct wi_region *region = &decision->table->region;
  struct wi_sip sip;

  wi_sip_begin(&sip, region->secret);
  wi_sip_word(&sip, UINT64_MAX); /* no key begins with so many attributes */
  wi_sip_word(&sip, ask->limit->meter.id);
  wi_sip_word(&sip, ask->place->mark);
  wi_sip_word(&sip, (uint64_t)(ask->place->group - region->cells));
  if (ask->limit->canonical)
    hash_address(&sip, value, bytes);
  else
    wi_sip_bytes(&sip, value, bytes);
  return wi_sip_end(&sip);
}

/* The request's different values, by hash. */
struct values {
  struct wi_seen *list;
  uint32_t count;
  uint32_t room;
  uint16_t slots[SET_SLOTS]; /* 1 more than the index; 0: free                            */
};

/* false: no room. */
static bool add(const struct wi_decision *decision, const struct wi_ask *ask,
                struct values *values, const void *value, size_t bytes)
{
  const struct wi_region *region = &decision->table->region;
  struct wi_hash hash = hash_value(decision, ask, value, bytes);
  struct wi_place place = wi_place_of(region->cells, region->geometry.groups, hash);
  uint32_t slot = (uint32_t)(hash.mark >> 32) % SET_SLOTS;

  for (; values->slots[slot] != 0; slot = (slot + 1) % SET_SLOTS) {
    const struct wi_place *other = &values->list[values->slots[slot] - 1].place;

    if (other->mark == place.mark && other->group == place.group)
      return true;
  }
  if (values->count == values->room)
    return false;
  values->list[values->count].place = place;
  values->slots[slot] = (uint16_t)++values->count;
  __builtin_prefetch(place.group + place.first, 1);
  return true;
}

static bool comes_before(const struct wi_place *a, const struct wi_place *b)
{
  return a->group != b->group ? a->group < b->group : a->mark < b->mark;
}

/* By place, the same for every request: D3.  Nothing else is in the list yet.  Shell's. */
static void sort_places(struct wi_seen *list, uint32_t count)
{
  static const uint32_t gaps[] = {301, 132, 57, 23, 10, 4, 1};

  for (size_t step = 0; step < WI_COUNT_OF(gaps); step++)
    for (uint32_t gap = gaps[step], i = gap; i < count; i++) {
      struct wi_place place = list[i].place;
      uint32_t at = i;

      for (; at >= gap && comes_before(&place, &list[at - gap].place); at -= gap)
        list[at].place = list[at - gap].place;
      list[at].place = place;
    }
}

int wi_seen_resolve(const struct wi_decision *decision, const struct weir_request *request,
                    struct wi_ask *ask, struct wi_seen *list, uint32_t room)
{
  const struct weir_attribute *attribute = wi_subject_attribute(request, &ask->limit->unit);
  struct values values = {.list = list, .room = room};
  bool given = false;

  for (size_t i = 0; i < request->list_count; i++) {
    const struct weir_list *each = &request->lists[i];

    if (!wi_label_is(&ask->limit->unit, each->name))
      continue;
    given = true;
    for (size_t j = 0; j < each->value_count; j++)
      if (!add(decision, ask, &values, each->values[j].value, each->values[j].value_bytes))
        return WEIR_E_CAPACITY;
  }
  if (!given && attribute != NULL) { /* the list counts where there is one */
    given = true;
    if (!add(decision, ask, &values, attribute->value, attribute->value_bytes))
      return WEIR_E_CAPACITY;
  }
  sort_places(list, values.count);
  ask->seen = list;
  ask->seen_count = values.count;
  return given ? WEIR_OK : WEIR_E_ATTRIBUTE;
}
