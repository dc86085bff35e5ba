/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A batch, in runs: hash all and prefetch their lines; look where each one's cell is, so that
 * nothing that may have to wait for memory comes after a locked instruction, which holds up all
 * loads behind it; then decide one after another.  The last step reads every cell anew: requests
 * of one principal see what those before them were charged.
 */
#include "base/arith.h"
#include "hash/lanes.h"
#include "public/decision.h"

#define RUN 32u /* requests in flight: more than a processor has misses outstanding */
_Static_assert(RUN % WI_LANES == 0, "hashed in whole lanes");

struct run {
  struct weir_table *table;
  const struct wi_plan *plan;
  uint64_t version;
  uint64_t now_ns;
  struct wi_stripe *stripe; /* of the processor that the run began on                     */
  const struct weir_request *requests;
  struct weir_verdict *verdicts;
  uint32_t count;
  /* Alike: plain, of one policy, which is quick and has a lone key, and with its attribute. */
  const struct wi_plan_policy *policy; /* NULL: none are                               */
  uint32_t alike;                      /* bit i: request i is                          */
  struct wi_place places[RUN];         /* of these                                     */
  struct wi_cell *cells[RUN];          /* under one limit: the cell, NULL: not at home */
  struct wi_subject *others;           /* RUN of them; those that are not              */
  int errors[RUN];                     /* of the others                                */
};
_Static_assert(RUN <= 32, "one bit a request");

/* Requests of one batch mostly have one policy and one attribute, by the same pointers: what one
 * points at has been compared already. */
static void find_alike(struct run *run, const unsigned char *bytes[RUN], size_t length_bytes[RUN])
{
  const struct weir_request *requests = run->requests;
  const struct wi_plan_policy *policy = wi_subject_policy(run->plan, requests[0].policy);
  const char *name = NULL;

  run->alike = 0;
  run->policy = NULL;
  if (policy == NULL || policy->lone_key == NULL)
    return;
  run->policy = policy;
  for (uint32_t i = 0; i < run->count; i++) {
    bool alike =
        wi_request_is_plain(run->table, &requests[i]) && requests[i].policy == requests[0].policy;

    if (alike && requests[i].attributes->name != name) {
      alike = wi_label_is(&policy->lone_key->attributes[0], requests[i].attributes->name);
      if (alike)
        name = requests[i].attributes->name;
    }
    run->alike |= (uint32_t)alike << i;
    bytes[i] = alike ? requests[i].attributes->value : (const unsigned char *)"";
    length_bytes[i] = alike ? requests[i].attributes->value_bytes : 0;
  }
}

static void place_alike(struct run *run)
{
  const struct wi_region *region = &run->table->region;
  const unsigned char *bytes[RUN];
  size_t length_bytes[RUN];
  struct wi_hash hashes[WI_LANES];

  find_alike(run, bytes, length_bytes);
  if (run->alike == 0)
    return;
  for (uint32_t i = run->count; i % WI_LANES != 0; i++) { /* fill the last lanes            */
    bytes[i] = bytes[i - 1];
    length_bytes[i] = length_bytes[i - 1];
  }
  for (uint32_t i = 0; i < run->count; i += WI_LANES) {
    wi_sip_lanes(&run->policy->lone_key->begun, &bytes[i], &length_bytes[i], hashes);
    for (uint32_t j = 0; j < WI_LANES; j++) {
      run->places[i + j] = wi_subject_place_of(region, hashes[j]);
      if (WI_UNLIKELY(wi_filter_has(region, run->places[i + j].own)))
        run->alike &= ~((uint32_t)1 << (i + j)); /* something may be known of it: looked at by itself */
      if (run->policy->only == NULL) /* several cells often reach into the next line */
        __builtin_prefetch(wi_place_cell(&run->places[i + j], WI_LINE_CELLS), 1);
    }
  }
}

static void place_others(struct run *run)
{
  uint32_t all = (uint32_t)(((uint64_t)1 << run->count) - 1);

  for (uint32_t others = all & ~run->alike; others != 0; others &= others - 1) {
    uint32_t i = (uint32_t)__builtin_ctz(others);

    run->errors[i] = WEIR_E_ARGUMENT;
    if (wi_request_is_sound(run->table, &run->requests[i]))
      run->errors[i] = run->plan != NULL ? wi_subject_resolve(run->plan, &run->table->region,
                                                              &run->requests[i], &run->others[i])
                                         : WI_DECISION_STALE;
  }
}

/* Where each one's cell is; of those that are not at home the next line is prefetched. */
static void look(struct run *run)
{
  uint64_t id = run->policy->only->meter.id;

  for (uint32_t alike = run->alike; alike != 0; alike &= alike - 1) {
    uint32_t i = (uint32_t)__builtin_ctz(alike);
    const struct wi_place *place = &run->places[i];

    run->cells[i] = wi_find_home(place, place->mark | id);
    if (WI_UNLIKELY(run->cells[i] == NULL))
      __builtin_prefetch(wi_place_cell(place, WI_LINE_CELLS), 1);
  }
}

