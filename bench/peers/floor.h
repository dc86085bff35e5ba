/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The floor: what no limiter of this design can undercut on the machine.  A decision makes the
 * key, hashes it (SipHash-1-3, 128 bits), reads the coarse clock and charges one 16-byte cell
 * of one line by a compare-and-swap: no policy, no search, no tag, no verdict, no counter, no
 * call.  A batch hashes and prefetches all, reads the clock once and then charges each.
 *
 * Two keys of one cell share it: the floor does not tell them apart, for the lines and pages
 * that it touches are the same.
 */
#ifndef BENCH_PEERS_FLOOR_H
#define BENCH_PEERS_FLOOR_H

#include "support/subject.h"

struct wi_cell;

enum bench_pages {
  BENCH_PAGES_SHARED, /* a file in `folder`, mapped and advised as weir maps its table  */
  BENCH_PAGES_4K,     /* anonymous, huge pages declined                                 */
  BENCH_PAGES_HUGE    /* anonymous, huge pages advised                                  */
};

struct bench_floor {
  struct wi_cell *cells;
  uint64_t lines;
  uint64_t bytes;
  uint64_t secret[2];
  bool huge_pages; /* as the kernel says                                                */
};

/* As many bytes as the table has that it stands beside, all touched. */
void bench_floor_make(struct bench_floor *base, enum bench_pages pages, const char *folder,
                      uint64_t bytes);
void bench_floor_free(struct bench_floor *base);

bench_decide bench_floor_decide;

#endif
