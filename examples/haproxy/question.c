/* SPDX-License-Identifier: BSD-2-Clause */
#include "question.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool is_name(const struct string *name)
{
  for (size_t i = 0; i < name->length; i++) {
    char c = name->bytes[i];
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
          c == '-' || c == '_' || c == '.'))
      return false;
  }
  return name->length > 0 && name->length < WEIR_NAME_BYTES;
}

/* An address of IPv4 in the clothes of IPv6 is the same client as without. */
static void address_text(const struct value *value, char text[48])
{
  static const char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (char)0xff, (char)0xff};
  const char *bytes = value->string.bytes;
  if (value->type == VALUE_IPV4)
    inet_ntop(AF_INET, bytes, text, 48);
  else if (memcmp(bytes, mapped, sizeof(mapped)) == 0)
    inet_ntop(AF_INET, bytes + sizeof(mapped), text, 48);
  else
    inet_ntop(AF_INET6, bytes, text, 48);
}

/* What the value is as an attribute: addresses and numbers as people write them. */
static struct string value_text(const struct value *value, char text[48])
{
  switch (value->type) {
  case VALUE_NULL:
    return (struct string){"", 0};
  case VALUE_STRING:
  case VALUE_BINARY:
    return value->string;
  case VALUE_IPV4:
  case VALUE_IPV6:
    address_text(value, text);
    break;
  default:
    if (value->negative)
      snprintf(text, 48, "%" PRId64, (int64_t)value->number);
    else
      snprintf(text, 48, "%" PRIu64, value->number);
  }
  return (struct string){text, strlen(text)};
}

static bool is_number(const struct string *text, uint64_t *number)
{
  *number = 0;
  for (size_t i = 0; i < text->length; i++) {
    char c = text->bytes[i];
    if (c < '0' || c > '9' || __builtin_mul_overflow(*number, UINT64_C(10), number) ||
        __builtin_add_overflow(*number, (uint64_t)(c - '0'), number))
      return false;
  }
  return text->length > 0;
}

static bool is_given(const struct question *question, const char *name)
{
  for (size_t i = 0; i < question->request.attribute_count; i++)
    if (strcmp(question->attributes[i].name, name) == 0)
      return true;
  return false;
}

/* Returns NULL, or why it cannot be asked.  What HAProxy has no value for, and what is
 * empty, is not given at all. */
static const char *add(struct question *question, const struct string *name,
                       const struct value *value)
{
  size_t at = question->request.attribute_count;
  if (!is_name(name))
    return "an argument without a name, or with one that weir has not";
  if (at == ARGUMENTS_MAX)
    return "more than 32 arguments";
  struct string text = value_text(value, question->texts[at]);
  if (text.length == 0)
    return NULL;
  memcpy(question->names[at], name->bytes, name->length);
  question->names[at][name->length] = '\0';
  if (is_given(question, question->names[at]))
    return "an argument given twice";
  question->attributes[at] =
      (struct weir_attribute){question->names[at], text.bytes, text.length};
  question->request.attribute_count++;
  uint64_t count;
  bool is_cost = string_is(name, "cost");
  if (is_number(&text, &count))
    question->costs[question->request.cost_count++] =
        (struct weir_cost){is_cost ? "messages" : question->names[at], count};
  else if (is_cost || value->negative)
    return "a cost that is no whole number from 0 up";
  return NULL;
}

/* Both count messages. */
static bool says_once(const struct question *question)
{
  return !(is_given(question, "cost") && is_given(question, "messages"));
}

enum question_state question_read(struct reader payload, const char *policy,
                                  struct question *question, const char **why)
{
  *why = NULL;
  question->request = (struct weir_request){.size_bytes = sizeof(struct weir_request),
                                            .policy = policy,
                                            .attributes = question->attributes,
                                            .costs = question->costs};
  size_t messages = 0;
  for (; payload.at < payload.end; messages++) {
    struct string name;
    struct value value;
    uint8_t arguments;
    if (!read_string(&payload, &name) || !read_byte(&payload, &arguments))
      return QUESTION_INVALID;
    for (; arguments > 0; arguments--) {
      if (!read_string(&payload, &name) || !read_value(&payload, &value))
        return QUESTION_INVALID;
      if (*why == NULL && messages == 0)
        *why = add(question, &name, &value);
    }
  }
  if (messages != 1)
    *why = "not one message at the event";
  else if (*why == NULL && !says_once(question))
    *why = "cost and messages both given";
  return *why == NULL ? QUESTION_ASKED : QUESTION_SENSELESS;
}