static int decide_other(struct run *run, uint32_t i)
{
  const struct weir_request *request = &run->requests[i];
  uint64_t now_ns = (request->flags & WEIR_NOW_GIVEN) != 0 ? request->now_ns : run->now_ns;
  int error = run->errors[i];

  if (error == WEIR_E_ARGUMENT)
    return error; /* counted by none of the calls */
  if (error == WEIR_OK && wi_take_quickly(&run->table->region, run->plan, run->version,
                                          &run->others[i], request, now_ns, &run->verdicts[i]))
    return WEIR_OK;
  return wi_take_in_full(run->table, run->plan, run->version, &run->others[i], request, now_ns,
                         error, &run->verdicts[i]);
}

/* One of the alike that the quick way has left. */
static int decide_left(struct run *run, uint32_t i)
{
  return wi_take_left(run->table, run->plan, run->version, run->policy, &run->places[i],
                      &run->requests[i], run->now_ns, &run->verdicts[i]);
}

/* Under a policy of one limit.  What is counted is counted once a run. */
static int decide_one(struct run *run, uint32_t i, struct wi_bid *bid, uint64_t *answers)
{
  const struct wi_place *place = &run->places[i];
  enum wi_quick answer;

  bid->hit.tag = place->mark | bid->limit->meter.id;
  bid->hit.cell = run->cells[i];
  if (WI_UNLIKELY(bid->hit.cell == NULL))
    bid->hit.cell = wi_find_beyond(place->group, place->first, bid->hit.tag);
  answer = bid->hit.cell != NULL && bid->cost != 0 ? WI_QUICK_AGAIN : WI_QUICK_LEFT;
  while (answer == WI_QUICK_AGAIN &&
         wi_load_acquire(&bid->hit.cell->tag) == bid->hit.tag) { /* partner: every CAS on it */
    bid->hit.state = wi_load_acquire(&bid->hit.cell->state);     /* may be torn from the tag: O3 */
    answer = wi_quick_settle(&run->table->region, run->plan, run->version, bid, place->own,
                             run->now_ns, run->stripe, &run->verdicts[i]);
  }
  answers[answer]++;
  return WI_LIKELY(answer >= WI_QUICK_ALLOWED) ? WEIR_OK : decide_left(run, i);
}

static int decide_several(struct run *run, uint32_t i)
{
  return WI_LIKELY(wi_quick_take_several(&run->table->region, run->plan, run->version, run->policy,
                                         &run->places[i], &run->requests[i], run->now_ns,
                                         &run->verdicts[i]) != WI_QUICK_LEFT)
             ? WEIR_OK
             : decide_left(run, i);
}

static int decide_all(struct run *run, int *errors)
{
  const struct wi_plan_limit *only = run->alike != 0 ? run->policy->only : NULL;
  uint64_t answers[WI_QUICK_DENIED + 1] = {0};
  struct wi_bid bid;
  int failed = 0;

  if (only != NULL) {
    look(run);
    bid = wi_bid_of(only, only->message_ticks, run->now_ns);
  }
  for (uint32_t i = 0; i < run->count; i++) {
    int error = (run->alike >> i & 1) == 0 ? decide_other(run, i)
                : only != NULL             ? decide_one(run, i, &bid, answers)
                                           : decide_several(run, i);

    failed += error != WEIR_OK;
    if (errors != NULL)
      errors[i] = error;
  }
  if (answers[WI_QUICK_ALLOWED] != 0)
    wi_count_add(&run->stripe->counts[WI_COUNT_ALLOWED], answers[WI_QUICK_ALLOWED]);
  if (answers[WI_QUICK_DENIED] != 0)
    wi_quick_count_denied(run->stripe, only, answers[WI_QUICK_DENIED]);
  return failed;
}

static int take_run(struct weir_table *table, const struct weir_request *requests,
                    struct weir_verdict *verdicts, int *errors, uint32_t count)
{
  struct wi_subject others[RUN];
  struct run run;

  run.table = table;
  run.version = 0;
  run.plan = wi_plan_serving(table, &run.version);
  run.stripe = wi_count_stripe(&table->region);
  run.requests = requests;
  run.verdicts = verdicts;
  run.count = count;
  run.others = others;
  run.alike = 0;
  if (WI_LIKELY(run.plan != NULL))
    place_alike(&run);
  place_others(&run);
  run.now_ns = wi_region_now_ns(&table->region, false);
  return decide_all(&run, errors);
}

WI_PUBLIC int weir_take_many(struct weir_table *table, const struct weir_request *requests,
                             struct weir_verdict *verdicts, int *errors, size_t count)
{
  int failed = 0;

  if (table == NULL || ((requests == NULL || verdicts == NULL) && count != 0))
    return WEIR_E_ARGUMENT;
  if ((wi_load_relaxed(&table->region.live->hot.flags) & WI_HOT_RETIRED) != 0)
    return WEIR_E_RETIRED;
  for (size_t at = 0; at < count; at += RUN)
    failed += take_run(table, requests + at, verdicts + at, errors != NULL ? errors + at : NULL,
                       (uint32_t)wi_min(RUN, count - at));
  return failed;
}
