/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Nobody sees a half-made table: the file has no name (O_TMPFILE), or a temporary one
 * where the file system has no such files, until it is complete; then a link gives it its
 * name, which fails where there is one already.  Its space is allocated before: a sparse
 * file would kill its users by SIGBUS on the day the file system is full.
 */
#include "region/region.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock/clock.h"

struct target {
  const char *path;
  int folder;
  char folder_name[PATH_MAX];
  const char *name;
  char temporary[64]; /* empty: the file has no name yet                              */
};

static int system_fault(struct weir_fault *fault, const char *path, const char *what, int system)
{
  int error = WEIR_E_SYSTEM;

  if (system == ENOSPC || system == EDQUOT || system == ENOMEM || system == EFBIG)
    error = WEIR_E_SPACE;
  else if (system == EACCES || system == EPERM || system == EROFS)
    error = WEIR_E_PERMISSION;
  else if (system == EEXIST)
    error = WEIR_E_EXISTS;
  else if (system == ENOENT || system == ENOTDIR)
    error = WEIR_E_NO_TABLE;
  return wi_fault(fault, error, system, "%s: %s: %s", path, what, strerror(system));
}

static int find_target(const char *path, struct target *target, struct weir_fault *fault)
{
  const char *slash = strrchr(path, '/');
  size_t folder_bytes = slash == NULL ? 1 : slash == path ? 1 : (size_t)(slash - path);
  struct stat status;

  memset(target, 0, sizeof *target);
  target->path = path;
  target->name = slash == NULL ? path : slash + 1;
  if (*target->name == '\0' || folder_bytes >= sizeof target->folder_name)
    return wi_fault(fault, WEIR_E_ARGUMENT, 0, "%s: expected the path of a file", path);
  memcpy(target->folder_name, slash == NULL ? "." : path, folder_bytes);
  target->folder = open(target->folder_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (target->folder < 0)
    return system_fault(fault, path, "cannot open the folder for it", errno);
  if (fstatat(target->folder, target->name, &status, AT_SYMLINK_NOFOLLOW) == 0) {
    (void)close(target->folder);
    return wi_fault(fault, WEIR_E_EXISTS, EEXIST,
                    "%s: exists, expected a new name (remove it first if nobody uses it)", path);
  }
  return WEIR_OK;
}

/* A file in the target's folder that has no name, or a temporary one. */
static int open_nameless(struct target *target)
{
  uint64_t random = wi_clock_precise_ns();
  int file = openat(target->folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

  if (file >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
    return file;
  (void)getrandom(&random, sizeof random, 0);
  (void)snprintf(target->temporary, sizeof target->temporary, ".weir-%016llx",
                 (unsigned long long)random);
  return openat(target->folder, target->temporary,
                O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static int give_name(struct target *target, int file)
{
  char self[64];

  if (target->temporary[0] != '\0')
    return linkat(target->folder, target->temporary, target->folder, target->name, 0);
  (void)snprintf(self, sizeof self, "/proc/self/fd/%d", file);
  return linkat(AT_FDCWD, self, target->folder, target->name, AT_SYMLINK_FOLLOW);
}

static void write_header(struct wi_header *header, const struct wi_geometry *geometry,
                         const uint64_t secret[2], uint64_t table_ns)
{
  memset(header, 0, sizeof *header);
  memcpy(header->magic, WI_MAGIC, sizeof header->magic);
  header->format = WI_FORMAT;
  header->header_bytes = sizeof *header;
  header->fingerprint = wi_layout_fingerprint();
  header->file_bytes = geometry->file_bytes;
  header->keys = geometry->keys;
  header->groups = geometry->groups;
  header->stripes = geometry->stripes;
  header->live_offset = geometry->live_offset;
  header->slots_offset = geometry->slots_offset;
  header->names = geometry->names;
  header->side_offset = geometry->side_offset;
  header->names_offset = geometry->names_offset;
  header->stripes_offset = geometry->stripes_offset;
  header->cells_offset = geometry->cells_offset;
  memcpy(header->secret, secret, sizeof header->secret);
  header->created_wall_ns = wi_clock_wall_ns();
  header->created_table_ns = table_ns;
  header->checksum = wi_layout_checksum(header, offsetof(struct wi_header, checksum));
}

/* write() rather than a mapping: a file system that is full says so. */
static int write_at(int file, const void *bytes, size_t length_bytes, uint64_t offset)
{
  const char *at = bytes;

  while (length_bytes > 0) {
    ssize_t put = pwrite(file, at, length_bytes, (off_t)offset);

    if (put < 0 && errno == EINTR)
      continue;
    if (put <= 0)
      return -1;
    at += put;
    offset += (uint64_t)put;
    length_bytes -= (size_t)put;
  }
  return 0;
}

static int allocate(int file, uint64_t file_bytes)
{
  int system;

  if (ftruncate(file, (off_t)file_bytes) != 0)
    return errno;
  wi_region_warm(file, file_bytes);
  do
    system = posix_fallocate(file, 0, (off_t)file_bytes);
  while (system == EINTR);
  return system;
}

static int fill(int file, const struct wi_region_plan *plan, const char *path,
                struct weir_fault *fault)
{
  struct wi_geometry geometry;
  struct wi_header header;
  struct wi_live live;
  uint64_t secret[2], table_ns;
  long processors = sysconf(_SC_NPROCESSORS_CONF);
  uint32_t stripes = 1;
  int error, system;

  while ((long)stripes < processors && stripes < WI_STRIPES_MAX)
    stripes *= 2;
  wi_layout(&geometry, plan->keys, plan->groups, stripes);
  system = allocate(file, geometry.file_bytes);
  if (system != 0)
    return system_fault(fault, path, "no room for the table", system);
  if (getrandom(secret, sizeof secret, 0) != (ssize_t)sizeof secret)
    return system_fault(fault, path, "cannot get a random secret", errno);
  memset(&live, 0, sizeof live);
  error = wi_boot_begin(&live, &table_ns, fault);
  if (error != WEIR_OK)
    return error;
  live.hot.policy_version = plan->image != NULL ? 1 : 0;
  write_header(&header, &geometry, secret, table_ns);
  if (write_at(file, &header, sizeof header, 0) != 0 ||
      write_at(file, &live, sizeof live, geometry.live_offset) != 0 ||
      (plan->image != NULL && write_at(file, plan->image, sizeof *plan->image,
                                       geometry.slots_offset + WI_SLOT_BYTES) != 0))
    return system_fault(fault, path, "cannot write the table", errno);
  return WEIR_OK;
}

static int own(int file, const struct wi_region_plan *plan, const char *path,
               struct weir_fault *fault)
{
  if (plan->has_group && fchown(file, (uid_t)-1, (gid_t)plan->group) != 0)
    return system_fault(fault, path, "cannot give it to the group", errno);
  if (fchmod(file, (mode_t)plan->mode) != 0)
    return system_fault(fault, path, "cannot set its mode", errno);
  return WEIR_OK;
}

static int create_file(const char *path, const struct wi_region_plan *plan,
                       struct wi_region *region, struct weir_fault *fault)
{
  struct target target;
  int file, error = find_target(path, &target, fault);

  if (error != WEIR_OK)
    return error;
  file = open_nameless(&target);
  if (file < 0) {
    error = system_fault(fault, path, "cannot make a file in its folder", errno);
  } else {
    error = fill(file, plan, path, fault);
    if (error == WEIR_OK)
      error = own(file, plan, path, fault);
    if (error == WEIR_OK && give_name(&target, file) != 0)
      error = system_fault(fault, path, "cannot give it its name", errno);
    if (target.temporary[0] != '\0')
      (void)unlinkat(target.folder, target.temporary, 0);
    if (error == WEIR_OK) /* not by its path: that may be another's by now */
      error = wi_region_adopt(file, path, region, fault);
    else
      (void)close(file);
  }
  (void)close(target.folder);
  return error;
}

/* Memory only: a sealed memory file, so that what a process forks can use it and nobody
 * can shrink it. */
static int create_memory(const struct wi_region_plan *plan, struct wi_region *region,
                         struct weir_fault *fault)
{
  int file = memfd_create("weir", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  int error;

  if (file < 0)
    return system_fault(fault, "memory", "cannot make a memory file", errno);
  error = fill(file, plan, "memory", fault);
  if (error == WEIR_OK && (fchmod(file, 0600) != 0 ||
                           fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0))
    error = system_fault(fault, "memory", "cannot seal the memory file", errno);
  if (error == WEIR_OK)
    return wi_region_adopt(file, "memory", region, fault);
  (void)close(file);
  return error;
}

int wi_region_create(const char *path, const struct wi_region_plan *plan,
                     struct wi_region *region, struct weir_fault *fault)
{
  return path == NULL ? create_memory(plan, region, fault)
                      : create_file(path, plan, region, fault);
}
