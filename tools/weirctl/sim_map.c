/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "hash/siphash.h"
#include "sim.h"

#define FIRST_SLOTS ((size_t)1024)
#define CHUNK_BYTES ((size_t)8 << 20) /* whole huge pages                              */
#define HUGE_BYTES ((size_t)2 << 20)
#define ALIGNMENT 16u

static size_t aligned(size_t bytes)
{
  return bytes + (ALIGNMENT - bytes % ALIGNMENT) % ALIGNMENT;
}

/* The key comes first: it is in the line that the header brought. */
static char *key_of(struct sim_entry *entry)
{
  return (char *)entry + sizeof *entry;
}

static char *payload_of(struct sim_entry *entry)
{
  return key_of(entry) + aligned(entry->key_bytes);
}

/* Memory for millions of principals that are met in no order: half of a look-up would
 * be walking page tables.  bytes is raised to whole huge pages. */
static void *get_pages(size_t bytes)
{
  void *pages;

  if (bytes > SIZE_MAX - HUGE_BYTES)
    return NULL;
  bytes += (HUGE_BYTES - bytes % HUGE_BYTES) % HUGE_BYTES;
  pages = aligned_alloc(HUGE_BYTES, bytes);
  if (pages)
    (void)madvise(pages, bytes, MADV_HUGEPAGE); /* refused: slower, and as right */
  return pages;
}

static struct sim_slot *get_slots(size_t count)
{
  size_t bytes = count * sizeof(struct sim_slot);
  struct sim_slot *slots;

  if (bytes < HUGE_BYTES)
    return calloc(1, bytes);
  slots = get_pages(bytes);
  if (slots)
    memset(slots, 0, bytes);
  return slots;
}

/* The slot of a key, or the free one where it belongs. */
static struct sim_slot *slot_for(const struct sim_map *map, uint64_t hash, uint64_t kind,
                                 const char *key, size_t key_bytes)
{
  size_t at = (size_t)hash & (map->slot_count - 1);

  for (;; at = (at + 1) & (map->slot_count - 1)) {
    struct sim_slot *slot = &map->slots[at];

    if (!slot->entry)
      return slot;
    if (slot->hash == hash && slot->entry->kind == kind && slot->entry->key_bytes == key_bytes &&
        (key_bytes == 0 || memcmp(key_of(slot->entry), key, key_bytes) == 0))
      return slot;
  }
}

static int grow(struct sim_map *map)
{
  size_t count = map->slot_count > 0 ? 2 * map->slot_count : FIRST_SLOTS;
  struct sim_slot *slots = get_slots(count);

  if (!slots)
    return -1;
  for (size_t i = 0; i < map->slot_count; i++) {
    size_t at = (size_t)map->slots[i].hash & (count - 1);

    if (!map->slots[i].entry)
      continue;
    while (slots[at].entry)
      at = (at + 1) & (count - 1);
    slots[at] = map->slots[i];
  }
  free(map->slots);
  map->slots = slots;
  map->slot_count = count;
  return 0;
}

static int add_chunk(struct sim_map *map, size_t bytes)
{
  char *chunk;

  if (map->chunk_count == map->chunk_room) {
    size_t room = map->chunk_room > 0 ? 2 * map->chunk_room : 16;
    char **chunks = realloc(map->chunks, room * sizeof *chunks);

    if (!chunks)
      return -1;
    map->chunks = chunks;
    map->chunk_room = room;
  }
  if (bytes < CHUNK_BYTES)
    bytes = CHUNK_BYTES;
  chunk = get_pages(bytes);
  if (!chunk)
    return -1;
  map->chunks[map->chunk_count++] = chunk;
  map->free = chunk;
  map->free_bytes = bytes;
  return 0;
}

static struct sim_entry *make_entry(struct sim_map *map, size_t payload_bytes, size_t key_bytes)
{
  size_t bytes = sizeof(struct sim_entry) + aligned(key_bytes) + aligned(payload_bytes);
  struct sim_entry *entry;

  if (bytes > map->free_bytes && add_chunk(map, bytes) != 0)
    return NULL;
  entry = (struct sim_entry *)(void *)map->free;
  map->free += bytes;
  map->free_bytes -= bytes;
  return entry;
}

