/* SPDX-License-Identifier: BSD-2-Clause */
#include "limit/window.h"

#include "base/arith.h"

#define STATE_BITS 63u /* of a word; the cell keeps the last one for itself       */
#define SLOTS_MAX 3u

/* One word, at a time. */
struct word_view {
  uint64_t newest; /* epoch of the newest slot                                  */
  uint32_t slot;   /* its slot                                                  */
  uint32_t known;  /* 0: the word says nothing                                  */
  uint64_t counts[SLOTS_MAX];
};

/* ---------------------------------------------------------------- geometry -- */

static uint32_t bits_of(uint64_t value)
{
  return value == 0 ? 0 : 64u - (uint32_t)__builtin_clzll(value);
}

/* Slots that a word turns on in a time, and a lap for each end. */
static uint64_t steps_in(uint64_t time_ns, uint64_t part_ns, uint32_t slots)
{
  return (time_ns / part_ns / (WI_WINDOW_WORDS * slots) + 2) * slots; /* below 2^58 */
}

/* The last eighth of the index's range, less one, is the future; the rest the past. */
static uint32_t index_bits_needed(uint64_t part_ns, uint32_t slots)
{
  uint64_t past = steps_in(WI_WINDOW_IDLE_NS, part_ns, slots);
  uint64_t future = steps_in(WI_WINDOW_BACK_NS, part_ns, slots);
  uint32_t bits = 3;

  while (((uint64_t)7 << (bits - 3)) < past || ((uint64_t)1 << (bits - 3)) - 1 < future)
    bits++;
  return bits;
}

static uint64_t part_of(uint64_t period_ns, uint32_t parts)
{
  return period_ns / parts + (period_ns % parts != 0);
}

static int compile_parts(struct wi_window *window, uint32_t parts)
{
  const struct wi_rule *rule = &window->rule;
  uint32_t slots = (parts + 1) / WI_WINDOW_WORDS;
  uint32_t index_bits, counter_bits;

  window->part_ns = part_of(rule->period_ns, parts);
  index_bits = index_bits_needed(window->part_ns, slots);
  /* As wide as they can be, not as N needs: words mean the same when N changes. */
  counter_bits = index_bits < STATE_BITS ? (STATE_BITS - index_bits) / slots : 0;
  if (counter_bits < bits_of(rule->count))
    return -1;
  window->parts = parts;
  window->slots = slots;
  window->counter_bits = counter_bits;
  window->index_bits = STATE_BITS - slots * counter_bits;
  return 0;
}

int wi_window_compile(struct wi_window *window, const struct wi_rule *rule)
{
  static const uint32_t choices[] = {WI_WINDOW_PARTS_MAX, 5, 2};

  *window = (struct wi_window){.rule = *rule};
  for (size_t i = 0; i < WI_COUNT_OF(choices); i++)
    if (compile_parts(window, choices[i]) == 0)
      return 0;
  return -1;
}

uint64_t wi_window_count_max(uint64_t period_ns)
{
  uint32_t counter_bits = STATE_BITS - index_bits_needed(part_of(period_ns, 2), 1);

  return ((uint64_t)1 << counter_bits) - 1;
}

/* --------------------------------------------------------------- one word -- */

static uint64_t ring_of(const struct wi_window *window)
{
  return (uint64_t)window->slots * WI_WINDOW_WORDS;
}

/* Divisors that the compiler knows: a decision divides by the ring a few times. */
static uint64_t lap_of(const struct wi_window *window, uint64_t epoch)
{
  switch (window->slots) {
  case 3:
    return epoch / 9;
  case 2:
    return epoch / 6;
  default:
    return epoch / 3;
  }
}

static uint32_t place_of(const struct wi_window *window, uint64_t epoch)
{
  return (uint32_t)(epoch - lap_of(window, epoch) * ring_of(window));
}

static uint32_t slot_of(const struct wi_window *window, uint64_t epoch)
{
  return place_of(window, epoch) % window->slots;
}

uint32_t wi_window_word_of(const struct wi_window *window, uint64_t epoch)
{
  return place_of(window, epoch) / window->slots;
}

static uint64_t index_of(const struct wi_window *window, uint64_t epoch)
{
  return lap_of(window, epoch) * window->slots + slot_of(window, epoch);
}

/* One more than the index of the newest slot of word `which` at `epoch`; 0: the time
 * began after the word's turn. */
static uint64_t reached(const struct wi_window *window, uint32_t which, uint64_t epoch)
{
  uint64_t lap = lap_of(window, epoch);
  uint32_t place = (uint32_t)(epoch - lap * ring_of(window));
  uint32_t first = which * window->slots;
  uint32_t of_lap = place < first ? 0 : place - first + 1;

  return lap * window->slots + (of_lap > window->slots ? window->slots : of_lap);
}

