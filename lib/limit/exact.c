/* SPDX-License-Identifier: BSD-2-Clause */
#include "limit/exact.h"

#include "base/arith.h"

#define WAIT_MAX_NS (UINT64_MAX - 1) /* UINT64_MAX is never */

/* ---------------------------------------------------------- token bucket -- */

/* In 1/N ns, as everything of a bucket below. */
static wi_u128 bucket_now(const struct wi_exact *exact, uint64_t now_ns)
{
  return (wi_u128)now_ns * exact->rule.count;
}

static uint64_t bucket_remaining(const struct wi_exact *exact, wi_u128 debt)
{
  uint64_t period_ns = exact->rule.period_ns;
  wi_u128 owed; /* units, rounded up */

  if (debt == 0)
    return exact->rule.burst;
  if (debt <= UINT64_MAX) /* a division that the processor has */
    owed = (uint64_t)debt / period_ns + ((uint64_t)debt % period_ns != 0);
  else
    owed = wi_u128_div_up(debt, period_ns);
  return wi_u128_clamp(wi_u128_sub_floor(exact->rule.burst, owed));
}

static struct wi_answer bucket_ask(const struct wi_exact *exact, const struct wi_exact_state *state,
                                   uint64_t now_ns, uint64_t units)
{
  const struct wi_rule *rule = &exact->rule;
  wi_u128 debt = wi_u128_sub_floor(state->tat, bucket_now(exact, now_ns));
  struct wi_answer answer = {.remaining = bucket_remaining(exact, debt)};
  wi_u128 excess; /* above what B less the units leaves room for */

  if (units <= answer.remaining)
    return answer;
  if (units > rule->burst) {
    answer.retry_after_ns = UINT64_MAX;
    return answer;
  }
  excess = debt - (wi_u128)(rule->burst - units) * rule->period_ns;
  answer.retry_after_ns = wi_min(wi_u128_clamp(wi_u128_div_up(excess, rule->count)), WAIT_MAX_NS);
  return answer;
}

static void bucket_charge(const struct wi_exact *exact, struct wi_exact_state *state,
                          uint64_t now_ns, uint64_t units)
{
  wi_u128 now = bucket_now(exact, now_ns);
  wi_u128 base = state->tat > now ? state->tat : now;

  /* Units that passed keep the sum below 2^127 + 2^126; others saturate. */
  state->tat = wi_u128_add_sat(base, (wi_u128)units * exact->rule.period_ns);
}

static void bucket_refund(const struct wi_exact *exact, struct wi_exact_state *state,
                          uint64_t now_ns, uint64_t units)
{
  wi_u128 now = bucket_now(exact, now_ns);
  wi_u128 debt = wi_u128_sub_floor(state->tat, now);

  if (debt == 0) /* a later time than the TAT would be a debt where time goes back */
    return;
  state->tat = now + wi_u128_sub_floor(debt, (wi_u128)units * exact->rule.period_ns);
}

/* --------------------------------------------------------- sliding window -- */

static uint64_t window_epoch(const struct wi_exact *exact, const struct wi_exact_state *state,
                             uint64_t now_ns)
{
  return wi_max(now_ns / exact->part_ns, state->epoch);
}

/* The counters as they are at a later epoch, by age. */
static void window_turn(const struct wi_exact *exact, struct wi_exact_state *state, uint64_t epoch)
{
  uint64_t turns = epoch - state->epoch;

  state->epoch = epoch;
  if (turns == 0)
    return;
  for (uint32_t i = exact->parts + 1; i > 0; i--) {
    uint64_t age = i - 1;

    state->counts[age] = age >= turns ? state->counts[age - turns] : 0;
  }
}

static struct wi_answer window_ask(const struct wi_exact *exact, const struct wi_exact_state *state,
                                   uint64_t now_ns, uint64_t units)
{
  uint64_t count = exact->rule.count;
  uint64_t epoch = window_epoch(exact, state, now_ns);
  uint64_t turns = epoch - state->epoch;
  uint64_t total = 0;
  uint64_t last = 0; /* one more than the age of the part that must be forgotten */
  struct wi_answer answer = {0};

  for (uint64_t age = turns; age <= exact->parts; age++) {
    total = wi_add_sat(total, state->counts[age - turns]);
    if (last == 0 && wi_add_sat(total, units) > count)
      last = age + 1;
  }
  answer.remaining = wi_sub_floor(count, total);
  if (units == 0 || last == 0) {
    answer.retry_after_ns = units > count ? UINT64_MAX : 0;
  } else if (units > count) {
    answer.retry_after_ns = UINT64_MAX;
  } else {
    wi_u128 end_ns = ((wi_u128)epoch + exact->parts + 2 - last) * exact->part_ns;

    answer.retry_after_ns = wi_min(wi_u128_clamp(end_ns - now_ns), WAIT_MAX_NS);
  }
  return answer;
}

static void window_charge(const struct wi_exact *exact, struct wi_exact_state *state,
                          uint64_t now_ns, uint64_t units)
{
  if (units == 0) /* a reading must not move the window on */
    return;
  window_turn(exact, state, window_epoch(exact, state, now_ns));
  state->counts[0] = wi_add_sat(state->counts[0], units);
}

static void window_refund(const struct wi_exact *exact, struct wi_exact_state *state,
                          uint64_t now_ns, uint64_t units)
{
  uint64_t turns = window_epoch(exact, state, now_ns) - state->epoch;

  if (turns > exact->parts)
    return;
  for (uint64_t i = exact->parts + 1 - turns; i > 0 && units > 0; i--) {
    uint64_t back = wi_min(state->counts[i - 1], units);

    state->counts[i - 1] -= back;
    units -= back;
  }
}

/* ------------------------------------------------------------------ either -- */

void wi_exact_compile(struct wi_exact *exact, const struct wi_rule *rule)
{
  struct wi_window window;

  *exact = (struct wi_exact){.rule = *rule};
  if (!rule->sliding)
    return;
  exact->parts = wi_window_compile(&window, rule) == 0 ? window.parts : WI_WINDOW_PARTS_MAX;
  exact->part_ns = rule->period_ns / exact->parts + (rule->period_ns % exact->parts != 0);
}

struct wi_answer wi_exact_ask(const struct wi_exact *exact, const struct wi_exact_state *state,
                              uint64_t now_ns, uint64_t units)
{
  return exact->rule.sliding ? window_ask(exact, state, now_ns, units)
                             : bucket_ask(exact, state, now_ns, units);
}

void wi_exact_charge(const struct wi_exact *exact, struct wi_exact_state *state, uint64_t now_ns,
                     uint64_t units)
{
  if (exact->rule.sliding)
    window_charge(exact, state, now_ns, units);
  else
    bucket_charge(exact, state, now_ns, units);
}

void wi_exact_refund(const struct wi_exact *exact, struct wi_exact_state *state, uint64_t now_ns,
                     uint64_t units)
{
  if (exact->rule.sliding)
    window_refund(exact, state, now_ns, units);
  else
    bucket_refund(exact, state, now_ns, units);
}
