/* SPDX-License-Identifier: BSD-2-Clause
 * A day of messages from a distribution, for the shares of users that are over each limit.
 * The day begins with full buckets.  Each user's messages are a Poisson process over the busy
 * hours; recipients and bytes are geometric.  The seed repeats it exactly. */
#include <inttypes.h>
#include <stdlib.h>

#include "plan.h"

#define EVENTS_MOST 400000.0 /* expected; some seconds of replay                     */

struct sender {
  double at_ns; /* of the next message                                              */
  double gap_ns;
  uint64_t number;
};

uint64_t plan_day_users(const struct plan_options *options)
{
  double most = EVENTS_MOST / options->per_day;

  return (double)options->users <= most ? options->users : most < 1 ? 1 : (uint64_t)most;
}

/* ---------------------------------------------------------- who sends next: a heap -- */

static void sift(struct sender *heap, size_t count, size_t at)
{
  struct sender moved = heap[at];

  for (;;) {
    size_t child = 2 * at + 1;

    if (child >= count)
      break;
    if (child + 1 < count && heap[child + 1].at_ns < heap[child].at_ns)
      child++;
    if (heap[child].at_ns >= moved.at_ns)
      break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = moved;
}

static void move_on(struct plan_random *random, struct sender *sender)
{
  sender->at_ns -= plan_log(plan_random_unit(random)) * sender->gap_ns;
}

static struct sender *begin(const struct plan_options *options, struct plan_random *random,
                            size_t count)
{
  struct sender *heap = malloc(count * sizeof *heap);
  double sigma = options->sigma;

  if (!heap)
    return NULL;
  for (size_t i = 0; i < count; i++) {
    double m = options->per_day * plan_exp(sigma * plan_random_normal(random) - sigma * sigma / 2);

    heap[i] = (struct sender){.number = i, .gap_ns = LOG_NS_PER_DAY / options->peak / m};
    move_on(random, &heap[i]);
  }
  for (size_t i = count / 2; i > 0; i--)
    sift(heap, count, i - 1);
  return heap;
}

/* ------------------------------------------------------------------------ messages -- */

int plan_day_run(const struct plan_options *options, const struct wi_policy_set *set,
                 const struct plan_population *population, struct plan_replay *replay)
{
  const double busy_ns = LOG_NS_PER_DAY / options->peak;
  struct plan_random random = {.state = options->seed};
  uint64_t users = plan_day_users(options);
  uint64_t ips = (uint64_t)plan_population_of(set, population, "ip");
  uint64_t domains = (uint64_t)plan_population_of(set, population, "domain");
  struct sender *heap = begin(options, &random, (size_t)users);
  int status = 0;

  if (!heap)
    return -1;
  while (status == 0 && heap[0].at_ns < busy_ns) {
    char user[32], ip[32], domain[32];
    struct log_sender sender = {.user = {user, 0}, .ip = {ip, 0}, .domain = {domain, 0}};
    struct log_message event = {
        .at_ns = LOG_NS_PER_DAY + (uint64_t)heap[0].at_ns,
        .sender = &sender,
        .recipients = plan_random_geometric(&random, options->recipients),
        .bytes = plan_random_geometric(&random, options->bytes),
    };
    uint64_t number = heap[0].number;

    sender.user.bytes = (size_t)snprintf(user, sizeof user, "user%" PRIu64, number);
    sender.ip.bytes = (size_t)snprintf(ip, sizeof ip, "ip%" PRIu64, number % ips);
    sender.domain.bytes = (size_t)snprintf(domain, sizeof domain, "domain%" PRIu64,
                                           number % domains);
    status = plan_replay_take(replay, &event);
    move_on(&random, &heap[0]);
    sift(heap, (size_t)users, 0);
  }
  free(heap);
  return status;
}
