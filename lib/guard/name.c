/* SPDX-License-Identifier: BSD-2-Clause */
#include "guard/name.h"

#include <string.h>

#include "base/arith.h"
#include "guard/block.h"

#define WRITING ((uint64_t)1 << 63)
#define NONCE_MASK (((uint64_t)1 << 31) - 1)
#define WRITING_REST 1024u /* of 2^20 ns: about a second                              */
#define STALE_NS 3600000000000u /* denials so old make no claim to a place              */

_Static_assert(WI_NAME_BODY_BYTES % sizeof(uint64_t) == 0, "a body is whole words");

struct wi_name *wi_name_set(const struct wi_region *region, uint64_t mark, uint32_t which)
{
  uint32_t sets = region->geometry.names / WI_NAME_SET; /* a power of two, above 1 */
  uint32_t set = (uint32_t)(mark >> 20) % sets;

  if (which != 0)
    set = (set + 1 + (uint32_t)(mark >> 36) % (sets - 1)) % sets;
  return region->names + set * WI_NAME_SET;
}

static uint32_t choices(uint64_t kind)
{
  return kind == WI_NAME_BLOCK ? WI_NAME_CHOICES : 1;
}

/* From all sets in turn, so that the first place that is free is in the emptiest. */
static struct wi_name *place_at(const struct wi_region *region, uint64_t mark, uint64_t kind,
                                uint32_t i)
{
  return wi_name_set(region, mark, i % choices(kind)) + i / choices(kind);
}

/* Odd, below WRITING, never 0. */
static uint64_t checksum(const struct wi_name *body)
{
  return (wi_layout_checksum((const unsigned char *)body + WI_NAME_BODY_OFFSET,
                             WI_NAME_BODY_BYTES) &
          ~WRITING) |
         1;
}

static bool is_abandoned(uint64_t claim)
{
  uint32_t now = (uint32_t)(wi_clock_coarse_ns() >> 20);

  return (claim & WRITING) != 0 && now - (uint32_t)(claim >> 31) > WRITING_REST;
}

/* As whoever wrote it should have: the checksum says that it is whole, not by whom it is. */
static void make_printable(char *text, size_t room)
{
  text[room - 1] = '\0';
  for (; *text != '\0'; text++)
    if ((unsigned char)*text < ' ' || *text == 0x7f)
      *text = '?';
}

/* false: it is being written, never was, or is damaged. */
static bool read_record(const struct wi_name *record, struct wi_name *copy)
{
  const uint64_t *from = (const uint64_t *)(const void *)record;
  uint64_t *to = (uint64_t *)(void *)copy;

  copy->claim = wi_load_acquire(&record->claim); /* partner: the CAS that ends write_record() */
  if (copy->claim == 0 || (copy->claim & WRITING) != 0)
    return false;
  for (size_t i = 1; i < sizeof *copy / sizeof *to; i++)
    to[i] = wi_load_acquire(&from[i]); /* torn copies fail their checksum */
  if (copy->claim != checksum(copy))
    return false;
  make_printable(copy->principal, sizeof copy->principal);
  make_printable(copy->by, sizeof copy->by);
  make_printable(copy->reason, sizeof copy->reason);
  return true;
}

static bool is_of(const struct wi_name *copy, struct wi_hash hash)
{
  return copy->hash.mark == hash.mark && copy->hash.place == hash.place;
}

/* Whether a block's record still tells of what its cell says. */
static bool is_in_force(const struct wi_region *region, const struct wi_name *copy, uint64_t now_ns)
{
  struct wi_place place = wi_place_of(region->cells, region->geometry.groups, copy->hash);
  struct wi_hit hit;

  return wi_block_find(region, &place, &hit) && hit.state == copy->word &&
         wi_block_is_in_force(hit.state, now_ns);
}

/* How much a record's place is worth to it; UINT64_MAX: not to be taken.  *claim: what it was then,
 * and what the place may be taken from. */
static uint64_t worth(const struct wi_region *region, const struct wi_name *record,
                      const struct wi_name *body, uint64_t now_ns, uint64_t *claim)
{
  struct wi_name copy;
  bool sound = read_record(record, &copy);

  *claim = copy.claim;
  if (copy.claim == 0)
    return 1;
  if ((copy.claim & WRITING) != 0) /* a block's may be lost there, but without it there is none */
    return !is_abandoned(copy.claim)      ? UINT64_MAX
           : body->kind == WI_NAME_DENIED ? 3
                                          : UINT64_MAX - 1;
  if (!sound)
    return 3; /* damaged, or changed meanwhile */
  if (is_of(&copy, body->hash) && copy.kind == body->kind && copy.word == body->word)
    return 0;
  if (copy.kind == WI_NAME_BLOCK)
    return is_in_force(region, &copy, now_ns) ? UINT64_MAX : 2;
  if (wi_sub_floor(now_ns, copy.denied_last_ns) > STALE_NS)
    return 4;
  return wi_min(copy.denied, UINT64_MAX / 2) + 5;
}

