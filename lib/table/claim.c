/* SPDX-License-Identifier: BSD-2-Clause
 * INSERT and EVICT of table/group.h, step by step. */
#include "table/group.h"

#include "clock/clock.h"

/* What one scan of the group, up to its first never-used cell (G3), shows an inserter. */
struct survey {
  struct wi_hit live;               /* cell NULL: none                              */
  struct wi_hit precursor;          /* cell NULL: none                              */
  struct wi_hit tentative[WI_GROUP_CELLS]; /* of the own tag, in search order        */
  uint32_t tentatives;
  struct wi_hit free;               /* first that may be taken; cell NULL: none     */
  struct wi_hit spare;              /* disposable, the next to be idle; NULL: none  */
  uint64_t spare_ns;
  /* Where nothing is free: */
  struct wi_hit victim;             /* of the same id, least debt; NULL: none       */
  struct wi_hit stranger;           /* of another id, least debt; NULL: none        */
  uint64_t victim_ns, stranger_ns;  /* until they are idle                          */
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

/* ---------------------------------------------------------------- tentative -- */

/* When, in 2^20 ns, modulo 2^32. */
static uint32_t tentative_clock(void)
{
  return (uint32_t)(wi_clock_coarse_ns() >> 20);
}

/* Of somebody who is no longer at it.  One that sleeps so long finds its word gone. */
static bool is_abandoned(uint64_t state)
{
  return tentative_clock() - (uint32_t)(state >> 31) > WI_TENTATIVE_REST;
}

/* A word that no other publication uses: a stale commit of one's own earlier TENTATIVE must
 * not pass for one of somebody's later TENTATIVE at the same cell. */
static uint64_t tentative_word(const struct claim *claim, uint32_t round)
{
  static _Thread_local uint64_t count;
  struct wi_sip sip;
  uint64_t seed[2] = {wi_clock_precise_ns(), (uint64_t)(uintptr_t)&count};

  wi_sip_begin(&sip, seed);
  wi_sip_word(&sip, (uint64_t)(uintptr_t)claim ^ claim->tag);
  wi_sip_word(&sip, ++count << 16 | round);
  return WI_TENTATIVE | (uint64_t)tentative_clock() << 31 | wi_sip_end(&sip).mark >> 33;
}

/* false: one of them has changed; what it is now is not known. */
static bool kill_tentatives(const struct survey *seen, uint32_t from)
{
  bool killed = true;

  for (uint32_t i = from; i < seen->tentatives; i++)
    killed &= wi_hit_replace(&seen->tentative[i], WI_TAG_DEAD, seen->tentative[i].state);
  return killed;
}

/* ------------------------------------------------------------------- survey -- */

/* Where the newcomer could go: another's cell, an idle one of its own, or a FLOOR. */
static void survey_foreign(const struct claim *claim, struct survey *seen, const struct wi_hit *hit)
{
  const struct wi_judge *judge = claim->judge;
  uint32_t id = wi_tag_id(hit->tag);
  bool disposable = false;
  uint64_t idle_in_ns;

  if ((hit->state & WI_TENTATIVE) != 0)
    idle_in_ns = is_abandoned(hit->state) ? 0 : UINT64_MAX;
  else
    idle_in_ns = judge->idle_in_ns(judge->context, id, hit->state, &disposable);
  if (idle_in_ns == 0) {
    seen->free = *hit;
    return;
  }
  if (idle_in_ns < seen->room_in_ns)
    seen->room_in_ns = idle_in_ns;
  /* Its own other cells are taken when they are idle, but are no victims. */
  if (wi_tag_mark(hit->tag) == 0 || wi_tag_mark(hit->tag) == claim->place->mark ||
      idle_in_ns == UINT64_MAX)
    return;
  if (disposable) {
    if (idle_in_ns < seen->spare_ns) {
      seen->spare_ns = idle_in_ns;
      seen->spare = *hit;
    }
    return;
  }
  if (idle_in_ns >= (id == claim->id ? seen->victim_ns : seen->stranger_ns) ||
      !judge->evictable(judge->context, claim->place->group, hit->tag, hit->state))
    return;
  if (id == claim->id) {
    seen->victim_ns = idle_in_ns;
    seen->victim = *hit;
  } else {
    seen->stranger_ns = idle_in_ns;
    seen->stranger = *hit;
  }
}

/* false: a cell of another limit. */
static bool survey_own(const struct claim *claim, struct survey *seen, const struct wi_hit *hit)
{
  const struct wi_judge *judge = claim->judge;

  if (hit->tag == claim->tag) {
    if ((hit->state & WI_TENTATIVE) != 0)
      seen->tentative[seen->tentatives++] = *hit;
    else
      seen->live = *hit;
    return true;
  }
  if (!judge->precursor(judge->context, claim->id, wi_tag_id(hit->tag)))
    return false;
  seen->precursor = *hit;
  return true;
}

/* for_room: where the newcomer could go is asked, too. */
static void survey(const struct claim *claim, bool for_room, struct survey *seen)
{
  seen->live.cell = seen->precursor.cell = seen->free.cell = NULL;
  seen->victim.cell = seen->stranger.cell = seen->spare.cell = NULL;
  seen->tentatives = 0;
  seen->victim_ns = seen->stranger_ns = seen->spare_ns = seen->room_in_ns = UINT64_MAX;
  for (uint32_t step = 0; step < WI_GROUP_CELLS; step += WI_LINE_CELLS) {
    struct wi_cell *line = wi_place_cell(claim->place, step);
    uint64_t tags[WI_LINE_CELLS];
    uint32_t own, free, never, ask;

    wi_line_tags(line, tags); /* O1 */
    own = wi_line_mine(tags, claim->place->mark);
    never = wi_line_match(tags, WI_TAG_NEVER);
    free = never | wi_line_match(tags, WI_TAG_DEAD);
    ask = for_room && seen->free.cell == NULL ? (1u << WI_LINE_CELLS) - 1 : own;
    if (never != 0)
      ask &= (never & -never) * 2 - 1; /* G3: up to the first one */
    for (; ask != 0; ask &= ask - 1) {
      uint32_t i = (uint32_t)__builtin_ctz(ask);
      struct wi_hit hit = {line + i, tags[i], 0};

      hit.state = wi_load_acquire(&hit.cell->state); /* may be torn: used through CAS only */
      if (((own >> i & 1) != 0 && survey_own(claim, seen, &hit)) || !for_room ||
          seen->free.cell != NULL)
        continue;
      if ((free >> i & 1) != 0)
        seen->free = hit;
      else
        survey_foreign(claim, seen, &hit);
    }
    if (never != 0)
      return;
  }
}

/* --------------------------------------------------------------- steps 2 to 5 -- */

static enum step publish_at(struct claim *claim, const struct wi_hit *spot, uint32_t round,
                            struct wi_hit *known)
{
  known->cell = spot->cell;
  known->tag = claim->tag;
  known->state = tentative_word(claim, round);
  if (!wi_hit_replace(spot, known->tag, known->state))
    return STEP_AGAIN;
  claim->claimed->inserted = 1;
  return STEP_PUBLISHED;
}

/* INSERT 2. */
static enum step publish(struct claim *claim, const struct survey *seen, uint32_t round,
                         struct wi_hit *known)
{
  enum step step = publish_at(claim, &seen->free, round, known);

