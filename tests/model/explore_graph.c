/* SPDX-License-Identifier: BSD-2-Clause
 * What the graph of all states says on progress: no cycle, and how long a process
 * can take.
 *
 * Where processes of the same script are renamed into each other a cycle may end
 * in a state that has two of them exchanged; going around it as many times as
 * there are such exchanges comes back to the very state, so it is a livelock too. */
#include "explore.h"

#include <stdlib.h>

static void *must_allocate(size_t count, size_t bytes)
{
  void *place = calloc(count, bytes);
  if (place == NULL) {
    perror("explore: graph");
    exit(2);
  }
  return place;
}

/* States in an order in which every edge goes forward; returns how many have a
 * place in it: all, where there is no cycle. in_degrees is left at 0 for those. */
static uint32_t sort_states(const struct explore_store *store, uint32_t *order,
                            uint32_t *in_degrees)
{
  for (uint64_t e = 0; e < store->edge_count; e++)
    in_degrees[store->edge_targets[e]]++;
  uint32_t ends = 0;
  for (uint32_t s = 0; s < store->count; s++)
    if (in_degrees[s] == 0)
      order[ends++] = s;
  for (uint32_t next = 0; next < ends; next++)
    for (uint64_t e = store->edge_starts[order[next]]; e < store->edge_starts[order[next] + 1]; e++)
      if (--in_degrees[store->edge_targets[e]] == 0)
        order[ends++] = store->edge_targets[e];
  return ends;
}

/* A shortest way from a state back to itself, through states of in_degrees > 0. */
static uint32_t *way_around(const struct explore_store *store, uint32_t start,
                            const uint32_t *in_degrees, uint32_t *length)
{
  uint32_t *from = must_allocate(store->count, sizeof *from);
  uint32_t *queue = must_allocate(store->count, sizeof *queue);
  uint32_t ends = 0, found = UINT32_MAX;
  uint32_t *path = NULL;
  queue[ends++] = start;
  for (uint32_t next = 0; next < ends && found == UINT32_MAX; next++) {
    uint32_t s = queue[next];
    for (uint64_t e = store->edge_starts[s]; e < store->edge_starts[s + 1]; e++) {
      uint32_t t = store->edge_targets[e];
      if (t == start) {
        found = s;
        break;
      }
      if (in_degrees[t] == 0 || from[t] != 0)
        continue;
      from[t] = s + 1;
      queue[ends++] = t;
    }
  }
  if (found != UINT32_MAX) {
    uint32_t steps = 2, at;
    for (at = found; at != start; at = from[at] - 1)
      steps++;
    path = must_allocate(steps, sizeof *path);
    *length = steps;
    path[--steps] = start;
    for (at = found; at != start; at = from[at] - 1)
      path[--steps] = at;
    path[0] = start;
  }
  free(from);
  free(queue);
  return path;
}

/* Whether a depth-first walk from `start` meets itself; the walk's colours are kept
 * between calls.  Returns a state on the cycle or UINT32_MAX. */
static uint32_t meets_itself(const struct explore_store *store, uint32_t start,
                             const uint32_t *in_degrees, uint64_t *next_edges, uint8_t *colours,
                             uint32_t *stack)
{
  enum { NEW, OPEN, DONE };
  uint32_t height = 0;
  if (colours[start] != NEW)
    return UINT32_MAX;
  stack[height++] = start;
  colours[start] = OPEN;
  next_edges[start] = store->edge_starts[start];
  while (height > 0) {
    uint32_t s = stack[height - 1];
    if (next_edges[s] == store->edge_starts[s + 1]) {
      colours[s] = DONE;
      height--;
      continue;
    }
    uint32_t t = store->edge_targets[next_edges[s]++];
    if (in_degrees[t] == 0 || colours[t] == DONE)
      continue;
    if (colours[t] == OPEN) {
      uint32_t earliest = t;
      while (stack[--height] != t)
        earliest = stack[height] < earliest ? stack[height] : earliest;
      return earliest;
    }
    colours[t] = OPEN;
    next_edges[t] = store->edge_starts[t];
    stack[height++] = t;
  }
  return UINT32_MAX;
}

/* Some cycle; through its earliest state the shortest one. */
static uint32_t *find_cycle(const struct explore_store *store, const uint32_t *in_degrees,
                            uint32_t *length)
{
  uint64_t *next_edges = must_allocate(store->count, sizeof *next_edges);
  uint8_t *colours = must_allocate(store->count, 1);
  uint32_t *stack = must_allocate(store->count, sizeof *stack);
  uint32_t on_cycle = UINT32_MAX;
  for (uint32_t s = 0; s < store->count && on_cycle == UINT32_MAX; s++)
    if (in_degrees[s] != 0)
      on_cycle = meets_itself(store, s, in_degrees, next_edges, colours, stack);
  free(next_edges);
  free(colours);
  free(stack);
  return on_cycle == UINT32_MAX ? NULL : way_around(store, on_cycle, in_degrees, length);
}

/* Most steps, of `process` or of all (-1), from the start to any end. */
static uint32_t longest(const struct explore_store *store, const uint32_t *order, int process)
{
  uint16_t *steps = must_allocate(store->count, sizeof *steps);
  for (uint32_t next = store->count; next-- > 0;) {
    uint32_t s = order[next];
    for (uint64_t e = store->edge_starts[s]; e < store->edge_starts[s + 1]; e++) {
      unsigned action = store->edge_actions[e];
      bool counts = process < 0 ? action < EXPLORE_KILL : action == (unsigned)process;
      uint16_t length = (uint16_t)(steps[store->edge_targets[e]] + (counts ? 1u : 0u));
      if (length > steps[s])
        steps[s] = length;
    }
  }
  uint32_t most = steps[0];
  free(steps);
  return most;
}

void explore_graph(const struct explore_store *store, struct explore_result *result,
                   uint32_t **path, uint32_t *path_length)
{
  uint32_t *order = must_allocate(store->count, sizeof *order);
  uint32_t *in_degrees = must_allocate(store->count, sizeof *in_degrees);
  if (sort_states(store, order, in_degrees) == store->count) {
    result->longest = longest(store, order, -1);
    for (unsigned p = 0; !store->model->exchanges && p < store->model->processes; p++) {
      uint32_t one = longest(store, order, (int)p);
      if (one > result->longest_one)
        result->longest_one = one;
    }
  } else {
    *path = find_cycle(store, in_degrees, path_length);
    result->cycle = *path_length > 0 ? *path_length - 1 : 0;
  }
  free(order);
  free(in_degrees);
}
