/* SPDX-License-Identifier: BSD-2-Clause
 * Who is remembered: a principal has a debt in a limit from a charge until the limit has
 * forgotten it.  A heap has one entry a debt, by the end that was known when it was put
 * there; an entry whose debt has grown since goes back with the later end. */
#include <stdlib.h>

#include "base/arith.h"
#include "plan.h"
#include "plan/image.h"

struct plan_debt {
  uint64_t end_ns;
  struct sim_principal *principal;
  uint32_t limit;
};

uint32_t plan_limit_cells(const struct wi_limit *limit)
{
  return wi_rule_words(&limit->rule);
}

uint32_t plan_key_cells(const struct wi_policy_set *set, uint32_t key)
{
  uint32_t cells = 0;

  for (uint32_t i = 0; i < set->limit_count; i++)
    if (set->limits[i].key == key)
      cells += plan_limit_cells(&set->limits[i]);
  return cells;
}

/* ----------------------------------------------------------------------------- ends -- */

/* When the newest part that counts anything is forgotten. */
static uint64_t window_end(const struct wi_exact *exact, const struct wi_exact_state *state)
{
  for (uint32_t age = 0; age <= exact->parts; age++)
    if (state->counts[age] > 0)
      return wi_u128_clamp(((wi_u128)state->epoch - age + exact->parts + 1) * exact->part_ns);
  return 0;
}

static uint64_t end_of(const struct plan_live *live, const struct plan_debt *debt)
{
  const struct wi_exact *exact = &live->engine->exact[debt->limit];
  const struct wi_exact_state *state =
      &sim_states_of(debt->principal)[live->engine->state_of[debt->limit]].exact;

  return exact->rule.sliding ? window_end(exact, state)
                             : wi_u128_clamp(wi_u128_div_up(state->tat, exact->rule.count));
}

/* ----------------------------------------------------------------------------- heap -- */

static int push(struct plan_live *live, struct plan_debt debt)
{
  size_t at = live->count;

  if (live->count == live->room) {
    size_t room = live->room > 0 ? 2 * live->room : 1024;
    struct plan_debt *larger = realloc(live->heap, room * sizeof *larger);

    if (!larger)
      return -1;
    live->heap = larger;
    live->room = room;
  }
  live->count++;
  for (; at > 0 && live->heap[(at - 1) / 2].end_ns > debt.end_ns; at = (at - 1) / 2)
    live->heap[at] = live->heap[(at - 1) / 2];
  live->heap[at] = debt;
  return 0;
}

/* Put a debt at the top, in the place of the one there. */
static void replace_top(struct plan_live *live, struct plan_debt debt)
{
  size_t at = 0;

  for (;;) {
    size_t child = 2 * at + 1;

    if (child >= live->count)
      break;
    if (child + 1 < live->count && live->heap[child + 1].end_ns < live->heap[child].end_ns)
      child++;
    if (live->heap[child].end_ns >= debt.end_ns)
      break;
    live->heap[at] = live->heap[child];
    at = child;
  }
  live->heap[at] = debt;
}

/* ---------------------------------------------------------------------------- counts -- */

static void count_debt(struct plan_live *live, const struct plan_debt *debt, double by)
{
  const struct wi_limit *limit = &live->engine->set->limits[debt->limit];
  uint64_t bit = (uint64_t)1 << live->engine->state_of[debt->limit];
  bool was_live = debt->principal->live != 0;

  debt->principal->live ^= bit;
  live->now.live[debt->limit] += by;
  live->now.cells += by * plan_limit_cells(limit);
  if (was_live != (debt->principal->live != 0)) {
    live->now.principals[limit->key] += by;
    live->now.needed += by * plan_key_cells(live->engine->set, limit->key);
  }
  if (live->now.principals[limit->key] > live->principals_most[limit->key])
    live->principals_most[limit->key] = live->now.principals[limit->key];
  if (live->now.needed > live->needed_most)
    live->needed_most = live->now.needed;
}

static void charged(void *context, uint32_t limit, struct sim_principal *principal,
                    uint64_t now_ns)
{
  struct plan_live *live = context;
  struct plan_debt debt = {.principal = principal, .limit = limit};

  if (principal->live >> live->engine->state_of[limit] & 1u)
    return;
  debt.end_ns = end_of(live, &debt);
  if (debt.end_ns <= now_ns)
    return;
  if (push(live, debt) != 0) {
    live->no_memory = true;
    return;
  }
  live->newcomers[limit]++;
  count_debt(live, &debt, 1);
  if (live->now.cells > live->peak.cells)
    live->peak = live->now;
}

void plan_live_begin(struct plan_live *live, struct sim_engine *engine)
{
  *live = (struct plan_live){.engine = engine};
  engine->charged = charged;
  engine->charged_context = live;
}

void plan_live_until(struct plan_live *live, uint64_t now_ns)
{
  while (live->count > 0 && live->heap[0].end_ns <= now_ns) {
    struct plan_debt debt = live->heap[0];

    debt.end_ns = end_of(live, &debt);
    if (debt.end_ns > now_ns) {
      replace_top(live, debt);
      continue;
    }
    count_debt(live, &debt, -1);
    live->count--;
    if (live->count > 0)
      replace_top(live, live->heap[live->count]);
  }
}

void plan_live_free(struct plan_live *live)
{
  free(live->heap);
  live->heap = NULL;
}
