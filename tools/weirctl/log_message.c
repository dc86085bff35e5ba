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

static bool needs_quotes(const char *value, size_t bytes, bool in_list)
{
  for (size_t i = 0; i < bytes; i++) {
    unsigned char c = (unsigned char)value[i];

    if (c <= ' ' || c == '"' || c == '\\' || c == 0x7f || (c == ',' && in_list))
      return true;
  }
  return bytes == 0;
}

/* As request.h reads it back.  Mail servers and syslog write no control characters; one that
 * stands in a log after all becomes ?, since a trace may go to a terminal. */
static void put_quoted(struct log_text *text, const char *value, size_t bytes, bool in_list)
{
  bool quoted = needs_quotes(value, bytes, in_list);

  if (quoted)
    put(text, "\"");
  for (size_t i = 0; i < bytes; i++) {
    unsigned char c = (unsigned char)value[i];

    if (c == '"' || c == '\\' || (c == ',' && in_list))
      text->bytes[text->length++] = '\\';
    text->bytes[text->length++] = c < 0x20 || c == 0x7f ? '?' : value[i];
  }
  if (quoted)
    put(text, "\"");
}

static void put_value(struct log_text *text, const char *name, const char *value, size_t bytes)
{
  put(text, name);
  put_quoted(text, value, bytes, false);
}

static void put_names(struct log_text *text, const struct sim_key *names)
{
  const char *at = names->bytes, *end = names->bytes + names->length;
  const char *before = " recipient=";

  while (at < end) {
    size_t bytes;
    const char *name = sim_key_value(&at, &bytes);

    put(text, before);
    put_quoted(text, name, bytes, true);
    before = ",";
  }
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

static void put_sender(struct log_text *text, const struct log_sender *sender)
{
  put_value(text, " user=", sender->user.text, sender->user.bytes);
  if (sender->ip.bytes > 0)
    put_value(text, " ip=", sender->ip.text, sender->ip.bytes);
  if (sender->domain.bytes > 0)
    put_value(text, " domain=", sender->domain.text, sender->domain.bytes);
}

int log_message_write(const struct log_message *message, const char *policy,
                      struct log_text *text)
{
  const struct log_sender *sender = message->sender;
  char number[96];

  /* Of a name each byte may want a backslash; its length in the list, of 8 bytes, makes room
   * for quotes and a comma. */
  if (make_room(text, FIXED_BYTES + (policy ? strlen(policy) : 0) + 2 * message->names.length +
                          2 * (sender->user.bytes + sender->ip.bytes + sender->domain.bytes)) != 0)
    return -1;
  (void)snprintf(number, sizeof number, "%" PRIu64 ".%09" PRIu64 " %s",
                 message->at_ns / LOG_NS_PER_S, message->at_ns % LOG_NS_PER_S,
                 message->signal == LOG_NO_SIGNAL ? "take" : "signal");
  put(text, number);
  if (policy)
    put_value(text, " policy=", policy, strlen(policy));
  put_sender(text, sender);
  if (message->signal != LOG_NO_SIGNAL) {
    put(text, " signal=");
    put(text, log_signal_names[message->signal]);
    return 0;
  }
  (void)snprintf(number, sizeof number, " recipients=%" PRIu64 " bytes=%" PRIu64,
                 message->recipients, message->bytes);
  put(text, number);
  if (message->names.length > 0)
    put_names(text, &message->names);
  return 0;
}
