/* SPDX-License-Identifier: BSD-2-Clause
 * The table that the daemon decides by: opened when it is first needed, and
 * anew when the file of that name has gone, is another one, or was replaced by a
 * larger one.  So a table that is made again comes into use without a restart.
 * Any thread may call any of these; a lock is held for writing only while a table is
 * opened or closed. */
#ifndef DAEMON_TABLE_H
#define DAEMON_TABLE_H

#include <stdint.h>
#include <sys/stat.h>

#include "weir.h"

struct table {
  const char *path;
  struct weir_table *open; /* NULL: none                                        */
  dev_t device;            /* of the open one                                   */
  ino_t inode;
  uint64_t next_try_ms;    /* no earlier attempt to open                       */
  struct weir_fault fault; /* of the last attempt                              */
};

/* weir_take(), or weir_peek(). */
typedef int table_ask(struct weir_table *table, const struct weir_request *request,
                      struct weir_verdict *verdict);

/* Ask the table of that name as it is now.  Where there is none it is looked for again
 * at most once a second; `why` then says in words what is wrong, until the thread's
 * next call.  Costs one stat() a call. */
int table_asked(struct table *table, table_ask *ask, const struct weir_request *request,
                struct weir_verdict *verdict, const char **why);

/* That with weir_take(). */
int table_take(struct table *table, const struct weir_request *request,
               struct weir_verdict *verdict, const char **why);

/* As weir_refund(); best effort, since what is not given back time gives back. */
void table_refund(struct table *table, const struct weir_request *request);

void table_close(struct table *table);

/* Milliseconds on CLOCK_MONOTONIC. */
uint64_t clock_ms(void);

#endif
