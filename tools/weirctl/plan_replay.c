/* SPDX-License-Identifier: BSD-2-Clause
 * Messages through sim's engine: how many a second, and who is refused. */
#include <stdlib.h>
#include <string.h>

#include "plan.h"

void plan_replay_begin(struct plan_replay *replay, struct wi_policy_set *set,
                       const struct plan_options *options)
{
  *replay = (struct plan_replay){.policy_name = options->policy_name, .print = options->trace};
  sim_map_begin(&replay->users);
  sim_map_begin(&replay->refused);
  if (!set)
    return;
  (void)sim_engine_begin(&replay->engine, set); /* without special values it needs no memory */
  plan_live_begin(&replay->live, &replay->engine);
  replay->has_engine = true;
}

void plan_replay_free(struct plan_replay *replay)
{
  if (replay->has_engine)
    sim_engine_free(&replay->engine);
  plan_live_free(&replay->live);
  sim_map_free(&replay->users);
  sim_map_free(&replay->refused);
  wctl_request_free(&replay->request);
  free(replay->text.bytes);
}

/* -------------------------------------------------------------------------- arrivals -- */

static void count_in(uint64_t *current, uint64_t *in_current, uint64_t *most, uint64_t now)
{
  if (*current != now)
    *in_current = 0;
  *current = now;
  if (++*in_current > *most)
    *most = *in_current;
}

static void count_arrival(struct plan_replay *replay, uint64_t at_ns)
{
  uint64_t second = at_ns / LOG_NS_PER_S;

  if (replay->events++ == 0)
    replay->first_ns = at_ns;
  replay->last_ns = at_ns;
  count_in(&replay->second, &replay->in_second, &replay->second_most, second);
  count_in(&replay->minute, &replay->in_minute, &replay->minute_most, second / 60);
}

/* -------------------------------------------------------------------------- refusals -- */

static uint32_t limit_named(const struct sim_engine *engine, const char *name)
{
  uint32_t i = 0;

  /* The verdict's name is the very one in the set. */
  while (engine->set->limits[i].name != name)
    i++;
  return i;
}

static int count_refusal(struct plan_replay *replay, const struct log_message *event, uint64_t hash,
                         uint64_t *over, const char *limit_name)
{
  uint32_t limit = limit_named(&replay->engine, limit_name);
  struct plan_refused *refused = sim_map_need(&replay->refused, hash, 0, event->sender->user.text,
                                              event->sender->user.bytes, sizeof *refused);

  if (!refused)
    return -1;
  if (refused->count++ == 0)
    refused->first_ns = event->at_ns;
  refused->by[limit]++;
  *over |= (uint64_t)1 << limit;
  replay->refused_events++;
  return 0;
}

/* Returns 0; -1 where memory is short. */
static int ask(struct plan_replay *replay, const struct log_message *message, uint64_t *over,
               uint64_t refused_hash)
{
  struct sim_event event = {.request = &replay->request};
  struct sim_verdict verdict;
  int status = sim_event_read(replay->text.bytes, replay->text.length, false, &event);

  plan_live_until(&replay->live, message->at_ns);
  if (status == 0)
    status = sim_engine_run(&replay->engine, &event, &verdict);
  if (status == -2 || replay->live.no_memory)
    return -1;
  if (status == -1) {
    if (replay->errors++ == 0)
      (void)snprintf(replay->error, sizeof replay->error, "%s", event.what);
    return 0;
  }
  return verdict.outcome == SIM_DENIED
             ? count_refusal(replay, message, refused_hash, over, verdict.limit)
             : 0;
}

int plan_replay_take(void *context, const struct log_message *event)
{
  struct plan_replay *replay = context;
  struct log_slice user = event->sender->user;
  uint64_t hash, *over;

  if (log_message_write(event, replay->policy_name, &replay->text) != 0)
    return -1;
  if (replay->print) {
    replay->text.bytes[replay->text.length++] = '\n';
    (void)fwrite(replay->text.bytes, 1, replay->text.length, stdout);
    replay->events++;
    return 0;
  }
  count_arrival(replay, event->at_ns);
  hash = sim_map_hash(&replay->users, 0, user.text, user.bytes);
  over = sim_map_need(&replay->users, hash, 0, user.text, user.bytes, sizeof *over);
  if (!over)
    return -1;
  return ask(replay, event, over, sim_map_hash(&replay->refused, 0, user.text, user.bytes));
}

/* ------------------------------------------------------------------------------- top -- */

static bool comes_before(const struct plan_refused *a, struct log_slice a_user,
                         const struct plan_refused *b, struct log_slice b_user)
{
  size_t common = a_user.bytes < b_user.bytes ? a_user.bytes : b_user.bytes;
  int order = common > 0 ? memcmp(a_user.text, b_user.text, common) : 0;

  if (a->count != b->count)
    return a->count > b->count;
  return order != 0 ? order < 0 : a_user.bytes < b_user.bytes;
}

static void consider(void *context, uint64_t kind, const void *payload, const char *key,
                     size_t key_bytes)
{
  struct plan_top *top = context;
  struct log_slice user = {key, key_bytes};
  size_t at = top->count;

  (void)kind;
  if (top->count < PLAN_TOP) {
    top->count++;
  } else {
    at = PLAN_TOP - 1;
    if (!comes_before(payload, user, top->rows[at].refused, top->rows[at].user))
      return;
  }
  for (; at > 0 && comes_before(payload, user, top->rows[at - 1].refused, top->rows[at - 1].user);
       at--)
    top->rows[at] = top->rows[at - 1];
  top->rows[at].refused = payload;
  top->rows[at].user = user;
}

void plan_replay_top(const struct plan_replay *replay, struct plan_top *top)
{
  top->count = 0;
  sim_map_visit(&replay->refused, consider, top);
}

struct over {
  uint32_t limit;
  uint64_t count;
};

static void count_over(void *context, uint64_t kind, const void *payload, const char *key,
                       size_t key_bytes)
{
  struct over *over = context;
  const uint64_t *bits = payload;

  (void)kind;
  (void)key;
  (void)key_bytes;
  over->count += *bits >> over->limit & 1u;
}

uint64_t plan_replay_over(const struct plan_replay *replay, uint32_t limit)
{
  struct over over = {.limit = limit};

  sim_map_visit(&replay->users, count_over, &over);
  return over.count;
}
