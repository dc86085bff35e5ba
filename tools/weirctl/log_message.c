/* SPDX-License-Identifier: BSD-2-Clause
 * A message as a line of a trace.  The plan asks by the same line that --trace prints, so
 * that plan and sim cannot differ on it. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

#define FIXED_BYTES 256 /* the time, words and numbers                               */

static void put(struct log_text *text, const char *bytes)
{
  size_t length = strlen(bytes);

  memcpy(text->bytes + text->length, bytes, length);
  text->length += length;
}

static bool needs_quotes(const char *value, size_t bytes)
{
  for (size_t i = 0; i < bytes; i++) {
    unsigned char c = (unsigned char)value[i];

    if (c <= ' ' || c == '"' || c == '\\' || c == 0x7f)
      return true;
  }
  return bytes == 0;
}

/* As request.h reads it back.  Mail servers and syslog write no control characters; one that
 * stands in a log after all becomes ?, since a trace may go to a terminal. */
static void put_value(struct log_text *text, const char *name, const char *value, size_t bytes)
{
  bool quoted = needs_quotes(value, bytes);

  put(text, name);
  if (quoted)
    put(text, "\"");
  for (size_t i = 0; i < bytes; i++) {
    unsigned char c = (unsigned char)value[i];

    if (c == '"' || c == '\\')
      text->bytes[text->length++] = '\\';
    text->bytes[text->length++] = c < 0x20 || c == 0x7f ? '?' : value[i];
  }
  if (quoted)
    put(text, "\"");
}

static int make_room(struct log_text *text, size_t bytes)
{
  char *larger;

  text->length = 0;
  if (bytes <= text->room)
    return 0;
  larger = realloc(text->bytes, 2 * bytes);
  if (!larger)
    return -1;
  text->bytes = larger;
  text->room = 2 * bytes;
  return 0;
}

int log_message_write(const struct log_message *event, const char *policy, struct log_text *text)
{
  char number[96];

  if (make_room(text, FIXED_BYTES + (policy ? strlen(policy) : 0) +
                          2 * (event->user_bytes + event->ip_bytes + event->domain_bytes)) != 0)
    return -1;
  (void)snprintf(number, sizeof number, "%" PRIu64 ".%09" PRIu64 " take",
                 event->at_ns / LOG_NS_PER_S, event->at_ns % LOG_NS_PER_S);
  put(text, number);
  if (policy)
    put_value(text, " policy=", policy, strlen(policy));
  put_value(text, " user=", event->user, event->user_bytes);
  if (event->ip_bytes > 0)
    put_value(text, " ip=", event->ip, event->ip_bytes);
  if (event->domain_bytes > 0)
    put_value(text, " domain=", event->domain, event->domain_bytes);
  (void)snprintf(number, sizeof number, " recipients=%" PRIu64 " bytes=%" PRIu64,
                 event->recipients, event->bytes);
  put(text, number);
  return 0;
}
