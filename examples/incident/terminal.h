/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the place where the screen is printed can show: UTF-8 by the locale's name,
 * colours on a terminal where $NO_COLOR is not set.
 */
#ifndef INCIDENT_TERMINAL_H
#define INCIDENT_TERMINAL_H

#include <stdio.h>

enum terminal_colour { TERMINAL_PLAIN, TERMINAL_BOLD, TERMINAL_DIM, TERMINAL_RED, TERMINAL_GREEN };

struct terminal {
  FILE *out;
  int utf8;
  int colour;
};

struct terminal terminal_look(FILE *out);
void terminal_colour(const struct terminal *terminal, enum terminal_colour colour);

/* The text in so many columns, to the right of them where right is 1.  A character
 * that is not ASCII counts as one column. */
void terminal_cell(const struct terminal *terminal, const char *text, int columns, int right);

#endif
