/* SPDX-License-Identifier: BSD-2-Clause
 * What a table does under the days that weirctl plan plans for: bench/plan/plan.sh.
 *   fill POLICY KEYS USERS MEAN SIGMA PEAK RECIPIENTS SEED
 * Users send for DAYS days, each at a Poisson process of its own rate in the busy hours, and
 * the last day's busy hours end now, by the table's clock.  Prints name, tab, value of what
 * the table says of the last day; then of newcomers that are asked for at that moment. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <weir.h>

#define DAYS 3
#define DAY_NS 86400e9
#define BATCH 32
#define CELLS_A_NEWCOMER 128 /* so few that hardly two come to one group               */
#define TEXT_MAX (1 << 20)

struct sender {
  double at_ns; /* since the first day began                                         */
  double gap_ns;
  unsigned long number;
};

struct world {
  struct weir_table *table;
  struct sender *heap;
  size_t users;
  double busy_ns;
  double begin_ns; /* of the first day, on the table's clock                         */
  double recipients;
  uint64_t random;
  uint64_t takes;
  uint64_t spent_ns;
};

static double unit(struct world *world)
{
  uint64_t x = world->random;

  x ^= x << 13;
  x ^= x >> 7;
  x ^= x << 17; /* Marsaglia 2003 */
  world->random = x;
  return ((double)(x >> 12) + 0.5) / 4503599627370496.0;
}

static void sift(struct world *world, size_t at)
{
  struct sender moved = world->heap[at];

  for (;;) {
    size_t child = 2 * at + 1;

    if (child >= world->users)
      break;
    if (child + 1 < world->users && world->heap[child + 1].at_ns < world->heap[child].at_ns)
      child++;
    if (world->heap[child].at_ns >= moved.at_ns)
      break;
    world->heap[at] = world->heap[child];
    at = child;
  }
  world->heap[at] = moved;
}

/* The next message of a sender: what would fall behind the busy hours falls on the next day. */
static void move_on(struct world *world, struct sender *sender)
{
  double days = floor(sender->at_ns / DAY_NS);
  double busy = sender->at_ns - days * DAY_NS - log(unit(world)) * sender->gap_ns;

  sender->at_ns = (days + floor(busy / world->busy_ns)) * DAY_NS + fmod(busy, world->busy_ns);
}

static void begin(struct world *world, double mean, double sigma, double peak)
{
  world->heap = calloc(world->users, sizeof *world->heap);
  if (!world->heap)
    exit(1);
  for (size_t i = 0; i < world->users; i++) {
    double z = sqrt(-2 * log(unit(world))) * cos(6.283185307179586 * unit(world));

    world->heap[i].number = i;
    world->heap[i].gap_ns = DAY_NS / peak / (mean * exp(sigma * z - sigma * sigma / 2));
    move_on(world, &world->heap[i]);
  }
  for (size_t i = world->users / 2; i > 0; i--)
    sift(world, i - 1);
}

/* ------------------------------------------------------------------------ decisions -- */

struct ask {
  struct weir_request request;
  struct weir_attribute attributes[3];
  struct weir_cost costs[2];
  char values[3][32];
};

static void make_ask(struct world *world, struct ask *ask, const char *kind, unsigned long number,
                     double at_ns)
{
  static const char *const names[] = {"user", "ip", "domain"};
  double more = world->recipients > 1 ? log(unit(world)) / log(1 - 1 / world->recipients) : 0;

  for (size_t i = 0; i < 3; i++) {
    int bytes = snprintf(ask->values[i], sizeof ask->values[i], "%s%s%lu", kind, names[i], number);

    ask->attributes[i] = (struct weir_attribute){names[i], ask->values[i], (size_t)bytes};
  }
  ask->costs[0] = (struct weir_cost){"recipients", 1 + (uint64_t)more};
  ask->costs[1] = (struct weir_cost){"bytes", 75000};
  ask->request = (struct weir_request){
      .size_bytes = sizeof ask->request,
      .attributes = ask->attributes,
      .attribute_count = 3,
      .costs = ask->costs,
      .cost_count = 2,
      .now_ns = (uint64_t)(world->begin_ns + at_ns),
      .flags = WEIR_NOW_GIVEN,
  };
}

