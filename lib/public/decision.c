/* SPDX-License-Identifier: BSD-2-Clause
 * Take, peek, refund, reset: check the arguments, find the plan, then one call down. */
#include "public/decision.h"

#include "respond/response.h"

/* A request whose policy is replaced again and again while it is decided gives up here. */
#define STALE_ROUNDS_MAX 64u

/* By take_plain(): for take_any(), as also where another request charged the principal at the same
 * moment. */
#define UNDECIDED (WI_DECISION_STALE + 1) /* errors are below 0 */

enum verb { VERB_TAKE, VERB_PEEK, VERB_REFUND, VERB_RESET };

/* One attempt under one plan, the general way. */
static int attempt_in_full(struct weir_table *table, const struct wi_plan *plan, uint64_t version,
                           const struct wi_subject *subject, const struct weir_request *request,
                           enum verb verb, uint64_t now_ns, struct weir_verdict *verdict)
{
  struct wi_decision decision;
  int error;

  decision.table = table;
  decision.plan = plan;
  decision.version = version;
  decision.given = (request->flags & WEIR_NOW_GIVEN) != 0;
  decision.reading = verb == VERB_PEEK;
  decision.subject = subject;
  decision.now_ns = now_ns;
  if (verb == VERB_TAKE || verb == VERB_PEEK) {
    error = wi_decide_guarded(&decision, request, verdict);
    if (error == WEIR_OK && verb == VERB_TAKE && verdict->outcome == WEIR_DENY)
      wi_respond_denied(&decision, request);
    return error;
  }
  wi_special_find(&decision, request); /* what was charged to is given back             */
  error = wi_asks_resolve(&decision, request, verb == VERB_RESET);
  if (WI_UNLIKELY(error != WEIR_OK))
    return error;
  if (verb == VERB_REFUND)
    wi_give_back(&decision);
  else
    wi_forget(&decision);
  return WEIR_OK;
}

WI_INLINE uint64_t time_of(const struct weir_table *table, const struct wi_plan_policy *policy,
                           const struct weir_request *request)
{
  return WI_UNLIKELY((request->flags & WEIR_NOW_GIVEN) != 0)
             ? request->now_ns
             : wi_region_now_ns(&table->region, policy->coarse_clock);
}

__attribute__((noinline)) static int attempt_with(struct weir_table *table,
                                                  const struct wi_plan *plan,
                                                  const struct weir_request *request,
                                                  enum verb verb, struct weir_verdict *verdict)
{
  uint64_t version = wi_load_relaxed(&plan->version);
  struct wi_subject subject;
  int error = wi_subject_resolve(plan, &table->region, request, &subject);

  if (error == WEIR_OK && verb == VERB_TAKE &&
      subject.present == 1) /* the handle's first, mostly */
    wi_region_touch(&table->region, wi_place_cell(&subject.places[0], 0));
  return error == WEIR_OK ? attempt_in_full(table, plan, version, &subject, request, verb,
                                            time_of(table, subject.policy, request), verdict)
                          : error;
}

/* Another thread makes the plan just now: make one on the stack, 50 KB, rather than wait. */
__attribute__((noinline)) static int attempt_with_spare(struct weir_table *table,
                                                        const struct weir_request *request,
                                                        enum verb verb,
                                                        struct weir_verdict *verdict)
{
  struct wi_plan spare;
  int error = wi_plan_make(&spare, &table->region);

  return error == WEIR_OK ? attempt_with(table, &spare, request, verb, verdict) : error;
}

/* The plan has to be made first, or has changed meanwhile. */
__attribute__((noinline)) static int attempt_slowly(struct weir_table *table,
                                                    const struct weir_request *request,
                                                    enum verb verb, struct weir_verdict *verdict)
{
  int error = WI_DECISION_STALE;

  for (uint32_t round = 0; error == WI_DECISION_STALE && round < STALE_ROUNDS_MAX; round++) {
    const struct wi_plan *plan;

    error = wi_plans_load(&table->plans, &table->region, &plan);
    if (error != WEIR_OK)
      break;
    error = plan != NULL ? attempt_with(table, plan, request, verb, verdict)
                         : attempt_with_spare(table, request, verb, verdict);
  }
  return error == WI_DECISION_STALE ? WEIR_E_BUSY : error;
}

