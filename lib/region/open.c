/* SPDX-License-Identifier: BSD-2-Clause */
#include "region/region.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static int open_error(const char *path, int system, struct weir_fault *fault)
{
  switch (system) {
  case ENOENT:
  case ENOTDIR:
    return wi_fault(fault, WEIR_E_NO_TABLE, system,
                    "%s: no such table, expected one made by weirctl create", path);
  case EACCES:
  case EPERM:
  case EROFS:
    return wi_fault(fault, WEIR_E_PERMISSION, system,
                    "%s: no permission, expected the right to read and write it", path);
  case ELOOP:
    return wi_fault(fault, WEIR_E_UNSAFE, system,
                    "%s: a symbolic link, expected the table itself", path);
  case EISDIR:
  case ENXIO:
  case ENODEV:
    return wi_fault(fault, WEIR_E_UNSAFE, system, "%s: not a regular file, expected a table", path);
  default:
    return wi_fault(fault, WEIR_E_SYSTEM, system, "%s: cannot open: %s", path, strerror(system));
  }
}

static int check_file(const char *path, const struct stat *status, struct weir_fault *fault)
{
  if (!S_ISREG(status->st_mode))
    return wi_fault(fault, WEIR_E_UNSAFE, 0, "%s: not a regular file, expected a table", path);
  if ((status->st_mode & S_IWOTH) != 0)
    return wi_fault(fault, WEIR_E_UNSAFE, 0,
                    "%s: mode %04o lets everybody write, expected at most 0660", path,
                    (unsigned)(status->st_mode & 07777));
  if ((uint64_t)status->st_size < sizeof(struct wi_header))
    return wi_fault(fault, WEIR_E_FORMAT, 0,
                    "%s: %lld bytes, too short for a table's header of %zu", path,
                    (long long)status->st_size, sizeof(struct wi_header));
  return WEIR_OK;
}

static int map(struct wi_region *region, const char *path, struct weir_fault *fault)
{
  const struct wi_geometry *geometry = &region->geometry;
  void *base = mmap(NULL, geometry->file_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, region->file, 0);

  if (base == MAP_FAILED)
    return wi_fault(fault, errno == ENOMEM ? WEIR_E_SPACE : WEIR_E_SYSTEM, errno,
                    "%s: cannot map %llu bytes: %s", path,
                    (unsigned long long)geometry->file_bytes, strerror(errno));
  region->base = base;
  region->live = (struct wi_live *)(void *)(region->base + geometry->live_offset);
  region->stripes = (struct wi_stripe *)(void *)(region->base + geometry->stripes_offset);
  region->side = (struct wi_side *)(void *)(region->base + geometry->side_offset);
  region->names = (struct wi_name *)(void *)(region->base + geometry->names_offset);
  region->cells = (struct wi_cell *)(void *)(region->base + geometry->cells_offset);
  return WEIR_OK;
}

/* From an open descriptor to a mapping. */
static int attach(struct wi_region *region, const char *path, struct weir_fault *fault)
{
  struct wi_header header;
  struct stat status;
  const char *what;
  ssize_t got;
  int error;

  if (fstat(region->file, &status) != 0)
    return wi_fault(fault, WEIR_E_SYSTEM, errno, "%s: cannot stat: %s", path, strerror(errno));
  error = check_file(path, &status, fault);
  if (error != WEIR_OK)
    return error;
  got = pread(region->file, &header, sizeof header, 0);
  if (got != (ssize_t)sizeof header)
    return wi_fault(fault, got < 0 ? WEIR_E_SYSTEM : WEIR_E_FORMAT, got < 0 ? errno : 0,
                    "%s: cannot read the header", path);
  error = wi_layout_check(&header, (uint64_t)status.st_size, &region->geometry, &what);
  if (error != WEIR_OK)
    return wi_fault(fault, error, 0, "%s: %s: %s", path, weir_strerror(error), what);
  memcpy(region->secret, header.secret, sizeof region->secret);
  error = map(region, path, fault);
  if (error != WEIR_OK)
    return error;
  region->in_memory = major(status.st_dev) == 0;
  wi_region_touch(region, region->live);
  error = wi_boot_attach(region, &header, fault);
  /* Acquire: partner of the release store by whoever made the larger table. */
  if (error == WEIR_OK && (wi_load_acquire(&region->live->hot.flags) & WI_HOT_RETIRED) != 0)
    error = wi_fault(fault, WEIR_E_RETIRED, 0,
                     "%s: replaced by a larger table, expected the new one under this name", path);
  return error;
}

int wi_region_adopt(int file, const char *path, struct wi_region *region, struct weir_fault *fault)
{
  int error;

  memset(region, 0, sizeof *region);
  region->file = file;
  error = attach(region, path, fault);
  if (error != WEIR_OK)
    wi_region_close(region);
  return error;
}

int wi_region_open(const char *path, struct wi_region *region, struct weir_fault *fault)
{
  /* O_NONBLOCK: a FIFO must not make anybody wait; it has no effect on a regular file. */
  int file = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

  return file < 0 ? open_error(path, errno, fault) : wi_region_adopt(file, path, region, fault);
}

void wi_region_close(struct wi_region *region)
{
  if (region->base != NULL)
    (void)munmap(region->base, region->geometry.file_bytes);
  if (region->file >= 0)
    (void)close(region->file);
  region->base = NULL;
  region->file = -1;
}

int wi_region_lock(const struct wi_region *region, int *held)
{
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  char self[64];
  int busy;

  (void)snprintf(self, sizeof self, "/proc/self/fd/%d", region->file);
  *held = open(self, O_RDWR | O_CLOEXEC);
  if (*held < 0)
    return WEIR_E_SYSTEM;
  if (fcntl(*held, F_OFD_SETLK, &lock) == 0)
    return WEIR_OK;
  busy = errno == EACCES || errno == EAGAIN;
  (void)close(*held);
  return busy ? WEIR_E_BUSY : WEIR_E_SYSTEM;
}

void wi_region_unlock(int held)
{
  struct flock lock = {.l_type = F_UNLCK, .l_whence = SEEK_SET};

  (void)fcntl(held, F_OFD_SETLK, &lock); /* close() alone would not: a child may have a copy */
  (void)close(held);
}

bool wi_region_has_huge_pages(const struct wi_region *region)
{
  FILE *maps = fopen("/proc/self/smaps", "re");
  char line[512];
  bool inside = false, found = false;
  unsigned long long kilobytes;

  if (maps == NULL)
    return false;
  while (!found && fgets(line, sizeof line, maps) != NULL) {
    unsigned long long from, to;

    if (sscanf(line, "%llx-%llx ", &from, &to) == 2)
      inside = from <= (uint64_t)(uintptr_t)region->base && (uint64_t)(uintptr_t)region->base < to;
    else if (inside && (sscanf(line, "ShmemPmdMapped: %llu", &kilobytes) == 1 ||
                        sscanf(line, "FilePmdMapped: %llu", &kilobytes) == 1))
      found = kilobytes > 0;
  }
  (void)fclose(maps);
  return found;
}
