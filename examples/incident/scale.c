/* SPDX-License-Identifier: BSD-2-Clause */
#include "scale.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t unit_ns(const char *unit, size_t length)
{
  static const struct {
    const char *name;
    uint64_t ns;
  } units[] = {
      {"ns", 1},           {"us", 1000},          {"ms", 1000000},       {"s", 1000000000u},
      {"m", 60000000000u}, {"h", 3600000000000u}, {"d", 86400000000000u}};

  for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
    if (strlen(units[i].name) == length && strncmp(unit, units[i].name, length) == 0)
      return units[i].ns;
  }
  return 0;
}

/* A line without its end.  Returns -1 where it is a limit without a duration. */
static int copy_line(FILE *out, const char *line, size_t length, unsigned divisor)
{
  size_t blank = strspn(line, " \t");
  const char *comment = memchr(line, '#', length);
  size_t statement = comment ? (size_t)(comment - line) : length;
  const char *slash = memchr(line, '/', statement);
  const char *number, *unit;
  char *after;
  uint64_t count, ns;

  if (statement < blank + 6 || strncmp(line + blank, "limit", 5) != 0) {
    fprintf(out, "%.*s\n", (int)length, line);
    return 0;
  }
  if (!slash)
    return -1;
  number = slash + 1 + strspn(slash + 1, " \t");
  count = strtoull(number, &after, 10);
  unit = after;
  ns = unit_ns(unit, strspn(unit, "numshd"));
  if (after == number || ns == 0 || count == 0 || count > UINT64_MAX / ns)
    return -1;
  after += strspn(unit, "numshd");
  fprintf(out, "%.*s/ %" PRIu64 "ns%.*s\n", (int)(slash - line), line, count * ns / divisor,
          (int)(line + length - after), after);
  return 0;
}

char *scale_policy(const char *text, unsigned divisor, unsigned *wrong)
{
  char *scaled = NULL;
  size_t bytes = 0;
  FILE *out = open_memstream(&scaled, &bytes);
  unsigned line = 0;
  int failed = 0;

  *wrong = 0;
  if (!out)
    return NULL;
  while (*text && !failed) {
    size_t length = strcspn(text, "\n");
    line++;
    failed = copy_line(out, text, length, divisor) != 0;
    text += length + (text[length] == '\n');
  }
  if (failed)
    *wrong = line;
  if (fclose(out) != 0 || failed) {
    free(scaled);
    return NULL;
  }
  return scaled;
}
