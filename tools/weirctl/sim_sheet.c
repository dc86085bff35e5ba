/* SPDX-License-Identifier: BSD-2-Clause
 * Rows in columns, as text or JSON. */
#include <inttypes.h>
#include <string.h>

#include "sim_log.h"

#define SHOWN_BYTES 512
#define COUNT_WIDTH 7
#define TIME_WIDTH 19
#define SPAN_WIDTH 6

void sim_sheet_text(const struct sim_sheet *sheet, struct log_slice text)
{
  char given[SHOWN_BYTES], shown[SHOWN_BYTES];
  size_t bytes = text.bytes < sizeof given - 1 ? text.bytes : sizeof given - 1;

  if (sheet->json) {
    wctl_json_bytes(sheet->out, text.text, text.bytes);
    return;
  }
  for (size_t i = 0; i < bytes; i++)
    given[i] = text.text[i] != '\0' ? text.text[i] : '\1'; /* shown as any control character */
  given[bytes] = '\0';
  (void)fputs(wctl_shown(shown, sizeof shown, given), sheet->out);
}

/* The last column has no width. */
static int width_of(const struct sim_sheet *sheet, const struct sim_column *column)
{
  int label = (int)strlen(column->label), width = 0;

  if (column->kind == SIM_CELL_COUNT)
    width = COUNT_WIDTH;
  else if (column->kind == SIM_CELL_TIME)
    width = TIME_WIDTH;
  else if (column->kind == SIM_CELL_SPAN)
    width = SPAN_WIDTH;
  else if (column->kind == SIM_CELL_NAME)
    width = sheet->name_width;
  return width > label ? width : label;
}

static bool is_right(const struct sim_column *column)
{
  return column->kind == SIM_CELL_COUNT || column->kind == SIM_CELL_SPAN;
}

static void print_padded(const struct sim_sheet *sheet, const struct sim_column *column,
                         const char *text)
{
  int width = width_of(sheet, column);

  (void)fprintf(sheet->out, "  %*s", is_right(column) ? width : -width, text);
}

void sim_sheet_begin(struct sim_sheet *sheet, const char *name, const struct sim_column *columns,
                     size_t column_count)
{
  sheet->columns = columns;
  sheet->column_count = column_count;
  sheet->row_count = 0;
  if (sheet->json)
    (void)fprintf(sheet->out, ",\"%s\":[", name);
}

static void print_heading(const struct sim_sheet *sheet)
{
  for (size_t i = 0; i + 1 < sheet->column_count; i++)
    print_padded(sheet, &sheet->columns[i], sheet->columns[i].label);
  (void)fprintf(sheet->out, "  %s\n", sheet->columns[sheet->column_count - 1].label);
}

static void print_cell(const struct sim_sheet *sheet, const struct sim_column *column,
                       const struct sim_cell *cell)
{
  char text[WCTL_DURATION_BYTES > LOG_STAMP_BYTES ? WCTL_DURATION_BYTES : LOG_STAMP_BYTES] = "-";

  switch (column->kind) {
  case SIM_CELL_USER:
    (void)fputs("  ", sheet->out);
    sim_sheet_text(sheet, cell->text);
    return;
  case SIM_CELL_NAME: /* letters, digits, - _ . */
    print_padded(sheet, column, cell->text.text ? cell->text.text : "-");
    return;
  case SIM_CELL_COUNT:
    (void)snprintf(text, sizeof text, "%" PRIu64, cell->number);
    break;
  case SIM_CELL_TIME:
    if (cell->number != SIM_NEVER_NS)
      (void)log_stamp_print(text, cell->number);
    break;
  case SIM_CELL_SPAN:
    if (cell->number != SIM_NEVER_NS)
      (void)wctl_span(text, cell->number);
    break;
  }
  print_padded(sheet, column, text);
}

/* Times and spans have their ns beside them. */
static void print_json(const struct sim_sheet *sheet, const struct sim_column *column,
                       const struct sim_cell *cell)
{
  char text[LOG_STAMP_BYTES];
  bool is_time = column->kind == SIM_CELL_TIME || column->kind == SIM_CELL_SPAN;

  if (column->kind == SIM_CELL_TIME && cell->number != SIM_NEVER_NS)
    (void)fprintf(sheet->out, "\"%s\":\"%s\",", column->name, log_stamp_print(text, cell->number));
  else if (column->kind == SIM_CELL_TIME)
    (void)fprintf(sheet->out, "\"%s\":null,", column->name);
  (void)fprintf(sheet->out, "\"%s%s\":", column->name, is_time ? "_ns" : "");
  if (is_time && cell->number == SIM_NEVER_NS)
    (void)fputs("null", sheet->out);
  else if (column->kind == SIM_CELL_USER || (column->kind == SIM_CELL_NAME && cell->text.text))
    wctl_json_bytes(sheet->out, cell->text.text, cell->text.bytes);
  else if (column->kind == SIM_CELL_NAME)
    (void)fputs("null", sheet->out);
  else
    (void)fprintf(sheet->out, "%" PRIu64, cell->number);
}

void sim_sheet_row(struct sim_sheet *sheet, const struct sim_cell *cells)
{
  if (sheet->row_count++ == 0 && !sheet->json)
    print_heading(sheet);
  else if (sheet->row_count > 1 && sheet->json)
    (void)fputc(',', sheet->out);
  if (sheet->json)
    (void)fputc('{', sheet->out);
  for (size_t i = 0; i < sheet->column_count; i++) {
    if (!sheet->json) {
      print_cell(sheet, &sheet->columns[i], &cells[i]);
      continue;
    }
    if (i > 0)
      (void)fputc(',', sheet->out);
    print_json(sheet, &sheet->columns[i], &cells[i]);
  }
  (void)fputc(sheet->json ? '}' : '\n', sheet->out);
}

void sim_sheet_end(struct sim_sheet *sheet, const char *name, uint64_t more)
{
  if (sheet->json)
    (void)fprintf(sheet->out, "],\"%s_more\":%" PRIu64, name, more);
  else if (more > 0)
    (void)fprintf(sheet->out, "  and %" PRIu64 " more: see -n\n", more);
}
