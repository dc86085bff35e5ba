/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arith.h"
#include "sim_engine.h"

static bool is_number_of(const char *name)
{
  return strcmp(name, "messages") == 0 || strcmp(name, "recipients") == 0 ||
         strcmp(name, "bytes") == 0;
}

size_t sim_block_principal(const struct wctl_request *request,
                           const struct weir_attribute *sorted[WCTL_REQUEST_ATTRIBUTES_MAX])
{
  size_t count = 0;

  for (size_t i = 0; i < request->request.attribute_count; i++) {
    const struct weir_attribute *attribute = &request->attributes[i];
    size_t at = count;

    if (is_number_of(attribute->name))
      continue;
    for (; at > 0 && strcmp(sorted[at - 1]->name, attribute->name) > 0; at--)
      sorted[at] = sorted[at - 1];
    sorted[at] = attribute;
    count++;
  }
  return count;
}

static bool has_names(const struct sim_shape *shape, const struct weir_attribute *const *sorted,
                      size_t count)
{
  if (shape->count != count)
    return false;
  for (size_t i = 0; i < count; i++)
    if (strcmp(shape->names[i], sorted[i]->name) != 0)
      return false;
  return true;
}

static size_t find_shape(const struct sim_blocks *blocks,
                         const struct weir_attribute *const *sorted, size_t count)
{
  size_t i = 0;

  while (i < blocks->shape_count && !has_names(&blocks->shapes[i], sorted, count))
    i++;
  return i;
}

static int add_shape(struct sim_blocks *blocks, const struct weir_attribute *const *sorted,
                     size_t count)
{
  struct sim_shape *shapes =
      realloc(blocks->shapes, (blocks->shape_count + 1) * sizeof *blocks->shapes);
  struct sim_shape *shape;

  if (!shapes)
    return -1;
  blocks->shapes = shapes;
  shape = &shapes[blocks->shape_count++];
  *shape = (struct sim_shape){.count = count};
  for (size_t i = 0; i < count; i++)
    (void)snprintf(shape->names[i], sizeof shape->names[i], "%s", sorted[i]->name);
  return 0;
}

/* blocks->key, and the hash of it. */
static int make_key(struct sim_blocks *blocks, size_t shape,
                    const struct weir_attribute *const *sorted, size_t count, uint64_t *hash)
{
  blocks->key.length = 0;
  for (size_t i = 0; i < count; i++)
    if (sim_key_add(&blocks->key, sorted[i]->value, sorted[i]->value_bytes) != 0)
      return -1;
  *hash = sim_map_hash(&blocks->map, shape, blocks->key.bytes, blocks->key.length);
  return 0;
}

/* The block of whom attributes name, made where it is new; NULL where memory is short. */
static struct sim_block *need_block(struct sim_blocks *blocks,
                                    const struct weir_attribute *const *sorted, size_t count)
{
  size_t shape = find_shape(blocks, sorted, count);
  uint64_t hash;

  if ((shape == blocks->shape_count && add_shape(blocks, sorted, count) != 0) ||
      make_key(blocks, shape, sorted, count, &hash) != 0)
    return NULL;
  return sim_map_need(&blocks->map, hash, shape, blocks->key.bytes, blocks->key.length,
                      sizeof(struct sim_block));
}

int sim_block_set(struct sim_blocks *blocks, const struct wctl_request *request, wi_u128 end_ns)
{
  const struct weir_attribute *sorted[WCTL_REQUEST_ATTRIBUTES_MAX];
  size_t count = sim_block_principal(request, sorted);
  struct sim_block *block = need_block(blocks, sorted, count);

  if (!block)
    return -1;
  if (end_ns > block->end_ns) {
    block->end_ns = end_ns;
    block->by = 0;
  }
  return 0;
}

/* Twice as long for each earlier block, up to the longest. */
static uint64_t doubled(const struct wi_response *response, uint64_t level)
{
  uint64_t duration_ns = response->duration_ns;

  for (; level > 0 && duration_ns < response->longest_ns; level--)
    duration_ns = wi_min(wi_mul_sat(duration_ns, 2), response->longest_ns);
  return duration_ns;
}

/* What trips while a tripped block is in force belongs to that. */
int sim_block_trip(struct sim_blocks *blocks, const struct weir_attribute *const *sorted,
                   size_t count, uint64_t now_ns, const struct wi_response *response)
{
  struct sim_block *block = need_block(blocks, sorted, count);
  wi_u128 end_ns;

  if (!block)
    return -1;
  if (block->tripped_end <= now_ns) {
    wi_u128 forgotten = (now_ns - block->tripped_end) / response->longest_ns;

    block->level = wi_sub_floor(block->level, wi_u128_clamp(forgotten));
    block->level = wi_min(block->level + 1, SIM_LEVEL_MAX);
  }
  end_ns = (wi_u128)now_ns + doubled(response, block->level - 1);
  if (end_ns > block->tripped_end)
    block->tripped_end = end_ns;
  if (end_ns > block->end_ns) {
    block->end_ns = end_ns;
    block->by = response->limit + 1;
  }
  return 0;
}

int sim_block_lift(struct sim_blocks *blocks, const struct wctl_request *request)
{
  const struct weir_attribute *sorted[WCTL_REQUEST_ATTRIBUTES_MAX];
  size_t count = sim_block_principal(request, sorted);
  size_t shape = find_shape(blocks, sorted, count);
  struct sim_block *block;
  uint64_t hash;

  if (shape == blocks->shape_count)
    return 0;
  if (make_key(blocks, shape, sorted, count, &hash) != 0)
    return -1;
  block = sim_map_find(&blocks->map, hash, shape, blocks->key.bytes, blocks->key.length);
  if (block)
    *block = (struct sim_block){0};
  return 0;
}

/* The request's attributes of a shape's names; false where it lacks one. */
static bool gather(const struct wctl_request *request, const struct sim_shape *shape,
                   const struct weir_attribute **found)
{
  for (size_t i = 0; i < shape->count; i++) {
    found[i] = wctl_request_attribute(request, shape->names[i]);
    if (!found[i])
      return false;
  }
  return true;
}

int sim_block_find(struct sim_blocks *blocks, const struct wctl_request *request,
                   const struct sim_block **last)
{
  *last = NULL;
  for (size_t i = 0; i < blocks->shape_count; i++) {
    const struct weir_attribute *found[WCTL_REQUEST_ATTRIBUTES_MAX];
    const struct sim_block *block;
    uint64_t hash;

    if (!gather(request, &blocks->shapes[i], found))
      continue;
    if (make_key(blocks, i, found, blocks->shapes[i].count, &hash) != 0)
      return -1;
    block = sim_map_find(&blocks->map, hash, i, blocks->key.bytes, blocks->key.length);
    if (block && block->end_ns > (*last ? (*last)->end_ns : 0))
      *last = block;
  }
  return 0;
}

void sim_blocks_free(struct sim_blocks *blocks)
{
  sim_map_free(&blocks->map);
  free(blocks->shapes);
  free(blocks->key.bytes);
  *blocks = (struct sim_blocks){0};
}
