/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The same two limits without a word's width: any N, D, B and any 64-bit time, no
 * rounding but that of retry_after_ns to the next whole ns.  For replays and as
 * a yardstick; one owner, no sharing.
 *
 * Bucket: TAT in units of 1/N ns, 128 bits: now * N + B * D is below 2^127 + 2^126.
 * Window: the parts of limit/window.h with 64-bit epochs and counters; the number
 * of parts is what a table would use, or 8 where no table can hold the rule.
 * A time that goes back: the bucket's TAT stays, the window counts on into its
 * newest part.
 */
#ifndef WI_LIMIT_EXACT_H
#define WI_LIMIT_EXACT_H

#include "limit/rule.h"
#include "limit/window.h"

struct wi_exact {
  struct wi_rule rule;
  uint64_t part_ns; /* sliding only */
  uint32_t parts;
};

/* Zeroed: a principal never seen. 96 bytes. */
struct wi_exact_state {
  wi_u128 tat;                               /* bucket, in 1/N ns              */
  uint64_t epoch;                            /* window: of counts[0]           */
  uint64_t counts[WI_WINDOW_PARTS_MAX + 1];  /* window, by age                 */
};

void wi_exact_compile(struct wi_exact *exact, const struct wi_rule *rule);

/* What a request of `units` would meet.  retry_after_ns 0: it passes; UINT64_MAX:
 * never (units above the burst); a wait of 2^64 - 1 ns or more is given as
 * 2^64 - 2. */
struct wi_answer wi_exact_ask(const struct wi_exact *exact, const struct wi_exact_state *state,
                              uint64_t now_ns, uint64_t units);

/* Charge units that passed. */
void wi_exact_charge(const struct wi_exact *exact, struct wi_exact_state *state,
                     uint64_t now_ns, uint64_t units);

/* Give units back: at most what is charged. */
void wi_exact_refund(const struct wi_exact *exact, struct wi_exact_state *state,
                     uint64_t now_ns, uint64_t units);

#endif
