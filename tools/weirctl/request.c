/* SPDX-License-Identifier: BSD-2-Clause */
#include "request.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy.h"

#define DURATION_HELP "a whole number and one of ns us ms s m h d, such as 1h"

enum known_word { IS_POLICY = 1, IS_FOR = 2, IS_REASON = 4, IS_RECIPIENT = 8 };

struct reader {
  const char *text;
  size_t bytes;
  size_t at;
  struct wctl_request *out;
  char *room;        /* free part of the storage                                     */
  int word;          /* from 1 in shell words, 0 in a text                           */
  unsigned seen;     /* of enum known_word                                           */
  size_t recipients; /* items of recipient=                                          */
  size_t commas;     /* between items so far                                         */
  char *error;
  size_t error_bytes;
};

/* What a value came to. */
struct value {
  char *text; /* NUL-terminated, in the storage                                       */
  size_t bytes;
  size_t column;
  size_t first_comma;
  size_t items;        /* between commas                                                */
  size_t item_bytes;   /* of the last                                                   */
  size_t empty_column; /* of the first item without a byte, or 0                      */
};

__attribute__((format(printf, 3, 4))) static int mistake(struct reader *reader, size_t column,
                                                         const char *format, ...)
{
  char *text = reader->error;
  size_t room = reader->error_bytes, bytes;
  int place;
  va_list arguments;

  reader->out->error_column = column;
  reader->out->error_what = "";
  if (room == 0)
    return -1;
  if (reader->word > 0)
    place = snprintf(text, room, "word %d, column %zu: ", reader->word, column);
  else
    place = snprintf(text, room, "column %zu: ", column);
  bytes = place < 0 ? 0 : (size_t)place < room ? (size_t)place : room - 1;
  va_start(arguments, format);
  (void)vsnprintf(text + bytes, room - bytes, format, arguments);
  va_end(arguments);
  reader->out->error_what = text + bytes;
  return -1;
}

static bool is_blank(char c)
{
  return c == ' ' || c == '\t';
}

static bool is_digit(char c)
{
  return c >= '0' && c <= '9';
}

static bool is_name_byte(char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '-' || c == '_' ||
         c == '.';
}

static bool is_word(const char *text, size_t bytes, const char *word)
{
  return strlen(word) == bytes && memcmp(text, word, bytes) == 0;
}

/* -------------------------------------------------------------------- lexing -- */

static int read_name(struct reader *reader, const char **name, size_t *name_bytes)
{
  size_t start = reader->at;

  while (reader->at < reader->bytes && is_name_byte(reader->text[reader->at]))
    reader->at++;
  *name_bytes = reader->at - start;
  if (*name_bytes >= WEIR_NAME_BYTES)
    return mistake(reader, start + 1, "a name of %zu bytes, expected at most %d", *name_bytes,
                   WEIR_NAME_BYTES - 1);
  if (reader->at == reader->bytes || is_blank(reader->text[reader->at]))
    return mistake(reader, reader->at + 1, "'%.*s' has no =, expected NAME=VALUE", (int)*name_bytes,
                   reader->text + start);
  if (reader->text[reader->at] != '=')
    return mistake(reader, reader->at + 1,
                   "byte 0x%02x in a name, expected letters, digits, - _ . and then =",
                   (unsigned char)reader->text[reader->at]);
  if (*name_bytes == 0)
    return mistake(reader, start + 1, "no name before the =, expected NAME=VALUE");
  memcpy(reader->room, reader->text + start, *name_bytes);
  *name = reader->room;
  reader->room += *name_bytes;
  *reader->room++ = '\0';
  reader->at++;
  return 0;
}

static void add_byte(struct reader *reader, struct value *value, char c)
{
  *reader->room++ = c;
  value->item_bytes++;
}

static void end_item(struct value *value, size_t column)
{
  if (value->item_bytes == 0 && value->empty_column == 0)
    value->empty_column = column;
  value->items++;
  value->item_bytes = 0;
}

static void add_comma(struct reader *reader, struct value *value)
{
  end_item(value, reader->at + 1);
  reader->out->commas[reader->commas++] = reader->room;
  *reader->room++ = ',';
}

