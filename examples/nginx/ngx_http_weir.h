/* SPDX-License-Identifier: BSD-2-Clause
 * The parts of the module.  A worker is one process with one thread. */
#ifndef NGX_HTTP_WEIR_H
#define NGX_HTTP_WEIR_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <weir.h>

#define NGX_HTTP_WEIR_WORDS_MAX 32 /* attributes, and costs, as weir allows     */

/* A table named in the configuration; opened by each worker at its first decision. */
typedef struct {
  ngx_str_t path;          /* ends with a NUL                                  */
  struct weir_table *open; /* NULL: none                                        */
  dev_t device;            /* of the open one                                   */
  ino_t inode;
  time_t looked_at;        /* when the name was last looked at                  */
  time_t logged_at;        /* when a fault was last logged                      */
  struct weir_fault fault; /* of the last attempt to open                      */
} ngx_http_weir_table_t;

/* NAME=VALUE of weir_key and weir_cost. */
typedef struct {
  char name[WEIR_NAME_BYTES];
  ngx_http_complex_value_t value;
} ngx_http_weir_word_t;

typedef struct {
  ngx_http_weir_table_t *table;
  ngx_str_t policy;   /* ends with a NUL; empty: nothing is asked               */
  ngx_array_t *keys;  /* of ngx_http_weir_word_t, or NULL                       */
  ngx_array_t *costs;
  ngx_flag_t dry_run;
  ngx_flag_t fails_open;
  ngx_int_t status;
} ngx_http_weir_conf_t;

/* What became of a request. */
typedef struct {
  const char *word; /* $weir_verdict                                            */
  struct weir_verdict verdict;
  unsigned decided : 1; /* verdict is filled in                                 */
} ngx_http_weir_ctx_t;

extern ngx_module_t ngx_http_weir_module;

/* weir_take() on the file of that name as it is now; `why` where not WEIR_OK. */
int ngx_http_weir_table_take(ngx_http_weir_table_t *table, const struct weir_request *request,
                             struct weir_verdict *verdict, const char **why);
void ngx_http_weir_table_close(void *table);

ngx_int_t ngx_http_weir_handler(ngx_http_request_t *r);

/* What was decided for this request, before an internal redirect too; or NULL. */
ngx_http_weir_ctx_t *ngx_http_weir_decided(ngx_http_request_t *r);

#endif