  claim->claimed->reclaimed = step == STEP_PUBLISHED && seen->free.tag != WI_TAG_NEVER &&
                              seen->free.tag != WI_TAG_DEAD;
  return step;
}

static enum step found_precursor(const struct survey *seen, enum wi_claim *result)
{
  if (!kill_tentatives(seen, 0))
    return STEP_AGAIN;
  if ((seen->precursor.state & WI_TENTATIVE) != 0) {
    /* Its inserter is behind the times: a failure means that it has found out itself. */
    (void)wi_hit_replace(&seen->precursor, WI_TAG_DEAD, seen->precursor.state);
    return STEP_AGAIN;
  }
  *result = WI_CLAIM_CONVERT;
  return STEP_DONE;
}

/* INSERT 4 and 5. */
static enum step commit(struct claim *claim, const struct survey *seen, const struct wi_hit *known,
                        enum wi_claim *result)
{
  const struct wi_judge *judge = claim->judge;
  uint64_t word;

  if (!judge->commit_word(judge->context, claim->id, &word)) {
    (void)kill_tentatives(seen, 0); /* failed: somebody else has, or has committed it */
    *result = WI_CLAIM_DENIED;
    return STEP_DONE;
  }
  if (!wi_hit_replace(known, claim->tag, word))
    return STEP_AGAIN;
  claim->claimed->made = *known;
  claim->claimed->made.state = word;
  *result = WI_CLAIM_CHARGED;
  return STEP_DONE;
}

/* INSERT 3, as often as the survivor is not the one known before. */
static enum step settle(struct claim *claim, struct wi_hit *known, enum wi_claim *result)
{
  const struct wi_judge *judge = claim->judge;

