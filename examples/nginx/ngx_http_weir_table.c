/* SPDX-License-Identifier: BSD-2-Clause */
#include "ngx_http_weir.h"

void ngx_http_weir_table_close(void *data)
{
  ngx_http_weir_table_t *table = data;
  weir_close(table->open);
  table->open = NULL;
}

static int is_open_file(const ngx_http_weir_table_t *table, const struct stat *file)
{
  return file->st_dev == table->device && file->st_ino == table->inode;
}

/* A file that is replaced between the two looks would be taken for the one that was
 * opened: then what is open does not count. */
static int open_now(ngx_http_weir_table_t *table)
{
  struct stat before, after;
  const char *path = (const char *)table->path.data;
  int looked = stat(path, &before);
  ngx_memzero(&table->fault, sizeof(table->fault));
  int error = weir_open(path, &table->open, &table->fault);
  table->fault.error = error;
  if (error != WEIR_OK) {
    table->open = NULL;
    return error;
  }
  table->device = before.st_dev;
  table->inode = before.st_ino;
  if (looked != 0 || stat(path, &after) != 0 || !is_open_file(table, &after)) {
    ngx_http_weir_table_close(table);
    table->fault.error = WEIR_E_NO_TABLE;
  }
  return table->fault.error;
}

/* A mapping outlives its file's name: who kept to it would count where nobody else
 * looks.  Once a second, by nginx's own clock, the name is looked at again. */
static int table_ready(ngx_http_weir_table_t *table)
{
  struct stat named;
  if (ngx_time() == table->looked_at)
    return table->fault.error;
  table->looked_at = ngx_time();
  if (table->open != NULL &&
      (stat((const char *)table->path.data, &named) != 0 || !is_open_file(table, &named)))
    ngx_http_weir_table_close(table);
  return table->open != NULL ? WEIR_OK : open_now(table);
}

int ngx_http_weir_table_take(ngx_http_weir_table_t *table, const struct weir_request *request,
                             struct weir_verdict *verdict, const char **why)
{
  int error = table_ready(table);
  if (error == WEIR_OK)
    error = weir_take(table->open, request, verdict);
  if (error == WEIR_E_RETIRED && table->open != NULL) {
    ngx_http_weir_table_close(table);
    error = open_now(table);
    if (error == WEIR_OK)
      error = weir_take(table->open, request, verdict);
  }
  *why = table->open == NULL && table->fault.text[0] != '\0' ? table->fault.text
                                                             : weir_strerror(error);
  return error;
}
