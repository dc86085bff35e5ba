/* SPDX-License-Identifier: BSD-2-Clause
 * The public calls: check the arguments, then one call down. */
#include "weir.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "admit/admit.h"
#include "admit/verify.h"
#include "base/arith.h"
#include "gauge/count.h"
#include "gauge/stats.h"

/* A request whose policy is replaced again and again while it is decided gives up here. */
#define STALE_ROUNDS_MAX 64u

#define BATCH 32u

enum verb { VERB_TAKE, VERB_PEEK, VERB_REFUND, VERB_RESET };

WI_PUBLIC const char *weir_version(void)
{
#define TEXT(x) #x
#define VERSION(major, minor, patch) TEXT(major) "." TEXT(minor) "." TEXT(patch)
  return VERSION(WEIR_VERSION_MAJOR, WEIR_VERSION_MINOR, WEIR_VERSION_PATCH);
#undef VERSION
#undef TEXT
}

WI_PUBLIC const char *weir_strerror(int error)
{
  switch (error) {
  case WEIR_OK:
    return "no error";
  case WEIR_E_ARGUMENT:
    return "invalid argument";
  case WEIR_E_POLICY:
    return "no such policy";
  case WEIR_E_ATTRIBUTE:
    return "the request lacks an attribute that a limit counts by";
  case WEIR_E_UNIT:
    return "the request lacks a number that a limit counts";
  case WEIR_E_SYNTAX:
    return "mistake in the policy";
  case WEIR_E_CAPACITY:
    return "too many policies, limits or keys";
  case WEIR_E_NO_TABLE:
    return "no such table";
  case WEIR_E_EXISTS:
    return "exists already";
  case WEIR_E_PERMISSION:
    return "no permission";
  case WEIR_E_UNSAFE:
    return "not a safe file";
  case WEIR_E_FORMAT:
    return "not a weir table";
  case WEIR_E_VERSION:
    return "a table of another format";
  case WEIR_E_FINGERPRINT:
    return "a table of another architecture or layout";
  case WEIR_E_CORRUPT:
    return "damaged table";
  case WEIR_E_SPACE:
    return "no space";
  case WEIR_E_BUSY:
    return "another apply is under way";
  case WEIR_E_SYSTEM:
    return "system call failed";
  case WEIR_E_RANGE:
    return "out of range";
  case WEIR_E_RETIRED:
    return "replaced by a larger table";
  default:
    return "unknown error";
  }
}

/* ------------------------------------------------------------ open, create -- */

static const char *default_path(void)
{
  const char *path = secure_getenv("WEIR_TABLE");

  return path != NULL && *path != '\0' ? path : WEIR_DEFAULT_TABLE;
}

static struct weir_table *new_table(struct weir_fault *fault)
{
  struct weir_table *table = wi_plans_begin(sizeof *table);

  if (table == NULL) {
    (void)wi_fault(fault, WEIR_E_SPACE, ENOMEM, "no memory for a handle");
    return NULL;
  }
  table->region.file = -1;
  table->plans.ring = wi_plans_ring(table, sizeof *table);
  return table;
}

WI_PUBLIC int weir_open(const char *path, struct weir_table **table, struct weir_fault *fault)
{
  struct weir_table *made;
  int error;

  if (table == NULL)
    return wi_fault(fault, WEIR_E_ARGUMENT, 0, "expected where to put the table's handle");
  *table = NULL;
  made = new_table(fault);
  if (made == NULL)
    return WEIR_E_SPACE;
  error = wi_region_open(path != NULL ? path : default_path(), &made->region, fault);
  if (error == WEIR_OK)
    *table = made;
  else
    weir_close(made);
  return error;
}

WI_PUBLIC void weir_close(struct weir_table *table)
{
  if (table == NULL)
    return;
  wi_region_close(&table->region);
  wi_plans_end(table, sizeof *table);
}

/* Bytes of cells a principal, by how many it needs: 16 each and as much room as keeps the
 * share of newcomers that meet a full group below 2 %. */
