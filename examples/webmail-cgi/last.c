/* SPDX-License-Identifier: BSD-2-Clause */
#include "last.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_BYTES 55       /* 16 digits, 20, 16, with blanks between, and a newline     */
#define LEAST_SIZE_BYTES 64 /* "ok" and "thanks" are of one size in anybody's mail        */

struct likeness {
  uint64_t signature; /* 0: there is none                                          */
  uint64_t size_bytes;
  uint64_t sender; /* of the name and the address for replies; 0: not known        */
};

/* What stands behind the last line that is "-- ", as mail programs write a signature
 * (RFC 3676, 4.3); some lose the blank. */
static const char *signature(const char *body)
{
  const char *found = NULL;

  for (const char *line = body; line; line = strchr(line, '\n')) {
    line += *line == '\n';
    size_t length = strcspn(line, "\r\n");
    if (length >= 2 && length <= 3 && strncmp(line, "-- ", length) == 0)
      found = line + length;
  }
  return found;
}

/* FNV-1a, 64 bits: tells two signatures apart, and hides nothing.  Blanks and line ends, which
 * programs change, do not count. */
static uint64_t hash(const char *text, uint64_t before)
{
  uint64_t value = before ? before : 0xcbf29ce484222325u;

  for (; *text; text++) {
    if (!strchr(" \t\r\n", *text))
      value = (value ^ (unsigned char)*text) * 0x100000001b3u;
  }
  return value ? value : 1;
}

static struct likeness likeness_of(const struct draft *draft, const struct identity *identity)
{
  const char *signed_by = *identity->signature ? identity->signature : signature(draft->body);
  struct likeness likeness = {signed_by ? hash(signed_by, 0) : 0,
                              strlen(draft->subject) + strlen(draft->body),
                              hash(identity->reply_to, hash("\1", hash(identity->name, 0)))};

  return likeness;
}

static int open_file(const char *folder, const char *user)
{
  char path[PATH_MAX];
  int length = snprintf(path, sizeof path, "%s/last.%s", folder, user);
  struct stat status;
  int file;

  if (length < 0 || (size_t)length >= sizeof path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  file = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
  if (file >= 0 && (fstat(file, &status) != 0 || !S_ISREG(status.st_mode))) {
    (void)close(file);
    errno = EINVAL;
    return -1;
  }
  return file;
}

static int read_last(int file, struct likeness *last)
{
  char line[LINE_BYTES + 1] = "";

  return pread(file, line, LINE_BYTES, 0) == LINE_BYTES &&
         sscanf(line, "%16" SCNx64 " %20" SCNu64 " %16" SCNx64, &last->signature, &last->size_bytes,
                &last->sender) == 3;
}

int last_compare(const char *folder, const char *user, const struct draft *draft,
                 const struct identity *identity, struct last_changes *changes)
{
  struct likeness now = likeness_of(draft, identity), last;
  char line[LINE_BYTES + 1];
  int file = open_file(folder, user);
  int failed;

  *changes = (struct last_changes){0, 0};
  if (file < 0)
    return -1;
  if (read_last(file, &last)) {
    changes->identity = now.sender != last.sender ||
                        (now.signature && last.signature && now.signature != last.signature);
    changes->same_size = now.size_bytes == last.size_bytes && now.size_bytes >= LEAST_SIZE_BYTES;
    if (!now.signature) /* a message without one says nothing about who it is from    */
      now.signature = last.signature;
  }
  (void)snprintf(line, sizeof line, "%016" PRIx64 " %020" PRIu64 " %016" PRIx64 "\n", now.signature,
                 now.size_bytes, now.sender);
  errno = EIO;
  failed = pwrite(file, line, LINE_BYTES, 0) != LINE_BYTES;
  failed |= close(file) != 0;
  return failed ? -1 : 0;
}
