/* SPDX-License-Identifier: BSD-2-Clause */
#include "table.h"

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "log.h"

#define RETRY_OPEN_MS 1000

uint64_t clock_ms(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void table_close(struct table *table)
{
  weir_close(table->open);
  table->open = NULL;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static int table_open(struct table *table)
{
  uint64_t now_ms = clock_ms();
  if (now_ms < table->next_try_ms)
    return table->fault.error;
  table->next_try_ms = now_ms + RETRY_OPEN_MS;
  /* A file that is replaced between the two looks would be taken for the one that
   * was opened: then what is open does not count, and the next attempt decides. */
  struct stat before = {0}, after = {0};
  int looked = stat(table->path, &before);
  table->fault = (struct weir_fault){0};
  int error = weir_open(table->path, &table->open, &table->fault);
  if (error != WEIR_OK) {
    table->open = NULL;
    table->fault.error = error;
    return error;
  }
  if (looked != 0 || stat(table->path, &after) != 0 || !same_file(&before, &after)) {
    table_close(table);
    table->fault = (struct weir_fault){.error = WEIR_E_NO_TABLE, .text = "changed while opening"};
    return WEIR_E_NO_TABLE;
  }
  table->device = after.st_dev;
  table->inode = after.st_ino;
  log_line(LOG_INFO, "table %s: in use", table->path);
  return WEIR_OK;
}

/* A mapping outlives its file's name: whoever kept to it would count in a table
 * that nobody else sees. */
static int table_ready(struct table *table)
{
  if (table->open != NULL) {
    struct stat now;
    if (stat(table->path, &now) == 0 && now.st_dev == table->device && now.st_ino == table->inode)
      return WEIR_OK;
    log_line(LOG_WARNING, "table %s: removed or replaced", table->path);
    table_close(table);
    table->next_try_ms = 0;
  }
  return table_open(table);
}

static const char *fault_text(const struct table *table)
{
  return table->fault.text[0] != '\0' ? table->fault.text : weir_strerror(table->fault.error);
}

int table_take(struct table *table, const struct weir_request *request,
               struct weir_verdict *verdict, const char **why)
{
  int error = table_ready(table);
  if (error == WEIR_OK) {
    error = weir_take(table->open, request, verdict);
    if (error == WEIR_E_RETIRED) {
      table_close(table);
      table->next_try_ms = 0;
      error = table_open(table);
      if (error == WEIR_OK)
        error = weir_take(table->open, request, verdict);
    }
  }
  *why = table->open == NULL ? fault_text(table) : weir_strerror(error);
  return error;
}

void table_refund(struct table *table, const struct weir_request *request)
{
  if (table->open != NULL)
    weir_refund(table->open, request);
}
