/* SPDX-License-Identifier: BSD-2-Clause */
#include "respond/response.h"

#include <stdio.h>
#include <string.h>

#include "admit/subject.h"
#include "base/arith.h"
#include "gauge/count.h"
#include "guard/tell.h"

bool wi_respond_principal(const struct wi_decision *decision, uint32_t key,
                          const struct weir_request *request, struct wi_principal *principal)
{
  memset(principal, 0, sizeof *principal);
  principal->key = decision->plan->keys[key];
  for (uint32_t i = 0; i < principal->key.attribute_count; i++) {
    principal->values[i] = wi_subject_attribute(request, &principal->key.attributes[i]);
    if (principal->values[i] == NULL)
      return false;
  }
  wi_principal_hash(&decision->table->region, principal);
  wi_place_turn(&decision->table->region, &principal->place);
  return true;
}

/* One limit of the backstage charged for one principal. */
struct charge {
  struct wi_decision decision;
  struct wi_subject subject;
  struct wi_ask ask;
};

static enum wi_charge charge(struct charge *charge, const struct wi_decision *decision,
                             uint32_t limit, const struct wi_principal *principal, uint64_t units)
{
  const struct wi_plan *plan = decision->plan;
  struct wi_hits hits;

  charge->decision.table = decision->table;
  charge->decision.plan = plan;
  charge->decision.version = decision->version;
  charge->decision.now_ns = decision->now_ns;
  charge->decision.given = decision->given;
  charge->decision.reading = false;
  charge->decision.subject = &charge->subject;
  charge->subject.policy = plan->backstage;
  charge->subject.present = 1;
  charge->subject.places[0] = principal->place;
  charge->ask = (struct wi_ask){.limit = &plan->limits[limit],
                                .place = &charge->subject.places[0],
                                .units = units};
  if (!charge->ask.limit->meter.sliding)
    charge->ask.cost = wi_bucket_cost(&charge->ask.limit->meter.as.bucket, units);
  wi_find(&principal->place, &plan->backstage->wanted[0], &hits);
  return wi_charge(&charge->decision, &charge->ask, &hits);
}

/* Count one of K denials.  true: it was the last, or there is nothing to be counted. */
static bool is_tripped(const struct wi_decision *decision, const struct wi_response *response,
                       const struct wi_principal *principal)
{
  struct charge strike;

  if (response->strikes == WI_NO_STRIKES)
    return true;
  /* Where there is no room to count in, a full table is nobody's fault. */
  return charge(&strike, decision, response->strikes, principal, 1) == WI_CHARGE_DENIED &&
         !strike.ask.full;
}

static bool block(const struct wi_decision *decision, const struct wi_response *response,
                  const struct wi_principal *principal, const char *why)
{
  struct wi_block_order order = {.duration_ns = response->duration_ns,
                                 .longest_ns = response->longest_ns,
                                 .generation = wi_block_generation(principal->place.block),
                                 .reason = why,
                                 .by = "policy"};
  const char *limit = decision->plan->limits[response->limit].verdict.limit;
  enum wi_block_result result;
  uint64_t word;

  result = wi_block_set(decision, principal, &order, &word);
  if (result == WI_BLOCK_FULL) { /* the limit denies all the same */
    wi_count(&decision->table->region, WI_COUNT_AUTO_BLOCKS_FAILED, 1);
    wi_tell_pressure(&decision->table->region, limit, principal, decision->now_ns);
  }
  if (result != WI_BLOCK_SET)
    return false;
  wi_count(&decision->table->region, WI_COUNT_AUTO_BLOCKS, 1);
  wi_tell(&decision->table->region,
          &(struct wi_news){.kind = wi_block_level(word) > 1 ? WEIR_EVENT_ESCALATED
                                                             : WEIR_EVENT_BLOCKED,
                            .principal = principal,
                            .limit = limit,
                            .reason = why,
                            .by = order.by,
                            .end_ns = wi_block_end_ns(word),
                            .level = wi_block_level(word)});
  return true;
}

/* Whether the principal was lifted since its denial was decided: what that was about is forgotten,
 * and who comes late with it must not undo the lift. */
static bool is_void(const struct wi_ask *ask, const struct wi_response *response,
                    const struct wi_principal *principal)
{
  return ask->limit->key == response->key &&
         wi_block_generation(ask->place->block) != wi_block_generation(principal->place.block);
}

/* "NAME denied", in the room that a reason has. */
static void respond(const struct wi_decision *decision, const struct wi_response *response,
                    const struct wi_ask *ask, const struct weir_request *request)
{
  const char *name = decision->plan->limits[response->limit].verdict.limit;
  char why[WEIR_NAME_BYTES + sizeof " denied"];
  struct wi_principal principal;
  size_t length = strnlen(name, WEIR_NAME_BYTES - 1);

  if (!wi_respond_principal(decision, response->key, request, &principal) ||
      principal.key.attribute_count == 0 || is_void(ask, response, &principal) ||
      !is_tripped(decision, response, &principal))
    return;
  memcpy(why, name, length);
  memcpy(why + length, " denied", sizeof " denied");
  (void)block(decision, response, &principal, why);
}

