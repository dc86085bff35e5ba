/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Two areas over time, side by side, on one scale: one for each run.
 */
#ifndef INCIDENT_CHART_H
#define INCIDENT_CHART_H

#include "terminal.h"

#define CHART_COLUMNS 33
#define CHART_MARKS 2

struct chart_mark {
  int column;        /* 0 to CHART_COLUMNS - 1                                     */
  const char *label; /* printed from this column on; ASCII                        */
};

struct chart_panel {
  double low[CHART_COLUMNS];  /* filled up to here                                 */
  double high[CHART_COLUMNS]; /* shaded from low up to here                       */
  enum terminal_colour colour;
  struct chart_mark marks[CHART_MARKS]; /* by column; label NULL: none              */
  char last[12];                        /* label of the axis' end                  */
};

/* One line for the title, rows for the areas, one for the axis and one for the marks. */
void chart_print(const struct terminal *terminal, const char *title,
                 const struct chart_panel panels[2], int rows);

#endif