static int finish(struct weir_table *table, int error)
{
  if (WI_UNLIKELY(error != WEIR_OK))
    wi_count(&table->region, WI_COUNT_ERRORS, 1);
  return error;
}

static int perform(struct weir_table *table, const struct weir_request *request, enum verb verb,
                   struct weir_verdict *verdict)
{
  const struct wi_plan *plan;
  uint64_t unusual;
  int error = wi_check_request(table, request);

  if (error != WEIR_OK)
    return error;
  plan = wi_plans_ready(&table->plans, &table->region, &unusual);
  if ((unusual & WI_HOT_RETIRED) != 0)
    return WEIR_E_RETIRED;
  if (verb == VERB_REFUND && (unusual & WI_HOT_ALLOW_ALL) != 0)
    return WEIR_OK; /* nothing is charged in this time: it would be others' debt */
  error = plan != NULL ? attempt_with(table, plan, request, verb, verdict) : WI_DECISION_STALE;
  if (error == WI_DECISION_STALE)
    error = attempt_slowly(table, request, verb, verdict);
  return finish(table, error);
}

int wi_take_in_full(struct weir_table *table, const struct wi_plan *plan, uint64_t version,
                    const struct wi_subject *subject, const struct weir_request *request,
                    uint64_t now_ns, int error, struct weir_verdict *verdict)
{
  if (error == WEIR_OK)
    error = attempt_in_full(table, plan, version, subject, request, VERB_TAKE, now_ns, verdict);
  if (error == WI_DECISION_STALE)
    error = attempt_slowly(table, request, VERB_TAKE, verdict);
  return finish(table, error);
}

__attribute__((noinline)) int wi_take_left(struct weir_table *table, const struct wi_plan *plan,
                                           uint64_t version, const struct wi_plan_policy *policy,
                                           const struct wi_place *place,
                                           const struct weir_request *request, uint64_t now_ns,
                                           struct weir_verdict *verdict)
{
  struct wi_subject subject;

  subject.policy = policy;
  subject.present = 1; /* the lone key */
  subject.places[0] = *place;
  return wi_take_in_full(table, plan, version, &subject, request, now_ns, WEIR_OK, verdict);
}

/* All that is not plain, or that take_plain() has not decided. */
__attribute__((noinline)) static int
take_any(struct weir_table *table, const struct weir_request *request, struct weir_verdict *verdict)
{
  const struct wi_plan *plan;
  struct wi_subject subject;
  uint64_t version, now_ns;
  int error;

  if (verdict == NULL || !wi_request_is_sound(table, request))
    return WEIR_E_ARGUMENT;
  plan = wi_plan_serving(table, &version);
  if (WI_UNLIKELY(plan == NULL))
    return perform(table, request, VERB_TAKE, verdict);
  error = wi_subject_resolve(plan, &table->region, request, &subject);
  if (WI_UNLIKELY(error != WEIR_OK))
    return perform(table, request, VERB_TAKE, verdict);
  now_ns = time_of(table, subject.policy, request);
  if (WI_LIKELY(wi_take_quickly(&table->region, plan, version, &subject, request, now_ns, verdict)))
    return WEIR_OK;
  return wi_take_in_full(table, plan, version, &subject, request, now_ns, WEIR_OK, verdict);
}

/* Several limits of one principal: their cells often reach into the lines behind its home. */
__attribute__((noinline)) static enum wi_quick
take_plain_several(const struct wi_region *region, const struct wi_plan *plan, uint64_t version,
                   const struct wi_plan_policy *policy, const struct wi_place *place,
                   const struct weir_request *request, uint64_t now_ns,
                   struct weir_verdict *verdict)
{
  __builtin_prefetch(wi_place_cell(place, WI_LINE_CELLS), 1);
  __builtin_prefetch(wi_place_cell(place, 2 * WI_LINE_CELLS), 1);
  return wi_quick_take_several(region, plan, version, policy, place, request, now_ns, verdict);
}

