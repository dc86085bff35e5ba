/* SPDX-License-Identifier: BSD-2-Clause */
#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int spool_append(const char *path, const char *record, size_t bytes)
{
  int file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
  struct stat status;
  ssize_t written;

  if (file < 0)
    return -1;
  if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
    (void)close(file);
    errno = EINVAL;
    return -1;
  }
  do
    written = write(file, record, bytes);
  while (written < 0 && errno == EINTR);
  if (written >= 0 && (size_t)written != bytes) {
    errno = ENOSPC;
    written = -1;
  }
  if (close(file) != 0)
    return -1;
  return written < 0 ? -1 : 0;
}
