/* SPDX-License-Identifier: BSD-2-Clause
 * The search: breadth first over states that are kept whole. */
#include "explore.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Address space is taken for the most and memory is used as it is touched. */
static void *reserve(uint64_t bytes)
{
  void *place = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (place == MAP_FAILED) {
    perror("explore: address space");
    exit(2);
  }
  return place;
}

static uint64_t hash(const uint8_t *state, unsigned bytes)
{
  uint64_t sum = 0x9e3779b97f4a7c15u;
  while (bytes > 0) {
    uint64_t word = 0;
    unsigned take = bytes < 8 ? bytes : 8;
    memcpy(&word, state, take);
    sum = (sum ^ word) * 0xff51afd7ed558ccdu;
    sum ^= sum >> 32;
    state += take;
    bytes -= take;
  }
  return sum ^ (sum >> 29);
}

static const uint8_t *state_at(const struct explore_store *store, uint32_t index)
{
  return store->states + (uint64_t)index * store->model->state_bytes;
}

static void grow_table(struct explore_store *store)
{
  uint32_t mask = store->table_mask * 2 + 1;
  uint32_t *table = calloc((size_t)mask + 1, sizeof *table);
  if (table == NULL) {
    perror("explore: table");
    exit(2);
  }
  for (uint32_t i = 0; i < store->count; i++) {
    uint32_t at = (uint32_t)hash(state_at(store, i), store->model->state_bytes) & mask;
    while (table[at] != 0)
      at = (at + 1) & mask;
    table[at] = i + 1;
  }
  free(store->table);
  store->table = table;
  store->table_mask = mask;
}

/* Where a state is in the table, or the free place for it. */
static uint32_t slot_of(const struct explore_store *store, const uint8_t *state)
{
  unsigned bytes = store->model->state_bytes;
  uint32_t at = (uint32_t)hash(state, bytes) & store->table_mask;
  while (store->table[at] != 0 && memcmp(state_at(store, store->table[at] - 1), state, bytes) != 0)
    at = (at + 1) & store->table_mask;
  return at;
}

uint32_t explore_find(const struct explore_store *store, const uint8_t *state)
{
  return store->table[slot_of(store, state)] - 1;
}

/* Index of a state; *fresh says whether it is new.  UINT32_MAX: no room. */
static uint32_t add_state(struct explore_store *store, const uint8_t *state, uint32_t parent,
                          bool *fresh)
{
  uint32_t at = slot_of(store, state);
  *fresh = store->table[at] == 0;
  if (!*fresh)
    return store->table[at] - 1;
  if (store->count == store->max)
    return UINT32_MAX;
  uint32_t index = store->count++;
  memcpy(store->states + (uint64_t)index * store->model->state_bytes, state,
         store->model->state_bytes);
  store->parents[index] = parent;
  store->table[at] = index + 1;
  if (store->count > store->table_mask / 2)
    grow_table(store);
  return index;
}

unsigned explore_action_at(const struct explore_model *model, unsigned number)
{
  if (number < model->processes)
    return number;
  if (number == model->processes)
    return EXPLORE_TICK;
  return EXPLORE_KILL | (number - model->processes - 1);
}

bool explore_apply(const struct explore_model *model, const uint8_t *before, unsigned action,
                   uint8_t *after, const char **violation)
{
  *violation = NULL;
  memcpy(after, before, model->state_bytes);
  if (action == EXPLORE_TICK)
    return model->tick != NULL && model->tick(model->setup, after);
  if (action & EXPLORE_KILL)
    return model->runs(model->setup, before, action & 0x3f) &&
           model->kill(model->setup, after, action & 0x3f);
  if (!model->runs(model->setup, before, action))
    return false;
  *violation = model->step(model->setup, after, action);
  return true;
}

static bool any_runs(const struct explore_model *model, const uint8_t *state)
{
  for (unsigned p = 0; p < model->processes; p++)
    if (model->runs(model->setup, state, p))
      return true;
  return false;
}