/* From the backslash to behind what it stands for. */
static int read_escape(struct reader *reader, struct value *value)
{
  const char *end = reader->text + reader->bytes, *behind;
  size_t start = reader->at++;
  char c;

  if (reader->at >= reader->bytes)
    return 0; /* the quote is not closed, which the caller finds */
  behind = wi_policy_unescape(reader->text + reader->at, end, &c);
  if (behind == NULL)
    return mistake(reader, start + 1, "\\x without its digits, expected two of 0-9 a-f behind it");
  add_byte(reader, value, c);
  reader->at = (size_t)(behind - reader->text);
  return 0;
}

/* From the opening quote to behind the closing one. */
static int read_quoted(struct reader *reader, struct value *value)
{
  size_t start = reader->at++;

  while (reader->at < reader->bytes && reader->text[reader->at] != '"') {
    char c = reader->text[reader->at];

    if (c == '\\') {
      if (read_escape(reader, value) != 0)
        return -1;
      continue;
    }
    if (c == ',')
      add_comma(reader, value);
    else
      add_byte(reader, value, c);
    reader->at++;
  }
  if (reader->at >= reader->bytes)
    return mistake(reader, start + 1, "this quote is not closed, expected another \" behind it");
  reader->at++;
  if (reader->at < reader->bytes && !is_blank(reader->text[reader->at]) &&
      reader->text[reader->at] != ',')
    return mistake(reader, reader->at + 1,
                   "byte 0x%02x behind a closing quote, expected a blank or a comma",
                   (unsigned char)reader->text[reader->at]);
  return 0;
}

/* as_is: to the end, whatever it holds. */
static int read_value(struct reader *reader, struct value *value, bool as_is)
{
  bool begins = !as_is; /* a quote may stand here */

  *value = (struct value){
      .text = reader->room, .column = reader->at + 1, .first_comma = reader->commas};
  while (reader->at < reader->bytes) {
    char c = reader->text[reader->at];

    if (!as_is && is_blank(c))
      break;
    if (c == '"' && begins) {
      if (read_quoted(reader, value) != 0)
        return -1;
      begins = false;
      continue;
    }
    begins = c == ',' && !as_is;
    if (c == ',')
      add_comma(reader, value);
    else
      add_byte(reader, value, c);
    reader->at++;
  }
  end_item(value, reader->at + 1);
  value->bytes = (size_t)(reader->room - value->text);
  *reader->room++ = '\0';
  return 0;
}

/* ------------------------------------------------------------------- meaning -- */

static bool all_digits(const struct value *value)
{
  for (size_t i = 0; i < value->bytes; i++)
    if (!is_digit(value->text[i]))
      return false;
  return value->bytes > 0;
}

/* Returns -1 where a number is above 2^64 - 1. */
static int read_number(const struct value *value, uint64_t *number)
{
  *number = 0;
  for (size_t i = 0; i < value->bytes; i++)
    if (__builtin_mul_overflow(*number, 10u, number) ||
        __builtin_add_overflow(*number, (uint64_t)(value->text[i] - '0'), number))
      return -1;
  return 0;
}

static int add_cost(struct reader *reader, const char *unit, uint64_t count, size_t column)
{
  struct weir_request *request = &reader->out->request;

  if (request->cost_count == WCTL_REQUEST_COSTS_MAX)
    return mistake(reader, column, "too many numbers, expected at most %d", WCTL_REQUEST_COSTS_MAX);
  reader->out->costs[request->cost_count++] = (struct weir_cost){.unit = unit, .count = count};
  return 0;
}

static int read_policy(struct reader *reader, const struct value *value)
{
  for (size_t i = 0; i < value->bytes; i++)
    if (!is_name_byte(value->text[i]))
      return mistake(reader, value->column, "'%.63s' is no name, expected the name of a policy",
                     value->text);
  if (value->bytes == 0 || value->bytes >= WEIR_NAME_BYTES)
    return mistake(reader, value->column, "a policy's name of %zu bytes, expected 1 to %d",
                   value->bytes, WEIR_NAME_BYTES - 1);
  reader->out->request.policy = value->text;
  return 0;
}