static uint64_t precise_ns(void)
{
  struct timespec now;

  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* The messages up to a time, in runs of which the decisions alone are timed. */
static void run_until(struct world *world, double end_ns)
{
  struct ask asks[BATCH];
  struct weir_verdict verdict;

  while (world->heap[0].at_ns < end_ns) {
    size_t count = 0;
    uint64_t begun;

    for (; count < BATCH && world->heap[0].at_ns < end_ns; count++) {
      make_ask(world, &asks[count], "", world->heap[0].number, world->heap[0].at_ns);
      move_on(world, &world->heap[0]);
      sift(world, 0);
    }
    begun = precise_ns();
    for (size_t i = 0; i < count; i++)
      if (weir_take(world->table, &asks[i].request, &verdict) != WEIR_OK)
        exit(1);
    world->spent_ns += precise_ns() - begun;
    world->takes += count;
  }
}

static struct weir_stats stats_of(struct weir_table *table)
{
  struct weir_stats stats = {.size_bytes = sizeof stats};

  if (weir_stats(table, &stats) != WEIR_OK)
    exit(1);
  return stats;
}

/* One after another: whose coming evicted somebody met a full group. */
static double meet_full(struct world *world, double at_ns, unsigned long newcomers)
{
  uint64_t evicted = stats_of(world->table).evicted, met = 0;

  for (unsigned long i = 0; i < newcomers; i++) {
    struct ask ask;
    struct weir_verdict verdict;
    uint64_t now;

    make_ask(world, &ask, "new-", i, at_ns);
    if (weir_take(world->table, &ask.request, &verdict) != WEIR_OK)
      exit(1);
    now = stats_of(world->table).evicted;
    met += now > evicted;
    evicted = now;
  }
  return (double)met / (double)newcomers;
}

/* ----------------------------------------------------------------------------- main -- */

static size_t read_policy(const char *path, char *text)
{
  FILE *in = fopen(path, "r");
  size_t bytes = in ? fread(text, 1, TEXT_MAX, in) : 0;

  if (in)
    (void)fclose(in);
  return bytes;
}

int main(int argc, char **argv)
{
  static char text[TEXT_MAX];
  struct weir_create_options options = {.size_bytes = sizeof options, .policy_text = text};
  struct world world = {.users = argc == 9 ? strtoul(argv[3], NULL, 10) : 0};
  struct weir_stats before, after;
  double span_ns;

  if (world.users == 0)
    return fprintf(stderr, "usage: fill POLICY KEYS USERS MEAN SIGMA PEAK RECIPIENTS SEED\n"), 64;
  options.policy_bytes = read_policy(argv[1], text);
  options.keys = strtoull(argv[2], NULL, 10);
  world.busy_ns = DAY_NS / atof(argv[6]);
  world.recipients = atof(argv[7]);
  world.random = strtoull(argv[8], NULL, 10) + 88172645463325252u;
  if (weir_create(NULL, &options, &world.table, NULL) != WEIR_OK)
    return fprintf(stderr, "no table\n"), 1;
  span_ns = (DAYS - 1) * DAY_NS + world.busy_ns;
  world.begin_ns = (double)weir_now_ns(world.table) - span_ns;
  if (world.begin_ns < 0)
    return fprintf(stderr, "the table's clock is younger than %d days\n", DAYS), 1;
  begin(&world, atof(argv[4]), atof(argv[5]), atof(argv[6]));
  run_until(&world, span_ns - DAY_NS);
  before = stats_of(world.table);
  world.takes = world.spent_ns = 0;
  run_until(&world, span_ns);
  after = stats_of(world.table);
  printf("load\t%.6g\n", (double)after.cells_live / (double)after.cells);
  printf("cells_live\t%llu\n", (unsigned long long)after.cells_live);
  printf("evictions_per_day\t%llu\n", (unsigned long long)(after.evicted - before.evicted));
  printf("decisions_per_second\t%.6g\n", (double)world.takes * 1e9 / (double)world.spent_ns);
  printf("newcomers_meeting_full_group\t%.6g\n",
         meet_full(&world, span_ns, (unsigned long)(after.cells / CELLS_A_NEWCOMER) + 1));
  free(world.heap);
  weir_close(world.table);
  return 0;
}
