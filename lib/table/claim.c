/* SPDX-License-Identifier: BSD-2-Clause
 * INSERT and EVICT of table/group.h, step by step. */
#include "table/group.h"

#include "clock/clock.h"

/* What one scan of the whole group shows an inserter. */
struct survey {
  struct wi_hit live;               /* cell NULL: none                              */
  struct wi_hit precursor;          /* cell NULL: none                              */
  struct wi_hit tentative[WI_GROUP_CELLS]; /* of the own tag, in search order        */
  uint32_t tentatives;
  struct wi_hit free;               /* first that may be taken; cell NULL: none     */
  struct wi_hit victim;             /* of the same id, least debt; NULL: none       */
  struct wi_hit stranger;           /* of another id, least debt; NULL: none        */
  struct wi_hit abandoned;          /* a foreign TENTATIVE: the last resort         */
  uint64_t room_in_ns;
};

struct claim {
  const struct wi_place *place;
  const struct wi_judge *judge;
  struct wi_claimed *claimed;
  uint64_t tag;
  uint32_t id;
  bool may_evict;
};

/* What becomes of a claim after one step. */
enum step { STEP_AGAIN, STEP_PUBLISHED, STEP_DONE };

static void survey_foreign(const struct claim *claim, struct survey *seen, const struct wi_hit *hit,
                           uint64_t *victim_ns, uint64_t *stranger_ns)
{
  const struct wi_judge *judge = claim->judge;
  uint32_t id = wi_tag_id(hit->tag);
  uint64_t idle_in_ns;

  if ((hit->state & WI_TENTATIVE) != 0) {
    seen->abandoned = *hit;
    return;
  }
  idle_in_ns = id < WI_ID_FIRST_WORD && id != WI_ID_DEAD
                   ? UINT64_MAX
                   : judge->idle_in_ns(judge->context, id, hit->state);
  if (idle_in_ns == 0) {
    if (seen->free.cell == NULL)
      seen->free = *hit;
    return;
  }
  if (idle_in_ns < seen->room_in_ns)
    seen->room_in_ns = idle_in_ns;
  if (wi_tag_mark(hit->tag) == 0 || idle_in_ns == UINT64_MAX)
    return;
  if (id == claim->id ? idle_in_ns >= *victim_ns : idle_in_ns >= *stranger_ns)
    return;
  if (!judge->evictable(judge->context, claim->place->group, hit->tag, hit->state))
    return;
  if (id == claim->id) {
    *victim_ns = idle_in_ns;
    seen->victim = *hit;
  } else {
    *stranger_ns = idle_in_ns;
    seen->stranger = *hit;
  }
}

static void survey(const struct claim *claim, struct survey *seen)
{
  const struct wi_judge *judge = claim->judge;
  uint64_t victim_ns = UINT64_MAX, stranger_ns = UINT64_MAX;

  *seen = (struct survey){.room_in_ns = UINT64_MAX};
  for (uint32_t step = 0; step < WI_GROUP_CELLS; step++) {
    struct wi_hit hit = {.cell = wi_place_cell(claim->place, step)};

    hit.tag = wi_load_acquire(&hit.cell->tag);     /* partner: every CAS on the cell, O1 */
    hit.state = wi_load_acquire(&hit.cell->state); /* may be torn: used through CAS only */
    if (hit.tag == claim->tag) {
      if ((hit.state & WI_TENTATIVE) != 0)
        seen->tentative[seen->tentatives++] = hit;
      else
        seen->live = hit;
    } else if (hit.tag == WI_TAG_NEVER) {
      if (seen->free.cell == NULL)
        seen->free = hit;
    } else if (hit.tag == WI_TAG_DEAD) {
      if (seen->free.cell == NULL)
        seen->free = hit;
    } else if (wi_tag_mark(hit.tag) == claim->place->mark &&
               judge->precursor(judge->context, claim->id, wi_tag_id(hit.tag))) {
      seen->precursor = hit;
    } else {
      survey_foreign(claim, seen, &hit, &victim_ns, &stranger_ns);
    }
  }
}

