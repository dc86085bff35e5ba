/* SPDX-License-Identifier: BSD-2-Clause
 * Who handed a message in, and the message's recipients. */
#include <stdlib.h>
#include <string.h>

#include "log.h"

static struct log_slice put(char **at, struct log_slice slice)
{
  struct log_slice copy = {*at, slice.bytes};

  if (slice.bytes > 0)
    memcpy(*at, slice.text, slice.bytes);
  *at += slice.bytes;
  return copy;
}

struct log_sender *log_sender_make(struct log_slice user, struct log_slice ip,
                                   struct log_slice domain)
{
  struct log_sender *sender = malloc(sizeof *sender + user.bytes + ip.bytes + domain.bytes);
  char *at;

  if (!sender)
    return NULL;
  at = (char *)(sender + 1);
  *sender = (struct log_sender){.owners = 1};
  sender->user = put(&at, user);
  sender->ip = put(&at, ip);
  sender->domain = put(&at, domain);
  return sender;
}

struct log_sender *log_sender_share(struct log_sender *sender)
{
  if (sender)
    sender->owners++;
  return sender;
}

void log_sender_free(struct log_sender *sender)
{
  if (sender && --sender->owners == 0)
    free(sender);
}

/* ------------------------------------------------------------------------ recipients -- */

static bool has(const struct sim_key *list, struct log_slice name)
{
  const char *at = list->bytes;

  while (at < list->bytes + list->length) {
    size_t bytes;
    const char *value = sim_key_value(&at, &bytes);

    if (bytes == name.bytes && memcmp(value, name.text, bytes) == 0)
      return true;
  }
  return false;
}

int log_message_name(struct log_message *message, struct log_slice name, bool again)
{
  if (name.bytes == 0 || (message->tried.length > 0 && has(&message->tried, name)))
    return 0;
  if (again && sim_key_add(&message->tried, name.text, name.bytes) != 0)
    return -1;
  message->name_count++;
  return sim_key_add(&message->names, name.text, name.bytes);
}

void log_message_free(struct log_message *message)
{
  log_sender_free(message->sender);
  free(message->names.bytes);
  free(message->tried.bytes);
  free(message);
}
