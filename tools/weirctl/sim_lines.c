/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim.h"

#define FIRST_BYTES ((size_t)256 << 10)

/* Room for more behind the line that has begun. */
static int make_room(struct sim_lines *lines)
{
  size_t kept = lines->end - lines->begin, room;
  char *larger;

  if (lines->begin > 0) {
    memmove(lines->buffer, lines->buffer + lines->begin, kept);
    lines->begin = 0;
    lines->end = kept;
  }
  if (lines->end < lines->room)
    return 0;
  room = lines->room > 0 ? 2 * lines->room : FIRST_BYTES;
  larger = room > lines->room ? realloc(lines->buffer, room) : NULL;
  if (!larger) {
    errno = ENOMEM;
    return -1;
  }
  lines->buffer = larger;
  lines->room = room;
  return 0;
}

static int read_more(struct sim_lines *lines)
{
  ssize_t got;

  if (make_room(lines) != 0)
    return -1;
  do
    got = read(lines->descriptor, lines->buffer + lines->end, lines->room - lines->end);
  while (got < 0 && errno == EINTR);
  if (got < 0)
    return -1;
  lines->ended = got == 0;
  lines->end += (size_t)got;
  return 0;
}

static int give(struct sim_lines *lines, size_t bytes, size_t newline, const char **line,
                size_t *line_bytes)
{
  *line = lines->buffer + lines->begin;
  lines->begin += bytes + newline;
  if (bytes > 0 && (*line)[bytes - 1] == '\r')
    bytes--;
  *line_bytes = bytes;
  return 1;
}

int sim_lines_next(struct sim_lines *lines, const char **line, size_t *bytes)
{
  size_t searched = 0; /* of the line that has begun */

  for (;;) {
    size_t waiting = lines->end - lines->begin;
    const char *newline = waiting > searched ? memchr(lines->buffer + lines->begin + searched, '\n',
                                                      waiting - searched)
                                             : NULL;

    if (newline)
      return give(lines, (size_t)(newline - lines->buffer) - lines->begin, 1, line, bytes);
    searched = waiting;
    if (lines->ended)
      return waiting > 0 ? give(lines, waiting, 0, line, bytes) : 0;
    if (read_more(lines) != 0)
      return -1;
  }
}

void sim_lines_free(struct sim_lines *lines)
{
  free(lines->buffer);
  lines->buffer = NULL;
}
