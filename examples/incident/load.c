/* SPDX-License-Identifier: BSD-2-Clause */
#include "load.h"
#include "random.h"

#include <math.h>
#include <stdlib.h>

#define GAP_MEDIAN 4.0 /* minutes between a user's messages                       */
#define GAP_SIGMA 1.3
#define BURST_GAP_MEDIAN 0.08
#define BURST_GAP_SIGMA 0.6
#define BURST_CHANCE (1.0 / 12)
#define BURST_LONGEST 25
#define WARM_UP 120.0 /* minutes lived before the first that counts, for a steady state */

struct writer {
  struct load *load;
  size_t room;
};

static int add(struct writer *writer, double minute, uint32_t user, uint32_t recipients)
{
  struct load *load = writer->load;

  if (load->count == writer->room) {
    size_t room = writer->room ? 2 * writer->room : 1024;
    struct load_message *grown = realloc(load->messages, room * sizeof *grown);
    if (!grown)
      return -1;
    load->messages = grown;
    writer->room = room;
  }
  load->messages[load->count++] = (struct load_message){minute, user, recipients};
  return 0;
}

static uint32_t some_recipients(struct random *random)
{
  double kind = random_unit(random);

  if (kind < 0.70)
    return 1;
  if (kind < 0.95)
    return 2 + random_below(random, 4);
  return 6 + random_below(random, 15);
}

static int live(struct writer *writer, struct random *random, uint32_t user, double minutes)
{
  double minute = -WARM_UP * (0.5 + random_unit(random) / 2);
  unsigned burst = 0;

  while (minute < minutes) {
    if (minute >= 0 && add(writer, minute, user, some_recipients(random)) != 0)
      return -1;
    if (burst == 0 && random_unit(random) < BURST_CHANCE)
      burst = 2 + (unsigned)random_log_normal(random, 3, 0.9);
    if (burst > BURST_LONGEST)
      burst = BURST_LONGEST;
    if (burst > 0) {
      burst--;
      minute += random_log_normal(random, BURST_GAP_MEDIAN, BURST_GAP_SIGMA);
    } else {
      minute += random_log_normal(random, GAP_MEDIAN, GAP_SIGMA);
    }
  }
  return 0;
}

static int by_minute(const void *a, const void *b)
{
  const struct load_message *x = a;
  const struct load_message *y = b;

  if (x->minute != y->minute)
    return x->minute < y->minute ? -1 : 1;
  return (x->user > y->user) - (x->user < y->user);
}

static void measure(struct load *load)
{
  for (size_t i = 0; i < load->count; i++) {
    const struct load_message *first = &load->messages[i];
    unsigned count = 0;

    if (first->recipients > load->widest)
      load->widest = first->recipients;
    for (size_t j = i; j < load->count && load->messages[j].minute < first->minute + 1; j++)
      count += load->messages[j].user == first->user;
    if (count > load->busiest)
      load->busiest = count;
  }
}

int load_make(struct load *load, uint64_t seed, double minutes)
{
  struct writer writer = {load, 0};
  struct random random;

  *load = (struct load){0};
  random_seed(&random, seed);
  for (uint32_t user = 0; user < LOAD_USERS; user++) {
    if (live(&writer, &random, user, minutes) != 0)
      return -1;
  }
  for (uint32_t owner = 0; owner < LOAD_LIST_OWNERS; owner++) {
    double minute = minutes * (owner + random_unit(&random)) / LOAD_LIST_OWNERS;
    if (add(&writer, minute, owner, 80 + random_below(&random, 221)) != 0)
      return -1;
  }
  qsort(load->messages, load->count, sizeof *load->messages, by_minute);
  measure(load);
  return 0;
}

void load_free(struct load *load)
{
  free(load->messages);
  *load = (struct load){0};
}