/* The principal's block by one look, where that is all there is to know of it: nobody is special,
 * no block was ever spilled, and the cell is neither tentative nor torn.  hit->state 0: it has
 * none. */
WI_INLINE bool find_plain_block(const struct wi_region *region, const struct wi_stripe *stripe,
                                const struct wi_plan *plan, const struct wi_place *place,
                                struct wi_hit *hit)
{
  uint64_t tag = place->own | WI_ID_BLOCK;

  /* Partner: wi_quick_remember(), by any process of this processor; a guess. */
  if (wi_find_guessed(region->cells, wi_load_relaxed(&stripe->last_cell), place, tag, hit) ||
      wi_find_tag(place, tag, hit)) {
    if ((hit->state & WI_TENTATIVE) != 0 || wi_load_acquire(&hit->cell->tag) != tag)
      return false; /* partner: every CAS on the cell; O3 */
  } else {
    hit->state = 0;
  }
  /* Partner: the fetch_or in respond/pin.c, before the cell is made. */
  return ((wi_load_acquire(&region->live->hot.flags) & WI_HOT_SPILLED) | plan->special_count |
          plan->image.set.class_count) == 0;
}

/* One of whom something may be known, but no plain block in force; its place is turned. */
__attribute__((noinline)) static bool
take_plain_turned(const struct wi_region *region, const struct wi_plan *plan, uint64_t version,
                  const struct wi_plan_policy *policy, const struct wi_place *place,
                  const struct weir_request *request, uint64_t now_ns, struct weir_verdict *verdict)
{
  enum wi_quick answer =
      policy->only == NULL
          ? take_plain_several(region, plan, version, policy, place, request, now_ns, verdict)
          : wi_quick_take_one(region, plan, version, policy->only, place,
                              policy->only->message_ticks, now_ns, wi_count_stripe(region),
                              verdict);

  return answer >= WI_QUICK_ALLOWED;
}

/* Its block took more than one look. */
__attribute__((noinline)) static bool
look_and_take_plain(const struct wi_region *region, const struct wi_plan *plan, uint64_t version,
                    const struct wi_plan_policy *policy, struct wi_place *place,
                    const struct weir_request *request, uint64_t now_ns,
                    struct weir_verdict *verdict)
{
  enum wi_quick_bar bar;

  wi_place_turn(region, place);
  bar = wi_quick_look(region, plan, place, 1, now_ns, verdict);
  return bar == WI_QUICK_FREE
             ? take_plain_turned(region, plan, version, policy, place, request, now_ns, verdict)
             : bar == WI_QUICK_BARRED;
}

/* One of whom something may be known.  false: not decided. */
__attribute__((noinline)) static bool
take_plain_suspect(const struct wi_region *region, const struct wi_plan *plan, uint64_t version,
                   const struct wi_plan_policy *policy, struct wi_place *place,
                   const struct weir_request *request, uint64_t now_ns,
                   struct weir_verdict *verdict)
{
  struct wi_stripe *stripe = wi_count_stripe(region);
  struct wi_hit hit;

  if (WI_UNLIKELY(!find_plain_block(region, stripe, plan, place, &hit)))
    return look_and_take_plain(region, plan, version, policy, place, request, now_ns, verdict);
  if (wi_block_is_in_force(hit.state, now_ns)) { /* who sends on though blocked is guessed then */
    wi_quick_remember(region, stripe, hit.cell);
    wi_verdict_block(verdict, wi_block_end_ns(hit.state), now_ns);
    wi_count_add(&stripe->counts[WI_COUNT_BLOCKED], 1);
    return true;
  }
  wi_place_turn_by(place, hit.state);
  return take_plain_turned(region, plan, version, policy, place, request, now_ns, verdict);
}

