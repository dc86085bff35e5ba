/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Sliding window, strict: never more than N in any D.
 *
 * Time is cut into parts of part_ns = ceil(D / parts), numbered by their epoch
 * floor(now / part_ns).  A request passes where the counts of the current part
 * and of the `parts` last full ones and its cost come to at most N.  What is
 * remembered is therefore between D and D + D/parts long (plus at most parts + 1
 * ns): whatever an exact log of length (parts + 1) * part_ns would allow is
 * allowed.  Saturated, that is parts / (parts + 1) of the nominal rate.
 *
 * The parts + 1 live counters form a ring of ring = 3 * slots counters in three
 * words, `slots` neighbouring ones in each.  A word describes itself:
 *
 *   bits 0 .. slots * counter_bits - 1   the counters, slot 0 lowest
 *   the bits above, up to bit 62         its index: the newest slot that it counts,
 *                                        modulo 2^index_bits
 *
 * where epoch e lies in word (e % ring) / slots, slot e % slots, and has the index
 * (e / ring) * slots + slot.  The older slots of a word are the newest epochs
 * before it that belong to them.  A word whose counters are all 0 says nothing;
 * the absent word is 0.
 *
 * An index is read against the one that its word has at now: up to 1/8 of its range
 * ahead is the future (another process had a later time, or time went back), all
 * else the past.  The past outlasts WI_WINDOW_IDLE_NS of idleness and the future
 * WI_WINDOW_BACK_NS of a clock gone back, or the rule is refused.  A word of an epoch
 * after the end of time, or before its beginning, says nothing.
 *
 * Geometry: 8 parts where counters of N and an index long enough fit three to a
 * word, else 5, else 2.
 */
#ifndef WI_LIMIT_WINDOW_H
#define WI_LIMIT_WINDOW_H

#include "limit/rule.h"

#define WI_WINDOW_WORDS 3
#define WI_WINDOW_PARTS_MAX 8
#define WI_WINDOW_IDLE_NS 252460800000000000u /* 8 years                          */
#define WI_WINDOW_BACK_NS 31557600000000000u  /* 1 year                           */

struct wi_window {
  struct wi_rule rule;
  uint64_t part_ns;
  uint32_t parts;        /* k: 8, 5 or 2                                          */
  uint32_t slots;        /* counters a word: 3, 2 or 1                            */
  uint32_t counter_bits; /* at least those of N; depends on D and slots alone      */
  uint32_t index_bits;
};

/* What three words say at a time. */
struct wi_window_view {
  uint64_t epoch; /* of now, or the newest that a word counts where that is later */
  uint64_t total; /* units in the live parts, saturated                           */
  uint64_t live[WI_WINDOW_PARTS_MAX + 1]; /* by age: [0] is of epoch             */
};

/* Returns 0, or -1 where no geometry holds N for 8 years: N is too large for so
 * short a D.  (`exact` in limit/exact.h takes any.) */
int wi_window_compile(struct wi_window *window, const struct wi_rule *rule);

/* Largest N that wi_window_compile takes for a period. */
uint64_t wi_window_count_max(uint64_t period_ns);

void wi_window_read(const struct wi_window *window, const uint64_t words[WI_WINDOW_WORDS],
                    uint64_t now_ns, struct wi_window_view *view);

/* Which word counts an epoch. */
uint32_t wi_window_word_of(const struct wi_window *window, uint64_t epoch);

/* The word wi_window_word_of(epoch) with `units` added to a view's epoch; to its own
 * newest part where the word is ahead of that: a ring never turns back.  The total and
 * units come to at most N; what a forged word makes more saturates. */
uint64_t wi_window_charge(const struct wi_window *window, uint64_t word, uint64_t epoch,
                          uint64_t units);

/* One word with up to `units` less, taken from its live parts of epochs up to `newest`
 * (at most `epoch`, a view's), oldest first; *units becomes what is left to take from
 * others.  A word without units left becomes 0.
 *
 * Units go back oldest first over all words, or the debt that stays is forgotten too
 * early: so the word of `epoch`, whose other counters are the oldest parts, is asked
 * first and last.  For step 0 to WI_WINDOW_WORDS, while units are left:
 *   which  = (wi_window_word_of(epoch) + step) % WI_WINDOW_WORDS
 *   newest = wi_window_refund_newest(window, epoch, step)                        */
uint64_t wi_window_refund(const struct wi_window *window, uint64_t word, uint32_t which,
                          uint64_t epoch, uint64_t newest, uint64_t *units);

/* One word with up to `units` less in just one part of its own, as a view at `epoch` tells it;
 * unchanged where that part is forgotten. */
uint64_t wi_window_take_out(const struct wi_window *window, uint64_t word, uint32_t which,
                            uint64_t epoch, uint64_t part, uint64_t units);

uint64_t wi_window_refund_newest(const struct wi_window *window, uint64_t epoch, uint32_t step);

/* Nanoseconds until the word means nothing; 0: now.  now_ns may be in the past of
 * the word. */
uint64_t wi_window_idle_in_ns(const struct wi_window *window, uint64_t word, uint32_t which,
                              uint64_t now_ns);

/* A word that counts at least what each of two words count, part by part, at
 * now: the later index, the larger counters. */
uint64_t wi_window_merge(const struct wi_window *window, uint64_t a, uint64_t b,
                         uint32_t which, uint64_t now_ns);

/* Nanoseconds until view's total plus units is at most N; UINT64_MAX: never. */
uint64_t wi_window_wait_ns(const struct wi_window *window, const struct wi_window_view *view,
                           uint64_t units, uint64_t now_ns);

#endif
