/* SPDX-License-Identifier: BSD-2-Clause
 * What the table asks about words that it cannot read (struct wi_judge). */
#include "admit/admit.h"

#include "base/arith.h"
#include "admit/seen.h"
#include "gauge/count.h"
#include "guard/block.h"

/* NULL: not of a limit, or there is no policy yet. */
static const struct wi_meter *meter_of(const struct wi_plan *plan, uint32_t id, uint32_t *which)
{
  if (plan == NULL)
    return NULL;
  *which = plan->ids[id].word;
  if (plan->ids[id].owner == WI_ID_OF_LIMIT)
    return &plan->limits[plan->ids[id].index].meter;
  if (plan->ids[id].owner == WI_ID_OF_FORMER)
    return &plan->formers[plan->ids[id].index];
  return NULL;
}

bool wi_ask_is_stale(const struct wi_decision *decision, const struct wi_ask *ask)
{
  return wi_decision_is_stale(decision) || wi_place_is_former(&decision->table->region, ask->place);
}

/* INSERT 4. */
static bool is_stale(void *context)
{
  const struct wi_decision *decision = context;

  return wi_ask_is_stale(decision, decision->current);
}

static uint64_t idle_in_ns(void *context, uint32_t id, uint64_t state, bool *disposable)
{
  const struct wi_decision *decision = context;
  uint32_t which;
  const struct wi_meter *meter = meter_of(decision->plan, id, &which);
  const struct wi_bucket *bucket;
  uint64_t debt;

  *disposable = false;
  if (id == WI_ID_BLOCK)
    return wi_block_idle_in_ns(state, decision->now_ns);
  if (id < WI_ID_FIRST_WORD)
    return UINT64_MAX;
  if (meter == NULL) /* of a limit gone long ago, unless this plan is behind the times */
    return wi_decision_is_stale(decision) ? UINT64_MAX : 0;
  if (meter->sliding && which == WI_WINDOW_WORDS) {
    *disposable = true;
    return wi_seen_idle_in_ns(&meter->as.window, state, decision->now_ns);
  }
  if (meter->sliding)
    return wi_window_idle_in_ns(&meter->as.window, state, which, decision->now_ns);
  bucket = &meter->as.bucket;
  debt = wi_bucket_debt(state, wi_bucket_ticks(bucket, decision->now_ns));
  if (bucket->shift != 0)
    return wi_u128_clamp((wi_u128)debt << bucket->shift);
  return bucket->ticks_per_ns == 1
             ? debt /* a division saved, for each cell of a full group */
             : debt / bucket->ticks_per_ns + (debt % bucket->ticks_per_ns != 0);
}

/* A window is over its limit by all its words together. */
static bool window_evictable(const struct wi_decision *decision, const struct wi_meter *meter,
                             const struct wi_cell *group, uint64_t tag)
{
  uint64_t words[WI_WINDOW_WORDS] = {0, 0, 0};
  struct wi_window_view view;

  for (uint32_t i = 0; i < WI_GROUP_CELLS; i++) {
    uint64_t other = wi_load_acquire(&group[i].tag); /* a hint: the CAS decides */
    uint64_t state = wi_load_acquire(&group[i].state);
    uint32_t which = wi_tag_id(other) - meter->id;

    if (wi_tag_mark(other) == wi_tag_mark(tag) && which < WI_WINDOW_WORDS &&
        (state & WI_TENTATIVE) == 0)
      words[which] = state;
  }
  wi_window_read(&meter->as.window, words, decision->now_ns, &view);
  return view.total < meter->as.window.rule.count;
}

static bool evictable(void *context, const struct wi_cell *group, uint64_t tag, uint64_t state)
{
  const struct wi_decision *decision = context;
  uint32_t which;
  const struct wi_meter *meter = meter_of(decision->plan, wi_tag_id(tag), &which);
  const struct wi_bucket *bucket;

  if (meter == NULL)
    return false;
  if (meter->sliding)
    return window_evictable(decision, meter, group, tag);
  bucket = &meter->as.bucket;
  return wi_add_sat(wi_bucket_debt(state, wi_bucket_ticks(bucket, decision->now_ns)),
                    bucket->unit_ticks) <= bucket->tau;
}

static uint64_t merge(void *context, uint32_t id, uint64_t a, uint64_t b)
{
  const struct wi_decision *decision = context;
  uint32_t which;
  const struct wi_meter *meter = meter_of(decision->plan, id, &which);
  uint64_t ticks;

  if (meter == NULL)
    return a;
  if (meter->sliding)
    return wi_window_merge(&meter->as.window, a, b, which, decision->now_ns);
  ticks = wi_bucket_ticks(&meter->as.bucket, decision->now_ns);
  return wi_bucket_debt(b, ticks) > wi_bucket_debt(a, ticks) ? b : a;
}

