/* SPDX-License-Identifier: BSD-2-Clause
 * Puts events, as a program that blocks would: put_event TABLE [NAME=VALUE...]
 * kind, level, until, amount, wall: numbers; principal, limit, reason, by: bytes, cut to fit;
 * count: how many.  Exit status 0 where all are there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admit/admit.h"
#include "guard/ring.h"

static void copy(char *to, size_t room, const char *from)
{
  size_t bytes = strlen(from);

  memcpy(to, from, bytes < room ? bytes : room); /* without an end where it fills the room */
}

/* Returns how often to put it. */
static uint64_t read_words(int count, char **words, struct weir_event *event)
{
  uint64_t times = 1;

  for (int i = 0; i < count; i++) {
    char *value = strchr(words[i], '=');
    uint64_t number;

    if (value == NULL)
      exit(64);
    *value++ = '\0';
    number = strtoull(value, NULL, 0);
    if (strcmp(words[i], "kind") == 0)
      event->kind = (uint32_t)number;
    else if (strcmp(words[i], "level") == 0)
      event->level = (uint32_t)number;
    else if (strcmp(words[i], "until") == 0)
      event->until_wall_ns = number;
    else if (strcmp(words[i], "amount") == 0)
      event->amount = number;
    else if (strcmp(words[i], "wall") == 0)
      event->wall_ns = number;
    else if (strcmp(words[i], "count") == 0)
      times = number;
    else if (strcmp(words[i], "principal") == 0)
      copy(event->principal, sizeof event->principal, value);
    else if (strcmp(words[i], "limit") == 0)
      copy(event->limit, sizeof event->limit, value);
    else if (strcmp(words[i], "reason") == 0)
      copy(event->reason, sizeof event->reason, value);
    else if (strcmp(words[i], "by") == 0)
      copy(event->by, sizeof event->by, value);
    else
      exit(64);
  }
  return times;
}

int main(int argc, char **argv)
{
  struct weir_event event = {.kind = WEIR_EVENT_BLOCKED};
  struct weir_table *table;
  int status = 0;

  if (argc < 2 || weir_open(argv[1], &table, NULL) != WEIR_OK)
    return 69;
  for (uint64_t times = read_words(argc - 2, argv + 2, &event); times > 0; times--)
    if (wi_ring_put(&table->region, &event) != WEIR_OK)
      status = 1;
  weir_close(table);
  return status;
}