static int read_duration(struct reader *reader, const struct value *value)
{
  if (wi_policy_duration(value->text, value->bytes, &reader->out->for_ns) != 0)
    return mistake(reader, value->column, "'%.40s' is no duration, expected " DURATION_HELP,
                   value->text);
  return 0;
}

static unsigned known_apart(const char *name, size_t name_bytes)
{
  if (is_word(name, name_bytes, "policy"))
    return IS_POLICY;
  if (is_word(name, name_bytes, "for"))
    return IS_FOR;
  return is_word(name, name_bytes, "reason") ? IS_REASON : 0;
}

/* The words that are no attributes. */
static int take_apart(struct reader *reader, unsigned which, const char *name,
                      const struct value *value, size_t column)
{
  if (reader->seen & which)
    return mistake(reader, column, "'%s' a second time, expected each name once", name);
  reader->seen |= which;
  if (which == IS_POLICY)
    return read_policy(reader, value);
  if (which == IS_FOR)
    return read_duration(reader, value);
  reader->out->reason = value->text;
  reader->out->reason_bytes = value->bytes;
  return 0;
}

static int add_attribute(struct reader *reader, const char *name, size_t name_bytes,
                         const struct value *value, size_t column)
{
  struct wctl_request *out = reader->out;
  size_t count = out->request.attribute_count;

  for (size_t i = 0; i < count; i++)
    if (out->name_bytes[i] == name_bytes && memcmp(out->attributes[i].name, name, name_bytes) == 0)
      return mistake(reader, column, "'%s' a second time, expected each name once", name);
  if (count == WCTL_REQUEST_ATTRIBUTES_MAX)
    return mistake(reader, column, "too many attributes, expected at most %d",
                   WCTL_REQUEST_ATTRIBUTES_MAX);
  out->attributes[count] =
      (struct weir_attribute){.name = name, .value = value->text, .value_bytes = value->bytes};
  out->name_bytes[count] = (uint8_t)name_bytes;
  out->first_comma[count] = value->first_comma;
  out->items[count] = value->items;
  out->request.attribute_count = count + 1;
  return 0;
}

static bool must_be_number(const char *name, size_t name_bytes)
{
  return is_word(name, name_bytes, "messages") || is_word(name, name_bytes, "recipients") ||
         is_word(name, name_bytes, "bytes");
}

static int read_word(struct reader *reader, bool shell)
{
  size_t column = reader->at + 1, name_bytes = 0;
  const char *name = NULL;
  struct value value;
  unsigned apart;
  uint64_t number;

  if (read_name(reader, &name, &name_bytes) != 0 ||
      read_value(reader, &value,
                 shell && !(reader->at < reader->bytes && reader->text[reader->at] == '"')) != 0)
    return -1;
  apart = known_apart(name, name_bytes);
  if (apart != 0)
    return take_apart(reader, apart, name, &value, column);
  if (add_attribute(reader, name, name_bytes, &value, column) != 0)
    return -1;
  if (is_word(name, name_bytes, "recipient")) {
    if (value.empty_column != 0)
      return mistake(reader, value.empty_column,
                     "an empty recipient, expected something between the commas");
    reader->seen |= IS_RECIPIENT;
    reader->recipients = value.items;
  }
  if (!all_digits(&value))
    return must_be_number(name, name_bytes)
               ? mistake(reader, value.column, "'%.40s' is no number of %s, expected digits",
                         value.text, name)
               : 0;
  if (read_number(&value, &number) != 0)
    return mistake(reader, value.column, "number too large, expected at most %" PRIu64, UINT64_MAX);
  return add_cost(reader, name, number, value.column);
}

static int count_recipients(struct reader *reader)
{
  const struct wctl_request *out = reader->out;

  if (!(reader->seen & IS_RECIPIENT))
    return 0;
  for (size_t i = 0; i < out->request.cost_count; i++)
    if (strcmp(out->costs[i].unit, "recipients") == 0)
      return 0;
  return add_cost(reader, "recipients", reader->recipients, reader->at + 1);
}

/* ------------------------------------------------------------------- requests -- */

static size_t count_commas(const char *text, size_t bytes)
{
  size_t count = 0;

  for (size_t i = 0; i < bytes; i++)
    count += text[i] == ',';
  return count;
}

