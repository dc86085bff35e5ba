/* SPDX-License-Identifier: BSD-2-Clause
 * Short words for tests of what an operator is shown. */
#ifndef TEST_SUPPORT_SEE_H
#define TEST_SUPPORT_SEE_H

#include "admit/admit.h"
#include "guard/name.h"
#include "support/table.h"

#define DAY_NS (24 * 60 * MINUTE_NS)

/* Rates so slow that no test lives to see a unit come back. */
static const char see_policies[] = "policy p\n"
                               " limit small 10 messages / 100d per user\n"
                               " limit large 1000 bytes / 100d per user optional shadow\n"
                               " limit window 20 messages / 100d per user sliding\n"
                               " limit pair 5 messages / 1d per user+ip optional\n"
                               " limit all 5000 messages / 1d overall\n"
                               "policy q\n"
                               " limit other 7 messages / 100d per user\n"
                               " limit host 9 messages / 100d per ip\n";

static inline void take(struct weir_table *table, const char *policy, const char *user, uint64_t messages,
                 uint64_t bytes)
{
  struct weir_verdict verdict;
  struct asking asking;

  ask_for(&asking, user, NULL);
  asking.request.policy = policy;
  ask_units(&asking, "messages", messages);
  ask_units(&asking, "bytes", bytes);
  assert_int_equal(weir_take(table, &asking.request, &verdict), WEIR_OK);
  assert_int_equal(verdict.outcome, WEIR_ALLOW);
}

static inline struct weir_block order(const struct weir_attribute *who, uint64_t duration_ns)
{
  return (struct weir_block){.size_bytes = sizeof(struct weir_block),
                             .attributes = who,
                             .attribute_count = 1,
                             .duration_ns = duration_ns,
                             .reason = "phished",
                             .by = "noc"};
}

/* A record as a denial would leave it. */
static inline void note_denials(struct weir_table *table, const char *user, uint64_t count, uint32_t slot)
{
  struct weir_attribute who = {"user", user, strlen(user)};
  struct wi_principal principal;
  uint64_t now_ns = weir_now_ns(table), before_ns;
  struct wi_name name;

  memset(&name, 0, sizeof name);
  assert_true(wi_principal_of(&table->region, &who, 1, &principal));
  name.kind = WI_NAME_DENIED;
  name.hash = principal.hash;
  wi_principal_text(&principal, name.principal);
  assert_true(wi_name_put(&table->region, &name, now_ns));
  assert_true(wi_name_add_denied(&table->region, principal.hash.mark, count, slot, now_ns, &before_ns));
}

/* The slot of a limit's counter, by its place in the text. */
static inline uint32_t slot_of(struct weir_table *table, uint32_t index)
{
  struct wi_plan *plan = calloc(1, sizeof *plan);
  uint32_t slot;

  assert_non_null(plan);
  assert_int_equal(wi_plan_make(plan, &table->region), WEIR_OK);
  slot = plan->limits[index].slot;
  free(plan);
  return slot;
}

#endif