/* The hash of a request's principal.  *is_new: it is not in the memo, where it may be of use. */
WI_INLINE struct wi_hash hash_of(const struct wi_memo *memo, const struct wi_plan_key *key,
                                 const struct weir_attribute *attribute, bool *is_new)
{
  struct wi_hash hash;

  *is_new = attribute->value_bytes <= WI_MEMO_NAME_MAX;
  if (WI_LIKELY(*is_new) &&
      wi_memo_find(memo, &key->begun, attribute->value, attribute->value_bytes, &hash)) {
    *is_new = false;
    return hash;
  }
  return wi_subject_hash_single(key, attribute);
}

/* A plain request under a quick policy of one key.  Returns as weir_take(), or UNDECIDED. */
WI_INLINE int take_plain(struct weir_table *table, const struct weir_request *request,
                         struct weir_verdict *verdict)
{
  const struct wi_region *region = &table->region;
  const struct weir_attribute *attribute = request->attributes;
  uint64_t version = 0, now_ns;
  const struct wi_plan *plan = wi_plan_serving(table, &version);
  const struct wi_plan_policy *policy;
  struct wi_stripe *stripe;
  struct wi_memo *memo;
  struct wi_place place;
  struct wi_hash hash;
  enum wi_quick answer;
  uint32_t index;
  bool is_new;

  if (WI_UNLIKELY(plan == NULL))
    return UNDECIDED;
  policy = wi_subject_policy(plan, request->policy);
  if (WI_UNLIKELY(policy == NULL || policy->lone_key == NULL ||
                  !wi_label_is(&policy->lone_key->attributes[0], attribute->name)))
    return UNDECIDED;
  /* Before the hash: what is known by then needs not be kept across the call. */
  now_ns = wi_region_now_ns(region, policy->coarse_clock);
  if (WI_UNLIKELY(policy->only != NULL && policy->only->message_ticks == 0))
    return UNDECIDED;
  index = wi_count_index();
  stripe = wi_count_stripe_at(region, index);
  memo = &table->memos[index % WI_MEMOS];
  hash = hash_of(memo, policy->lone_key, attribute, &is_new);
  place = wi_subject_place_of(region, hash);
  /* Partner: wi_quick_remember(). */
  if (WI_UNLIKELY(is_new && wi_guess_is_near(region->cells, wi_load_relaxed(&stripe->last_cell),
                                             &place)))
    wi_memo_keep(memo, &policy->lone_key->begun, attribute->value, attribute->value_bytes, hash);
  if (WI_UNLIKELY(wi_filter_has(region, place.own)))
    return take_plain_suspect(region, plan, version, policy, &place, request, now_ns, verdict)
               ? WEIR_OK
               : UNDECIDED;
  if (WI_LIKELY(policy->only != NULL)) {
    answer = wi_quick_take_one(region, plan, version, policy->only, &place,
                               policy->only->message_ticks, now_ns, stripe, verdict);
  } else {
    wi_quick_remember(region, stripe, wi_place_cell(&place, 0)); /* its group, for the memo */
    answer = take_plain_several(region, plan, version, policy, &place, request, now_ns, verdict);
  }
  if (WI_LIKELY(answer >= WI_QUICK_ALLOWED))
    return WEIR_OK;
  return answer == WI_QUICK_LEFT
             ? wi_take_left(table, plan, version, policy, &place, request, now_ns, verdict)
             : UNDECIDED;
}

WI_PUBLIC int weir_take(struct weir_table *table, const struct weir_request *request,
                        struct weir_verdict *verdict)
{
  if (WI_LIKELY(verdict != NULL && wi_request_is_plain(table, request))) {
    int error = take_plain(table, request, verdict);

    if (WI_LIKELY(error != UNDECIDED))
      return error;
  }
  return take_any(table, request, verdict);
}

WI_PUBLIC int weir_peek(struct weir_table *table, const struct weir_request *request,
                        struct weir_verdict *verdict)
{
  return verdict == NULL ? WEIR_E_ARGUMENT : perform(table, request, VERB_PEEK, verdict);
}

WI_PUBLIC int weir_refund(struct weir_table *table, const struct weir_request *request)
{
  return perform(table, request, VERB_REFUND, NULL);
}

WI_PUBLIC int weir_reset(struct weir_table *table, const struct weir_request *request)
{
  return perform(table, request, VERB_RESET, NULL);
}