void sim_map_begin(struct sim_map *map)
{
  *map = (struct sim_map){0};
  /* Where there is no random number the map works, and a hostile trace may slow it. */
  if (getrandom(map->secret, sizeof map->secret, 0) != (ssize_t)sizeof map->secret)
    map->secret[0] = 0;
}

void sim_map_free(struct sim_map *map)
{
  for (size_t i = 0; i < map->chunk_count; i++)
    free(map->chunks[i]);
  free(map->chunks);
  free(map->slots);
  *map = (struct sim_map){0};
}

/* Keyed: the names in a trace were chosen by whom the trace is about. */
uint64_t sim_map_hash(const struct sim_map *map, uint64_t kind, const char *key, size_t key_bytes)
{
  struct wi_sip sip;
  uint64_t hash;

  wi_sip_begin(&sip, map->secret);
  wi_sip_word(&sip, kind);
  wi_sip_bytes(&sip, key, key_bytes);
  hash = wi_sip_end(&sip).place;
  if (map->slot_count > 0)
    __builtin_prefetch(&map->slots[(size_t)hash & (map->slot_count - 1)]);
  return hash;
}

void sim_map_fetch(const struct sim_map *map, uint64_t hash)
{
  const char *entry;

  if (map->slot_count == 0)
    return;
  entry = (const char *)map->slots[(size_t)hash & (map->slot_count - 1)].entry;
  if (!entry)
    return;
  __builtin_prefetch(entry);
  __builtin_prefetch(entry + WI_LINE_BYTES, 1);
}

void *sim_map_find(const struct sim_map *map, uint64_t hash, uint64_t kind, const char *key,
                   size_t key_bytes)
{
  struct sim_slot *slot;

  if (map->entry_count == 0)
    return NULL;
  slot = slot_for(map, hash, kind, key, key_bytes);
  return slot->entry ? payload_of(slot->entry) : NULL;
}

void *sim_map_need(struct sim_map *map, uint64_t hash, uint64_t kind, const char *key,
                   size_t key_bytes, size_t payload_bytes)
{
  struct sim_slot *slot;
  struct sim_entry *entry;

  if (map->entry_count >= map->slot_count / 2 && grow(map) != 0)
    return NULL;
  slot = slot_for(map, hash, kind, key, key_bytes);
  if (slot->entry)
    return payload_of(slot->entry);
  entry = make_entry(map, payload_bytes, key_bytes);
  if (!entry)
    return NULL;
  *entry = (struct sim_entry){.kind = kind, .key_bytes = key_bytes};
  if (key_bytes > 0)
    memcpy(key_of(entry), key, key_bytes);
  memset(payload_of(entry), 0, payload_bytes);
  *slot = (struct sim_slot){.hash = hash, .entry = entry};
  map->entry_count++;
  return payload_of(entry);
}

void sim_map_visit(const struct sim_map *map, sim_map_visitor *visit, void *context)
{
  for (size_t i = 0; i < map->slot_count; i++) {
    struct sim_entry *entry = map->slots[i].entry;

    if (entry)
      visit(context, entry->kind, payload_of(entry), key_of(entry), entry->key_bytes);
  }
}

/* ------------------------------------------------------------------------ keys */

int sim_key_add(struct sim_key *key, const void *value, size_t value_bytes)
{
  size_t needed = key->length + sizeof value_bytes + value_bytes;

  if (needed > key->room) {
    char *larger = realloc(key->bytes, 2 * needed);

    if (!larger)
      return -1;
    key->bytes = larger;
    key->room = 2 * needed;
  }
  memcpy(key->bytes + key->length, &value_bytes, sizeof value_bytes);
  if (value_bytes > 0)
    memcpy(key->bytes + key->length + sizeof value_bytes, value, value_bytes);
  key->length = needed;
  return 0;
}

const char *sim_key_value(const char **at, size_t *value_bytes)
{
  const char *value = *at + sizeof *value_bytes;

  memcpy(value_bytes, *at, sizeof *value_bytes);
  *at = value + *value_bytes;
  return value;
}
