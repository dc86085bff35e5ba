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

static int begins_with(const char *text, size_t length, const char *word)
{
  size_t letters = strlen(word);

  return length > letters && strncmp(text, word, letters) == 0 && strchr(" \t", text[letters]);
}

/* A class's `limit` says numbers alone; nothing is found in it. */
static int has_durations(const char *text, size_t length)
{
  static const char *const timed[] = {"limit", "on", "score", "reachable"};

  for (size_t i = 0; i < sizeof timed / sizeof *timed; i++) {
    if (begins_with(text, length, timed[i]))
      return 1;
  }
  return 0;
}

/* Behind a slash, `in`, `for` and `to` stands a duration: its first digit, or NULL. */
static const char *next_duration(const char *at, const char *end)
{
  static const char *const before[] = {"in", "for", "to"};

  for (; at < end; at++) {
    if (*at == '/')
      return at + 1 + strspn(at + 1, " \t");
    for (size_t i = 0; i < sizeof before / sizeof *before && strchr(" \t", *at); i++) {
      if (begins_with(at + 1, (size_t)(end - at - 1), before[i])) {
        at += 1 + strlen(before[i]);
        return at + strspn(at, " \t");
      }
    }
  }
  return NULL;
}

/* A line without its end.  Returns -1 where a duration is none. */
static int copy_line(FILE *out, const char *line, size_t length, unsigned divisor)
{
  const char *comment = memchr(line, '#', length);
  const char *end = comment ? comment : line + length;
  const char *text = line + strspn(line, " \t");
  const char *number = NULL;

  if (text < end && has_durations(text, (size_t)(end - text)))
    number = next_duration(text, end);
  while (number) {
    char *unit;
    uint64_t count = strtoull(number, &unit, 10);
    size_t letters = strspn(unit, "numshd");
    uint64_t ns = unit_ns(unit, letters);
    if (unit == number || ns == 0 || count == 0 || count > UINT64_MAX / ns)
      return -1;
    fprintf(out, "%.*s%" PRIu64 "ns", (int)(number - line), line, count * ns / divisor);
    length -= (size_t)(unit + letters - line);
    line = unit + letters;
    number = next_duration(line, end);
  }
  fprintf(out, "%.*s\n", (int)length, line);
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
