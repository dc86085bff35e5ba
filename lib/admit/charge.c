/* SPDX-License-Identifier: BSD-2-Clause
 * Reserve one limit, and take it back: S2 to S5 of admit.h. */
#include "admit/admit.h"

#include "admit/seen.h"
#include "base/arith.h"
#include "gauge/count.h"
#include "guard/tell.h"

/* A reservation that a newer part of the window, or a changed word, sends back is tried
 * again; each time because time or another request has moved on. */
#define ROUNDS_MAX 4096u

/* What one round of a reservation came to. */
enum round { ROUND_AGAIN, ROUND_DONE, ROUND_DENIED, ROUND_STALE };

static void find_again(const struct wi_decision *decision, const struct wi_ask *ask,
                       struct wi_hits *hits)
{
  wi_find(ask->place, &decision->subject->policy->wanted[ask->key_at], hits);
}

static enum round denied(struct wi_ask *ask, uint64_t wait_ns)
{
  ask->wait_ns = wait_ns != 0 ? wait_ns : 1;
  return ROUND_DENIED;
}

static enum round no_room(struct wi_decision *decision, struct wi_ask *ask, uint64_t room_in_ns)
{
  const struct wi_region *region = &decision->table->region;

  ask->full = true;
  wi_tell_pressure(region, ask->limit->verdict.limit, NULL, decision->now_ns);
  if (ask->limit->when_full == WI_FULL_ALLOW) {
    wi_count(region, WI_COUNT_FULL_ALLOWED, 1);
    ask->skipped = true;
    ask->wait_ns = 0;
    return ROUND_DONE;
  }
  wi_count(region, WI_COUNT_FULL_DENIED, 1);
  ask->remaining = 0;
  return denied(ask, room_in_ns == UINT64_MAX ? ask->limit->meter.as.bucket.rule.period_ns
                                              : room_in_ns);
}

static void count_claim(const struct wi_decision *decision, const struct wi_ask *ask,
                        const struct wi_claimed *claimed)
{
  const struct wi_region *region = &decision->table->region;

  if (claimed->inserted)
    wi_count(region, WI_COUNT_INSERTED, claimed->inserted);
  if (claimed->reclaimed)
    wi_count(region, WI_COUNT_RECLAIMED, claimed->reclaimed);
  if (claimed->evicted) {
    wi_count(region, WI_COUNT_EVICTED, claimed->evicted);
    wi_tell_pressure(region, ask->limit->verdict.limit, NULL, decision->now_ns);
  }
}

static void reserved(struct wi_ask *ask, const struct wi_hit *hit, uint64_t word, bool made)
{
  ask->wrote = *hit;
  ask->wrote.state = word;
  ask->replaced = hit->state;
  ask->made = made;
}

/* The limit's word `which` has no cell: make one with the charge in it. */
static enum round make_cell(struct wi_decision *decision, struct wi_ask *ask, uint32_t which)
{
  struct wi_judge judge;
  struct wi_claimed claimed;
  enum wi_claim result;

  wi_judge_of(decision, &judge);
  decision->current = ask;
  result = wi_claim(ask->place, ask->limit->meter.id + which,
                    ask->limit->when_full == WI_FULL_INHERIT, &judge, &claimed);
  count_claim(decision, ask, &claimed);
  switch (result) {
  case WI_CLAIM_CHARGED:
    reserved(ask, &claimed.made, claimed.made.state, true);
    return ROUND_DONE;
  case WI_CLAIM_LIVE:
  case WI_CLAIM_CONVERT:
  case WI_CLAIM_DENIED: /* read again, it is denied with its wait, or goes into the next word */
    return ROUND_AGAIN;
  case WI_CLAIM_STALE:
    return ROUND_STALE;
  case WI_CLAIM_FULL:
    break;
  }
  return no_room(decision, ask, claimed.room_in_ns);
}

/* A former's cell becomes the limit's own, tag and word in one step. */
bool wi_charge_carry_over(const struct wi_decision *decision, const struct wi_ask *ask,
                          const struct wi_standing *standing)
{
  const struct wi_bucket *bucket = &ask->limit->meter.as.bucket;
  uint64_t word = wi_bucket_word(standing->former_debt, wi_bucket_ticks(bucket, decision->now_ns));

  if (wi_decision_is_stale(decision) ||
      !wi_hit_replace(&standing->former, ask->place->mark | ask->limit->meter.id, word))
    return false;
  wi_count(&decision->table->region, WI_COUNT_CARRIED_OVER, 1);
  return true;
}

/* S5: a window that this bucket was made into may have looked before the reservation, and does
 * not count a TENTATIVE cell that becomes one. */
static enum round verify_bucket(struct wi_decision *decision, struct wi_ask *ask)
{
  if (!wi_decision_is_stale(decision))
    return ROUND_DONE;
  wi_charge_undo(decision, ask);
  return ROUND_STALE;
}

static enum round bucket_round(struct wi_decision *decision, struct wi_ask *ask,
                               const struct wi_hits *hits)
{
  const struct wi_bucket *bucket = &ask->limit->meter.as.bucket;
  struct wi_standing standing;
  const struct wi_hit *hit = &standing.own[0];
  uint64_t ticks, word;

  wi_standing_read(decision, ask, hits, &standing);
  wi_standing_judge(decision, ask, &standing);
  if (ask->wait_ns != 0)
    return ROUND_DENIED;
  if (hit->cell == NULL && standing.former.cell != NULL) {
    (void)wi_charge_carry_over(decision, ask, &standing);
    return ROUND_AGAIN;
  }
  if (hit->cell == NULL) {
    enum round round = make_cell(decision, ask, 0);

    return round == ROUND_DONE && !ask->skipped ? verify_bucket(decision, ask) : round;
  }
  ticks = wi_bucket_ticks(bucket, decision->now_ns);
  word = wi_bucket_word(wi_bucket_debt(hit->state, ticks) + ask->cost, ticks);
  if (!wi_hit_replace(hit, hit->tag, word)) /* partner: every other CAS on the cell; S2 */
    return ROUND_AGAIN;
  reserved(ask, hit, word, false);
  return verify_bucket(decision, ask);
}