static void open_store(struct explore_store *store, const struct explore_model *model,
                       uint32_t max_states)
{
  memset(store, 0, sizeof *store);
  store->model = model;
  store->max = max_states;
  store->edge_max = (uint64_t)max_states * (2 * model->processes + 1);
  store->states = reserve((uint64_t)max_states * model->state_bytes);
  store->parents = reserve((uint64_t)max_states * sizeof *store->parents);
  store->edge_starts = reserve(((uint64_t)max_states + 1) * sizeof *store->edge_starts);
  store->edge_targets = reserve(store->edge_max * sizeof *store->edge_targets);
  store->edge_actions = reserve(store->edge_max);
  store->table_mask = 0x7fff;
  grow_table(store);
}

static void close_store(struct explore_store *store)
{
  uint64_t max = store->max;
  munmap(store->states, max * store->model->state_bytes);
  munmap(store->parents, max * sizeof *store->parents);
  munmap(store->edge_starts, (max + 1) * sizeof *store->edge_starts);
  munmap(store->edge_targets, store->edge_max * sizeof *store->edge_targets);
  munmap(store->edge_actions, store->edge_max);
  free(store->table);
}

static uint32_t depth_of(const struct explore_store *store, uint32_t index)
{
  uint32_t depth = 0;
  for (; index != 0; index = store->parents[index])
    depth++;
  return depth;
}

/* All actions from one state.  Returns false where the search ends here. */
static bool expand(struct explore_store *store, uint32_t from, struct explore_result *result,
                   FILE *trace)
{
  const struct explore_model *model = store->model;
  uint8_t before[EXPLORE_STATE_MAX], after[EXPLORE_STATE_MAX];
  memcpy(before, state_at(store, from), model->state_bytes);
  bool running = any_runs(model, before);
  const char *violation =
      model->check != NULL ? model->check(model->setup, before, !running) : NULL;
  int bad_action = -1;
  store->edge_starts[from] = store->edge_count;
  for (unsigned number = 0; running && violation == NULL && number < 2 * model->processes + 1;
       number++) {
    unsigned action = explore_action_at(model, number);
    if (!explore_apply(model, before, action, after, &violation))
      continue;
    if (violation != NULL) {
      bad_action = (int)action;
      break;
    }
    explore_canon(model, after);
    bool fresh;
    uint32_t to = add_state(store, after, from, &fresh);
    if (to == UINT32_MAX) {
      result->complete = false;
      return false;
    }
    store->edge_targets[store->edge_count] = to;
    store->edge_actions[store->edge_count++] = (uint8_t)action;
  }
  store->edge_starts[from + 1] = store->edge_count;
  if (violation == NULL)
    return true;
  result->violation = violation;
  result->depth = depth_of(store, from) + (bad_action >= 0);
  if (trace != NULL)
    explore_trace(store, from, NULL, 0, bad_action, violation, trace);
  return false;
}

struct explore_result explore(const struct explore_model *model, uint32_t max_states, FILE *trace)
{
  struct explore_result result = {.complete = true};
  struct explore_store store;
  uint8_t first[EXPLORE_STATE_MAX] = {0};
  bool fresh;
  open_store(&store, model, max_states);
  model->start(model->setup, first);
  explore_canon(model, first);
  add_state(&store, first, 0, &fresh);
  bool on = true;
  for (uint32_t next = 0; on && next < store.count; next++)
    on = expand(&store, next, &result, trace);
  result.states = store.count;
  result.edges = store.edge_count;
  if (on) {
    uint32_t *path = NULL, path_length = 0;
    result.depth = depth_of(&store, store.count - 1);
    explore_graph(&store, &result, &path, &path_length);
    if (path != NULL) {
      result.violation = "livelock: steps for ever and no operation ends";
      result.depth = depth_of(&store, path[0]) + result.cycle;
      if (trace != NULL)
        explore_trace(&store, path[0], path, path_length, -1, result.violation, trace);
      free(path);
    }
  }
  close_store(&store);
  return result;
}
