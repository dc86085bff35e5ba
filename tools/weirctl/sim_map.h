/* SPDX-License-Identifier: BSD-2-Clause
 * weirctl sim: byte strings to payloads. */
#ifndef WCTL_SIM_MAP_H
#define WCTL_SIM_MAP_H

#include <stddef.h>
#include <stdint.h>

/* One key, made of a number and bytes. */
struct sim_entry {
  uint64_t kind;
  size_t key_bytes;
  /* the bytes; then the payload, 16-byte aligned */
};

struct sim_slot {
  uint64_t hash;
  struct sim_entry *entry; /* NULL: free                                            */
};

struct sim_map {
  uint64_t secret[2];
  struct sim_slot *slots;
  size_t slot_count; /* a power of two, or 0                                        */
  size_t entry_count;
  char **chunks; /* entries are never freed one by one                              */
  size_t chunk_count;
  size_t chunk_room; /* of the chunks array                                         */
  char *free;        /* in the newest chunk                                         */
  size_t free_bytes;
};

/* Zeroed is empty, but for the secret. */
void sim_map_begin(struct sim_map *map);
void sim_map_free(struct sim_map *map);

/* The hash of a key, and the look-up's first memory access begun. */
uint64_t sim_map_hash(const struct sim_map *map, uint64_t kind, const char *key, size_t key_bytes);

/* The second one begun: where several keys are looked up, do each step for all. */
void sim_map_fetch(const struct sim_map *map, uint64_t hash);

void *sim_map_find(const struct sim_map *map, uint64_t hash, uint64_t kind, const char *key,
                   size_t key_bytes);

/* The payload, zeroed where the key is new; NULL where memory is short. */
void *sim_map_need(struct sim_map *map, uint64_t hash, uint64_t kind, const char *key,
                   size_t key_bytes, size_t payload_bytes);

/* Calls visit once an entry, in no order. */
typedef void sim_map_visitor(void *context, uint64_t kind, const void *payload, const char *key,
                             size_t key_bytes);
void sim_map_visit(const struct sim_map *map, sim_map_visitor *visit, void *context);

/* The values of a principal as a key: each value behind its length. */
struct sim_key {
  char *bytes;
  size_t length;
  size_t room;
};

/* Returns 0, or -1 where memory is short. */
int sim_key_add(struct sim_key *key, const void *value, size_t value_bytes);

/* The value at *at, which moves on behind it. */
const char *sim_key_value(const char **at, size_t *value_bytes);

#endif
