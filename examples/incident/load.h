/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What 300 ordinary users send: a schedule made before the run, from a seed, so that
 * both runs get the same mail at the same minutes (an open loop: a user does not wait
 * for the server to get faster).
 *
 * Gaps between a user's messages are log-normal, as measured on 3,188 university
 * users (arXiv physics/0605027).  The rest is chosen: one send in twelve begins a
 * burst; four users own a mailing list and write to it once.
 */
#ifndef INCIDENT_LOAD_H
#define INCIDENT_LOAD_H

#include <stddef.h>
#include <stdint.h>

#define LOAD_USERS 300
#define LOAD_LIST_OWNERS 4

struct load_message {
  double minute;
  uint32_t user;       /* 0 to LOAD_USERS - 1                                       */
  uint32_t recipients; /* 1 or more                                               */
};

struct load {
  struct load_message *messages; /* by minute                                     */
  size_t count;
  unsigned busiest; /* most messages that one user sends within one minute        */
  unsigned widest;  /* most recipients that one message has                       */
};

/* The messages of minutes 0 to `minutes`.  Returns 0, or -1 without memory. */
int load_make(struct load *load, uint64_t seed, double minutes);
void load_free(struct load *load);

#endif
