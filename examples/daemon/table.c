/* SPDX-License-Identifier: BSD-2-Clause */
#include "table.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

#include "log.h"

#define RETRY_OPEN_MS 1000
#define ROUNDS_MAX 4 /* of a table that is replaced again while it is asked */

/* Held for reading by who uses a table, for writing by who opens or closes one: no mapping ends
 * under a thread that decides by it. */
static pthread_rwlock_t in_use = PTHREAD_RWLOCK_INITIALIZER;

uint64_t clock_ms(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void close_now(struct table *table)
{
  weir_close(table->open);
  table->open = NULL;
}

void table_close(struct table *table)
{
  pthread_rwlock_wrlock(&in_use);
  close_now(table);
  pthread_rwlock_unlock(&in_use);
}

static bool same_file(const struct stat *a, const struct stat *b)
{
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static int open_now(struct table *table)
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
    close_now(table);
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
static bool is_current(const struct table *table)
{
  struct stat now;
  return table->open != NULL && stat(table->path, &now) == 0 && now.st_dev == table->device &&
         now.st_ino == table->inode;
}

/* What the calling thread's last attempt to open met. */
static _Thread_local char fault_words[sizeof(((struct weir_fault *)0)->text)];

/* Instead of `unfit`, which was open and is of no use (NULL: none was), unless another thread has
 * done it meanwhile. */
static int renew(struct table *table, const struct weir_table *unfit)
{
  int error = WEIR_OK;
  pthread_rwlock_wrlock(&in_use);
  if (table->open == unfit) {
    if (unfit != NULL) {
      log_line(LOG_WARNING, "table %s: removed or replaced", table->path);
      close_now(table);
      table->next_try_ms = 0;
    }
    error = open_now(table);
    if (error != WEIR_OK)
      snprintf(fault_words, sizeof(fault_words), "%s",
               table->fault.text[0] != '\0' ? table->fault.text : weir_strerror(error));
  }
  pthread_rwlock_unlock(&in_use);
  return error;
}

/* Returns false where there is nothing to ask: what is open then is unfit. */
static bool ask_open(struct table *table, table_ask *ask, const struct weir_request *request,
                     struct weir_verdict *verdict, int *error, const struct weir_table **unfit)
{
  pthread_rwlock_rdlock(&in_use);
  *unfit = table->open;
  *error = is_current(table) ? ask(table->open, request, verdict) : WEIR_E_RETIRED;
  pthread_rwlock_unlock(&in_use);
  return *error != WEIR_E_RETIRED;
}

int table_asked(struct table *table, table_ask *ask, const struct weir_request *request,
                struct weir_verdict *verdict, const char **why)
{
  const struct weir_table *unfit;
  int error = WEIR_OK;
  for (int i = 0; i < ROUNDS_MAX; i++) {
    if (ask_open(table, ask, request, verdict, &error, &unfit))
      break;
    error = renew(table, unfit);
    if (error != WEIR_OK) {
      *why = fault_words;
      return error;
    }
    error = WEIR_E_RETIRED; /* should it be replaced again at once */
  }
  *why = weir_strerror(error);
  return error;
}

int table_take(struct table *table, const struct weir_request *request,
               struct weir_verdict *verdict, const char **why)
{
  return table_asked(table, weir_take, request, verdict, why);
}

void table_refund(struct table *table, const struct weir_request *request)
{
  pthread_rwlock_rdlock(&in_use);
  if (table->open != NULL)
    weir_refund(table->open, request);
  pthread_rwlock_unlock(&in_use);
}