static uint64_t bytes_per_principal(uint32_t cells)
{
  return cells == 1 ? 26 : (uint64_t)cells * 24;
}

static int check_create(const struct weir_create_options *options, struct weir_fault *fault)
{
  if (options == NULL || options->size_bytes != sizeof *options)
    return wi_fault(fault, WEIR_E_ARGUMENT, 0, "expected size_bytes to be %zu", sizeof *options);
  if (options->mode != 0 && ((options->mode & ~0660u) != 0 || (options->mode & 0600) != 0600))
    return wi_fault(fault, WEIR_E_RANGE, 0,
                    "mode %04o, expected 0600, 0620, 0640 or 0660", options->mode);
  if (options->policy_text == NULL && options->policy_bytes != 0)
    return wi_fault(fault, WEIR_E_ARGUMENT, 0, "expected a policy text");
  return WEIR_OK;
}

static int size_region(const struct weir_create_options *options,
                       const struct wi_policy_set *set, struct wi_region_plan *plan,
                       struct weir_fault *fault)
{
  uint32_t cells = set != NULL ? wi_image_cells_per_principal(set) : 3;
  uint64_t bytes = wi_mul_sat(options->keys, bytes_per_principal(cells));
  uint64_t groups = bytes / WI_GROUP_BYTES + (bytes % WI_GROUP_BYTES != 0);

  if (options->keys == 0 || groups > WI_GROUPS_MAX)
    return wi_fault(fault, WEIR_E_RANGE, 0, "%llu keys, expected 1 to %llu",
                    (unsigned long long)options->keys,
                    (unsigned long long)(WI_GROUPS_MAX * WI_GROUP_BYTES /
                                         bytes_per_principal(cells)));
  plan->keys = options->keys;
  plan->groups = wi_max(groups, 16);
  plan->mode = options->mode != 0 ? options->mode : 0660;
  plan->group = options->group;
  return WEIR_OK;
}

static int create_region(const char *path, const struct weir_create_options *options,
                         struct wi_policy_set *set, struct wi_image *image,
                         struct wi_region *region, struct weir_fault *fault)
{
  struct wi_region_plan plan = {.image = NULL};
  struct wi_sweep sweep;
  uint32_t lost;
  int error = WEIR_OK;

  if (options->policy_text != NULL) {
    error = wi_policy_parse(options->policy_text, options->policy_bytes,
                            options->policy_name != NULL ? options->policy_name : "policy", set,
                            NULL, NULL, fault);
    if (error == WEIR_OK) {
      error = wi_image_bind(NULL, set, 0, image, &sweep, &lost);
      if (error != WEIR_OK)
        (void)wi_fault(fault, error, 0, "more limits than a table has words for");
    }
    plan.image = image;
  }
  if (error == WEIR_OK)
    error = size_region(options, options->policy_text != NULL ? set : NULL, &plan, fault);
  return error == WEIR_OK ? wi_region_create(path, &plan, region, fault) : error;
}

WI_PUBLIC int weir_create(const char *path, const struct weir_create_options *options,
                          struct weir_table **table, struct weir_fault *fault)
{
  struct scratch {
    struct wi_policy_set set;
    struct wi_image image;
  } *scratch;
  struct weir_table *made;
  int error;

  if (table == NULL)
    return wi_fault(fault, WEIR_E_ARGUMENT, 0, "expected where to put the table's handle");
  *table = NULL;
  error = check_create(options, fault);
  if (error != WEIR_OK)
    return error;
  scratch = calloc(1, sizeof *scratch);
  made = new_table(fault);
  if (scratch == NULL || made == NULL) {
    error = wi_fault(fault, WEIR_E_SPACE, ENOMEM, "no memory");
  } else {
    error = create_region(path, options, &scratch->set, &scratch->image, &made->region, fault);
  }
  free(scratch);
  if (error == WEIR_OK)
    *table = made;
  else
    weir_close(made);
  return error;
}

