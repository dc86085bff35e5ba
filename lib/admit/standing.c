/* SPDX-License-Identifier: BSD-2-Clause */
#include "admit/admit.h"

#include "admit/seen.h"
#include "base/arith.h"
#include "gauge/count.h"

/* How far ahead of this process's clock a sound word may be beyond its burst: two clocks of
 * different fineness, a tick apart at most. */
#define AHEAD_SLACK_NS 50000000u

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
    words[which] = 0;
    if (wi_hits_live(place, hits, meter->id + which, &own[which])) {
      words[which] = own[which].state;
      continue;
    }
    own[which].cell = NULL;
    if (!hits->room) {
      words[which] = window_floor(place, &meter->as.window, meter->id + which, which,
                                  decision->now_ns);
    }
  }
}

/* Units that a former window still counts, and how long until at most `allowed` are left. */
static uint64_t former_window_units(const struct wi_decision *decision,
                                    const struct wi_place *place, const struct wi_meter *meter,
                                    const struct wi_hits *hits, uint64_t allowed, uint64_t *wait_ns)
{
  const struct wi_window *window = &meter->as.window;
  uint64_t words[WI_WINDOW_WORDS];
  struct wi_hit own[WI_WINDOW_WORDS];
  struct wi_window_view view;

  gather(decision, place, meter, hits, words, own);
  wi_window_read(window, words, decision->now_ns, &view);
  *wait_ns = view.total <= allowed
                 ? 0
                 : wi_window_wait_ns(window, &view, wi_sub_floor(window->rule.count, allowed),
                                     decision->now_ns);
  return view.total;
}

/* Where a former bucket's debt is reckoned by its own rate: up to its change; by times of the
 * callers' own, which the change's is not on, up to now. */
static uint64_t former_until_ns(const struct wi_decision *decision, const struct wi_meter *meter)
{
  return decision->given ? decision->now_ns : meter->changed_ns;
}

/* Debt that a former bucket's cell or FLOOR stood for when its numbers were replaced. */
static uint64_t former_bucket_debt(const struct wi_decision *decision,
                                   const struct wi_place *place, const struct wi_meter *meter,
                                   const struct wi_hits *hits, struct wi_hit *found)
{
  uint64_t ticks = wi_bucket_ticks(&meter->as.bucket, former_until_ns(decision, meter));

  if (wi_hits_live(place, hits, meter->id, found))
    return wi_bucket_debt(found->state, ticks);
  found->cell = NULL;
  return hits->room ? 0 : bucket_floor_debt(place, meter->id, ticks);
}

/* A debt after so long. */
static uint64_t drained(const struct wi_bucket *bucket, uint64_t debt, uint64_t elapsed_ns)
{
  wi_u128 ticks = ((wi_u128)elapsed_ns >> bucket->shift) * bucket->ticks_per_ns;

  return wi_sub_floor(debt, wi_u128_clamp(ticks));
}

/* From former to former and to the limit's own numbers, each draining it while in force. */
static uint64_t carried_debt(const struct wi_decision *decision, const struct wi_plan_limit *limit,
                             uint32_t from, uint64_t debt)
{
  const struct wi_plan *plan = decision->plan;
  const struct wi_meter *meter = &plan->formers[limit->formers[from]];
  uint64_t since_ns = former_until_ns(decision, meter);

  for (uint32_t i = from + 1; i < limit->former_count && debt != 0; i++) {
    const struct wi_meter *next = &plan->formers[limit->formers[i]];
    uint64_t until_ns = former_until_ns(decision, next);

    if (next->sliding)
      continue;
    debt = drained(&next->as.bucket,
                   wi_bucket_convert(&meter->as.bucket, debt, &next->as.bucket),
                   wi_sub_floor(until_ns, since_ns));
    meter = next;
    since_ns = until_ns;
  }
  return drained(&limit->meter.as.bucket,
                 wi_bucket_convert(&meter->as.bucket, debt, &limit->meter.as.bucket),
                 wi_sub_floor(decision->now_ns, since_ns));
}