/* Room for at least so much; what was there is lost.  Returns 0, or -1. */
static int make_room(void **place, size_t *room, size_t needed, size_t each_bytes)
{
  size_t roomy = needed < SIZE_MAX / 2 ? needed + needed / 2 : needed;

  if (needed <= *room)
    return 0;
  free(*place);
  *room = 0;
  *place = roomy <= SIZE_MAX / each_bytes ? malloc(roomy * each_bytes) : NULL;
  if (!*place)
    return -1;
  *room = roomy;
  return 0;
}

/* Empty again, with room for `bytes` and `commas`. */
static int begin(struct reader *reader, struct wctl_request *out, size_t bytes, size_t commas,
                 char *error, size_t error_bytes)
{
  void *storage = out->storage, *places = out->commas;
  int status;

  *reader = (struct reader){.out = out, .error = error, .error_bytes = error_bytes};
  out->request = (struct weir_request){
      .size_bytes = sizeof out->request, .attributes = out->attributes, .costs = out->costs};
  out->reason = NULL;
  out->reason_bytes = 0;
  out->for_ns = 0;
  out->error_column = 0;
  out->error_what = NULL;
  status = make_room(&storage, &out->storage_bytes, bytes, 1);
  if (status == 0)
    status = make_room(&places, &out->comma_room, commas, sizeof *out->commas);
  out->storage = storage;
  out->commas = places;
  if (status != 0) {
    (void)mistake(reader, 1, "no memory for a request of %zu bytes", bytes);
    return -2;
  }
  reader->room = out->storage;
  return 0;
}

int wctl_request_parse(const char *text, size_t bytes, struct wctl_request *out, char *error,
                       size_t error_bytes)
{
  struct reader reader;
  /* Each = and each blank behind a word becomes a NUL; the last word lacks its blank. */
  int status =
      begin(&reader, out, bytes + 2, count_commas(text, bytes), error, error_bytes);

  if (status != 0)
    return status;
  reader.text = text;
  reader.bytes = bytes;
  for (;;) {
    while (reader.at < bytes && is_blank(text[reader.at]))
      reader.at++;
    if (reader.at >= bytes)
      return count_recipients(&reader);
    if (read_word(&reader, false) != 0)
      return -1;
  }
}

int wctl_request_parse_words(int argc, char *const *argv, struct wctl_request *out, char *error,
                             size_t error_bytes)
{
  struct reader reader;
  size_t bytes = 1, commas = 0;
  int status;

  for (int i = 0; i < argc; i++) {
    bytes += strlen(argv[i]) + 1;
    commas += count_commas(argv[i], strlen(argv[i]));
  }
  status = begin(&reader, out, bytes, commas, error, error_bytes);
  if (status != 0)
    return status;
  for (int i = 0; i < argc; i++) {
    reader.text = argv[i];
    reader.bytes = strlen(argv[i]);
    reader.at = 0;
    reader.word = i + 1;
    if (read_word(&reader, true) != 0)
      return -1;
    if (reader.at < reader.bytes)
      return mistake(&reader, reader.at + 1,
                     "a blank behind the closing quote, expected the end of the word");
  }
  return count_recipients(&reader);
}

const struct weir_attribute *wctl_request_attribute(const struct wctl_request *in, const char *name)
{
  for (size_t i = 0; i < in->request.attribute_count; i++)
    if (strcmp(in->attributes[i].name, name) == 0)
      return &in->attributes[i];
  return NULL;
}

const char *wctl_request_item(const struct wctl_request *in,
                              const struct weir_attribute *attribute, size_t item,
                              size_t *item_bytes)
{
  size_t index = (size_t)(attribute - in->attributes);
  size_t comma = in->first_comma[index] + item; /* behind the item                      */
  const char *value = attribute->value;
  const char *begin = item == 0 ? value : in->commas[comma - 1] + 1;
  const char *end =
      item + 1 == in->items[index] ? value + attribute->value_bytes : in->commas[comma];

  *item_bytes = (size_t)(end - begin);
  return begin;
}

void wctl_request_free(struct wctl_request *out)
{
  free(out->storage);
  free(out->values);
  free(out->commas);
  *out = (struct wctl_request){0};
}
