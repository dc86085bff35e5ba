/* SPDX-License-Identifier: BSD-2-Clause
 * Who is blocked. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "principal.h"

#define PRINCIPAL_COLUMNS_MAX 48 /* wider ones move the rest of their line               */

static const struct wctl_usage usage = {
    .synopsis = "blocks [--json]",
    .help = "Prints each block in force, the oldest first: who, since when, until when, how\n"
            "long that is, the level of automatic blocks, by whom and why.  Reads the whole\n"
            "table where anybody was ever blocked.\n",
    .uses_table = true,
};

/* A block that outlives its visit. */
struct entry {
  struct weir_block_info info;
  size_t at; /* in order of the visits                                               */
  char principal[WEIR_PRINCIPAL_BYTES];
  char reason[72];
  char by[32];
};

struct list {
  struct entry *entries;
  size_t count;
  size_t room;
  bool failed;
};

static int add_entry(void *context, const struct weir_block_info *block)
{
  struct list *list = context;
  struct entry *entry;

  if (list->count == list->room) {
    size_t room = list->room == 0 ? 64 : list->room * 2;
    struct entry *larger = realloc(list->entries, room * sizeof *larger);

    if (larger == NULL) {
      list->failed = true;
      return 1;
    }
    list->entries = larger;
    list->room = room;
  }
  entry = &list->entries[list->count];
  entry->info = *block;
  entry->at = list->count++;
  (void)snprintf(entry->principal, sizeof entry->principal, "%s", block->principal);
  (void)snprintf(entry->reason, sizeof entry->reason, "%s", block->reason);
  (void)snprintf(entry->by, sizeof entry->by, "%s", block->by);
  return 0;
}

static int oldest_first(const void *a, const void *b)
{
  const struct entry *one = a, *other = b;

  if (one->info.since_wall_ns != other->info.since_wall_ns)
    return one->info.since_wall_ns < other->info.since_wall_ns ? -1 : 1;
  return one->at < other->at ? -1 : one->at > other->at;
}

/* Entries have their place now: no realloc() moves their texts any more. */
static void sort(struct list *list)
{
  if (list->count > 0)
    qsort(list->entries, list->count, sizeof *list->entries, oldest_first);
  for (size_t i = 0; i < list->count; i++) {
    struct entry *entry = &list->entries[i];

    entry->info.principal = entry->principal;
    entry->info.reason = entry->reason;
    entry->info.by = entry->by;
  }
}

static void print_json(const struct list *list)
{
  printf("{\"blocks\":[");
  for (size_t i = 0; i < list->count; i++) {
    printf(i > 0 ? ",{" : "{");
    wctl_block_json(&list->entries[i].info);
    putchar('}');
  }
  printf("]}\n");
}

static void print_line(const struct entry *entry, int width)
{
  char principal[WEIR_PRINCIPAL_BYTES], by[32], reason[72];
  char since[WCTL_TIME_BYTES] = "-", until[WCTL_TIME_BYTES] = "lifted";
  char remaining[WCTL_DURATION_BYTES] = "-";

  if (entry->info.since_wall_ns != 0)
    (void)wctl_time(since, entry->info.since_wall_ns);
  if (entry->info.until_wall_ns != WEIR_NEVER) {
    (void)wctl_time(until, entry->info.until_wall_ns);
    (void)wctl_span(remaining, entry->info.remaining_ns);
  }
  wctl_print_column(wctl_shown(principal, sizeof principal, entry->principal), width);
  printf("  %-25s  %-25s  %-7s  %5" PRIu32 "  ", since, until, remaining, entry->info.level);
  wctl_print_column(wctl_shown(by, sizeof by, entry->by), 12);
  printf("  %s\n", entry->reason[0] != '\0' ? wctl_shown(reason, sizeof reason, entry->reason) : "-");
}

static void print_text(const struct list *list)
{
  char shown[WEIR_PRINCIPAL_BYTES];
  int width = (int)strlen("PRINCIPAL");

  if (list->count == 0) {
    printf("nobody is blocked\n");
    return;
  }
  for (size_t i = 0; i < list->count; i++) {
    int columns = wctl_columns(wctl_shown(shown, sizeof shown, list->entries[i].principal));

    if (columns > width)
      width = columns < PRINCIPAL_COLUMNS_MAX ? columns : PRINCIPAL_COLUMNS_MAX;
  }
  printf("%-*s  %-25s  %-25s  %-7s  %5s  %-12s  %s\n", width, "PRINCIPAL", "SINCE", "UNTIL", "LEFT",
         "LEVEL", "BY", "REASON");
  for (size_t i = 0; i < list->count; i++)
    print_line(&list->entries[i], width);
}

int wctl_blocks(int argc, char **argv)
{
  bool as_json = false;
  const struct wctl_option accepted[] = {{"--json", &as_json, NULL}, {NULL, NULL, NULL}};
  struct list list = {.entries = NULL};
  struct weir_table *table;
  int operands, error, status = wctl_arguments(&usage, accepted, argc, argv, &operands);

  if (status != WCTL_GO_ON)
    return status;
  status = wctl_table_open(&table);
  if (status != WCTL_DONE)
    return status;
  error = weir_blocks(table, add_entry, &list);
  if (list.failed)
    error = WEIR_E_SPACE;
  if (error != WEIR_OK)
    status = wctl_block_error(error);
  sort(&list);
  if (status == WCTL_DONE && as_json)
    print_json(&list);
  else if (status == WCTL_DONE)
    print_text(&list);
  free(list.entries);
  weir_close(table);
  return status;
}
