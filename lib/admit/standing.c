/* SPDX-License-Identifier: BSD-2-Clause */
#include "admit/admit.h"

#include "base/arith.h"
#include "gauge/count.h"

/* How far ahead of this process's clock a sound word may be beyond its burst: two clocks of
 * different fineness, a tick apart at most. */
#define AHEAD_SLACK_NS 50000000u

static const struct wi_hit *live_hit(const struct wi_hits *hits, uint32_t id)
{
  for (uint32_t i = 0; i < hits->count; i++)
    if (wi_tag_id(hits->hit[i].tag) == id && (hits->hit[i].state & WI_TENTATIVE) == 0)
      return &hits->hit[i];
  return NULL;
}

static uint64_t bucket_floor_debt(const struct wi_place *place, uint32_t id, uint64_t ticks)
{
  struct wi_hit floors[WI_FLOORS];
  uint32_t count = wi_find_floors(place, id, floors);
  uint64_t debt = 0;

  for (uint32_t i = 0; i < count; i++)
    debt = wi_max(debt, wi_bucket_debt(floors[i].state, ticks));
  return debt;
}

static uint64_t window_floor(const struct wi_place *place, const struct wi_window *window,
                             uint32_t id, uint32_t which, uint64_t now_ns)
{
  struct wi_hit floors[WI_FLOORS];
  uint32_t count = wi_find_floors(place, id, floors);
  uint64_t word = 0;

  for (uint32_t i = 0; i < count; i++)
    word = wi_window_merge(window, word, floors[i].state, which, now_ns);
  return word;
}

/* The three words of a window; those that are not there are the FLOOR's, if any. */
static void gather(const struct wi_decision *decision, const struct wi_place *place,
                   const struct wi_meter *meter, const struct wi_hits *hits,
                   uint64_t words[WI_WINDOW_WORDS], struct wi_hit own[WI_WINDOW_WORDS])
{
  for (uint32_t which = 0; which < WI_WINDOW_WORDS; which++) {
    const struct wi_hit *hit = live_hit(hits, meter->id + which);

    own[which].cell = NULL;
    words[which] = 0;
    if (hit != NULL) {
      own[which] = *hit;
      words[which] = hit->state;
    } else if (!hits->room) {
      words[which] = window_floor(place, &meter->as.window, meter->id + which, which,
                                  decision->now_ns);
    }
  }
}

static uint64_t former_window_units(const struct wi_decision *decision,
                                    const struct wi_place *place, const struct wi_meter *meter,
                                    const struct wi_hits *hits)
{
  uint64_t words[WI_WINDOW_WORDS];
  struct wi_hit own[WI_WINDOW_WORDS];
  struct wi_window_view view;

  gather(decision, place, meter, hits, words, own);
  wi_window_read(&meter->as.window, words, decision->now_ns, &view);
  return view.total;
}

/* Debt that a former bucket's cell or FLOOR stands for. */
static uint64_t former_bucket_debt(const struct wi_decision *decision,
                                   const struct wi_place *place, const struct wi_meter *meter,
                                   const struct wi_hits *hits, struct wi_hit *found)
{
  const struct wi_bucket *bucket = &meter->as.bucket;
  uint64_t ticks = wi_bucket_ticks(bucket, decision->now_ns);
  const struct wi_hit *hit = live_hit(hits, meter->id);

  found->cell = NULL;
  if (hit != NULL) {
    *found = *hit;
    return wi_bucket_debt(hit->state, ticks);
  }
  return hits->room ? 0 : bucket_floor_debt(place, meter->id, ticks);
}

static void read_formers(const struct wi_decision *decision, const struct wi_ask *ask,
                         const struct wi_hits *hits, struct wi_standing *standing)
{
  const struct wi_plan_limit *limit = ask->limit;

  for (uint32_t i = 0; i < limit->former_count; i++) {
    const struct wi_meter *meter = &decision->plan->formers[limit->formers[i]];
    struct wi_hit found;
    uint64_t debt, converted;

    if (meter->sliding) {
      standing->extra = wi_add_sat(standing->extra,
                                   former_window_units(decision, ask->place, meter, hits));
      continue;
    }
    debt = former_bucket_debt(decision, ask->place, meter, hits, &found);
    if (limit->meter.sliding) {
      standing->extra = wi_add_sat(standing->extra,
                                   meter->as.bucket.rule.burst -
                                       wi_bucket_remaining(&meter->as.bucket, debt));
      continue;
    }
    converted = wi_bucket_convert(&meter->as.bucket, debt, &limit->meter.as.bucket);
    if (converted >= standing->former_debt)
      standing->former_debt = converted;
    if (found.cell != NULL)
      standing->former = found;
  }
}

void wi_standing_read(const struct wi_decision *decision, const struct wi_ask *ask,
                      const struct wi_hits *hits, struct wi_standing *standing)
{
  const struct wi_meter *meter = &ask->limit->meter;
  const struct wi_hit *hit;

  standing->extra = 0;
  standing->former.cell = NULL;
  standing->former_debt = 0;
  if (WI_UNLIKELY(ask->limit->former_count != 0))
    read_formers(decision, ask, hits, standing);
  if (meter->sliding) {
    gather(decision, ask->place, meter, hits, standing->words, standing->own);
    wi_window_read(&meter->as.window, standing->words, decision->now_ns, &standing->view);
    return;
  }
  hit = live_hit(hits, meter->id);
  standing->own[0].cell = NULL;
  if (WI_LIKELY(hit != NULL)) {
    standing->own[0] = *hit;
    standing->debt = wi_bucket_debt(hit->state, wi_bucket_ticks(&meter->as.bucket, decision->now_ns));
    return;
  }
  standing->debt = standing->former_debt;
  if (!hits->room)
    standing->debt = wi_max(standing->debt,
                            bucket_floor_debt(ask->place, meter->id,
                                              wi_bucket_ticks(&meter->as.bucket, decision->now_ns)));
}

