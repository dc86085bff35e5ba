/* SPDX-License-Identifier: BSD-2-Clause
 * Numbers, strings and typed values of SPOP (HAProxy's doc/SPOE.txt, 3.1).  The only
 * place that touches what a client sent: every read is checked against the end, and a
 * read that fails leaves its result alone. */
#ifndef SPOA_BYTES_H
#define SPOA_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reader {
  const unsigned char *at, *end;
};

struct string {
  const char *bytes; /* into what is read; no NUL at its end                     */
  size_t length;
};

enum value_type {
  VALUE_NULL,
  VALUE_BOOL,
  VALUE_INT32,
  VALUE_UINT32,
  VALUE_INT64,
  VALUE_UINT64,
  VALUE_IPV4,
  VALUE_IPV6,
  VALUE_STRING,
  VALUE_BINARY
};

struct value {
  enum value_type type;
  uint64_t number;      /* of a boolean or an integer                            */
  bool negative;        /* of an integer: number is in two's complement          */
  struct string string; /* of an address, in network order, or a string          */
};

/* Each returns false: the bytes end before, or are nothing of the kind. */
bool read_byte(struct reader *reader, uint8_t *byte);
bool read_u32(struct reader *reader, uint32_t *number); /* four bytes, network order */
bool read_varint(struct reader *reader, uint64_t *number);
bool read_string(struct reader *reader, struct string *string);
bool read_value(struct reader *reader, struct value *value);

bool string_is(const struct string *string, const char *text);

/* Where it is full nothing more is written, and `full` stays set. */
struct writer {
  unsigned char *at, *end;
  bool full;
};

void write_byte(struct writer *writer, uint8_t byte);
void write_u32(struct writer *writer, uint32_t number);
void write_varint(struct writer *writer, uint64_t number);
void write_string(struct writer *writer, const char *text);
void write_string_value(struct writer *writer, const char *text);
void write_number_value(struct writer *writer, enum value_type type, uint64_t number);

#endif
