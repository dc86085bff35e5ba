/* SPDX-License-Identifier: BSD-2-Clause */
#include "guard/printable.h"

#include <string.h>

/* Bytes of the character at `text`, 0 where none is: overlong forms, surrogates and what is
 * above U+10FFFF are none (Unicode, table 3-7). */
static size_t character_bytes(const unsigned char *text, size_t left)
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

/* U+0080 to U+009F steer a terminal as ESC does. */
static int is_control(const unsigned char *text)
{
  return text[0] < 0x20 || text[0] == 0x7f || (text[0] == 0xc2 && text[1] < 0xa0);
}

void wi_printable(char *to, size_t room, const char *from, size_t from_bytes)
{
  const unsigned char *text = (const unsigned char *)from;
  const char *end = memchr(from, '\0', from_bytes);
  size_t length = end != NULL ? (size_t)(end - from) : from_bytes, made = 0;

  for (size_t at = 0; at < length;) {
    size_t bytes = character_bytes(text + at, length - at);
    size_t takes = bytes == 0 || is_control(text + at) ? 1 : bytes;

    if (made + takes >= room)
      break;
    if (bytes == 0 || is_control(text + at))
      to[made] = '?';
    else
      memcpy(to + made, from + at, bytes);
    made += takes;
    at += bytes != 0 ? bytes : 1;
  }
  memset(to + made, 0, room - made);
}
