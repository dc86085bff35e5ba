/* SPDX-License-Identifier: BSD-2-Clause */
#include "table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

static struct weir_table *open_table; /* NULL: none                              */
static struct stat open_file;
static struct weir_fault fault;  /* of the last attempt to open                */
static time_t looked_at_s = -1;  /* when the name was last looked at           */

/* Not secure_getenv(), which finds nothing in a setuid Exim: Exim has emptied its
 * environment of all that keep_environment and add_environment do not name, so what
 * is left is the administrator's word. */
const char *table_path(void)
{
  const char *path = getenv("WEIR_TABLE");
  return path != NULL && *path != '\0' ? path : WEIR_DEFAULT_TABLE;
}

static void forget_table(void)
{
  weir_close(open_table);
  open_table = NULL;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* A file that is replaced between the two looks would be taken for the one that was
 * opened: then what is open does not count. */
static int open_now(void)
{
  struct stat before, after;
  int looked = stat(table_path(), &before);
  fault = (struct weir_fault){0};
  int error = weir_open(table_path(), &open_table, &fault);
  fault.error = error;
  if (error != WEIR_OK) {
    open_table = NULL;
    return error;
  }
  if (looked != 0 || stat(table_path(), &after) != 0 || !same_file(&before, &after)) {
    forget_table();
    fault = (struct weir_fault){.error = WEIR_E_NO_TABLE, .text = "changed while opening"};
    return fault.error;
  }
  open_file = after;
  return WEIR_OK;
}

/* Looks at most once a second, also for a table that is not there: a session of ten
 * thousand refused recipients shall not be ten thousand failed opens. */
static int table_ready(void)
{
  struct timespec now;
  struct stat named;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  if (now.tv_sec == looked_at_s)
    return fault.error;
  looked_at_s = now.tv_sec;
  if (open_table != NULL && (stat(table_path(), &named) != 0 || !same_file(&named, &open_file)))
    forget_table();
  return open_table != NULL ? WEIR_OK : open_now();
}

int table_asked(table_ask *ask, const struct weir_request *request, struct weir_verdict *verdict,
                const char **why)
{
  int error = table_ready();
  if (error == WEIR_OK) {
    error = ask(open_table, request, verdict);
    if (error == WEIR_E_RETIRED) {
      forget_table();
      error = open_now();
      if (error == WEIR_OK)
        error = ask(open_table, request, verdict);
    }
  }
  *why = open_table == NULL && fault.text[0] != '\0' ? fault.text : weir_strerror(error);
  return error;
}
