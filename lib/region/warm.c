/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A table in memory is touched whole when it is made: a page that is allocated and zeroed at
 * its first use would cost the one decision that meets it more than all its work (5 us, and
 * 25 us where a virtual machine's host has to find the memory, too).  It is also the only
 * moment at which a kernel that gives huge pages for the asking gives them to a file: whoever
 * maps it later finds them there.
 */
#include "region/region.h"

#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/vfs.h>

#ifndef MADV_POPULATE_WRITE /* Linux 5.14; older ones refuse the number */
#define MADV_POPULATE_WRITE 23
#endif

#define HUGE_FROM_BYTES ((uint64_t)4 << 20)

void wi_region_warm(int file, uint64_t file_bytes)
{
  struct statfs system;
  void *base;

  if (fstatfs(file, &system) != 0 || system.f_type != TMPFS_MAGIC)
    return; /* on a disk it would be written out, whether it is used or not */
  base = mmap(NULL, file_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (base == MAP_FAILED)
    return;
  if (file_bytes >= HUGE_FROM_BYTES)
    (void)madvise(base, file_bytes, MADV_HUGEPAGE);
  /* What fails here, for want of memory too, posix_fallocate() finds again, and says why. */
  (void)madvise(base, file_bytes, MADV_POPULATE_WRITE);
  (void)munmap(base, file_bytes);
}
