/* SPDX-License-Identifier: BSD-2-Clause
 * The list that top prints once, or again and again. */
#ifndef WCTL_TOP_H
#define WCTL_TOP_H

#include "weirctl.h"

/* One principal of the list, with strings of its own. */
struct top_row {
  struct weir_top top;
  char principal[WEIR_PRINCIPAL_BYTES]; /* as it is, not as it is shown                   */
  char denied_policy[WEIR_NAME_BYTES], denied_limit[WEIR_NAME_BYTES];
  char policy[WEIR_NAME_BYTES], limit[WEIR_NAME_BYTES], unit[WEIR_NAME_BYTES];
};

struct top_list {
  struct top_row *rows;
  size_t count;
  size_t room; /* rows that fit                                                     */
};

/* Fill anew.  Returns as weir_top(). */
int wctl_top_read(struct weir_table *table, enum weir_top_order order, struct top_list *list);

/* A line without its end. */
void wctl_top_heading(void);
void wctl_top_row(const struct top_row *row);

/* What is said in the place of an empty list. */
const char *wctl_top_nobody(enum weir_top_order order);

/* Until q or Ctrl-C.  *table is replaced where a larger one took over.  rows 0: as many as fit.
 * Returns an exit status. */
int wctl_top_live(struct weir_table **table, enum weir_top_order order, size_t rows);

#endif