/* The limit of the policy that an ask was about, be it by the numbers of a class. */
static uint32_t limit_of(const struct wi_decision *decision, const struct wi_ask *ask)
{
  return ask->limit->kind == WI_KIND_CLASS ? ask->limit->of
                                           : (uint32_t)(ask->limit - decision->plan->limits);
}

static bool has_denied(const struct wi_ask *ask)
{
  return !ask->skipped && !ask->limit->shadow && ask->wait_ns != 0;
}

void wi_respond_denied(const struct wi_decision *decision, const struct weir_request *request)
{
  const struct wi_policy_set *set = &decision->plan->image.set;
  const struct wi_ask *longest = NULL;

  for (uint32_t i = 0; i < decision->ask_count; i++) {
    const struct wi_ask *ask = &decision->asks[i];

    if (!has_denied(ask))
      continue;
    if (longest == NULL || ask->wait_ns > longest->wait_ns)
      longest = ask;
    if (!decision->subject->policy->responds || ask->full)
      continue; /* a full table is nobody's fault */
    for (uint32_t r = 0; r < set->response_count; r++)
      if (set->responses[r].limit == limit_of(decision, ask))
        respond(decision, &set->responses[r], ask, request);
  }
  if (longest != NULL)
    wi_note_denied(decision, request, longest);
}

/* ---------------------------------------------------------------------- signals -- */

/* Points at or above the score's count trip. */
static bool add_points(const struct wi_decision *decision, uint32_t score,
                       const struct wi_principal *principal, uint64_t points, bool *stale)
{
  const struct wi_bucket *bucket = &decision->plan->limits[score].meter.as.bucket;
  struct charge adding;
  uint64_t ticks;
  enum wi_charge result = charge(&adding, decision, score, principal,
                                 wi_min(points, bucket->rule.burst));

  *stale = result == WI_CHARGE_STALE;
  if (result != WI_CHARGED)
    return result == WI_CHARGE_DENIED && !adding.ask.full;
  ticks = wi_bucket_ticks(bucket, adding.decision.now_ns);
  return wi_bucket_debt(adding.ask.wrote.state, ticks) >= bucket->tau;
}

static bool respond_to_score(const struct wi_decision *decision, uint32_t score,
                             const struct wi_principal *principal, const char *name)
{
  const struct wi_policy_set *set = &decision->plan->image.set;
  bool blocked = false;

  for (uint32_t r = 0; r < set->response_count; r++)
    if (set->responses[r].limit == score)
      blocked |= block(decision, &set->responses[r], principal, name);
  return blocked;
}

/* Whether a score listens, and each that does has its principal in the request. */
static int find_scores(const struct wi_decision *decision, uint32_t policy,
                       const struct weir_request *request, const char *name)
{
  const struct wi_policy_set *set = &decision->plan->image.set;
  int error = WEIR_E_SIGNAL;

  for (uint32_t i = 0; i < set->signal_count; i++) {
    const struct wi_limit *score = &set->limits[set->signals[i].score];
    struct wi_principal principal;

    if (score->policy != policy || strcmp(set->signals[i].name, name) != 0)
      continue;
    if (!wi_respond_principal(decision, score->key, request, &principal))
      return WEIR_E_ATTRIBUTE;
    error = WEIR_OK;
  }
  return error;
}

int wi_respond_signal(const struct wi_decision *decision, const struct weir_request *request,
                      const char *name, uint64_t weight, bool *blocked)
{
  const struct wi_policy_set *set = &decision->plan->image.set;
  uint32_t policy = (uint32_t)(decision->subject->policy - decision->plan->policies);
  bool stale = false;
  int error = find_scores(decision, policy, request, name);

  *blocked = false;
  if (error != WEIR_OK)
    return error;
  for (uint32_t i = 0; i < set->signal_count && !stale; i++) {
    const struct wi_signal *signal = &set->signals[i];
    struct wi_principal principal;

    if (set->limits[signal->score].policy != policy || !wi_same_name(signal->name, name))
      continue;
    (void)wi_respond_principal(decision, set->limits[signal->score].key, request, &principal);
    if (weight != 0 && add_points(decision, signal->score, &principal,
                                  wi_mul_sat(signal->points, weight), &stale))
      *blocked |= respond_to_score(decision, signal->score, &principal,
                                   set->limits[signal->score].name);
  }
  return stale ? WI_DECISION_STALE : WEIR_OK;
}
