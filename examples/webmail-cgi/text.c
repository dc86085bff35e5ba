/* SPDX-License-Identifier: BSD-2-Clause */
#include "text.h"

#include <string.h>

size_t text_character_bytes(const char *text)
{
  const unsigned char *c = (const unsigned char *)text;
  static const unsigned smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  unsigned value = c[0];
  size_t length = 1;

  if (value < 0x80)
    return 1;
  if (value >= 0xc2 && value <= 0xdf)
    length = 2;
  else if (value >= 0xe0 && value <= 0xef)
    length = 3;
  else if (value >= 0xf0 && value <= 0xf4)
    length = 4;
  else
    return 0;
  value &= 0x7fu >> length;
  for (size_t i = 1; i < length; i++) {
    if ((c[i] & 0xc0) != 0x80)
      return 0;
    value = value << 6 | (c[i] & 0x3fu);
  }
  if (value < smallest[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
    return 0;
  return length;
}

/* C0 and DEL; C1, which is two bytes of UTF-8; U+2028 and U+2029, which end lines elsewhere. */
static int is_control(const char *text)
{
  unsigned char first = (unsigned char)text[0], second = (unsigned char)text[1];

  return first < 0x20 || first == 0x7f || (first == 0xc2 && second < 0xa0) ||
         (first == 0xe2 && second == 0x80 && ((unsigned char)text[2] | 1) == 0xa9);
}

int text_is_clean(const char *text, int one_line)
{
  while (*text) {
    size_t length = text_character_bytes(text);
    if (length == 0)
      return 0;
    if (is_control(text) && (one_line || !strchr("\t\r\n", *text)))
      return 0;
    text += length;
  }
  return 1;
}

size_t text_cut(const char *text, size_t most_bytes)
{
  size_t length = 0;

  while (text[length]) {
    size_t character = text_character_bytes(text + length);
    if (character == 0 || length + character > most_bytes)
      break;
    length += character;
  }
  return length;
}
