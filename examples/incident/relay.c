/* SPDX-License-Identifier: BSD-2-Clause */
#include "relay.h"

#define STEP 0.05 /* minutes between two changes of the level                        */
#define LEVEL_LEAST 500.0
#define LEVEL_MOST 2000.0

void relays_start(struct relays *relays, uint64_t seed)
{
  static const double drain[RELAYS] = {320, 360, 420, 500};
  static const double middle[RELAYS] = {800, 1000, 1250, 1500};

  random_seed(&relays->random, seed ^ 0x72656c6179u);
  relays->minute = 0;
  relays->next = 0;
  for (int i = 0; i < RELAYS; i++)
    relays->relay[i] = (struct relay){drain[i], middle[i], middle[i], middle[i], middle[i]};
}

static void step(struct relay *relay, struct random *random)
{
  double drained = relay->drain_per_minute * STEP;
  double other;

  relay->level += (relay->middle - relay->level) * 0.02 + (random_unit(random) - 0.5) * 80;
  if (relay->level < LEVEL_LEAST)
    relay->level = LEVEL_LEAST;
  if (relay->level > LEVEL_MOST)
    relay->level = LEVEL_MOST;
  other = relay->level - (relay->normal - drained);
  if (other < 0)
    other = 0;
  relay->normal += other - drained;
  relay->queue += other - drained;
  if (relay->normal < 0)
    relay->normal = 0;
  if (relay->queue < 0)
    relay->queue = 0;
}

void relays_advance(struct relays *relays, double minute)
{
  while (relays->minute + STEP <= minute) {
    for (int i = 0; i < RELAYS; i++)
      step(&relays->relay[i], &relays->random);
    relays->minute += STEP;
  }
}

double relays_put(struct relays *relays, unsigned recipients, int is_spam)
{
  struct relay *relay = &relays->relay[relays->next];

  relays->next = (relays->next + 1) % RELAYS;
  relay->queue += recipients;
  if (!is_spam)
    relay->normal += recipients;
  return relay->queue / relay->drain_per_minute;
}

double relays_queue(const struct relays *relays)
{
  double queue = 0;

  for (int i = 0; i < RELAYS; i++)
    queue += relays->relay[i].queue;
  return queue;
}

double relays_drain_per_minute(const struct relays *relays)
{
  double drain = 0;

  for (int i = 0; i < RELAYS; i++)
    drain += relays->relay[i].drain_per_minute;
  return drain;
}
