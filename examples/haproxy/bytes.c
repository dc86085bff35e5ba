/* SPDX-License-Identifier: BSD-2-Clause */
#include "bytes.h"

#include <string.h>

#define TYPE_MASK 0x0f
#define FLAG_TRUE 0x10

static size_t left(const struct reader *reader)
{
  return (size_t)(reader->end - reader->at);
}

static bool read_bytes(struct reader *reader, size_t length, struct string *string)
{
  if (left(reader) < length)
    return false;
  *string = (struct string){(const char *)reader->at, length};
  reader->at += length;
  return true;
}

bool read_byte(struct reader *reader, uint8_t *byte)
{
  if (left(reader) < 1)
    return false;
  *byte = *reader->at++;
  return true;
}

bool read_u32(struct reader *reader, uint32_t *number)
{
  if (left(reader) < 4)
    return false;
  const unsigned char *b = reader->at;
  *number = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
  reader->at += 4;
  return true;
}

/* The first byte counts whole, the next from bit 4, each further one from 7 bits above;
 * a byte from 240 (the first) or 128 (the others) has another behind it. */
bool read_varint(struct reader *reader, uint64_t *number)
{
  uint8_t byte;
  if (!read_byte(reader, &byte))
    return false;
  uint64_t sum = byte;
  bool more = byte >= 240;
  for (unsigned shift = 4; more; shift += 7) {
    uint64_t part;
    if (shift > 60 || !read_byte(reader, &byte) ||
        __builtin_mul_overflow((uint64_t)byte, UINT64_C(1) << shift, &part) ||
        __builtin_add_overflow(sum, part, &sum))
      return false;
    more = byte >= 128;
  }
  *number = sum;
  return true;
}

bool read_string(struct reader *reader, struct string *string)
{
  uint64_t length;
  return read_varint(reader, &length) && length <= left(reader) &&
         read_bytes(reader, (size_t)length, string);
}

static bool read_integer(struct reader *reader, struct value *value)
{
  if (!read_varint(reader, &value->number))
    return false;
  if (value->type == VALUE_INT32)
    value->number = (uint64_t)(int64_t)(int32_t)(uint32_t)value->number;
  value->negative = (value->type == VALUE_INT32 || value->type == VALUE_INT64) &&
                    value->number > (uint64_t)INT64_MAX;
  return value->type != VALUE_UINT32 || value->number <= UINT32_MAX;
}

bool read_value(struct reader *reader, struct value *value)
{
  uint8_t head;
  if (!read_byte(reader, &head))
    return false;
  struct value read = {.type = head & TYPE_MASK};
  bool sound = false;
  switch (head & TYPE_MASK) {
  case VALUE_NULL:
    sound = true;
    break;
  case VALUE_BOOL:
    read.number = (head & FLAG_TRUE) != 0;
    sound = true;
    break;
  case VALUE_INT32:
  case VALUE_UINT32:
  case VALUE_INT64:
  case VALUE_UINT64:
    sound = read_integer(reader, &read);
    break;
  case VALUE_IPV4:
    sound = read_bytes(reader, 4, &read.string);
    break;
  case VALUE_IPV6:
    sound = read_bytes(reader, 16, &read.string);
    break;
  case VALUE_STRING:
  case VALUE_BINARY:
    sound = read_string(reader, &read.string);
    break;
  }
  if (sound)
    *value = read;
  return sound;
}

bool string_is(const struct string *string, const char *text)
{
  return string->length == strlen(text) && memcmp(string->bytes, text, string->length) == 0;
}

void write_byte(struct writer *writer, uint8_t byte)
{
  if (writer->at == writer->end)
    writer->full = true;
  else
    *writer->at++ = byte;
}

void write_u32(struct writer *writer, uint32_t number)
{
  for (int shift = 24; shift >= 0; shift -= 8)
    write_byte(writer, (uint8_t)(number >> shift));
}

void write_varint(struct writer *writer, uint64_t number)
{
  if (number < 240) {
    write_byte(writer, (uint8_t)number);
    return;
  }
  write_byte(writer, (uint8_t)(number | 240));
  number = (number - 240) >> 4;
  while (number >= 128) {
    write_byte(writer, (uint8_t)(number | 128));
    number = (number - 128) >> 7;
  }
  write_byte(writer, (uint8_t)number);
}

void write_string(struct writer *writer, const char *text)
{
  write_varint(writer, strlen(text));
  for (; *text != '\0'; text++)
    write_byte(writer, (uint8_t)*text);
}

void write_string_value(struct writer *writer, const char *text)
{
  write_byte(writer, VALUE_STRING);
  write_string(writer, text);
}

void write_number_value(struct writer *writer, enum value_type type, uint64_t number)
{
  write_byte(writer, (uint8_t)type);
  write_varint(writer, number);
}
