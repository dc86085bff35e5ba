/* SPDX-License-Identifier: BSD-2-Clause
 * A policy file, read whole.  It may be a pipe: `weirctl apply <(m4 policy.m4)`. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "weirctl.h"

#define FILE_BYTES_MAX ((size_t)16 << 20)
#define FIRST_BYTES ((size_t)64 << 10)

static int read_failed(const struct wctl_file *file, int system)
{
  wctl_error("%s: cannot read: %s, expected a policy file", file->name, strerror(system));
  return system == ENOMEM ? WCTL_INTERNAL : WCTL_INPUT;
}

/* Everything up to the end of the file. */
static int read_all(int descriptor, struct wctl_file *file)
{
  size_t room = 0;
  ssize_t got;

  do {
    if (file->bytes == room) {
      char *larger;

      room = room > 0 ? 2 * room : FIRST_BYTES;
      larger = realloc(file->text, room);
      if (!larger)
        return read_failed(file, ENOMEM);
      file->text = larger;
    }
    got = read(descriptor, file->text + file->bytes, room - file->bytes);
    if (got > 0)
      file->bytes += (size_t)got;
    if (file->bytes > FILE_BYTES_MAX) {
      wctl_error("%s: larger than 16 MiB, expected a policy file", file->name);
      return WCTL_INPUT;
    }
  } while (got > 0 || (got < 0 && errno == EINTR));
  return got < 0 ? read_failed(file, errno) : WCTL_DONE;
}

int wctl_file_read(const char *path, struct wctl_file *file)
{
  bool is_input = strcmp(path, "-") == 0;
  int descriptor, status;

  *file = (struct wctl_file){.name = is_input ? "<stdin>" : path};
  descriptor = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (descriptor < 0)
    return read_failed(file, errno);
  status = read_all(descriptor, file);
  if (!is_input)
    close(descriptor);
  if (status != WCTL_DONE)
    wctl_file_free(file);
  return status;
}

void wctl_file_free(struct wctl_file *file)
{
  free(file->text);
  file->text = NULL;
  file->bytes = 0;
}
