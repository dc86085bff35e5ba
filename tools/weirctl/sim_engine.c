/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim_engine.h"

#include <stdlib.h>
#include <string.h>

/* --------------------------------------------------------------- begin and end */

/* Denials and points are kept elsewhere. */
static void begin_limit(struct sim_engine *engine, uint32_t index)
{
  const struct wi_limit *limit = &engine->set->limits[index];
  struct sim_policy *policy = &engine->policies[limit->policy];

  if (limit->kind == WI_KIND_STRIKES || limit->kind == WI_KIND_SCORE)
    return;
  wi_exact_compile(&engine->exact[index], &limit->rule);
  engine->state_of[index] = engine->states[limit->key]++;
  if (limit->kind == WI_KIND_LIMIT)
    policy->limits[policy->limit_count++] = index;
  if (limit->kind == WI_KIND_CLASS)
    engine->stands_in[limit->class_at][limit->of] = (uint8_t)(index + 1);
}

int sim_engine_begin(struct sim_engine *engine, struct wi_policy_set *set)
{
  *engine = (struct sim_engine){.set = set};
  sim_map_begin(&engine->principals);
  sim_map_begin(&engine->specials);
  sim_map_begin(&engine->uses);
  sim_map_begin(&engine->strikes);
  sim_map_begin(&engine->scores);
  sim_map_begin(&engine->blocks.map);
  for (uint32_t i = 0; i < WI_POLICIES_MAX; i++)
    engine->policies[i].index = i;
  for (uint32_t i = 0; i < set->limit_count; i++)
    begin_limit(engine, i);
  for (uint32_t i = 0; i < set->word_count; i++)
    engine->word_bytes[i] = strlen(set->words[i]);
  return sim_special_begin(engine);
}

void sim_engine_free(struct sim_engine *engine)
{
  sim_guard_free(engine);
  sim_map_free(&engine->uses);
  sim_map_free(&engine->specials);
  sim_map_free(&engine->principals);
  sim_blocks_free(&engine->blocks);
  free(engine->key.bytes);
  free(engine->set);
  engine->set = NULL;
}

/* ------------------------------------------------------------------------ policies */

static const struct sim_policy *find_policy(const struct sim_engine *engine,
                                            struct sim_event *event)
{
  const char *name = event->request->request.policy;
  const struct sim_policy *found = NULL;
  uint32_t count = 0;

  for (uint32_t i = 0; i < WI_POLICIES_MAX; i++) {
    const char *each = engine->set->policies[i].name;

    if (each[0] == '\0' || (name && strcmp(name, each) != 0))
      continue;
    found = &engine->policies[i];
    count++;
  }
  if (count == 1)
    return found;
  if (name)
    (void)sim_event_mistake(event, event->request_column,
                            "no policy '%s', expected one of the file's", name);
  else
    (void)sim_event_mistake(event, event->request_column,
                            "no policy named and %u in the file, expected policy=NAME", count);
  return NULL;
}

/* ------------------------------------------------------------------------- run */

int sim_engine_run(struct sim_engine *engine, struct sim_event *event, struct sim_verdict *verdict)
{
  const struct sim_policy *policy;

  *verdict = (struct sim_verdict){.outcome = SIM_OK};
  if (event->request->for_ns > 0 && event->op != SIM_BLOCK)
    return sim_event_mistake(event, event->request_column,
                             "for= with %s, expected it with block only", event->op_name);
  if (event->op == SIM_BLOCK)
    return sim_block(engine, event);
  if (event->op == SIM_UNBLOCK)
    return sim_unblock(engine, event);
  policy = find_policy(engine, event);
  if (!policy)
    return -1;
  if (event->op == SIM_REFUND || event->op == SIM_RESET)
    return sim_give_back(engine, policy, event);
  if (event->op == SIM_SIGNAL)
    return sim_signal(engine, policy, event);
  return sim_decide(engine, policy, event, verdict);
}