static uint64_t counter_mask(const struct wi_window *window)
{
  return UINT64_MAX >> (64 - window->counter_bits);
}

static uint64_t counters_mask(const struct wi_window *window)
{
  return UINT64_MAX >> (64 - window->slots * window->counter_bits);
}

static uint64_t index_mask(const struct wi_window *window)
{
  return UINT64_MAX >> (64 - window->index_bits);
}

/* The word's newest epoch, or -1 where it can be none: before time began, or after
 * its end. */
static int newest_epoch(const struct wi_window *window, uint64_t word, uint32_t which,
                        uint64_t epoch, uint64_t *newest)
{
  uint64_t mask = index_mask(window);
  uint64_t index = (word >> (window->slots * window->counter_bits)) & mask;
  uint64_t after = reached(window, which, epoch); /* of the word's index, plus 1 */
  uint64_t ahead = (index + 1 - after) & mask;
  wi_u128 lap;
  wi_u128 found;

  if (ahead <= mask >> 3) {
    after += ahead; /* below 2^64: an epoch is three indices */
  } else {
    uint64_t behind = mask + 1 - ahead;

    if (behind >= after)
      return -1;
    after -= behind;
  }
  if (after == 0)
    return -1;
  lap = (after - 1) / window->slots;
  found = lap * ring_of(window) + which * window->slots + (after - 1) % window->slots;
  if (found > UINT64_MAX / window->part_ns)
    return -1;
  *newest = (uint64_t)found;
  return 0;
}

static struct word_view view_word(const struct wi_window *window, uint64_t word, uint32_t which,
                                  uint64_t epoch)
{
  struct word_view view = {0};

  if ((word & counters_mask(window)) == 0 ||
      newest_epoch(window, word, which, epoch, &view.newest) != 0)
    return view;
  view.known = 1;
  view.slot = slot_of(window, view.newest);
  for (uint32_t slot = 0; slot < window->slots; slot++)
    view.counts[slot] = (word >> (slot * window->counter_bits)) & counter_mask(window);
  return view;
}

/* How many epochs before view->newest the slot's is. */
static uint64_t slot_age(const struct wi_window *window, const struct word_view *view,
                         uint32_t slot)
{
  return slot <= view->slot ? view->slot - slot : ring_of(window) - (slot - view->slot);
}

static uint64_t make_word(const struct wi_window *window, const struct word_view *view)
{
  uint64_t word = 0;

  for (uint32_t slot = 0; slot < window->slots; slot++)
    word |= wi_min(view->counts[slot], counter_mask(window)) << (slot * window->counter_bits);
  if (word == 0)
    return 0;
  return word | (index_of(window, view->newest) & index_mask(window))
                    << (window->slots * window->counter_bits);
}

/* Turn the word on to an epoch of its own: the slots between are parts in which
 * nothing was counted. */
static void turn_to(const struct wi_window *window, struct word_view *view, uint64_t epoch)
{
  uint64_t turns = index_of(window, epoch) - index_of(window, view->newest);

  for (uint64_t i = wi_min(turns, window->slots); i > 0; i--) {
    view->slot = (view->slot + 1) % window->slots;
    view->counts[view->slot] = 0;
  }
  view->newest = epoch;
  view->slot = slot_of(window, epoch);
}

/* ------------------------------------------------------------- three words -- */

void wi_window_read(const struct wi_window *window, const uint64_t words[WI_WINDOW_WORDS],
                    uint64_t now_ns, struct wi_window_view *view)
{
  uint64_t now_epoch = now_ns / window->part_ns;
  struct word_view each[WI_WINDOW_WORDS];

  *view = (struct wi_window_view){.epoch = now_epoch};
  for (uint32_t which = 0; which < WI_WINDOW_WORDS; which++) {
    each[which] = view_word(window, words[which], which, now_epoch);
    if (each[which].known)
      view->epoch = wi_max(view->epoch, each[which].newest);
  }
  for (uint32_t which = 0; which < WI_WINDOW_WORDS; which++) {
    if (!each[which].known)
      continue;
    for (uint32_t slot = 0; slot < window->slots; slot++) {
      uint64_t age = view->epoch - each[which].newest + slot_age(window, &each[which], slot);

      if (age > window->parts)
        continue;
      view->live[age] = each[which].counts[slot];
      view->total = wi_add_sat(view->total, each[which].counts[slot]);
    }
  }
}

