/* SPDX-License-Identifier: BSD-2-Clause
 * How values are written: JSON strings, durations. */
#include <inttypes.h>
#include <string.h>

#include "base/compiler.h"
#include "guard/printable.h"
#include "weirctl.h"

void wctl_json_bytes(FILE *out, const char *text, size_t text_bytes)
{
  const unsigned char *at = (const unsigned char *)text, *end = at + text_bytes;

  (void)fputc('"', out);
  while (at < end) {
    size_t bytes = wi_utf8_bytes(at, (size_t)(end - at));

    if (*at == '"' || *at == '\\')
      (void)fprintf(out, "\\%c", *at);
    else if (bytes == 0)
      (void)fputs("\\ufffd", out);
    else if (*at < 0x20 || *at == 0x7f)
      (void)fprintf(out, "\\u%04x", *at);
    else if (bytes == 2 && at[0] == 0xc2 && at[1] < 0xa0) /* C1: a terminal may obey them */
      (void)fprintf(out, "\\u%04x", at[1]);
    else
      (void)fwrite(at, 1, bytes, out);
    at += bytes > 0 ? bytes : 1;
  }
  (void)fputc('"', out);
}

void wctl_json_string(FILE *out, const char *text)
{
  wctl_json_bytes(out, text, strlen(text));
}

void wctl_value_print(FILE *out, const char *value, size_t bytes)
{
  bool plain = bytes > 0;

  for (size_t i = 0; i < bytes; i++)
    plain &= (unsigned char)value[i] > 0x20 && (unsigned char)value[i] < 0x7f && value[i] != '"' &&
             value[i] != '\\';
  if (plain) {
    (void)fwrite(value, 1, bytes, out);
    return;
  }
  (void)fputc('"', out);
  for (size_t i = 0; i < bytes; i++) {
    unsigned char c = (unsigned char)value[i];

    if (c == '"' || c == '\\')
      (void)fprintf(out, "\\%c", c);
    else if (c < 0x20 || c >= 0x7f)
      (void)fprintf(out, "\\x%02x", c);
    else
      (void)fputc(c, out);
  }
  (void)fputc('"', out);
}

static const struct unit {
  const char *name;
  uint64_t ns;
} units[] = {
    {"d", 86400000000000}, {"h", 3600000000000}, {"m", 60000000000}, {"s", 1000000000},
    {"ms", 1000000},       {"us", 1000},         {"ns", 1},
};

const char *wctl_duration(char *text, uint64_t ns)
{
  size_t unit = 0;

  while (ns % units[unit].ns != 0)
    unit++;
  (void)snprintf(text, WCTL_DURATION_BYTES, "%" PRIu64 "%s", ns / units[unit].ns, units[unit].name);
  return text;
}

const char *wctl_interval(char *text, uint64_t ns, uint64_t count)
{
  const uint64_t scale = 1000000;
  size_t unit = 0, bytes;
  wi_u128 divisor, value;

  while (unit + 1 < WI_COUNT_OF(units) && (wi_u128)units[unit].ns * count > ns)
    unit++;
  divisor = (wi_u128)units[unit].ns * count;
  value = (wi_u128)ns * scale / divisor;
  (void)snprintf(text, WCTL_DURATION_BYTES, "%s%" PRIu64 ".%06" PRIu64,
                 (wi_u128)ns * scale % divisor != 0 ? "~" : "", (uint64_t)(value / scale),
                 (uint64_t)(value % scale));
  bytes = strlen(text);
  while (text[bytes - 1] == '0')
    bytes--;
  if (text[bytes - 1] == '.')
    bytes--;
  (void)snprintf(text + bytes, WCTL_DURATION_BYTES - bytes, "%s", units[unit].name);
  return text;
}
