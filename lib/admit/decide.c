/* SPDX-License-Identifier: BSD-2-Clause */
#include "admit/admit.h"
#include "admit/seen.h"
#include "gauge/count.h"

/* The denial with the longest wait; of equals the first in the text. */
static const struct wi_ask *denying(const struct wi_decision *decision)
{
  const struct wi_ask *found = NULL;

  for (uint32_t i = 0; i < decision->ask_count; i++) {
    const struct wi_ask *ask = &decision->asks[i];

    if (ask->skipped || ask->limit->shadow || ask->wait_ns == 0)
      continue;
    if (found == NULL || ask->wait_ns > found->wait_ns)
      found = ask;
  }
  return found;
}

/* The enforced limit with the least units left; of equals the first in the text. */
static const struct wi_ask *tightest(const struct wi_decision *decision)
{
  const struct wi_ask *found = NULL;

  for (uint32_t i = 0; i < decision->ask_count; i++) {
    const struct wi_ask *ask = &decision->asks[i];

    if (ask->skipped || ask->limit->shadow)
      continue;
    if (found == NULL || ask->remaining < found->remaining)
      found = ask;
  }
  return found;
}

static void write_verdict(const struct wi_decision *decision, enum weir_outcome outcome,
                          struct weir_verdict *verdict)
{
  const struct wi_ask *ask = outcome == WEIR_ALLOW ? tightest(decision) : denying(decision);

  if (ask != NULL)
    *verdict = ask->limit->verdict;
  else
    *verdict = (struct weir_verdict){.remaining = UINT64_MAX};
  verdict->outcome = outcome;
  for (uint32_t i = 0; i < decision->ask_count; i++) {
    const struct wi_ask *each = &decision->asks[i];

    if (each->limit->shadow && !each->skipped && each->wait_ns != 0)
      verdict->flags |= WEIR_SHADOW_DENIED;
    if (each->full)
      verdict->flags |= WEIR_TABLE_FULL;
  }
  if (ask == NULL)
    return;
  verdict->remaining = ask->remaining;
  verdict->retry_after_ns = outcome == WEIR_ALLOW ? 0 : ask->wait_ns;
}

static void count_verdict(const struct wi_decision *decision, const struct weir_verdict *verdict)
{
  struct wi_stripe *stripe = wi_count_stripe(&decision->table->region);

  if (verdict->outcome == WEIR_ALLOW) {
    wi_count_add(&stripe->counts[WI_COUNT_ALLOWED], 1);
  } else {
    const struct wi_ask *ask = denying(decision);

    wi_count_add(&stripe->counts[WI_COUNT_DENIED], 1);
    if (ask != NULL)
      wi_count_add(&stripe->denied[ask->limit->slot], 1);
  }
  if (WI_LIKELY((verdict->flags & WEIR_SHADOW_DENIED) == 0))
    return;
  wi_count_add(&stripe->counts[WI_COUNT_SHADOW_DENIED], 1);
  for (uint32_t i = 0; i < decision->ask_count; i++) {
    const struct wi_ask *ask = &decision->asks[i];

    if (ask->limit->shadow && !ask->skipped && ask->wait_ns != 0)
      wi_count_add(&stripe->shadow_denied[ask->limit->slot], 1);
  }
}

static void judge_once(struct wi_decision *decision, struct wi_ask *ask, struct wi_hits *hits)
{
  struct wi_standing standing;

  wi_standing_read(decision, ask, hits, &standing);
  wi_standing_judge(decision, ask, &standing);
  if (WI_LIKELY(ask->wait_ns == 0))
    return;
  /* By given times a former's units are those of the first look, which therefore is kept. */
  if (WI_UNLIKELY(decision->given && !decision->reading && standing.own[0].cell == NULL &&
                  standing.former.cell != NULL))
    (void)wi_charge_carry_over(decision, ask, &standing);
  for (int again = 0; again < 8; again++) { /* each time since another request succeeded */
    if (!wi_standing_heal(decision, ask, &standing) && wi_standing_holds(&standing, ask->limit->meter.words))
      return;
    wi_find(ask->place, &decision->subject->policy->wanted[ask->key_at], hits);
    wi_standing_read(decision, ask, hits, &standing);
    wi_standing_judge(decision, ask, &standing);
    if (ask->wait_ns == 0)
      return;
  }
}

/* S1.  true: no enforced limit denies. */
static bool judge_all(struct wi_decision *decision, struct wi_hits *hits)
{
  bool passes = true;

  for (uint32_t i = 0; i < decision->ask_count; i++) {
    struct wi_ask *ask = &decision->asks[i];

    if (ask->skipped)
      continue;
    judge_once(decision, ask, &hits[ask->key_at]);
    passes &= ask->wait_ns == 0 || ask->limit->shadow;
  }
  return passes;
}

static void undo_all(struct wi_decision *decision, uint32_t count)
{
  const struct wi_plan_policy *policy = decision->subject->policy;

  while (count-- > 0)
    wi_charge_undo(decision, &decision->asks[policy->charge_order[count]]);
}

/* Reserve in charge order. */
static enum wi_charge charge_all(struct wi_decision *decision, struct wi_hits *hits)
{
  const struct wi_plan_policy *policy = decision->subject->policy;

  for (uint32_t i = 0; i < decision->ask_count; i++) {
    struct wi_ask *ask = &decision->asks[policy->charge_order[i]];
    enum wi_charge charged;

    if (ask->skipped || (ask->units == 0 && ask->seen_count == 0) || ask->wait_ns != 0)
      continue; /* not applicable, nothing to charge, or a shadow that would deny */
    charged = wi_charge(decision, ask, &hits[ask->key_at]);
    if (charged == WI_CHARGED || (charged == WI_CHARGE_DENIED && ask->limit->shadow))
      continue;
    undo_all(decision, i);
    return charged;
  }
  for (uint32_t i = 0; i < decision->ask_count; i++)
    if (decision->asks[i].reserved)
      wi_seen_settle(decision, &decision->asks[i]);
  return WI_CHARGED;
}

int wi_decide(struct wi_decision *decision, struct weir_verdict *verdict)
{
  const struct wi_subject *subject = decision->subject;
  struct wi_hits hits[WI_KEYS_MAX];
  enum weir_outcome outcome = WEIR_ALLOW;

  for (uint32_t i = 0; i < subject->policy->key_count; i++)
    if ((subject->present >> i & 1) != 0)
      wi_find(&subject->places[i], &subject->policy->wanted[i], &hits[i]);
  if (!judge_all(decision, hits)) {
    outcome = WEIR_DENY;
  } else if (!decision->reading) {
    enum wi_charge charged = charge_all(decision, hits);

    if (charged == WI_CHARGE_STALE)
      return WI_DECISION_STALE;
    if (charged == WI_CHARGE_DENIED)
      outcome = WEIR_DENY;
  }
  write_verdict(decision, outcome, verdict);
  if (!decision->reading)
    count_verdict(decision, verdict);
  return WEIR_OK;
}