WI_PUBLIC uint64_t weir_now_ns(struct weir_table *table)
{
  return table != NULL ? wi_region_now_ns(&table->region, false) : 0;
}

/* --------------------------------------------------------------- decisions -- */

static int check_request(const struct weir_table *table, const struct weir_request *request)
{
  if (table == NULL || request == NULL || request->size_bytes != sizeof *request ||
      (request->flags & ~(uint32_t)WEIR_NOW_GIVEN) != 0 ||
      request->attribute_count > WI_ATTRIBUTES_MAX || request->cost_count > WI_COSTS_MAX ||
      (request->attributes == NULL && request->attribute_count != 0) ||
      (request->costs == NULL && request->cost_count != 0))
    return WEIR_E_ARGUMENT;
  for (size_t i = 0; i < request->attribute_count; i++)
    if (request->attributes[i].name == NULL ||
        (request->attributes[i].value == NULL && request->attributes[i].value_bytes != 0))
      return WEIR_E_ARGUMENT;
  for (size_t i = 0; i < request->cost_count; i++)
    if (request->costs[i].unit == NULL)
      return WEIR_E_ARGUMENT;
  return WEIR_OK;
}

/* One attempt under one plan. now_ns: NULL, or the time of a batch. */
static int attempt(struct weir_table *table, const struct wi_plan *plan,
                   const struct wi_subject *subject, const struct weir_request *request,
                   enum verb verb, const uint64_t *now_ns, struct weir_verdict *verdict)
{
  struct wi_decision decision;
  int error;

  decision.table = table;
  decision.plan = plan;
  decision.version = wi_load_relaxed(&plan->version);
  decision.given = (request->flags & WEIR_NOW_GIVEN) != 0;
  decision.reading = verb == VERB_PEEK;
  decision.subject = subject;
  if (decision.given)
    decision.now_ns = request->now_ns;
  else
    decision.now_ns = now_ns != NULL ? *now_ns
                                     : wi_region_now_ns(&table->region,
                                                        subject->policy->coarse_clock);
  error = wi_asks_resolve(&decision, request, verb == VERB_RESET);
  if (WI_UNLIKELY(error != WEIR_OK))
    return error;
  switch (verb) {
  case VERB_REFUND:
    wi_give_back(&decision);
    return WEIR_OK;
  case VERB_RESET:
    wi_forget(&decision);
    return WEIR_OK;
  case VERB_TAKE:
  case VERB_PEEK:
    break;
  }
  return wi_decide(&decision, verdict);
}

static int attempt_with(struct weir_table *table, const struct wi_plan *plan,
                        const struct weir_request *request, enum verb verb,
                        struct weir_verdict *verdict)
{
  struct wi_subject subject;
  int error = wi_subject_resolve(plan, &table->region, request, &subject);

  return error == WEIR_OK ? attempt(table, plan, &subject, request, verb, NULL, verdict) : error;
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
  struct wi_subject subject;
  int error = check_request(table, request);

  if (WI_UNLIKELY(error != WEIR_OK))
    return error;
  if (WI_UNLIKELY(wi_load_relaxed(&table->region.live->hot.retired) != 0))
    return WEIR_E_RETIRED;
  plan = wi_plans_ready(&table->plans, &table->region);
  if (WI_UNLIKELY(plan == NULL))
    return finish(table, attempt_slowly(table, request, verb, verdict));
  error = wi_subject_resolve(plan, &table->region, request, &subject);
  if (WI_LIKELY(error == WEIR_OK))
    error = attempt(table, plan, &subject, request, verb, NULL, verdict);
  if (WI_UNLIKELY(error == WI_DECISION_STALE))
    error = attempt_slowly(table, request, verb, verdict);
  return finish(table, error);
}

