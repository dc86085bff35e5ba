/* SPDX-License-Identifier: BSD-2-Clause */
#include "request.h"

#include <stdbool.h>
#include <string.h>

#include "daemon/domain.h"

enum {
  A_REQUEST,
  A_STATE,
  A_USER,
  A_IP,
  A_SENDER,
  A_RECIPIENT,
  A_INSTANCE,
  A_COUNT,
  A_SIZE,
  A_ALL
};

static const char *const attribute_names[A_ALL] = {
    "request",  "protocol_state",  "sasl_username", "client_address", "sender", "recipient",
    "instance", "recipient_count", "size"};

size_t request_length(const char *bytes, size_t length, size_t from)
{
  if (length > 0 && bytes[0] == '\n')
    return 1;
  /* The end's first newline may be the last byte of what was seen. */
  size_t start = from > 0 ? from - 1 : 0;
  const char *end = memmem(bytes + start, length - start, "\n\n", 2);
  return end == NULL ? 0 : (size_t)(end - bytes) + 2;
}

static bool value_is(const struct value *value, const char *text)
{
  return value->bytes != NULL && value->length == strlen(text) &&
         memcmp(value->bytes, text, value->length) == 0;
}

static int attribute_index(const char *name, size_t length)
{
  struct value given = {name, length};
  for (int i = 0; i < A_ALL; i++)
    if (value_is(&given, attribute_names[i]))
      return i;
  return -1;
}

/* Absent or empty is 0: smtpd sends an empty value for what it does not know. */
static bool value_number(const struct value *value, uint64_t *number)
{
  *number = 0;
  for (size_t i = 0; i < value->length; i++) {
    char c = value->bytes[i];
    if (c < '0' || c > '9')
      return false;
    if (__builtin_mul_overflow(*number, (uint64_t)10, number) ||
        __builtin_add_overflow(*number, (uint64_t)(c - '0'), number))
      return false;
  }
  return true;
}

static enum stage stage_of(const struct value *state)
{
  if (value_is(state, "RCPT"))
    return STAGE_RCPT;
  if (value_is(state, "DATA"))
    return STAGE_DATA;
  if (value_is(state, "END-OF-MESSAGE"))
    return STAGE_END_OF_MESSAGE;
  return STAGE_OTHER;
}

static struct value domain_value(char *bytes, const struct value *sender)
{
  struct value domain = {"", 0};
  if (sender->length > 0)
    domain.bytes = domain_of(bytes + (sender->bytes - bytes), sender->length, &domain.length);
  return domain;
}

/* Fills values[] from the lines.  Returns NULL, or what is wrong. */
static const char *read_lines(const char *bytes, size_t length, struct value values[A_ALL])
{
  if (memchr(bytes, '\0', length) != NULL)
    return "a NUL byte";
  const char *end = bytes + length - 1; /* the empty line */
  for (const char *line = bytes; line < end;) {
    const char *stop = memchr(line, '\n', (size_t)(end - line) + 1);
    const char *equals = memchr(line, '=', (size_t)(stop - line));
    if (equals == NULL)
      return "a line without '='";
    int index = attribute_index(line, (size_t)(equals - line));
    if (index >= 0) {
      if (values[index].bytes != NULL)
        return "an attribute given twice";
      values[index].bytes = equals + 1;
      values[index].length = (size_t)(stop - equals - 1);
    }
    line = stop + 1;
  }
  return NULL;
}

const char *request_parse(char *bytes, size_t length, struct request *request)
{
  struct value values[A_ALL] = {{NULL, 0}};
  const char *wrong = read_lines(bytes, length, values);
  if (wrong != NULL)
    return wrong;
  if (!value_is(&values[A_REQUEST], "smtpd_access_policy"))
    return "not a request=smtpd_access_policy";
  *request = (struct request){
      .stage = stage_of(&values[A_STATE]),
      .mail = {.user = values[A_USER],
               .ip = values[A_IP],
               .sender = values[A_SENDER],
               .domain = domain_value(bytes, &values[A_SENDER]),
               .recipient = values[A_RECIPIENT]},
      .instance = values[A_INSTANCE],
  };
  if (!value_number(&values[A_COUNT], &request->recipient_count) ||
      !value_number(&values[A_SIZE], &request->size_bytes))
    return "a count that is no number";
  return NULL;
}
