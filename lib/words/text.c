/* SPDX-License-Identifier: BSD-2-Clause */
#include "words/text.h"

#include "base/arith.h"

#define NUMBER_MAX UINT64_C(999999999999999)
#define NUMBER_DIGITS 15

void wi_text_byte(struct wi_text *text, char byte)
{
  if (text->length < text->room)
    text->bytes[text->length] = byte;
  text->length++;
}

void wi_text_put(struct wi_text *text, const char *words)
{
  while (*words != '\0')
    wi_text_byte(text, *words++);
}

void wi_text_number(struct wi_text *text, uint64_t number)
{
  char digits[NUMBER_DIGITS];
  size_t count = 0;

  number = wi_min(number, NUMBER_MAX);
  do {
    digits[count++] = (char)('0' + number % 10);
    number /= 10;
  } while (number != 0);
  while (count > 0)
    wi_text_byte(text, digits[--count]);
}

int wi_text_end(struct wi_text *text)
{
  if (text->room > 0)
    text->bytes[text->length < text->room ? text->length : 0] = '\0';
  return (int)text->length;
}
