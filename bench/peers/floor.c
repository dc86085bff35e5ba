/* SPDX-License-Identifier: BSD-2-Clause */
#include "peers/floor.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/atomic.h" /* the compare-and-swap instruction alone                      */
#include "support/clock.h"
#include "support/fail.h"
#include "support/sip.h"

#define UNIT_NS 1000u /* so small that nothing is ever denied          */
#define BURST_NS ((uint64_t)1 << 62)
#define HUGE_FROM_BYTES ((uint64_t)4 << 20) /* as weir: below, advice is not worth a call */

static inline struct wi_cell *find(const struct bench_floor *base, const struct bench_key *key)
{
  struct bench_hash hash = bench_sip(base->secret, bench_key_through_memory(key));
  uint64_t line = (uint64_t)((wi_u128)hash.low * base->lines >> 64);

  return base->cells + line * 4 + hash.high % 4;
}

static inline bool charge(struct wi_cell *cell, uint64_t now_ns)
{
  for (;;) {
    struct wi_cell seen = {.tag = wi_load_relaxed(&cell->tag),
                           .state = wi_load_relaxed(&cell->state)};
    struct wi_cell next = {.tag = seen.tag,
                           .state = (seen.state > now_ns ? seen.state : now_ns) + UNIT_NS};

    if (next.state - now_ns > BURST_NS)
      return false;
    if (wi_cell_cas_seq_cst(cell, seen, next)) /* partner: the same, by other threads    */
      return true;
  }
}

static uint64_t decide_singly(const struct bench_floor *base, struct bench_feed *feed,
                              uint64_t decisions)
{
  struct bench_key key;
  uint64_t allowed = 0;

  for (uint64_t i = 0; i < decisions; i++) {
    bench_feed_next(feed, &key);
    allowed += charge(find(base, &key), bench_coarse_ns());
  }
  return allowed;
}

static uint64_t decide_many(const struct bench_floor *base, struct bench_feed *feed,
                            uint64_t decisions, uint32_t batch)
{
  struct wi_cell *cells[BENCH_BATCH_MAX];
  struct bench_key key;
  uint64_t allowed = 0;

  for (uint64_t i = 0; i < decisions; i += batch) {
    uint64_t now_ns;

    for (uint32_t j = 0; j < batch; j++) {
      bench_feed_next(feed, &key);
      cells[j] = find(base, &key);
      __builtin_prefetch(cells[j], 1);
    }
    now_ns = bench_coarse_ns();
    for (uint32_t j = 0; j < batch; j++)
      allowed += charge(cells[j], now_ns);
  }
  return allowed;
}

uint64_t bench_floor_decide(void *self, struct bench_feed *feed, uint64_t decisions, uint32_t batch)
{
  const struct bench_floor *base = self;

  return batch == 1 ? decide_singly(base, feed, decisions)
                    : decide_many(base, feed, decisions, batch);
}

static void *map_file(const char *folder, uint64_t bytes)
{
  char path[96];
  void *base;
  int file;

  snprintf(path, sizeof path, "%s/weir-bench-floor-%ld", folder, (long)getpid());
  file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0)
    bench_fail("cannot make %s", path);
  (void)unlink(path);
  if (posix_fallocate(file, 0, (off_t)bytes) != 0)
    bench_fail("no room in %s", folder);
  base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  (void)close(file);
  return base;
}

/* Whether any of the mapping is in huge pages now. */
static bool has_huge_pages(const void *base)
{
  FILE *maps = fopen("/proc/self/smaps", "re");
  char line[512];
  bool inside = false, found = false;
  unsigned long long from, to, kilobytes;

  if (maps == NULL)
    return false;
  while (!found && fgets(line, sizeof line, maps) != NULL)
    if (sscanf(line, "%llx-%llx ", &from, &to) == 2)
      inside = from <= (uintptr_t)base && (uintptr_t)base < to;
    else if (inside && (sscanf(line, "AnonHugePages: %llu", &kilobytes) == 1 ||
                        sscanf(line, "ShmemPmdMapped: %llu", &kilobytes) == 1))
      found = kilobytes > 0;
  (void)fclose(maps);
  return found;
}

void bench_floor_make(struct bench_floor *base, enum bench_pages pages, const char *folder,
                      uint64_t bytes)
{
  void *mapped = pages == BENCH_PAGES_SHARED ? map_file(folder, bytes)
                                             : mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                                                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  if (mapped == MAP_FAILED)
    bench_fail("cannot map the floor");
  if (pages == BENCH_PAGES_4K)
    (void)madvise(mapped, bytes, MADV_NOHUGEPAGE);
  else if (bytes >= HUGE_FROM_BYTES)
    (void)madvise(mapped, bytes, MADV_HUGEPAGE);
  memset(mapped, 0, bytes);
  base->cells = mapped;
  base->bytes = bytes;
  base->lines = bytes / WI_LINE_BYTES;
  base->secret[0] = 0x0706050403020100u; /* any: nobody chooses keys here               */
  base->secret[1] = 0x0f0e0d0c0b0a0908u;
  base->huge_pages = has_huge_pages(mapped);
}

void bench_floor_free(struct bench_floor *base)
{
  (void)munmap(base->cells, base->bytes);
  base->cells = NULL;
}
