/* SPDX-License-Identifier: BSD-2-Clause
 * Prints a way through the states.  Stored states are renamed ones; the trace
 * walks the same way in the model's own names, so that process 1 stays process 1. */
#include "explore.h"

#include <stdlib.h>
#include <string.h>

struct walk {
  const struct explore_model *model;
  uint8_t state[EXPLORE_STATE_MAX];
  unsigned number;
  FILE *out;
};

static void print_step(struct walk *walk, const uint8_t *after, unsigned action)
{
  const struct explore_model *model = walk->model;
  char text[EXPLORE_TEXT_MAX] = "";
  char who[16];
  int process = -1;
  if (action == EXPLORE_TICK) {
    snprintf(who, sizeof who, "time");
  } else if (action & EXPLORE_KILL) {
    process = (int)(action & 0x3f);
    snprintf(who, sizeof who, "P%d DIES", process + 1);
  } else {
    process = (int)action;
    snprintf(who, sizeof who, "P%d", process + 1);
  }
  model->show(model->setup, walk->state, after, process, text);
  fprintf(walk->out, "%4u  %-7s %s\n", ++walk->number, who, text);
}

/* The action whose result goes by the name of the stored state `to`. */
static bool follow(struct walk *walk, const uint8_t *to)
{
  const struct explore_model *model = walk->model;
  for (unsigned number = 0; number < 2 * model->processes + 1; number++) {
    uint8_t after[EXPLORE_STATE_MAX], renamed[EXPLORE_STATE_MAX];
    const char *violation;
    unsigned action = explore_action_at(model, number);
    if (!explore_apply(model, walk->state, action, after, &violation) || violation != NULL)
      continue;
    memcpy(renamed, after, model->state_bytes);
    explore_canon(model, renamed);
    if (memcmp(renamed, to, model->state_bytes) != 0)
      continue;
    print_step(walk, after, action);
    memcpy(walk->state, after, model->state_bytes);
    return true;
  }
  return false;
}

/* The violating action in the walk's own names: the one that violates the same. */
static void print_last(struct walk *walk, const char *violation)
{
  const struct explore_model *model = walk->model;
  for (unsigned number = 0; number < 2 * model->processes + 1; number++) {
    uint8_t after[EXPLORE_STATE_MAX];
    const char *found;
    unsigned action = explore_action_at(model, number);
    if (explore_apply(model, walk->state, action, after, &found) && found == violation) {
      print_step(walk, after, action);
      return;
    }
  }
}

void explore_trace(const struct explore_store *store, uint32_t last, const uint32_t *path,
                   uint32_t path_length, int action, const char *violation, FILE *out)
{
  const struct explore_model *model = store->model;
  struct walk walk = {.model = model, .out = out};
  uint32_t depth = 0, at;
  for (at = last; at != 0; at = store->parents[at])
    depth++;
  uint32_t *way = calloc((size_t)depth + 1, sizeof *way);
  if (way == NULL)
    return;
  uint32_t fill = depth;
  for (at = last; at != 0; at = store->parents[at])
    way[--fill] = at;
  model->start(model->setup, walk.state);
  char text[EXPLORE_TEXT_MAX] = "";
  model->show(model->setup, walk.state, walk.state, -1, text);
  fprintf(out, "   0          %s\n", text);
  bool good = true;
  for (uint32_t i = 0; good && i < depth; i++)
    good = follow(&walk, store->states + (uint64_t)way[i] * model->state_bytes);
  if (path_length > 0)
    fprintf(out, "      from here around for ever:\n");
  for (uint32_t i = 1; good && i < path_length; i++)
    good = follow(&walk, store->states + (uint64_t)path[i] * model->state_bytes);
  if (!good)
    fprintf(out, "      (the rest cannot be shown in these names)\n");
  else if (action >= 0)
    print_last(&walk, violation);
  fprintf(out, "      => %s\n", violation);
  free(way);
}
