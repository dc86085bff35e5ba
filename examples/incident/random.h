/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Numbers that one seed repeats on every machine: xoshiro256** (Blackman and Vigna),
 * seeded by splitmix64.
 */
#ifndef INCIDENT_RANDOM_H
#define INCIDENT_RANDOM_H

#include <stdint.h>

struct random {
  uint64_t state[4];
};

void random_seed(struct random *random, uint64_t seed);
double random_unit(struct random *random);                    /* 0 to below 1    */
uint32_t random_below(struct random *random, uint32_t limit); /* 0 to limit - 1  */
double random_log_normal(struct random *random, double median, double sigma);

#endif
