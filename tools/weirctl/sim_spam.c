/* SPDX-License-Identifier: BSD-2-Clause
 * Who is known to have been compromised: a user's name a line, in quotes where it has blanks,
 * and where it is known the time from which on, as logs write it. */
#include <stdlib.h>
#include <string.h>

#include "sim_log.h"

#define STAMP_ROOM 64
#define LINE_HELP                                                                                  \
  "expected a user's name and, where it is known, a time such as "                                 \
  "2026-11-23 10:00:00"

static bool is_blank(char c)
{
  return c == ' ' || c == '\t' || c == '\r';
}

static struct log_slice trimmed(struct log_slice line)
{
  while (line.bytes > 0 && is_blank(line.text[0]))
    line = log_slice_from(line, 1);
  while (line.bytes > 0 && is_blank(line.text[line.bytes - 1]))
    line.bytes--;
  return line;
}

/* Up to a blank, or between quotes with backslashes; into key.  Returns how much of the line it
 * was; 0: mistaken; SIZE_MAX: no memory. */
static size_t read_name(struct log_slice line, struct sim_key *key)
{
  bool quoted = line.text[0] == '"';
  size_t at = quoted ? 1 : 0, length = 0;

  key->length = 0;
  if (sim_key_add(key, line.text, line.bytes) != 0) /* room for all of it */
    return SIZE_MAX;
  for (; at < line.bytes && (quoted ? line.text[at] != '"' : !is_blank(line.text[at])); at++) {
    if (quoted && line.text[at] == '\\' && ++at == line.bytes)
      return 0;
    key->bytes[length++] = line.text[at];
  }
  key->length = length;
  if (quoted && at++ == line.bytes)
    return 0;
  return length == 0 || (at < line.bytes && !is_blank(line.text[at])) ? 0 : at;
}

static bool read_time(struct log_slice text, struct log_stamp *from)
{
  char room[STAMP_ROOM];

  if (text.bytes + 1 > sizeof room)
    return false;
  memcpy(room, text.text, text.bytes);
  room[text.bytes] = ' '; /* as in a log, where more stands behind it */
  return log_stamp_read(room, text.bytes + 1, from) == text.bytes + 1;
}

/* Returns 0; -1 where the line is mistaken; -2 where memory is short. */
static int read_line(struct log_slice line, struct sim_key *key, struct sim_map *users)
{
  struct log_slice rest;
  struct sim_spam *spam;
  size_t behind;

  line = trimmed(line);
  if (line.bytes == 0 || line.text[0] == '#')
    return 0;
  behind = read_name(line, key);
  if (behind == 0 || behind == SIZE_MAX)
    return behind == 0 ? -1 : -2;
  rest = trimmed(log_slice_from(line, behind));
  spam = sim_map_need(users, sim_map_hash(users, 0, key->bytes, key->length), 0, key->bytes,
                      key->length, sizeof *spam);
  if (!spam)
    return -2;
  spam->timed = rest.bytes > 0;
  return rest.bytes == 0 || read_time(rest, &spam->from) ? 0 : -1;
}

static int read_lines(const struct wctl_file *file, struct sim_key *key, struct sim_map *users)
{
  struct log_slice rest = {file->text, file->bytes};
  size_t number = 0;
  int status = WCTL_DONE;

  while (rest.bytes > 0) {
    size_t newline = log_slice_find(rest, "\n", false);
    struct log_slice line = {rest.text, newline == SIZE_MAX ? rest.bytes : newline};
    int read = read_line(line, key, users);

    number++;
    rest = log_slice_from(rest, newline == SIZE_MAX ? rest.bytes : newline + 1);
    if (read == -2) {
      wctl_error("no memory left, expected room for every user");
      return WCTL_INTERNAL;
    }
    if (read == -1) {
      wctl_error("%s:%zu:1: mistaken, " LINE_HELP, file->name, number);
      status = WCTL_INPUT;
    }
  }
  if (status == WCTL_DONE && users->entry_count == 0) {
    wctl_error("%s: names nobody, " LINE_HELP, file->name);
    status = WCTL_INPUT;
  }
  return status;
}

int sim_spam_read(const char *path, struct sim_map *spam)
{
  struct wctl_file file;
  struct sim_key key = {0};
  int status = wctl_file_read(path, &file);

  if (status != WCTL_DONE)
    return status;
  status = read_lines(&file, &key, spam);
  free(key.bytes);
  wctl_file_free(&file);
  return status;
}

/* A year that is not written is found from the user's first message. */
bool sim_spam_is(struct sim_spam *spam, uint64_t at_ns)
{
  if (!spam->timed)
    return true;
  if (!spam->from.has_year) {
    spam->from.ns = log_stamp_near(&spam->from, at_ns);
    spam->from.has_year = true;
  }
  return at_ns >= spam->from.ns;
}