static void judge_window(const struct wi_decision *decision, struct wi_ask *ask,
                         const struct wi_standing *standing)
{
  const struct wi_window *window = &ask->limit->meter.as.window;
  uint64_t asked = wi_add_sat(ask->units, standing->extra);
  uint64_t used = wi_add_sat(standing->view.total, standing->extra);

  ask->wait_ns = 0;
  if (ask->units != 0) {
    if (ask->units > window->rule.count)
      ask->wait_ns = WEIR_NEVER;
    else if (asked > window->rule.count) /* what former numbers count expires by itself */
      ask->wait_ns = window->part_ns;
    else
      ask->wait_ns = wi_window_wait_ns(window, &standing->view, asked, decision->now_ns);
  }
  if (ask->wait_ns == 0)
    used = wi_add_sat(used, ask->units);
  ask->remaining = wi_sub_floor(window->rule.count, used);
}

void wi_standing_judge(const struct wi_decision *decision, struct wi_ask *ask,
                       const struct wi_standing *standing)
{
  const struct wi_bucket *bucket = &ask->limit->meter.as.bucket;
  uint64_t debt, after;

  if (ask->limit->meter.sliding) {
    judge_window(decision, ask, standing);
    return;
  }
  debt = standing->debt;
  if (WI_UNLIKELY(standing->extra != 0))
    debt = wi_add_sat(debt, wi_bucket_cost(bucket, wi_min(standing->extra, bucket->rule.burst)));
  after = wi_add_sat(debt, ask->cost);
  if (WI_LIKELY(after <= bucket->tau) || ask->units == 0) {
    ask->wait_ns = 0;
    ask->remaining = wi_bucket_remaining(bucket, after);
    return;
  }
  ask->wait_ns = wi_bucket_wait_ns(bucket, debt, ask->cost);
  ask->remaining = wi_bucket_remaining(bucket, debt);
}

bool wi_standing_holds(const struct wi_standing *standing)
{
  const struct wi_hit *hit = &standing->own[0];

  /* Partner: the CAS that would have put another principal's cell here. */
  return hit->cell == NULL || wi_load_acquire(&hit->cell->tag) == hit->tag;
}

void wi_decision_refresh(struct wi_decision *decision)
{
  uint64_t now_ns;

  if (decision->given)
    return;
  now_ns = wi_region_now_ns(&decision->table->region, decision->subject->policy->coarse_clock);
  if (now_ns > decision->now_ns)
    decision->now_ns = now_ns;
}

/* Whether a word is ahead of a time by more than it can be; *sound is what to put there. */
static bool too_far_ahead(const struct wi_meter *meter, uint32_t which, uint64_t word,
                          uint64_t now_ns, uint64_t *sound)
{
  if (meter->sliding) {
    const struct wi_window *window = &meter->as.window;
    uint64_t words[WI_WINDOW_WORDS] = {0, 0, 0};
    struct wi_window_view view;
    uint64_t epoch = now_ns / window->part_ns;

    words[which] = word;
    wi_window_read(window, words, now_ns, &view);
    if (view.epoch <= epoch + 1 + AHEAD_SLACK_NS / window->part_ns)
      return false;
    while (wi_window_word_of(window, epoch) != which)
      epoch--;
    *sound = wi_window_charge(window, 0, epoch, window->rule.count);
    return true;
  } else {
    const struct wi_bucket *bucket = &meter->as.bucket;
    uint64_t ticks = wi_bucket_ticks(bucket, now_ns);
    uint64_t slack = ((uint64_t)AHEAD_SLACK_NS >> bucket->shift) * bucket->ticks_per_ns;

    *sound = wi_bucket_word(bucket->tau, ticks);
    return wi_bucket_debt(word, ticks) > wi_add_sat(bucket->tau, slack);
  }
}

bool wi_standing_heal(struct wi_decision *decision, const struct wi_ask *ask,
                      const struct wi_standing *standing)
{
  const struct wi_meter *meter = &ask->limit->meter;
  bool healed = false;

  if (decision->given || decision->reading)
    return false;
  for (uint32_t which = 0; which < meter->words; which++) {
    const struct wi_hit *hit = &standing->own[which];
    uint64_t sound, now_ns;

    if (hit->cell == NULL || !too_far_ahead(meter, which, hit->state, decision->now_ns, &sound))
      continue;
    /* The word was read before this clock: a sound one cannot be ahead of it, however long
     * this process slept since it read the other. */
    now_ns = wi_region_now_ns(&decision->table->region, false);
    if (!too_far_ahead(meter, which, hit->state, now_ns, &sound))
      continue;
    if (wi_cell_cas_seq_cst(hit->cell, (struct wi_cell){.tag = hit->tag, .state = hit->state},
                            (struct wi_cell){.tag = hit->tag, .state = sound})) {
      wi_count(&decision->table->region, WI_COUNT_HEALED, 1);
      healed = true;
    }
  }
  return healed;
}