  for (uint32_t looks = 0; looks < WI_CLAIM_ROUNDS; looks++) {
    struct survey seen;

    survey(claim, false, &seen);
    if (judge->stale(judge->context)) {
      (void)kill_tentatives(&seen, 0); /* failed: others will find the version changed, too */
      *result = WI_CLAIM_STALE;
      return STEP_DONE;
    }
    if (seen.live.cell != NULL) {
      (void)kill_tentatives(&seen, 0); /* they are in nobody's way for long */
      *result = WI_CLAIM_LIVE;
      return STEP_DONE;
    }
    if (seen.precursor.cell != NULL)
      return found_precursor(&seen, result);
    if (seen.tentatives == 0 || !kill_tentatives(&seen, 1))
      return STEP_AGAIN;
    if (seen.tentative[0].cell == known->cell && seen.tentative[0].state == known->state) {
      seen.tentatives = 1;
      return commit(claim, &seen, known, result);
    }
    *known = seen.tentative[0];
  }
  return STEP_AGAIN;
}

/* -------------------------------------------------------------------- evict -- */

/* The FLOOR of an id with the largest debt. */
static bool largest_floor(const struct claim *claim, uint32_t id, struct wi_hit *floor)
{
  const struct wi_judge *judge = claim->judge;
  struct wi_hit floors[WI_FLOORS];
  uint32_t count = wi_find_floors(claim->place, id, floors);

  for (uint32_t i = 0; i < count; i++)
    if (i == 0 || judge->merge(judge->context, id, floor->state, floors[i].state) != floor->state)
      *floor = floors[i];
  return count != 0;
}

static uint32_t count_evictable(const struct claim *claim, uint32_t id)
{
  const struct wi_judge *judge = claim->judge;
  uint32_t count = 0;

  for (uint32_t i = 0; i < WI_GROUP_CELLS; i++) {
    const struct wi_cell *cell = &claim->place->group[i];
    uint64_t tag = wi_load_acquire(&cell->tag); /* partner: every CAS on the cell; a hint */
    uint64_t state = wi_load_acquire(&cell->state);

    count += wi_tag_id(tag) == id && wi_tag_mark(tag) != 0 &&
             wi_tag_mark(tag) != claim->place->mark && (state & WI_TENTATIVE) == 0 &&
             judge->evictable(judge->context, claim->place->group, tag, state);
  }
  return count;
}

/* EVICT 1 and 2 with one victim.  STEP_DONE: it must stay, or its debt would deny the newcomer. */
static enum step evict_victim(struct claim *claim, const struct wi_hit *victim, uint32_t round,
                              struct wi_hit *known)
{
  const struct wi_judge *judge = claim->judge;
  uint32_t id = wi_tag_id(victim->tag);
  struct wi_hit floor;
  uint64_t raised;
  enum step step;

  if (id == claim->id && !judge->admits(judge->context, id, victim->state))
    return STEP_DONE;
  if (!largest_floor(claim, id, &floor)) {
    if (count_evictable(claim, id) < 2)
      return STEP_DONE;
    if (wi_hit_replace(victim, (uint64_t)id, victim->state))
      claim->claimed->evicted++;
    return STEP_AGAIN;
  }
  raised = judge->merge(judge->context, id, floor.state, victim->state);
  if (id == claim->id && !judge->admits(judge->context, id, raised))
    return STEP_DONE;
  if (!wi_hit_replace(&floor, (uint64_t)id, raised))
    return STEP_AGAIN;
  step = publish_at(claim, victim, round, known);
  claim->claimed->evicted += step == STEP_PUBLISHED;
  return step;
}

/* EVICT; nothing in the group is free. */
static enum step evict(struct claim *claim, const struct survey *seen, uint32_t round,
                       struct wi_hit *known, enum wi_claim *result)
{
  enum step step = STEP_DONE;

  claim->claimed->room_in_ns = seen->room_in_ns;
  *result = WI_CLAIM_FULL;
  if (!claim->may_evict)
    return STEP_DONE;
  if (seen->spare.cell != NULL) {
    step = publish_at(claim, &seen->spare, round, known);
    claim->claimed->evicted += step == STEP_PUBLISHED;
    return step;
  }
  if (seen->victim.cell != NULL)
    step = evict_victim(claim, &seen->victim, round, known);
  if (step == STEP_DONE && seen->stranger.cell != NULL)
    step = evict_victim(claim, &seen->stranger, round, known);
  return step;
}

enum wi_claim wi_claim(const struct wi_place *place, uint32_t id, bool may_evict,
                       const struct wi_judge *judge, struct wi_claimed *claimed)
{
  struct claim claim = {place, judge, claimed, place->mark | id, id, may_evict};
  enum wi_claim result = WI_CLAIM_FULL;

  *claimed = (struct wi_claimed){.room_in_ns = UINT64_MAX};
  for (uint32_t round = 0; round < WI_CLAIM_ROUNDS; round++) {
    struct survey seen;
    struct wi_hit known;
    enum step step = STEP_PUBLISHED;

    survey(&claim, true, &seen);
    if (seen.live.cell != NULL) {
      (void)kill_tentatives(&seen, 0); /* they are in nobody's way for long */
      return WI_CLAIM_LIVE;
    }
    if (judge->stale(judge->context))
      return WI_CLAIM_STALE; /* what looks free to an old policy may be another's debt */
    if (seen.tentatives != 0)
      known = seen.tentative[0];
    else if (seen.precursor.cell != NULL)
      step = found_precursor(&seen, &result);
    else
      step = seen.free.cell != NULL ? publish(&claim, &seen, round, &known)
                                    : evict(&claim, &seen, round, &known, &result);
    if (step == STEP_PUBLISHED)
      step = settle(&claim, &known, &result);
    if (step == STEP_DONE)
      return result;
  }
  return WI_CLAIM_FULL;
}
