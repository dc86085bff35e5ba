/* SPDX-License-Identifier: BSD-2-Clause */
#include "admit/subject.h"
#include "gauge/count.h"
#include "public/check.h"
#include "public/run.h"
#include "respond/response.h"

struct signalling {
  const struct weir_request *request;
  const char *name;
  uint64_t weight;
  bool blocked;
};

static int run_signal(struct weir_table *table, const struct wi_plan *plan, void *context)
{
  struct signalling *signalling = context;
  const struct weir_request *request = signalling->request;
  struct wi_decision decision;
  struct wi_subject subject;
  bool blocked;
  int error;

  if (plan == NULL)
    return WEIR_E_POLICY;
  error = wi_subject_resolve(plan, &table->region, request, &subject);
  if (error != WEIR_OK)
    return error;
  decision.table = table;
  decision.plan = plan;
  decision.version = wi_load_relaxed(&plan->version);
  decision.given = (request->flags & WEIR_NOW_GIVEN) != 0;
  decision.now_ns = decision.given ? request->now_ns : wi_region_now_ns(&table->region, false);
  decision.reading = false;
  decision.subject = &subject;
  error = wi_respond_signal(&decision, request, signalling->name, signalling->weight, &blocked);
  signalling->blocked |= blocked;
  return error;
}

WI_PUBLIC int weir_signal(struct weir_table *table, const struct weir_request *request,
                          const char *name, uint64_t weight)
{
  struct signalling signalling = {.request = request, .name = name, .weight = weight};
  int error = wi_check_request(table, request);

  if (error != WEIR_OK || name == NULL)
    return WEIR_E_ARGUMENT;
  /* Acquire: partner is the store by whoever made the larger table. */
  if ((wi_load_acquire(&table->region.live->hot.flags) & WI_HOT_RETIRED) != 0)
    return WEIR_E_RETIRED;
  error = wi_run(table, run_signal, &signalling);
  wi_count(&table->region, error == WEIR_OK ? WI_COUNT_SIGNALS : WI_COUNT_ERRORS, 1);
  return error != WEIR_OK ? error : signalling.blocked;
}