WI_PUBLIC int weir_take(struct weir_table *table, const struct weir_request *request,
                        struct weir_verdict *verdict)
{
  return verdict == NULL ? WEIR_E_ARGUMENT : perform(table, request, VERB_TAKE, verdict);
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

/* A run of a batch: hash and prefetch all, then decide each. */
static int take_run(struct weir_table *table, const struct weir_request *requests,
                    struct weir_verdict *verdicts, int *errors, uint32_t count)
{
  struct wi_subject subjects[BATCH];
  int found[BATCH], failed = 0;
  const struct wi_plan *plan = wi_plans_ready(&table->plans, &table->region);
  uint64_t now_ns;

  for (uint32_t i = 0; i < count; i++) {
    found[i] = plan == NULL ? WI_DECISION_STALE : check_request(table, &requests[i]);
    if (found[i] == WEIR_OK)
      found[i] = wi_subject_resolve(plan, &table->region, &requests[i], &subjects[i]);
  }
  now_ns = wi_region_now_ns(&table->region, false);
  for (uint32_t i = 0; i < count; i++) {
    if (found[i] == WEIR_OK)
      found[i] = attempt(table, plan, &subjects[i], &requests[i], VERB_TAKE, &now_ns, &verdicts[i]);
    if (found[i] == WI_DECISION_STALE) {
      found[i] = check_request(table, &requests[i]);
      if (found[i] == WEIR_OK)
        found[i] = attempt_slowly(table, &requests[i], VERB_TAKE, &verdicts[i]);
    }
    failed += finish(table, found[i]) != WEIR_OK;
    if (errors != NULL)
      errors[i] = found[i];
  }
  return failed;
}

WI_PUBLIC int weir_take_many(struct weir_table *table, const struct weir_request *requests,
                             struct weir_verdict *verdicts, int *errors, size_t count)
{
  int failed = 0;

