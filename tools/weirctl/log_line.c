/* SPDX-License-Identifier: BSD-2-Clause
 * Which log a line is of, and the parts of lines. */
#include <string.h>

#include "log.h"

bool log_slice_is(struct log_slice slice, const char *word)
{
  return slice.bytes == strlen(word) && memcmp(slice.text, word, slice.bytes) == 0;
}

bool log_slice_begins(struct log_slice slice, const char *word)
{
  size_t bytes = strlen(word);

  return slice.bytes >= bytes && memcmp(slice.text, word, bytes) == 0;
}

struct log_slice log_slice_from(struct log_slice slice, size_t at)
{
  return (struct log_slice){slice.text + at, slice.bytes - at};
}

size_t log_slice_find(struct log_slice slice, const char *word, bool last)
{
  size_t found = SIZE_MAX, bytes = strlen(word), at = 0;

  while (slice.bytes - at >= bytes) {
    const char *hit = memmem(slice.text + at, slice.bytes - at, word, bytes);

    if (!hit)
      break;
    found = (size_t)(hit - slice.text);
    if (!last)
      break;
    at = found + 1;
  }
  return found;
}

struct log_slice log_slice_token(struct log_slice *rest)
{
  struct log_slice token = *rest;
  const char *blank = rest->bytes > 0 ? memchr(rest->text, ' ', rest->bytes) : NULL;

  if (blank)
    token.bytes = (size_t)(blank - rest->text);
  *rest = log_slice_from(*rest, token.bytes + (blank != NULL));
  return token;
}

/* Digits up to the end. */
bool log_slice_number(struct log_slice slice, uint64_t *number)
{
  *number = 0;
  for (size_t i = 0; i < slice.bytes; i++)
    if (slice.text[i] < '0' || slice.text[i] > '9' ||
        __builtin_mul_overflow(*number, 10u, number) ||
        __builtin_add_overflow(*number, (uint64_t)(slice.text[i] - '0'), number))
      return false;
  return slice.bytes > 0;
}

/* "postfix/submission/smtpd[123]:" is smtpd of Postfix; the instance may have any name. */
static bool is_postfix(struct log_slice program, struct log_slice *daemon)
{
  size_t slash = log_slice_find(program, "/", true);
  size_t bracket = log_slice_find(program, "[", true);

  if (slash == SIZE_MAX)
    return false;
  *daemon = log_slice_from(program, slash + 1);
  if (bracket != SIZE_MAX && bracket > slash)
    daemon->bytes = bracket - slash - 1;
  return true;
}

void log_line_read(struct log_slice line, struct log_fact *fact)
{
  struct log_slice rest = line, program, daemon;
  struct log_stamp stamp;

  *fact = (struct log_fact){.kind = LOG_NOTHING};
  if (log_exim_read(line, fact))
    return;
  fact->host = log_slice_token(&rest);
  program = log_slice_token(&rest);
  if (program.bytes < 2 || program.text[program.bytes - 1] != ':')
    return;
  program.bytes--;
  if (is_postfix(program, &daemon)) {
    log_postfix_read(daemon, rest, fact);
    return;
  }
  if (log_slice_begins(program, "exim")) { /* by syslog: with a time of its own, or not */
    rest = log_slice_from(rest, log_stamp_read(rest.text, rest.bytes, &stamp));
    (void)log_exim_read(rest, fact);
  }
}
