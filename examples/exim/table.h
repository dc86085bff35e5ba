/* SPDX-License-Identifier: BSD-2-Clause
 * The table that this Exim process decides by: opened at its first decision and
 * kept.  Exim has one process a connection and no threads. */
#ifndef EXIM_TABLE_H
#define EXIM_TABLE_H

#include "weir.h"

typedef int table_ask(struct weir_table *table, const struct weir_request *request,
                      struct weir_verdict *verdict);

/* ask() on the table in use.  Once a second it is made sure that this is still the
 * file of that name: a mapping outlives the name, and who kept to it would count
 * where nobody else looks.  `why` says in words what is wrong, where not WEIR_OK. */
int table_asked(table_ask *ask, const struct weir_request *request, struct weir_verdict *verdict,
                const char **why);

/* $WEIR_TABLE, else the default. */
const char *table_path(void);

#endif
