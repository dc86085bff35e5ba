/* SPDX-License-Identifier: BSD-2-Clause
 * Which log a line is of, and the parts of lines. */
#include <string.h>

#include "plan.h"

bool plan_slice_is(struct plan_slice slice, const char *word)
{
  return slice.bytes == strlen(word) && memcmp(slice.text, word, slice.bytes) == 0;
}

bool plan_slice_begins(struct plan_slice slice, const char *word)
{
  size_t bytes = strlen(word);

  return slice.bytes >= bytes && memcmp(slice.text, word, bytes) == 0;
}

struct plan_slice plan_slice_from(struct plan_slice slice, size_t at)
{
  return (struct plan_slice){slice.text + at, slice.bytes - at};
}

size_t plan_slice_find(struct plan_slice slice, const char *word, bool last)
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

struct plan_slice plan_slice_token(struct plan_slice *rest)
{
  struct plan_slice token = *rest;
  const char *blank = rest->bytes > 0 ? memchr(rest->text, ' ', rest->bytes) : NULL;

  if (blank)
    token.bytes = (size_t)(blank - rest->text);
  *rest = plan_slice_from(*rest, token.bytes + (blank != NULL));
  return token;
}

/* Digits up to the end. */
bool plan_slice_number(struct plan_slice slice, uint64_t *number)
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
static bool is_postfix(struct plan_slice program, struct plan_slice *daemon)
{
  size_t slash = plan_slice_find(program, "/", true);
  size_t bracket = plan_slice_find(program, "[", true);

  if (slash == SIZE_MAX)
    return false;
  *daemon = plan_slice_from(program, slash + 1);
  if (bracket != SIZE_MAX && bracket > slash)
    daemon->bytes = bracket - slash - 1;
  return true;
}

void plan_line_read(struct plan_slice line, struct plan_fact *fact)
{
  struct plan_slice rest = line, program, daemon;
  struct plan_stamp stamp;

  *fact = (struct plan_fact){.kind = PLAN_NOTHING};
  if (plan_exim_read(line, fact))
    return;
  fact->host = plan_slice_token(&rest);
  program = plan_slice_token(&rest);
  if (program.bytes < 2 || program.text[program.bytes - 1] != ':')
    return;
  program.bytes--;
  if (is_postfix(program, &daemon)) {
    plan_postfix_read(daemon, rest, fact);
    return;
  }
  if (plan_slice_begins(program, "exim")) { /* by syslog: with a time of its own, or not */
    rest = plan_slice_from(rest, plan_stamp_read(rest.text, rest.bytes, &stamp));
    (void)plan_exim_read(rest, fact);
  }
}
