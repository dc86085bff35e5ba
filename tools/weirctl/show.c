/* SPDX-License-Identifier: BSD-2-Clause
 * What people are shown: texts that strangers wrote, times of day, how long. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/compiler.h"
#include "guard/printable.h"
#include "weirctl.h"

#define SECOND_NS 1000000000u

char *wctl_shown(char *to, size_t room, const char *from)
{
  wi_printable(to, room, from, strlen(from));
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
