/* SPDX-License-Identifier: BSD-2-Clause */
#include "state.h"
#include "environment.h"
#include "token.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int state_is_set(void)
{
  return *environment("WEIR_STATE") != '\0';
}

static int check_owner(int folder)
{
  struct stat status;

  if (fstat(folder, &status) != 0)
    return -1;
  if (status.st_uid == geteuid() && (status.st_mode & 077) == 0)
    return 0;
  errno = EPERM;
  return -1;
}

int state_folder(const char *name)
{
  char path[PATH_MAX];
  int length = snprintf(path, sizeof path, "%s/%s", environment("WEIR_STATE"), name);
  int folder, error;

  if (length < 0 || (size_t)length >= sizeof path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  if (mkdir(path, 0700) != 0 && errno != EEXIST)
    return -1;
  folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (folder < 0 || check_owner(folder) == 0)
    return folder;
  error = errno;
  (void)close(folder);
  errno = error;
  return -1;
}

void state_name(const char *text, char name[STATE_NAME_BYTES])
{
  size_t length = 0;

  for (; *text && length + 3 < STATE_NAME_BYTES; text++)
    length += (size_t)sprintf(name + length, "%02x", (unsigned char)*text);
  name[length] = '\0';
}

static int write_all(int file, const char *text, size_t bytes)
{
  while (bytes > 0) {
    ssize_t written = write(file, text, bytes);
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return -1;
    text += written;
    bytes -= (size_t)written;
  }
  return fsync(file);
}

int state_write(int folder, const char *name, const char *text, size_t bytes)
{
  char other[TOKEN_BYTES + 4] = "new.";
  int file, failed, error;

  if (token_make(other + 4) != 0)
    return -1;
  file = openat(folder, other, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0)
    return -1;
  failed = write_all(file, text, bytes) != 0;
  error = errno;
  if (close(file) != 0 && !failed) {
    failed = 1;
    error = errno;
  }
  if (!failed && renameat(folder, other, folder, name) == 0)
    return fsync(folder);
  if (!failed)
    error = errno;
  (void)unlinkat(folder, other, 0);
  errno = error;
  return -1;
}

long state_read(int folder, const char *name, char text[STATE_FILE_MAX_BYTES + 1])
{
  int file = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
  struct stat status;
  size_t bytes = 0;
  ssize_t got = -1;

  if (file < 0)
    return -1;
  if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode) ||
      status.st_size > STATE_FILE_MAX_BYTES) {
    (void)close(file);
    errno = EINVAL;
    return -1;
  }
  while (bytes < STATE_FILE_MAX_BYTES &&
         (got = read(file, text + bytes, STATE_FILE_MAX_BYTES - bytes)) > 0)
    bytes += (size_t)got;
  (void)close(file);
  if (got < 0)
    return -1;
  text[bytes] = '\0';
  return (long)bytes;
}
