/* SPDX-License-Identifier: BSD-2-Clause
 * Reserve one limit, and take it back: S2 to S5 of admit.h. */
#include "admit/admit.h"

#include "base/arith.h"
#include "gauge/count.h"

/* A reservation that a newer part of the window, or a changed word, sends back is tried
 * again; each time because time or another request has moved on. */
#define ROUNDS_MAX 4096u

/* What one round of a reservation came to. */
enum round { ROUND_AGAIN, ROUND_DONE, ROUND_DENIED, ROUND_STALE };

static bool replace(const struct wi_hit *hit, uint64_t tag, uint64_t state)
{
  return wi_cell_cas_seq_cst(hit->cell, (struct wi_cell){.tag = hit->tag, .state = hit->state},
                             (struct wi_cell){.tag = tag, .state = state});
}

static void find_again(const struct wi_decision *decision, const struct wi_ask *ask,
                       struct wi_hits *hits)
{
  wi_find(ask->place, &decision->subject->policy->wanted[ask->key_at], hits);
}

static bool is_stale(const struct wi_decision *decision)
{
  /* Partner: the CAS in plan/publish.c; S5. */
  return wi_load_seq_cst(&decision->table->region.live->hot.policy_version) != decision->version;
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

static void count_claim(const struct wi_decision *decision, const struct wi_claimed *claimed)
{
  const struct wi_region *region = &decision->table->region;

  if (claimed->inserted)
    wi_count(region, WI_COUNT_INSERTED, claimed->inserted);
  if (claimed->reclaimed)
    wi_count(region, WI_COUNT_RECLAIMED, claimed->reclaimed);
  if (claimed->evicted)
    wi_count(region, WI_COUNT_EVICTED, claimed->evicted);
  if (claimed->inherited)
    wi_count(region, WI_COUNT_INHERITED, claimed->inherited);
}

static enum round denied_by_start(const struct wi_decision *decision, struct wi_ask *ask,
                                  uint32_t which, uint64_t start)
{
  struct wi_standing standing = {.debt = 0};

  if (ask->limit->meter.sliding) {
    standing.words[which] = start;
    wi_window_read(&ask->limit->meter.as.window, standing.words, decision->now_ns, &standing.view);
  } else {
    const struct wi_bucket *bucket = &ask->limit->meter.as.bucket;

    standing.debt = wi_bucket_debt(start, wi_bucket_ticks(bucket, decision->now_ns));
  }
  wi_standing_judge(decision, ask, &standing);
  return ask->wait_ns != 0 ? ROUND_DENIED : ROUND_AGAIN;
}

/* The limit's word `which` has no cell: get one.  *shared is set where it is a FLOOR. */
static enum round make_cell(struct wi_decision *decision, struct wi_ask *ask, uint32_t which,
                            struct wi_hit *shared)
{
  struct wi_judge judge;
  struct wi_claimed claimed;
  enum wi_claim result;

  wi_judge_of(decision, &judge);
  decision->current = ask;
  result = wi_claim(ask->place, ask->limit->meter.id + which,
                    ask->limit->when_full == WI_FULL_INHERIT, &judge, &claimed);
  count_claim(decision, &claimed);
  wi_decision_refresh(decision); /* group.h, INSERT: the old time would charge in the past */
  switch (result) {
  case WI_CLAIM_LIVE:
  case WI_CLAIM_CONVERT:
    return ROUND_AGAIN;
  case WI_CLAIM_SHARED:
    *shared = claimed.shared;
    return ROUND_AGAIN;
  case WI_CLAIM_DENIED:
    return denied_by_start(decision, ask, which, claimed.start);
  case WI_CLAIM_STALE:
    return ROUND_STALE;
  case WI_CLAIM_FULL:
    break;
  }
  return no_room(decision, ask, claimed.room_in_ns);
}

static void reserved(struct wi_ask *ask, const struct wi_hit *hit, uint64_t word)
{
  ask->wrote = *hit;
  ask->wrote.state = word;
  ask->replaced = hit->state;
}

/* A former's cell becomes the limit's own, tag and word in one step. */
static void carry_over(const struct wi_decision *decision, const struct wi_ask *ask,
                       const struct wi_standing *standing)
{
  const struct wi_bucket *bucket = &ask->limit->meter.as.bucket;
  uint64_t word = wi_bucket_word(standing->former_debt, wi_bucket_ticks(bucket, decision->now_ns));

  if (replace(&standing->former, ask->place->mark | ask->limit->meter.id, word))
    wi_count(&decision->table->region, WI_COUNT_CARRIED_OVER, 1);
}

static enum round bucket_round(struct wi_decision *decision, struct wi_ask *ask,
                               const struct wi_hits *hits)
{
  const struct wi_bucket *bucket = &ask->limit->meter.as.bucket;
  struct wi_standing standing;
  struct wi_hit shared = {.cell = NULL};
  const struct wi_hit *hit;
  uint64_t ticks, word;

  wi_standing_read(decision, ask, hits, &standing);
  wi_standing_judge(decision, ask, &standing);
  if (ask->wait_ns != 0)
    return ROUND_DENIED;
  hit = &standing.own[0];
  if (hit->cell == NULL && standing.former.cell != NULL) {
    carry_over(decision, ask, &standing);
    return ROUND_AGAIN;
  }
  if (hit->cell == NULL) {
    enum round round = make_cell(decision, ask, 0, &shared);

    if (round != ROUND_AGAIN || shared.cell == NULL)
      return round;
    hit = &shared;
    standing.debt = wi_bucket_debt(shared.state, wi_bucket_ticks(bucket, decision->now_ns));
    wi_standing_judge(decision, ask, &standing);
    if (ask->wait_ns != 0)
      return ROUND_DENIED;
  }
  ticks = wi_bucket_ticks(bucket, decision->now_ns);
  word = wi_bucket_word(wi_bucket_debt(hit->state, ticks) + ask->cost, ticks);
  if (!replace(hit, hit->tag, word)) /* partner: every other CAS on the cell; S2 */
    return ROUND_AGAIN;
  reserved(ask, hit, word);
  return ROUND_DONE;
}

/* S3: all words again, and the clock.  What was written in `epoch` must be in the newest
 * part that anybody has seen, and everything together within the limit. */
static enum round verify_window(struct wi_decision *decision, struct wi_ask *ask, uint64_t epoch,
                                struct wi_hits *hits)
{
  const struct wi_window *window = &ask->limit->meter.as.window;
  struct wi_standing standing;

  find_again(decision, ask, hits);
  wi_decision_refresh(decision);
  wi_standing_read(decision, ask, hits, &standing);
  if (is_stale(decision)) {
    wi_charge_undo(decision, ask);
    return ROUND_STALE;
  }
  if (standing.view.epoch != epoch) {
    wi_charge_undo(decision, ask);
    return ROUND_AGAIN;
  }
  if (wi_add_sat(standing.view.total, standing.extra) <= window->rule.count) {
    ask->remaining = window->rule.count - standing.view.total - standing.extra;
    return ROUND_DONE;
  }
  wi_charge_undo(decision, ask);
  ask->remaining = 0;
  return denied(ask, window->part_ns);
}

static enum round window_round(struct wi_decision *decision, struct wi_ask *ask,
                               struct wi_hits *hits)
{
  const struct wi_window *window = &ask->limit->meter.as.window;
  struct wi_standing standing;
  struct wi_hit shared = {.cell = NULL};
  const struct wi_hit *hit;
  uint32_t which;
  uint64_t word;

  wi_standing_read(decision, ask, hits, &standing);
  wi_standing_judge(decision, ask, &standing);
  if (ask->wait_ns != 0)
    return ROUND_DENIED;
  which = wi_window_word_of(window, standing.view.epoch);
  hit = &standing.own[which];
  if (hit->cell == NULL) {
    enum round round = make_cell(decision, ask, which, &shared);

    if (round != ROUND_AGAIN || shared.cell == NULL)
      return round;
    hit = &shared;
    standing.words[which] = shared.state;
    wi_window_read(window, standing.words, decision->now_ns, &standing.view);
    wi_standing_judge(decision, ask, &standing);
    if (ask->wait_ns != 0)
      return ROUND_DENIED;
    if (wi_window_word_of(window, standing.view.epoch) != which)
      return ROUND_AGAIN;
  }
  word = wi_window_charge(window, hit->state, standing.view.epoch, ask->units);
  if (!replace(hit, hit->tag, word)) /* partner: every other CAS on the cell; S3 */
    return ROUND_AGAIN;
  reserved(ask, hit, word);
  return verify_window(decision, ask, standing.view.epoch, hits);
}

enum wi_charge wi_charge(struct wi_decision *decision, struct wi_ask *ask, struct wi_hits *hits)
{
  for (uint32_t rounds = 0; rounds < ROUNDS_MAX; rounds++) {
    enum round round = ask->limit->meter.sliding ? window_round(decision, ask, hits)
                                                 : bucket_round(decision, ask, hits);

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

  if (ask->wrote.cell == NULL)
    return;
  /* Partner: every other CAS on the cell; S4: never by subtraction. */
  wi_count(region, replace(&ask->wrote, ask->wrote.tag, ask->replaced) ? WI_COUNT_UNDONE
                                                                       : WI_COUNT_DEBTS_LEFT, 1);
  ask->wrote.cell = NULL;
}