/* A word that is ahead of the epoch, since another process had a later time, counts
 * on into its own newest part: what is counted later is forgotten later. */
uint64_t wi_window_charge(const struct wi_window *window, uint64_t word, uint64_t epoch,
                          uint64_t units)
{
  struct word_view view = view_word(window, word, wi_window_word_of(window, epoch), epoch);

  if (!view.known)
    view = (struct word_view){.newest = epoch, .slot = slot_of(window, epoch)};
  else if (view.newest < epoch)
    turn_to(window, &view, epoch);
  view.counts[view.slot] = wi_add_sat(view.counts[view.slot], units);
  return make_word(window, &view);
}

uint64_t wi_window_refund_newest(const struct wi_window *window, uint64_t epoch, uint32_t step)
{
  /* The older lap of the epoch's word; at the beginning of time there is none, and
   * its parts are as old as can be. */
  return step == 0 ? wi_sub_floor(epoch, window->slots) : epoch;
}

uint64_t wi_window_refund(const struct wi_window *window, uint64_t word, uint32_t which,
                          uint64_t epoch, uint64_t newest, uint64_t *units)
{
  struct word_view view = view_word(window, word, which, epoch);

  if (!view.known)
    return word;
  for (uint32_t step = 1; step <= window->slots; step++) {
    uint32_t slot = (view.slot + step) % window->slots; /* the newest slot comes last */
    uint64_t age = slot_age(window, &view, slot);
    uint64_t part = view.newest - age;
    uint64_t back;

    if (age > view.newest || part > newest || (part < epoch && epoch - part > window->parts))
      continue;
    back = wi_min(view.counts[slot], *units);
    view.counts[slot] -= back;
    *units -= back;
  }
  return make_word(window, &view);
}

uint64_t wi_window_take_out(const struct wi_window *window, uint64_t word, uint32_t which,
                            uint64_t epoch, uint64_t part, uint64_t units)
{
  struct word_view view = view_word(window, word, which, epoch);
  uint32_t slot = slot_of(window, part);

  if (!view.known || view.newest < part || slot_age(window, &view, slot) != view.newest - part)
    return word;
  view.counts[slot] = wi_sub_floor(view.counts[slot], units);
  return make_word(window, &view);
}

uint64_t wi_window_idle_in_ns(const struct wi_window *window, uint64_t word, uint32_t which,
                              uint64_t now_ns)
{
  struct word_view view = view_word(window, word, which, now_ns / window->part_ns);
  uint64_t age = UINT64_MAX; /* of the newest slot that counts something */
  wi_u128 end_ns;

  if (!view.known)
    return 0;
  for (uint32_t slot = 0; slot < window->slots; slot++)
    if (view.counts[slot] != 0)
      age = wi_min(age, slot_age(window, &view, slot));
  if (age > view.newest)
    return 0;
  end_ns = ((wi_u128)(view.newest - age) + window->parts + 1) * window->part_ns;
  return wi_u128_clamp(wi_u128_sub_floor(end_ns, now_ns));
}

uint64_t wi_window_merge(const struct wi_window *window, uint64_t a, uint64_t b, uint32_t which,
                         uint64_t now_ns)
{
  uint64_t now_epoch = now_ns / window->part_ns;
  struct word_view one = view_word(window, a, which, now_epoch);
  struct word_view other = view_word(window, b, which, now_epoch);

  if (!one.known || !other.known)
    return one.known ? a : other.known ? b : 0;
  if (one.newest < other.newest)
    turn_to(window, &one, other.newest);
  else
    turn_to(window, &other, one.newest);
  for (uint32_t slot = 0; slot < window->slots; slot++)
    one.counts[slot] = wi_max(one.counts[slot], other.counts[slot]);
  return make_word(window, &one);
}

uint64_t wi_window_wait_ns(const struct wi_window *window, const struct wi_window_view *view,
                           uint64_t units, uint64_t now_ns)
{
  uint64_t kept = units; /* with the parts younger than `age` */
  uint32_t age;
  wi_u128 end_ns;

  if (units > window->rule.count)
    return UINT64_MAX;
  for (age = 0; age <= window->parts; age++) {
    kept = wi_add_sat(kept, view->live[age]);
    if (kept > window->rule.count)
      break;
  }
  if (age > window->parts)
    return 0;
  /* The part of that age must be forgotten, and those older are by then. */
  end_ns = ((wi_u128)view->epoch + window->parts + 1 - age) * window->part_ns;
  return wi_min(wi_u128_clamp(wi_u128_sub_floor(end_ns, now_ns)), UINT64_MAX - 1);
}
