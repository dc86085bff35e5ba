/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Four relays, simulated: each is a queue of recipients that drains at a fixed rate,
 * first in, first out.
 *
 * Mail that the demo does not send (the rest of the site's) keeps the queue of normal
 * mail at a level that wanders between 500 and 2,000.  It depends on the seed and on
 * the ordinary mail, never on spam, so it is the same in both runs.
 */
#ifndef INCIDENT_RELAY_H
#define INCIDENT_RELAY_H

#include "random.h"

#define RELAYS 4

struct relay {
  double drain_per_minute;
  double normal; /* queue as it would be without spam                              */
  double queue;  /* queue as it is                                                 */
  double level;  /* where other mail takes the normal queue to                     */
  double middle; /* and around what that wanders                                   */
};

struct relays {
  struct relay relay[RELAYS];
  struct random random;
  double minute;
  unsigned next; /* relay of the next message: one after the other, as by a load balancer */
};

void relays_start(struct relays *relays, uint64_t seed);
void relays_advance(struct relays *relays, double minute);

/* Queue a message now.  Returns the minutes until its last recipient has left. */
double relays_put(struct relays *relays, unsigned recipients, int is_spam);

double relays_queue(const struct relays *relays);
double relays_drain_per_minute(const struct relays *relays);

#endif
