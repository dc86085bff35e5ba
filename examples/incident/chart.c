/* SPDX-License-Identifier: BSD-2-Clause */
#include "chart.h"

#include <math.h>
#include <string.h>

#define AXIS_COLUMNS 6
#define NAME_COLUMNS 11 /* of a panel's title                                        */
#define GAP "  "

struct glyphs {
  const char *parts[9]; /* a cell filled from below: nothing to all of it          */
  const char *shade;
  const char *side, *corner, *floor, *mark;
};

static const struct glyphs *glyphs(const struct terminal *terminal)
{
  static const struct glyphs unicode = {
      {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"}, "░", "┤", "└", "─", "▲"};
  static const struct glyphs ascii = {
      {" ", "_", "_", "_", "=", "=", "=", "#", "#"}, ":", "|", "+", "-", "^"};

  return terminal->utf8 ? &unicode : &ascii;
}

/* The next round number: 1, 2, 3, 4, 5, 6 or 8 times a power of ten. */
static double round_above(double value)
{
  static const double steps[] = {1, 2, 3, 4, 5, 6, 8, 10};
  double power = pow(10, floor(log10(value > 1 ? value : 1)));

  for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
    if (steps[i] * power >= value)
      return steps[i] * power;
  }
  return 10 * power;
}

static double most_of(const struct chart_panel panels[2])
{
  double most = 1;

  for (int p = 0; p < 2; p++) {
    for (int i = 0; i < CHART_COLUMNS; i++) {
      if (panels[p].high[i] > most)
        most = panels[p].high[i];
    }
  }
  return round_above(most);
}

static void print_number(const struct terminal *terminal, double value)
{
  char text[32];

  if (value >= 1e6)
    (void)snprintf(text, sizeof text, "%.3gM", value / 1e6);
  else if (value >= 1e3)
    (void)snprintf(text, sizeof text, "%.3gk", value / 1e3);
  else
    (void)snprintf(text, sizeof text, "%.3g", value);
  terminal_cell(terminal, text, AXIS_COLUMNS - 1, 1);
}

/* What a cell shows whose floor is at `below`, in units of a cell. */
static const char *cell(const struct glyphs *glyphs, double low, double high, double below)
{
  int eighths = (int)lround((low - below) * 8);

  /* What is not nothing is seen. */
  if (below == 0 && eighths <= 0 && low > 0)
    eighths = 1;
  if (eighths >= 8)
    return glyphs->parts[8];
  if (eighths > 0)
    return glyphs->parts[eighths];
  return high - below >= 0.5 ? glyphs->shade : glyphs->parts[0];
}

static void print_row(const struct terminal *terminal, const struct chart_panel *panel, int row,
                      double cell_height)
{
  terminal_colour(terminal, panel->colour);
  for (int i = 0; i < CHART_COLUMNS; i++)
    fputs(cell(glyphs(terminal), panel->low[i] / cell_height, panel->high[i] / cell_height, row),
          terminal->out);
  terminal_colour(terminal, TERMINAL_PLAIN);
}

static void print_floor(const struct terminal *terminal, const struct chart_panel *panel)
{
  for (int i = 0; i < CHART_COLUMNS; i++) {
    const char *glyph = glyphs(terminal)->floor;
    for (int m = 0; m < CHART_MARKS; m++) {
      if (panel->marks[m].label && panel->marks[m].column == i)
        glyph = glyphs(terminal)->mark;
    }
    fputs(glyph, terminal->out);
  }
}

static void print_labels(const struct terminal *terminal, const struct chart_panel *panel)
{
  char line[CHART_COLUMNS + 1];
  size_t last = strlen(panel->last);

  memset(line, ' ', CHART_COLUMNS);
  line[CHART_COLUMNS] = '\0';
  for (int m = 0; m < CHART_MARKS && panel->marks[m].label; m++) {
    size_t length = strlen(panel->marks[m].label);
    size_t at = (size_t)panel->marks[m].column;
    if (length > CHART_COLUMNS)
      continue;
    if (at + length > CHART_COLUMNS)
      at = CHART_COLUMNS - length;
    memcpy(line + at, panel->marks[m].label, length);
  }
  if (strspn(line + CHART_COLUMNS - last - 1, " ") == last + 1)
    memcpy(line + CHART_COLUMNS - last, panel->last, last);
  fputs(line, terminal->out);
}

static void print_title(const struct terminal *terminal, const char *title,
                        const struct chart_panel panels[2])
{
  static const char *const names[] = {"without", "with weir"};

  for (int p = 0; p < 2; p++) {
    fprintf(terminal->out, "%*s", p ? (int)strlen(GAP) + 1 : AXIS_COLUMNS, "");
    terminal_colour(terminal, panels[p].colour);
    terminal_cell(terminal, names[p], NAME_COLUMNS, 0);
    terminal_colour(terminal, TERMINAL_PLAIN);
    terminal_cell(terminal, title, CHART_COLUMNS - NAME_COLUMNS, 0);
  }
  fputc('\n', terminal->out);
}

void chart_print(const struct terminal *terminal, const char *title,
                 const struct chart_panel panels[2], int rows)
{
  const struct glyphs *g = glyphs(terminal);
  double most = most_of(panels);

  print_title(terminal, title, panels);
  for (int row = rows - 1; row >= 0; row--) {
    if (row == rows - 1)
      print_number(terminal, most);
    else if (2 * (row + 1) == rows)
      print_number(terminal, most / 2);
    else
      terminal_cell(terminal, "", AXIS_COLUMNS - 1, 0);
    fputs(g->side, terminal->out);
    print_row(terminal, &panels[0], row, most / rows);
    fputs(GAP, terminal->out);
    fputs(g->side, terminal->out);
    print_row(terminal, &panels[1], row, most / rows);
    fputc('\n', terminal->out);
  }
  print_number(terminal, 0);
  fputs(g->corner, terminal->out);
  print_floor(terminal, &panels[0]);
  fprintf(terminal->out, "%s%s", GAP, g->corner);
  print_floor(terminal, &panels[1]);
  fprintf(terminal->out, "\n%*s", AXIS_COLUMNS, "");
  print_labels(terminal, &panels[0]);
  fprintf(terminal->out, "%s ", GAP);
  print_labels(terminal, &panels[1]);
  fputc('\n', terminal->out);
}