static bool replace(const struct wi_hit *hit, uint64_t tag, uint64_t state)
{
  struct wi_cell expected = {.tag = hit->tag, .state = hit->state};
  struct wi_cell desired = {.tag = tag, .state = state};

  return wi_cell_cas_seq_cst(hit->cell, expected, desired);
}

static void kill_tentatives(const struct survey *seen, uint32_t from)
{
  for (uint32_t i = from; i < seen->tentatives; i++)
    (void)replace(&seen->tentative[i], WI_TAG_DEAD, 0); /* failed: somebody else did it */
}

/* Largest debt of the FLOOR cells of an id; *floor is the cell that has it. */
static bool largest_floor(const struct claim *claim, uint32_t id, struct wi_hit *floor)
{
  const struct wi_judge *judge = claim->judge;
  struct wi_hit floors[WI_FLOORS];
  uint32_t count = wi_find_floors(claim->place, id, floors);

  if (count == 0)
    return false;
  *floor = floors[0];
  for (uint32_t i = 1; i < count; i++) {
    uint64_t merged = judge->merge(judge->context, id, floor->state, floors[i].state);

    if (merged == floors[i].state)
      floor->cell = floors[i].cell;
    floor->state = merged;
  }
  return true;
}

/* A word that no other publication uses: a stale commit of one's own earlier TENTATIVE
 * must not pass for one of somebody's later TENTATIVE at the same cell. */
static uint64_t nonce(const struct claim *claim, uint32_t round)
{
  static _Thread_local uint64_t count;
  struct wi_sip sip;
  uint64_t seed[2] = {wi_clock_precise_ns(), (uint64_t)(uintptr_t)&count};

  wi_sip_begin(&sip, seed);
  wi_sip_word(&sip, (uint64_t)(uintptr_t)claim ^ claim->tag);
  wi_sip_word(&sip, ++count << 16 | round);
  return wi_sip_end(&sip).mark | WI_TENTATIVE;
}

/* INSERT 2. */
static enum step publish(struct claim *claim, const struct survey *seen, uint32_t round)
{
  const struct wi_hit *spot = &seen->free;

  if (!replace(spot, claim->tag, nonce(claim, round)))
    return STEP_AGAIN;
  claim->claimed->inserted = 1;
  claim->claimed->reclaimed = spot->tag != WI_TAG_NEVER && spot->tag != WI_TAG_DEAD;
  return STEP_PUBLISHED;
}

/* EVICT 2: out of the way of `victim`, whose debt the FLOOR then covers. */
static bool cover(const struct claim *claim, const struct wi_hit *victim, const struct wi_hit *floor)
{
  const struct wi_judge *judge = claim->judge;
  uint32_t id = wi_tag_id(victim->tag);
  uint64_t raised = judge->merge(judge->context, id, floor->state, victim->state);
  uint64_t now_there = wi_load_acquire(&floor->cell->state); /* partner: the CAS below */

  if (raised == now_there)
    return true;
  return replace(&(struct wi_hit){floor->cell, (uint64_t)id, now_there}, (uint64_t)id, raised);
}

/* EVICT; nothing in the group is free. */
static enum step evict(struct claim *claim, const struct survey *seen, uint32_t round,
                       enum wi_claim *result)
{
  const struct wi_judge *judge = claim->judge;
  struct wi_claimed *claimed = claim->claimed;
  struct wi_hit floor, other_floor;
  bool has_floor;
  const struct wi_hit *victim = seen->victim.cell != NULL ? &seen->victim : NULL;