/* S3: all words again, and after them the clock.  What was written in ask->epoch must be in
 * the newest part that anybody has seen, and everything together within the limit. */
static enum round verify_window(struct wi_decision *decision, struct wi_ask *ask,
                                struct wi_hits *hits)
{
  const struct wi_window *window = &ask->limit->meter.as.window;
  struct wi_standing standing;
  uint64_t used;

  find_again(decision, ask, hits);
  wi_standing_read(decision, ask, hits, &standing);
  wi_decision_refresh(decision);
  if (wi_ask_is_stale(decision, ask)) {
    wi_charge_undo(decision, ask);
    return ROUND_STALE;
  }
  if (standing.view.epoch != ask->epoch ||
      (!decision->given && decision->now_ns / window->part_ns > ask->epoch)) {
    wi_charge_undo(decision, ask);
    return ROUND_AGAIN;
  }
  used = wi_sub_floor(wi_add_sat(standing.view.total, standing.extra), ask->moved);
  if (used <= window->rule.count) {
    ask->remaining = window->rule.count - used;
    return ROUND_DONE;
  }
  wi_charge_undo(decision, ask);
  ask->remaining = 0;
  return denied(ask, window->part_ns);
}

/* D3 of seen.h, behind the window's reservation. */
static enum round write_values(struct wi_decision *decision, struct wi_ask *ask)
{
  const struct wi_window *window = &ask->limit->meter.as.window;
  enum wi_charge written = wi_seen_write(decision, ask);

  if (written == WI_CHARGE_STALE)
    return ROUND_STALE;
  if (written == WI_CHARGE_DENIED)
    return ROUND_AGAIN;
  if (ask->units + ask->moved != 0)
    return ROUND_DONE;
  wi_decision_refresh(decision); /* no window was verified: the part must still be that of now */
  if (decision->given || decision->now_ns / window->part_ns <= ask->epoch)
    return ROUND_DONE;
  wi_charge_undo(decision, ask);
  return ROUND_AGAIN;
}

static enum round window_round(struct wi_decision *decision, struct wi_ask *ask,
                               struct wi_hits *hits)
{
  const struct wi_window *window = &ask->limit->meter.as.window;
  struct wi_standing standing;
  const struct wi_hit *hit;
  uint32_t which;
  uint64_t word;

  wi_standing_read(decision, ask, hits, &standing);
  wi_standing_judge(decision, ask, &standing);
  if (ask->wait_ns != 0)
    return ROUND_DENIED;
  ask->epoch = standing.view.epoch;
  if (ask->limit->distinct && ask->units + ask->moved == 0)
    return write_values(decision, ask);
  which = wi_window_word_of(window, ask->epoch);
  hit = &standing.own[which];
  if (hit->cell == NULL) {
    enum round round = make_cell(decision, ask, which);

    return round == ROUND_DONE && !ask->skipped ? verify_window(decision, ask, hits) : round;
  }
  word = wi_window_charge(window, hit->state, ask->epoch, ask->units + ask->moved);
  if (!wi_hit_replace(hit, hit->tag, word)) /* partner: every other CAS on the cell; S3 */
    return ROUND_AGAIN;
  reserved(ask, hit, word, false);
  return verify_window(decision, ask, hits);
}

enum wi_charge wi_charge(struct wi_decision *decision, struct wi_ask *ask, struct wi_hits *hits)
{
  for (uint32_t rounds = 0; rounds < ROUNDS_MAX; rounds++) {
    enum round round = ask->limit->meter.sliding ? window_round(decision, ask, hits)
                                                 : bucket_round(decision, ask, hits);

    if (round == ROUND_DONE && ask->limit->distinct && !ask->skipped && !ask->reserved)
      round = write_values(decision, ask);

    if (round == ROUND_DONE)
      return WI_CHARGED;
    if (round == ROUND_DENIED)
      return WI_CHARGE_DENIED;
    if (round == ROUND_STALE || wi_load_relaxed(&decision->plan->version) != decision->version)
      return WI_CHARGE_STALE;
    find_again(decision, ask, hits);
  }
  ask->remaining = 0;
  ask->wait_ns = 1;
  return WI_CHARGE_DENIED;
}

void wi_charge_undo(struct wi_decision *decision, struct wi_ask *ask)
{
  const struct wi_region *region = &decision->table->region;
  bool undone;

  if (ask->reserved) {
    wi_seen_undo(decision, ask);
    return;
  }
  if (ask->wrote.cell == NULL)
    return;
  /* Partner: every other CAS on the cell; S4: never by subtraction. */
  undone = ask->made ? wi_hit_replace(&ask->wrote, WI_TAG_DEAD, ask->wrote.state)
                     : wi_hit_replace(&ask->wrote, ask->wrote.tag, ask->replaced);
  if (!undone && ask->limit->distinct) {
    wi_seen_unreserve(decision, ask); /* a sum of units, see seen.h */
    undone = true;
  }
  wi_count(region, undone ? WI_COUNT_UNDONE : WI_COUNT_DEBTS_LEFT, 1);
  ask->wrote.cell = NULL;
}