/* Units of other kinds that the limit may still count beside its formers'. */
static uint64_t units_left(const struct wi_ask *ask, const struct wi_standing *standing)
{
  const struct wi_meter *meter = &ask->limit->meter;
  uint64_t left = meter->sliding
                      ? wi_sub_floor(meter->as.window.rule.count, standing->view.total)
                      : wi_bucket_remaining(&meter->as.bucket, standing->debt);

  return wi_sub_floor(left, ask->units);
}

/* A bucket that was a bucket: converted. */
static void read_former_buckets(const struct wi_decision *decision, const struct wi_ask *ask,
                                const struct wi_hits *hits, struct wi_standing *standing)
{
  const struct wi_plan_limit *limit = ask->limit;

  for (uint32_t i = 0; i < limit->former_count; i++) {
    const struct wi_meter *meter = &decision->plan->formers[limit->formers[i]];
    struct wi_hit found;
    uint64_t debt;

    if (meter->sliding)
      continue;
    debt = former_bucket_debt(decision, ask->place, meter, hits, &found);
    standing->former_debt = wi_max(standing->former_debt, carried_debt(decision, limit, i, debt));
    if (found.cell != NULL)
      standing->former = found;
  }
}

/* Units that a former bucket of what is now a window still counts: it drains on at its own
 * rate.  And how long until at most `allowed` are left. */
static uint64_t former_bucket_units(const struct wi_decision *decision,
                                    const struct wi_place *place, const struct wi_meter *meter,
                                    const struct wi_hits *hits, uint64_t allowed, uint64_t *wait_ns)
{
  const struct wi_bucket *bucket = &meter->as.bucket;
  uint64_t burst = bucket->rule.burst;
  uint64_t since_ns = former_until_ns(decision, meter);
  struct wi_hit found;
  uint64_t debt = drained(bucket, former_bucket_debt(decision, place, meter, hits, &found),
                          wi_sub_floor(decision->now_ns, since_ns));

  *wait_ns = wi_bucket_wait_ns(bucket, debt, wi_bucket_cost(bucket, wi_sub_floor(burst, allowed)));
  return burst - wi_bucket_remaining(bucket, debt);
}

/* What counts beside the limit's own until it is forgotten: windows of former numbers, and
 * buckets of what is a window now.  After the rest, which says how much room they have. */
static void read_other_formers(const struct wi_decision *decision, const struct wi_ask *ask,
                               const struct wi_hits *hits, struct wi_standing *standing)
{
  const struct wi_plan_limit *limit = ask->limit;
  uint64_t left = units_left(ask, standing);

  for (uint32_t i = 0; i < limit->former_count; i++) {
    const struct wi_meter *meter = &decision->plan->formers[limit->formers[i]];
    uint64_t wait_ns, units;

    if (!meter->sliding && !limit->meter.sliding)
      continue;
    units = meter->sliding
                ? former_window_units(decision, ask->place, meter, hits, left, &wait_ns)
                : former_bucket_units(decision, ask->place, meter, hits, left, &wait_ns);
    standing->extra = wi_add_sat(standing->extra, units);
    standing->extra_wait_ns = wi_max(standing->extra_wait_ns, wait_ns);
  }
}

static void read_bucket(const struct wi_decision *decision, const struct wi_ask *ask,
                        const struct wi_hits *hits, struct wi_standing *standing)
{
  const struct wi_meter *meter = &ask->limit->meter;
  uint64_t ticks = wi_bucket_ticks(&meter->as.bucket, decision->now_ns);

  if (WI_LIKELY(wi_hits_live(ask->place, hits, meter->id, &standing->own[0]))) {
    standing->debt = wi_bucket_debt(standing->own[0].state, ticks);
    return;
  }
  standing->own[0].cell = NULL;
  standing->debt = standing->former_debt;
  if (!hits->room)
    standing->debt = wi_max(standing->debt, bucket_floor_debt(ask->place, meter->id, ticks));
}

