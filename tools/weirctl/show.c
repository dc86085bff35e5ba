/* SPDX-License-Identifier: BSD-2-Clause
 * What people are shown: texts that strangers wrote, times of day, how long. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/compiler.h"
#include "weirctl.h"

#define SECOND_NS 1000000000u

/* Of a well-formed sequence. */
static uint32_t code_point(const unsigned char *text, size_t bytes)
{
  uint32_t point = bytes == 1 ? text[0] : text[0] & (0x7fu >> bytes);

  for (size_t i = 1; i < bytes; i++)
    point = point << 6 | (text[i] & 0x3f);
  return point;
}

/* C0, DEL, C1; zero width, line and paragraph ends, embeddings, overrides and isolates, the byte
 * order mark, tags: a name that looks like another's, or moves the cursor. */
static bool may_be_shown(uint32_t point)
{
  static const uint32_t ranges[][2] = {
      {0, 0x1f},         {0x7f, 0x9f},     {0xad, 0xad},     {0x61c, 0x61c},
      {0x200b, 0x200f},  {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff},
      {0xfff9, 0xfffb},  {0xe0000, 0xe0fff},
  };

  for (size_t i = 0; i < WI_COUNT_OF(ranges); i++)
    if (point >= ranges[i][0] && point <= ranges[i][1])
      return false;
  return true;
}

char *wctl_shown(char *to, size_t room, const char *from)
{
  const unsigned char *at = (const unsigned char *)from, *end = at + strlen(from);
  size_t length = 0;

  while (*at != '\0') {
    size_t bytes = wctl_utf8_bytes(at, (size_t)(end - at));
    bool is_fit = bytes != 0 && may_be_shown(code_point(at, bytes));
    size_t shown = is_fit ? bytes : 1;

    if (length + shown >= room)
      break;
    if (is_fit)
      memcpy(to + length, at, bytes);
    else
      to[length] = '?';
    length += shown;
    at += bytes != 0 ? bytes : 1;
  }
  to[length] = '\0';
  return to;
}

int wctl_columns(const char *shown)
{
  int columns = 0;

  for (; *shown != '\0'; shown++)
    columns += ((unsigned char)*shown & 0xc0) != 0x80;
  return columns;
}

void wctl_print_column(const char *shown, int width)
{
  int columns = wctl_columns(shown);

  printf("%s%*s", shown, columns < width ? width - columns : 0, "");
}

const char *wctl_time(char *text, uint64_t wall_ns)
{
  time_t seconds = (time_t)(wall_ns / SECOND_NS);
  struct tm local;
  size_t bytes = 0;

  if (localtime_r(&seconds, &local) != NULL)
    bytes = strftime(text, WCTL_TIME_BYTES - 1, "%Y-%m-%dT%H:%M:%S%z", &local);
  if (bytes < sizeof "+0100") {
    (void)snprintf(text, WCTL_TIME_BYTES, "@%" PRIu64, wall_ns / SECOND_NS);
    return text;
  }
  memmove(text + bytes - 1, text + bytes - 2, 3); /* +0100 as +01:00, its NUL with it */
  text[bytes - 2] = ':';
  return text;
}

void wctl_json_time(FILE *out, const char *name, uint64_t wall_ns)
{
  char text[WCTL_TIME_BYTES];

  if (wall_ns == 0 || wall_ns == WEIR_NEVER)
    (void)fprintf(out, "\"%s\":null,\"%s_iso\":null", name, name);
  else
    (void)fprintf(out, "\"%s\":%" PRIu64 ",\"%s_iso\":\"%s\"", name, wall_ns / SECOND_NS, name,
                  wctl_time(text, wall_ns));
}

const char *wctl_span(char *text, uint64_t ns)
{
  static const struct unit {
    const char *name;
    uint64_t seconds;
  } units[] = {{"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}};
  uint64_t seconds = ns / SECOND_NS;
  size_t unit = 0;

  if (ns == WEIR_NEVER) {
    (void)snprintf(text, WCTL_DURATION_BYTES, "never");
    return text;
  }
  if (seconds == 0) {
    (void)snprintf(text, WCTL_DURATION_BYTES, ns == 0 ? "0s" : "%" PRIu64 "ms",
                   (ns + 999999) / 1000000);
    return text;
  }
  while (seconds < units[unit].seconds)
    unit++;
  if (unit + 1 < WI_COUNT_OF(units) && seconds % units[unit].seconds >= units[unit + 1].seconds)
    (void)snprintf(text, WCTL_DURATION_BYTES, "%" PRIu64 "%s%" PRIu64 "%s",
                   seconds / units[unit].seconds, units[unit].name,
                   seconds % units[unit].seconds / units[unit + 1].seconds, units[unit + 1].name);
  else
    (void)snprintf(text, WCTL_DURATION_BYTES, "%" PRIu64 "%s", seconds / units[unit].seconds,
                   units[unit].name);
  return text;
}
