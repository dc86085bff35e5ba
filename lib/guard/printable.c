/* SPDX-License-Identifier: BSD-2-Clause */
#include "guard/printable.h"

#include <stdbool.h>
#include <string.h>

size_t wi_utf8_bytes(const unsigned char *text, size_t left)
{
  unsigned char low = 0x80, high = 0xbf;
  size_t bytes;

  if (text[0] < 0x80)
    return 1;
  if (text[0] < 0xc2 || text[0] > 0xf4)
    return 0;
  bytes = text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
  if (text[0] == 0xe0)
    low = 0xa0;
  else if (text[0] == 0xed)
    high = 0x9f;
  else if (text[0] == 0xf0)
    low = 0x90;
  else if (text[0] == 0xf4)
    high = 0x8f;
  if (bytes > left)
    return 0;
  for (size_t i = 1; i < bytes; i++) {
    if (text[i] < low || text[i] > high)
      return 0;
    low = 0x80;
    high = 0xbf;
  }
  return bytes;
}

/* Of a well-formed sequence. */
static uint32_t code_point(const unsigned char *text, size_t bytes)
{
  uint32_t point = bytes == 1 ? text[0] : text[0] & (0x7fu >> bytes);

  for (size_t i = 1; i < bytes; i++)
    point = point << 6 | (text[i] & 0x3f);
  return point;
}

/* C0, DEL, C1, which steers a terminal as ESC does; zero width, line and paragraph ends, embeddings,
 * overrides and isolates, the byte order mark, tags: a name that looks like another's. */
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

size_t wi_printable_bytes(const unsigned char *text, size_t left)
{
  size_t bytes = wi_utf8_bytes(text, left);

  return bytes != 0 && may_be_shown(code_point(text, bytes)) ? bytes : 0;
}

void wi_printable(char *to, size_t room, const char *from, size_t from_bytes)
{
  const unsigned char *text = (const unsigned char *)from;
  const char *end = memchr(from, '\0', from_bytes);
  size_t length = end != NULL ? (size_t)(end - from) : from_bytes, made = 0;

  for (size_t at = 0; at < length;) {
    size_t bytes = wi_utf8_bytes(text + at, length - at);
    bool is_fit = wi_printable_bytes(text + at, length - at) != 0;
    size_t takes = is_fit ? bytes : 1;

    if (made + takes >= room)
      break;
    if (is_fit)
      memcpy(to + made, from + at, bytes);
    else
      to[made] = '?';
    made += takes;
    at += bytes != 0 ? bytes : 1;
  }
  memset(to + made, 0, room - made);
}
