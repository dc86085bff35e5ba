/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The table's clock over reboots and time namespaces.
 *
 * Within a boot the table's clock is the host's CLOCK_MONOTONIC plus an offset that all
 * processes find in the file.  CLOCK_MONOTONIC begins anew with each boot, so the file
 * holds the boot's id, too: who finds another one computes the offset anew, from the
 * wall clock then and at creation, and installs both at once.  A wall clock that was
 * behind at boot makes debts last longer, never longer than their burst tolerance
 * (a word further ahead is healed); one that was ahead forgives.
 *
 * Reading the id costs more than all the rest of an open.  So the file also holds how far the
 * wall clock led CLOCK_MONOTONIC when the id was last compared: where that is so still, to a
 * tenth of a second, this is that boot, and no namespace has shifted the clock.  A machine that
 * boots to the very same wall time again could pass for the same boot; its words are then
 * ahead of the clock, which is the safe side, and heal.
 *
 * In a time namespace CLOCK_MONOTONIC is shifted against the host's; the kernel says by
 * how much in /proc/self/timens_offsets.
 */
#include "region/region.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock/clock.h"

/* Time on the table's clock when it is made: far enough from 0 that nothing in it lies
 * before the beginning. */
#define TABLE_BEGIN_NS ((uint64_t)1 << 50)

#define SAME_LEAD_NS 100000000u

static ssize_t read_file(const char *path, char *buffer, size_t buffer_bytes)
{
  int file = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t got;

  if (file < 0)
    return -1;
  got = read(file, buffer, buffer_bytes - 1);
  (void)close(file);
  buffer[got > 0 ? got : 0] = '\0';
  return got;
}

/* What CLOCK_MONOTONIC here is ahead of the host's, ns modulo 2^64. */
static uint64_t namespace_shift_ns(void)
{
  char text[256];
  char *line, *end;
  long long seconds, ns;

  if (read_file("/proc/self/timens_offsets", text, sizeof text) <= 0)
    return 0; /* a kernel without time namespaces */
  line = strstr(text, "monotonic");
  if (line == NULL)
    return 0;
  seconds = strtoll(line + strlen("monotonic"), &end, 10);
  ns = strtoll(end, NULL, 10);
  return (uint64_t)seconds * 1000000000u + (uint64_t)ns;
}

static uint64_t boot_mark(void)
{
  char id[64];
  ssize_t got = read_file("/proc/sys/kernel/random/boot_id", id, sizeof id);
  uint64_t mark;

  if (got <= 0)
    return 0;
  mark = wi_layout_checksum(id, (size_t)got);
  return mark != 0 ? mark : 1;
}

int wi_boot_begin(struct wi_live *live, uint64_t *table_ns, struct weir_fault *fault)
{
  uint64_t monotonic_ns = wi_clock_precise_ns() - namespace_shift_ns();

  live->boot.tag = boot_mark();
  if (live->boot.tag == 0)
    return wi_fault(fault, WEIR_E_SYSTEM, errno,
                    "cannot read /proc/sys/kernel/random/boot_id, expected /proc to be mounted");
  *table_ns = TABLE_BEGIN_NS;
  live->boot.state = TABLE_BEGIN_NS - monotonic_ns;
  live->wall_lead_ns = wi_clock_wall_ns() - monotonic_ns;
  return WEIR_OK;
}

/* The common case: the same boot, and no time namespace. */
static bool is_same_boot(const struct wi_live *live)
{
  uint64_t lead_ns = wi_clock_wall_ns() - wi_clock_precise_ns();
  /* Partner: the store in attach_slowly().  A hint: any value is safe. */
  uint64_t known_ns = wi_load_acquire(&live->wall_lead_ns);

  return lead_ns - known_ns + SAME_LEAD_NS <= 2 * SAME_LEAD_NS;
}

static int attach_slowly(struct wi_region *region, const struct wi_header *header,
                         struct weir_fault *fault)
{
  struct wi_cell *boot = &region->live->boot;
  uint64_t mark = boot_mark();
  uint64_t shift_ns = namespace_shift_ns();

  if (mark == 0)
    return wi_fault(fault, WEIR_E_SYSTEM, errno,
                    "cannot read /proc/sys/kernel/random/boot_id, expected /proc to be mounted");
  for (int attempt = 0; attempt < 16; attempt++) {
    struct wi_cell found, fresh;
    uint64_t wall_ns = wi_clock_wall_ns(), monotonic_ns = wi_clock_precise_ns() - shift_ns;
    uint64_t elapsed_ns;

    found.tag = wi_load_acquire(&boot->tag); /* partner: the CAS below */
    found.state = wi_load_acquire(&boot->state);
    if (found.tag == mark && wi_load_acquire(&boot->tag) == mark) {
      region->clock_offset_ns = found.state - shift_ns;
      /* Partner: is_same_boot(). */
      wi_store_release(&region->live->wall_lead_ns, wall_ns - monotonic_ns);
      return WEIR_OK;
    }
    elapsed_ns = wall_ns > header->created_wall_ns ? wall_ns - header->created_wall_ns : 0;
    fresh.tag = mark;
    fresh.state = header->created_table_ns + elapsed_ns - monotonic_ns;
    (void)wi_cell_cas_seq_cst(boot, found, fresh); /* failed: somebody else was first */
  }
  return wi_fault(fault, WEIR_E_CORRUPT, 0, "the table's boot record does not hold still");
}

int wi_boot_attach(struct wi_region *region, const struct wi_header *header,
                   struct weir_fault *fault)
{
  if (!is_same_boot(region->live))
    return attach_slowly(region, header, fault);
  region->clock_offset_ns = wi_load_acquire(&region->live->boot.state); /* partner: the CAS above */
  return WEIR_OK;
}