  claimed->room_in_ns = seen->room_in_ns;
  *result = WI_CLAIM_FULL;
  if (!claim->may_evict)
    return STEP_DONE;
  has_floor = largest_floor(claim, claim->id, &floor);
  if (has_floor && !judge->admits(judge->context, claim->id, floor.state)) {
    claimed->start = floor.state;
    *result = WI_CLAIM_DENIED;
    return STEP_DONE;
  }
  if (victim != NULL && !has_floor) {
    if (replace(victim, (uint64_t)claim->id, victim->state))
      claimed->evicted++;
    return STEP_AGAIN;
  }
  if (victim != NULL) {
    uint64_t start = judge->merge(judge->context, claim->id, floor.state, victim->state);

    if (!judge->admits(judge->context, claim->id, start)) {
      claimed->start = start;
      *result = WI_CLAIM_DENIED;
      return STEP_DONE;
    }
    if (!cover(claim, victim, &floor) || !replace(victim, claim->tag, nonce(claim, round)))
      return STEP_AGAIN;
    claimed->evicted++;
    claimed->inserted = 1;
    return STEP_PUBLISHED;
  }
  if (has_floor) {
    claimed->shared = floor;
    *result = WI_CLAIM_SHARED;
    return STEP_DONE;
  }
  if (seen->stranger.cell != NULL) {
    uint32_t id = wi_tag_id(seen->stranger.tag);

    if (!largest_floor(claim, id, &other_floor)) {
      if (replace(&seen->stranger, (uint64_t)id, seen->stranger.state))
        claimed->evicted++;
      return STEP_AGAIN;
    }
    if (!cover(claim, &seen->stranger, &other_floor) ||
        !replace(&seen->stranger, claim->tag, nonce(claim, round)))
      return STEP_AGAIN;
    claimed->evicted++;
    claimed->inserted = 1;
    return STEP_PUBLISHED;
  }
  if (seen->abandoned.cell != NULL && replace(&seen->abandoned, claim->tag, nonce(claim, round))) {
    claimed->inserted = 1;
    return STEP_PUBLISHED;
  }
  return seen->abandoned.cell != NULL ? STEP_AGAIN : STEP_DONE;
}

/* INSERT 3 to 5. */
static enum step settle(struct claim *claim, enum wi_claim *result)
{
  const struct wi_judge *judge = claim->judge;
  struct survey seen;
  struct wi_hit floor;
  uint64_t start;

  survey(claim, &seen);
  if (judge->stale(judge->context)) {
    kill_tentatives(&seen, 0);
    *result = WI_CLAIM_STALE;
    return STEP_DONE;
  }
  if (seen.live.cell != NULL) {
    kill_tentatives(&seen, 0);
    *result = WI_CLAIM_LIVE;
    return STEP_DONE;
  }
  if (seen.precursor.cell != NULL) {
    kill_tentatives(&seen, 0);
    if ((seen.precursor.state & WI_TENTATIVE) != 0) {
      (void)replace(&seen.precursor, WI_TAG_DEAD, 0); /* its inserter is behind the times */
      return STEP_AGAIN;
    }
    *result = WI_CLAIM_CONVERT;
    return STEP_DONE;
  }
  if (seen.tentatives == 0)
    return STEP_AGAIN;
  kill_tentatives(&seen, 1);
  start = judge->idle_word(judge->context, claim->id);
  if (largest_floor(claim, claim->id, &floor)) {
    start = judge->merge(judge->context, claim->id, floor.state, start);
    claim->claimed->inherited = judge->idle_in_ns(judge->context, claim->id, start) != 0;
  }
  if (!replace(&seen.tentative[0], claim->tag, start))
    return STEP_AGAIN;
  *result = WI_CLAIM_LIVE;
  return STEP_DONE;
}

enum wi_claim wi_claim(const struct wi_place *place, uint32_t id, bool may_evict,
                       const struct wi_judge *judge, struct wi_claimed *claimed)
{
  struct claim claim = {place, judge, claimed, place->mark | id, id, may_evict};
  enum wi_claim result = WI_CLAIM_FULL;

  *claimed = (struct wi_claimed){.room_in_ns = UINT64_MAX};
  for (uint32_t round = 0; round < WI_CLAIM_ROUNDS; round++) {
    struct survey seen;
    enum step step = STEP_PUBLISHED;

    survey(&claim, &seen);
    if (seen.live.cell != NULL)
      return WI_CLAIM_LIVE;
    if (seen.tentatives == 0 && seen.precursor.cell == NULL)
      step = seen.free.cell != NULL ? publish(&claim, &seen, round)
                                    : evict(&claim, &seen, round, &result);
    if (step == STEP_PUBLISHED)
      step = settle(&claim, &result);
    if (step == STEP_DONE)
      return result;
  }
  return WI_CLAIM_FULL;
}
