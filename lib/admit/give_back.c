/* SPDX-License-Identifier: BSD-2-Clause
 * Refund and reset.  Both lower a debt by compare-and-swap from the word that was read, so
 * that no charge in between is lost. */
#include "admit/admit.h"

#include "base/arith.h"

/* Each failed round means that another request changed the word. */
#define ROUNDS_MAX 4096u

static bool replace(const struct wi_decision *decision, const struct wi_hit *hit, uint64_t state)
{
  if (wi_decision_is_stale(decision))
    return true; /* the word may mean something else by now: nothing is given back */
  /* Partner: every other CAS on the cell. */
  return wi_hit_replace(hit, hit->tag, state);
}

/* The live cell of one word of a meter.  false: there is none. */
static bool find_word(const struct wi_ask *ask, const struct wi_meter *meter, uint32_t which,
                      struct wi_hit *found)
{
  static const struct wi_wanted everything = {.enough = WI_GROUP_CELLS + 1};
  struct wi_hits hits;

  wi_find(ask->place, &everything, &hits);
  return wi_hits_live(ask->place, &hits, meter->id + which, found);
}

/* A cell of former numbers becomes one of the limit's own, as a charge would make it. */
static void carry_over(const struct wi_decision *decision, const struct wi_ask *ask)
{
  static const struct wi_wanted everything = {.enough = WI_GROUP_CELLS + 1};
  struct wi_standing standing;
  struct wi_hits hits;

  for (uint32_t round = 0; round < ROUNDS_MAX; round++) {
    wi_find(ask->place, &everything, &hits);
    wi_standing_read(decision, ask, &hits, &standing);
    if (standing.own[0].cell != NULL || standing.former.cell == NULL ||
        wi_charge_carry_over(decision, ask, &standing))
      return;
  }
}

/* Units that the bucket did not hold. */
static uint64_t lower_bucket(const struct wi_decision *decision, const struct wi_ask *ask,
                             const struct wi_meter *meter, uint64_t units)
{
  const struct wi_bucket *bucket = &meter->as.bucket;
  uint64_t ticks = wi_bucket_ticks(bucket, decision->now_ns);
  uint64_t cost = wi_bucket_cost(bucket, units); /* above the burst: more than any debt */
  struct wi_hit hit;

  for (uint32_t round = 0; round < ROUNDS_MAX && find_word(ask, meter, 0, &hit); round++) {
    uint64_t debt = wi_bucket_debt(hit.state, ticks);

    if (debt == 0)
      return units;
    if (replace(decision, &hit, wi_bucket_word(wi_sub_floor(debt, cost), ticks)))
      return wi_sub_floor(units, bucket->rule.burst - wi_bucket_remaining(bucket, debt));
  }
  return units;
}

/* The newest epoch that now or any word speaks of. */
static uint64_t newest_epoch(const struct wi_decision *decision, const struct wi_ask *ask,
                             const struct wi_meter *meter)
{
  uint64_t words[WI_WINDOW_WORDS] = {0, 0, 0};
  struct wi_window_view view;
  struct wi_hit hit;

  for (uint32_t which = 0; which < WI_WINDOW_WORDS; which++)
    if (find_word(ask, meter, which, &hit))
      words[which] = hit.state;
  wi_window_read(&meter->as.window, words, decision->now_ns, &view);
  return view.epoch;
}

/* Oldest units first, over the words in the order that limit/window.h gives.  Units that the
 * window did not count. */
static uint64_t lower_window(const struct wi_decision *decision, const struct wi_ask *ask,
                         const struct wi_meter *meter, uint64_t units)
{
  const struct wi_window *window = &meter->as.window;
  uint64_t epoch = newest_epoch(decision, ask, meter);
  uint32_t step = 0;

  for (uint32_t round = 0; round < ROUNDS_MAX && step <= WI_WINDOW_WORDS && units != 0; round++) {
    uint32_t which = (wi_window_word_of(window, epoch) + step) % WI_WINDOW_WORDS;
    uint64_t left = units, word;
    struct wi_hit hit;

    if (find_word(ask, meter, which, &hit)) {
      word = wi_window_refund(window, hit.state, which, epoch,
                              wi_window_refund_newest(window, epoch, step), &left);
      if (word != hit.state && !replace(decision, &hit, word))
        continue;
      units = left;
    }
    step++;
  }
  return units;
}

void wi_give_back(struct wi_decision *decision)
{
  for (uint32_t i = 0; i < decision->ask_count; i++) {
    const struct wi_ask *ask = &decision->asks[i];
    const struct wi_meter *meter = &ask->limit->meter;
    uint64_t units = ask->units;

    if (ask->skipped || units == 0 || ask->limit->distinct)
      continue; /* whether a value was known before this request nobody knows any more */
    for (uint32_t former = 0; former < ask->limit->former_count; former++) { /* oldest first */
      const struct wi_meter *before = &decision->plan->formers[ask->limit->formers[former]];

      if (before->sliding)
        units = lower_window(decision, ask, before, units);
      else if (meter->sliding && units != 0)
        units = lower_bucket(decision, ask, before, units);
    }
    if (meter->sliding) {
      (void)lower_window(decision, ask, meter, units);
    } else if (units != 0) {
      if (ask->limit->former_count != 0)
        carry_over(decision, ask);
      (void)lower_bucket(decision, ask, meter, units);
    }
  }
}

static void forget_meter(const struct wi_decision *decision, const struct wi_ask *ask,
                         const struct wi_meter *meter)
{
  if (meter->sliding)
    (void)lower_window(decision, ask, meter, UINT64_MAX);
  else
    (void)lower_bucket(decision, ask, meter, UINT64_MAX);
}

void wi_forget(struct wi_decision *decision)
{
  for (uint32_t i = 0; i < decision->ask_count; i++) {
    const struct wi_ask *ask = &decision->asks[i];

    if (ask->skipped || ask->limit->distinct)
      continue; /* its values would still be known: a lift forgets them */
    if (!ask->limit->meter.sliding && ask->limit->former_count != 0)
      carry_over(decision, ask);
    forget_meter(decision, ask, &ask->limit->meter);
    for (uint32_t former = 0; former < ask->limit->former_count; former++)
      forget_meter(decision, ask, &decision->plan->formers[ask->limit->formers[former]]);
  }
}