void wi_standing_read(const struct wi_decision *decision, const struct wi_ask *ask,
                      const struct wi_hits *hits, struct wi_standing *standing)
{
  const struct wi_meter *meter = &ask->limit->meter;
  bool has_formers = ask->limit->former_count != 0;

  standing->extra = 0;
  standing->extra_wait_ns = 0;
  standing->former.cell = NULL;
  standing->former_debt = 0;
  if (WI_UNLIKELY(has_formers) && !meter->sliding)
    read_former_buckets(decision, ask, hits, standing);
  if (meter->sliding) {
    gather(decision, ask->place, meter, hits, standing->words, standing->own);
    wi_window_read(&meter->as.window, standing->words, decision->now_ns, &standing->view);
  } else {
    read_bucket(decision, ask, hits, standing);
  }
  if (WI_UNLIKELY(has_formers))
    read_other_formers(decision, ask, hits, standing);
}

static void judge_window(const struct wi_decision *decision, struct wi_ask *ask,
                         const struct wi_standing *standing)
{
  const struct wi_window *window = &ask->limit->meter.as.window;
  uint64_t used = wi_add_sat(standing->view.total, standing->extra), after;

  if (ask->limit->distinct)
    wi_seen_look(decision, ask, standing->view.epoch);
  after = wi_add_sat(used, ask->units);
  ask->wait_ns = 0;
  if (ask->units > window->rule.count) {
    ask->wait_ns = WEIR_NEVER;
  } else if (ask->units != 0 && after > window->rule.count) {
    ask->wait_ns = wi_window_wait_ns(window, &standing->view, ask->units, decision->now_ns);
    if (standing->extra != 0)
      ask->wait_ns = wi_max(wi_max(ask->wait_ns, standing->extra_wait_ns), 1);
  }
  if (ask->wait_ns == 0 && !decision->reading)
    used = after;
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
    ask->remaining = wi_bucket_remaining(bucket, decision->reading ? debt : after);
    return;
  }
  ask->remaining = wi_bucket_remaining(bucket, debt);
  ask->wait_ns = wi_bucket_wait_ns(bucket, standing->debt, ask->cost);
  if (WI_UNLIKELY(standing->extra != 0))
    ask->wait_ns = wi_max(wi_max(ask->wait_ns, standing->extra_wait_ns), 1);
}

bool wi_standing_holds(const struct wi_standing *standing, uint32_t words)
{
  for (uint32_t which = 0; which < words; which++) {
    const struct wi_hit *hit = &standing->own[which];

    /* Partner: the CAS that would have put another principal's cell here. */
    if (hit->cell != NULL && wi_load_acquire(&hit->cell->tag) != hit->tag)
      return false;
  }
  return true;
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

static bool heal_cell(const struct wi_decision *decision, const struct wi_meter *meter,
                      uint32_t which, const struct wi_hit *hit)
{
  uint64_t sound, now_ns;

  if (!too_far_ahead(meter, which, hit->state, decision->now_ns, &sound))
    return false;
  /* The word was read before this clock: a sound one cannot be ahead of it, however long this
   * process slept since it read the other. */
  now_ns = wi_region_now_ns(&decision->table->region, false);
  if (!too_far_ahead(meter, which, hit->state, now_ns, &sound) || wi_decision_is_stale(decision) ||
      !wi_hit_replace(hit, hit->tag, sound))
    return false;
  wi_count(&decision->table->region, WI_COUNT_HEALED, 1);
  return true;
}

bool wi_standing_heal(struct wi_decision *decision, const struct wi_ask *ask,
                      const struct wi_standing *standing)
{
  const struct wi_meter *meter = &ask->limit->meter;
  bool healed = false;

  if (decision->given || decision->reading)
    return false;
  for (uint32_t which = 0; which < meter->words; which++) {
    struct wi_hit floors[WI_FLOORS];
    uint32_t count;

    if (standing->own[which].cell != NULL) {
      healed |= heal_cell(decision, meter, which, &standing->own[which]);
      continue;
    }
    count = wi_find_floors(ask->place, meter->id + which, floors);
    for (uint32_t i = 0; i < count; i++)
      healed |= heal_cell(decision, meter, which, &floors[i]);
  }
  return healed;
}