  if (table == NULL || ((requests == NULL || verdicts == NULL) && count != 0))
    return WEIR_E_ARGUMENT;
  if (wi_load_relaxed(&table->region.live->hot.retired) != 0)
    return WEIR_E_RETIRED;
  for (size_t at = 0; at < count; at += BATCH)
    failed += take_run(table, requests + at, verdicts + at, errors != NULL ? errors + at : NULL,
                       (uint32_t)wi_min(BATCH, count - at));
  return failed;
}

/* ---------------------------------------------------------------- policies -- */

WI_PUBLIC int weir_check(const char *text, size_t text_bytes, const char *name,
                         weir_complaint *complaint, void *context)
{
  struct wi_policy_set *set;
  int error;

  if (text == NULL && text_bytes != 0)
    return WEIR_E_ARGUMENT;
  set = calloc(1, sizeof *set);
  if (set == NULL)
    return WEIR_E_SPACE;
  error = wi_policy_parse(text_bytes != 0 ? text : "", text_bytes, name != NULL ? name : "policy",
                          set, complaint, context, NULL);
  free(set);
  return error;
}

WI_PUBLIC int weir_apply(struct weir_table *table, const char *text, size_t text_bytes,
                         const char *name, weir_complaint *complaint, void *context)
{
  struct wi_policy_set *set;
  struct weir_fault fault = {.error = WEIR_OK};
  int error;

  if (table == NULL || (text == NULL && text_bytes != 0))
    return WEIR_E_ARGUMENT;
  if (wi_load_acquire(&table->region.live->hot.retired) != 0)
    return WEIR_E_RETIRED; /* acquire: partner is the store by whoever made the larger one */
  set = calloc(1, sizeof *set);
  if (set == NULL)
    return WEIR_E_SPACE;
  error = wi_policy_parse(text_bytes != 0 ? text : "", text_bytes, name != NULL ? name : "policy",
                          set, complaint, context, NULL);
  if (error == WEIR_OK) {
    error = WEIR_E_BUSY;
    if (wi_exchange_acquire(&table->applying, 1) == 0) {
      error = wi_plan_publish(&table->region, set, &fault);
      wi_store_release(&table->applying, 0); /* partner: the exchange above */
    }
    if (error != WEIR_OK && complaint != NULL)
      complaint(context, fault.text[0] != '\0' ? fault.text : weir_strerror(error));
  }
  free(set);
  return error;
}

/* ------------------------------------------------------------- maintenance -- */

/* A plan of the policy in force in memory of its own; NULL without a policy. */
static int own_plan(const struct weir_table *table, struct wi_plan **plan)
{
  int error;

  *plan = calloc(1, sizeof **plan);
  if (*plan == NULL)
    return WEIR_E_SPACE;
  error = wi_plan_read_image(&table->region, &(*plan)->image);
  if (error == WEIR_OK) {
    wi_plan_compile(*plan, table->region.secret, 0);
    (*plan)->version = (*plan)->image.version;
    return WEIR_OK;
  }
  free(*plan);
  *plan = NULL;
  return error == WEIR_E_POLICY ? WEIR_OK : error;
}

static bool word_is_idle(void *context, uint32_t id, uint64_t state)
{
  struct wi_judge judge;

  wi_judge_of(context, &judge);
  return judge.idle_in_ns(context, id, state) == 0;
}

static bool every_word_counts(void *context, uint32_t id, uint64_t state)
{
  (void)context;
  (void)id;
  (void)state;
  return false;
}

WI_PUBLIC int weir_stats(struct weir_table *table, struct weir_stats *stats)
{
  struct wi_decision *decision;
  struct wi_plan *plan;

  if (table == NULL || stats == NULL || stats->size_bytes != sizeof *stats)
    return WEIR_E_ARGUMENT;
  memset(stats, 0, sizeof *stats);
  stats->size_bytes = sizeof *stats;
  wi_stats_counters(&table->region, stats);
  decision = calloc(1, sizeof *decision);
  if (decision == NULL || own_plan(table, &plan) != WEIR_OK)
    plan = NULL;
  if (plan != NULL) {
    decision->table = table;
    decision->plan = plan;
    decision->version = plan->version;
    decision->now_ns = wi_region_now_ns(&table->region, false);
    stats->limits = plan->image.set.limit_count;
    wi_stats_cells(&table->region, word_is_idle, decision, stats);
  } else {
    wi_stats_cells(&table->region, every_word_counts, NULL, stats);
  }
  free(plan);
  free(decision);
  return WEIR_OK;
}

WI_PUBLIC int weir_stats_limits(struct weir_table *table, weir_limit_visitor *visitor,
                                void *context)
{
  struct wi_plan *plan;
  int error;

  if (table == NULL || visitor == NULL)
    return WEIR_E_ARGUMENT;
  error = own_plan(table, &plan);
  if (error != WEIR_OK || plan == NULL)
    return error;
  for (uint32_t i = 0; i < plan->image.set.limit_count; i++) {
    const struct wi_limit *limit = &plan->image.set.limits[i];
    char key[WI_KEY_NAME_BYTES];
    struct weir_limit_stats each = {.limit = limit->name, .key = key};

    wi_policy_key_name(&plan->image.set, limit->key, key);
    each.policy = plan->image.set.policies[limit->policy].name;
    each.unit = plan->image.set.words[limit->unit];
    each.denied = wi_count_denied(&table->region, plan->limits[i].slot);
    each.shadow_denied = wi_count_shadow_denied(&table->region, plan->limits[i].slot);
    visitor(context, &each);
  }
  free(plan);
  return WEIR_OK;
}

WI_PUBLIC int weir_verify(struct weir_table *table, weir_complaint *complaint, void *context)
{
  struct wi_plan *plan;
  int findings = 0;

  if (table == NULL)
    return WEIR_E_ARGUMENT;
  if (own_plan(table, &plan) != WEIR_OK) {
    findings = 1;
    if (complaint != NULL)
      complaint(context, "the policy in force does not pass its checks");
  }
  findings += wi_verify_cells(table, plan, complaint, context);
  free(plan);
  return findings;
}
