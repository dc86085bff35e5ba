/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The mapped file, seen from one process.  All fields are set once, by create or open,
 * and read-only from then on: any number of threads may use a region.
 */
#ifndef WI_REGION_REGION_H
#define WI_REGION_REGION_H

#include "base/fault.h"
#include "clock/clock.h"
#include "region/layout.h"

struct wi_region {
  unsigned char *base;
  int file; /* descriptor; used again by apply alone                                  */
  bool in_memory; /* of a file system that has no device                                 */
  struct wi_geometry geometry;
  uint64_t secret[2];
  uint64_t clock_offset_ns; /* table clock = host's CLOCK_MONOTONIC + this, mod 2^64    */
  struct wi_live *live;
  struct wi_stripe *stripes;
  struct wi_side *side;
  struct wi_name *names; /* geometry.names of them                                      */
  struct wi_cell *cells;
};

/* Have a page of a table in memory mapped by a write that changes nothing: where a read is the
 * first, the kernel maps fifteen of its neighbours too, which a process that decides once pays for
 * at both ends.  On a disk the page would have to be written for it. */
static inline void wi_region_touch(const struct wi_region *region, void *at)
{
  if (region->in_memory)
    wi_fetch_or_seq_cst((uint64_t *)at, 0); /* partner: none, it orders nothing */
}

/* What to make. */
struct wi_region_plan {
  uint64_t keys;
  uint64_t groups;
  uint32_t mode;
  bool has_group;
  uint32_t group;
  const struct wi_image *image; /* first policy image, version 1; NULL: none            */
};

/* Make and map; path NULL: a sealed memory file.  Returns as weir_create(). */
int wi_region_create(const char *path, const struct wi_region_plan *plan,
                     struct wi_region *region, struct weir_fault *fault);

/* Map an existing one.  Returns as weir_open(). */
int wi_region_open(const char *path, struct wi_region *region, struct weir_fault *fault);

/* The same of an open descriptor, which it owns from then on. */
int wi_region_adopt(int file, const char *path, struct wi_region *region,
                    struct weir_fault *fault);

void wi_region_close(struct wi_region *region);

/* The table's clock. */
static inline uint64_t wi_region_now_ns(const struct wi_region *region, bool coarse)
{
  return (coarse ? wi_clock_coarse_ns() : wi_clock_precise_ns()) + region->clock_offset_ns;
}

/* Touch every page of a new file that lies in memory, by huge pages where there are any. */
void wi_region_warm(int file, uint64_t file_bytes);

/* Take the right to replace the policy, without waiting: WEIR_OK with *held, WEIR_E_BUSY or
 * WEIR_E_SYSTEM.  On an open description of its own, so that it excludes threads, handles and
 * children of one process, too; the kernel gives it back where the process dies. */
int wi_region_lock(const struct wi_region *region, int *held);
void wi_region_unlock(int held);

/* 1 where the mapping has huge pages now. Reads /proc: not for a decision. */
bool wi_region_has_huge_pages(const struct wi_region *region);

/* Boot: region/boot.c. */
int wi_boot_attach(struct wi_region *region, const struct wi_header *header,
                   struct weir_fault *fault);
/* A fresh boot record and the table clock's beginning. */
int wi_boot_begin(struct wi_live *live, uint64_t *table_ns, struct weir_fault *fault);

#endif
