/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Ten times as many fresh principals as the table was made for.  Nobody who is over a limit may
 * get through because of it, every eviction must be counted, and what it costs those who
 * were there before is printed.
 *
 * flood [KEYS]   default 100000
 */
#include <time.h>

#include "admit/admit.h"
#include "support/table.h"

#define HELD 1000
#define KNOWN 1000
#define T0 (1000 * MINUTE_NS)
#define ROUNDS 15

static double clock_s(void)
{
  struct timespec now;

  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int compare(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

/* ns of one decision for the principals who were there before, each once. */
static double known_ns(struct weir_table *table, uint64_t now_ns)
{
  struct weir_verdict verdict;
  double begin = clock_s();

  for (int i = 0; i < KNOWN; i++) {
    char name[32];

    snprintf(name, sizeof name, "known%d", i);
    (void)take_at(table, name, now_ns, &verdict);
  }
  return (clock_s() - begin) * 1e9 / KNOWN;
}

static uint64_t cells_of_principals(const struct weir_table *table)
{
  uint64_t count = 0;

  for (uint64_t i = 0; i < table->region.geometry.groups * WI_GROUP_CELLS; i++)
    count += wi_tag_mark(table->region.cells[i].tag) != 0 &&
             (table->region.cells[i].state & WI_TENTATIVE) == 0;
  return count;
}

int main(int argument_count, char **arguments)
{
  uint64_t keys = argument_count > 1 ? strtoull(arguments[1], NULL, 0) : 100000;
  struct weir_table *table =
      make_table(NULL, keys, "policy p\n limit m 1000 messages / 1d per user burst 50\n");
  struct weir_stats stats = {.size_bytes = sizeof stats};
  struct weir_verdict verdict;
  double before[ROUNDS], during[ROUNDS];
  uint64_t through = 0, fresh = 0, allowed = 0, present, round_ns = 1000;
  int failed = 0;
  char name[32];

  for (int i = 0; i < HELD; i++) {
    snprintf(name, sizeof name, "held%d", i);
    while (take_at(table, name, T0, &verdict) == WEIR_ALLOW)
      continue;
  }
  for (int i = 0; i < ROUNDS; i++)
    before[i] = known_ns(table, T0 + (uint64_t)i * round_ns);
  for (int i = 0; i < ROUNDS; i++) {
    for (uint64_t flood = 0; flood < 10 * keys / ROUNDS; flood++, fresh++) {
      snprintf(name, sizeof name, "fresh%llu", (unsigned long long)fresh);
      allowed += take_at(table, name, T0 + ROUNDS * round_ns, &verdict) == WEIR_ALLOW;
    }
    during[i] = known_ns(table, T0 + ROUNDS * round_ns);
  }
  for (int i = 0; i < HELD; i++) {
    snprintf(name, sizeof name, "held%d", i);
    through += take_at(table, name, T0 + ROUNDS * round_ns, &verdict) == WEIR_ALLOW;
  }
  qsort(before, ROUNDS, sizeof before[0], compare);
  qsort(during, ROUNDS, sizeof during[0], compare);
  (void)weir_stats(table, &stats);
  present = cells_of_principals(table);
  printf("%llu keys, %llu fresh principals (%llu allowed): %llu of %d over their limit got through\n",
         (unsigned long long)keys, (unsigned long long)fresh, (unsigned long long)allowed,
         (unsigned long long)through, HELD);
  printf("inserted %llu, there now %llu, evicted %llu\n", (unsigned long long)stats.inserted,
         (unsigned long long)present, (unsigned long long)stats.evicted);
  printf("a decision of those who were there before: %.0f ns, in the flood %.0f ns, ratio %.2f\n",
         before[ROUNDS / 2], during[ROUNDS / 2], during[ROUNDS / 2] / before[ROUNDS / 2]);
  failed += through != 0;
  failed += stats.inserted != present + stats.evicted; /* nothing got idle: time stood still */
  failed += weir_verify(table, NULL, NULL) != 0;
  weir_close(table);
  printf("%d passed, %d failed\n", 3 - failed, failed);
  return failed != 0;
}