static bool write_record(struct wi_name *record, uint64_t found, const struct wi_name *body)
{
  const uint64_t *from = (const uint64_t *)(const void *)body;
  uint64_t *to = (uint64_t *)(void *)record;
  uint64_t when = (uint64_t)(uint32_t)(wi_clock_coarse_ns() >> 20) << 31;
  uint64_t nonce = (wi_clock_precise_ns() ^ (uint64_t)(uintptr_t)&when) & NONCE_MASK;
  uint64_t claim = WRITING | when | nonce;

  if (!wi_cas_seq_cst(&record->claim, found, claim)) /* partner: the same of other writers */
    return false;
  for (size_t i = 0; i < WI_NAME_BODY_BYTES / sizeof *to; i++)
    wi_store_release(&to[i + 1], from[i + 1]); /* partner: read_record() */
  if (found == 0 || body->kind == WI_NAME_DENIED) {
    wi_store_release(&record->denied, body->denied);
    wi_store_release(&record->denied_last_ns, body->denied_last_ns);
    wi_store_release(&record->slot, body->slot);
  }
  return wi_cas_seq_cst(&record->claim, claim, checksum(body));
}

bool wi_name_put(const struct wi_region *region, const struct wi_name *body, uint64_t now_ns)
{
  uint32_t places = choices(body->kind) * WI_NAME_SET;

  for (int attempt = 0; attempt < 4; attempt++) {
    struct wi_name *best = NULL;
    uint64_t least = UINT64_MAX, found = 0;

    for (uint32_t i = 0; i < places && least != 0; i++) {
      struct wi_name *record = place_at(region, body->hash.mark, body->kind, i);
      uint64_t claim, each = worth(region, record, body, now_ns, &claim);

      if (each < least) {
        least = each;
        best = record;
        found = claim;
      }
    }
    if (best == NULL)
      return false;
    /* From what was judged: read again, it could be the record of a block that is now in force. */
    if (write_record(best, found, body))
      return true;
  }
  return false;
}

bool wi_name_find_block(const struct wi_region *region, uint64_t tag, uint64_t word,
                        struct wi_name *copy)
{
  bool found = false;

  for (uint32_t i = 0; i < WI_NAME_CHOICES * WI_NAME_SET; i++) {
    struct wi_name each;

    if (!read_record(place_at(region, tag, WI_NAME_BLOCK, i), &each) || each.kind != WI_NAME_BLOCK || each.word != word ||
        wi_tag_mark(each.hash.mark) != wi_tag_mark(tag))
      continue;
    if (found && each.since_wall_ns <= copy->since_wall_ns)
      continue;
    *copy = each;
    found = true;
  }
  return found;
}

bool wi_name_next(const struct wi_region *region, uint32_t *at, struct wi_name *copy)
{
  while (*at < region->geometry.names)
    if (read_record(&region->names[(*at)++], copy))
      return true;
  return false;
}

uint64_t wi_name_count_blocks(const struct wi_region *region, uint64_t now_ns)
{
  struct wi_name name;
  uint64_t count = 0;

  for (uint32_t at = 0; wi_name_next(region, &at, &name);)
    count += name.kind == WI_NAME_BLOCK && is_in_force(region, &name, now_ns);
  return count;
}

static struct wi_name *denied_record(const struct wi_region *region, uint64_t mark)
{
  struct wi_name *set = wi_name_set(region, mark, 0);

  for (uint32_t i = 0; i < WI_NAME_SET; i++) {
    struct wi_name copy;

    /* Partner: write_record().  Before it is known to be sound: a copy saved, mostly. */
    if (wi_tag_mark(wi_load_acquire(&set[i].hash.mark)) == wi_tag_mark(mark) &&
        read_record(&set[i], &copy) && copy.kind == WI_NAME_DENIED &&
        wi_tag_mark(copy.hash.mark) == wi_tag_mark(mark))
      return &set[i];
  }
  return NULL;
}

bool wi_name_add_denied(const struct wi_region *region, uint64_t mark, uint64_t count,
                        uint32_t slot, uint64_t now_ns, uint64_t *before_ns)
{
  struct wi_name *record = denied_record(region, mark);

  if (record == NULL)
    return false;
  (void)wi_fetch_add_relaxed(&record->denied, count);
  *before_ns = wi_load_acquire(&record->denied_last_ns); /* partner: the CAS of others here */
  /* Of several who find an episode over, the one whose CAS succeeds begins the next. */
  if (now_ns <= *before_ns || !wi_cas_seq_cst(&record->denied_last_ns, *before_ns, now_ns))
    *before_ns = now_ns;
  wi_store_release(&record->slot, slot);
  return true;
}

bool wi_name_find_denied(const struct wi_region *region, struct wi_hash hash, struct wi_name *copy)
{
  const struct wi_name *record = denied_record(region, hash.mark);

  return record != NULL && read_record(record, copy);
}

void wi_name_clear_denied(const struct wi_region *region, struct wi_hash hash)
{
  struct wi_name *record = denied_record(region, hash.mark);

  if (record != NULL)
    wi_store_release(&record->denied, 0); /* partner: the fetch_add above, which may come between */
}