static bool admits(void *context, uint32_t id, uint64_t state)
{
  const struct wi_decision *decision = context;
  const struct wi_ask *ask = decision->current;
  const struct wi_meter *meter = &ask->limit->meter;
  uint64_t ticks;

  (void)id;
  if (meter->sliding) { /* the other words were judged before; this one alone must leave room */
    uint64_t words[WI_WINDOW_WORDS] = {0, 0, 0};
    struct wi_window_view view;

    words[id - meter->id] = state;
    wi_window_read(&meter->as.window, words, decision->now_ns, &view);
    return wi_add_sat(view.total, ask->units) <= meter->as.window.rule.count;
  }
  ticks = wi_bucket_ticks(&meter->as.bucket, decision->now_ns);
  return wi_add_sat(wi_bucket_debt(state, ticks), ask->cost) <= meter->as.bucket.tau;
}

/* INSERT 4.  The clock first, then the principal's other cells and the FLOORs: of this word,
 * of the same word under former numbers, and former windows' counts. */
static bool commit_word(void *context, uint32_t id, uint64_t *word)
{
  struct wi_decision *decision = context;
  struct wi_ask *ask = decision->current;
  const struct wi_meter *meter = &ask->limit->meter;
  struct wi_standing standing;
  struct wi_hits hits;

  wi_decision_refresh(decision);
  wi_find(ask->place, &decision->subject->policy->wanted[ask->key_at], &hits);
  wi_standing_read(decision, ask, &hits, &standing);
  wi_standing_judge(decision, ask, &standing);
  if (ask->wait_ns != 0)
    return false;
  if (meter->sliding) {
    const struct wi_window *window = &meter->as.window;
    uint32_t which = id - meter->id;

    if (wi_window_word_of(window, standing.view.epoch) != which ||
        (ask->limit->distinct && standing.view.epoch != ask->epoch))
      return false; /* time has gone on: into the next word, or part */
    ask->epoch = standing.view.epoch;
    *word = wi_window_charge(window, standing.words[which], ask->epoch, ask->units + ask->moved);
    return true;
  }
  if (standing.debt != 0)
    wi_count(&decision->table->region, WI_COUNT_INHERITED, 1);
  *word = wi_bucket_word(standing.debt + ask->cost,
                         wi_bucket_ticks(&meter->as.bucket, decision->now_ns));
  return true;
}

static bool precursor(void *context, uint32_t id, uint32_t other)
{
  const struct wi_decision *decision = context;
  const struct wi_plan *plan = decision->plan;
  const struct wi_meter *former;

  if (plan->ids[other].owner != WI_ID_OF_FORMER || plan->ids[id].owner != WI_ID_OF_LIMIT)
    return false;
  former = &plan->formers[plan->ids[other].index];
  return !former->sliding && former->limit == plan->ids[id].index &&
         !plan->limits[former->limit].meter.sliding;
}

void wi_judge_of(struct wi_decision *decision, struct wi_judge *judge)
{
  judge->context = decision;
  judge->idle_in_ns = idle_in_ns;
  judge->evictable = evictable;
  judge->merge = merge;
  judge->admits = admits;
  judge->commit_word = commit_word;
  judge->stale = is_stale;
  judge->precursor = precursor;
}

static bool placing_is_stale(void *context)
{
  const struct wi_decision *decision = context;

  return decision->plan != NULL && wi_decision_is_stale(decision);
}

static bool placed_word(void *context, uint32_t id, uint64_t *word)
{
  (void)id;
  *word = ((const struct wi_placing *)context)->word;
  return true;
}

static bool no_precursor(void *context, uint32_t id, uint32_t other)
{
  (void)context;
  (void)id;
  (void)other;
  return false;
}

void wi_judge_placing(struct wi_placing *placing, const struct wi_decision *decision,
                      uint64_t word, struct wi_judge *judge)
{
  placing->decision.table = decision->table;
  placing->decision.plan = decision->plan;
  placing->decision.version = decision->version;
  placing->decision.now_ns = decision->now_ns;
  placing->decision.given = decision->given;
  placing->word = word;
  wi_judge_of(&placing->decision, judge);
  judge->stale = placing_is_stale;
  judge->commit_word = placed_word;
  judge->precursor = no_precursor;
}
