/* SPDX-License-Identifier: BSD-2-Clause
 * Who is denied most, who has used most, of those whose names are kept. */
#include "top.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "principal.h"
#include "screen.h"

#define ROWS_DEFAULT 10
#define ROWS_MAX 65536 /* as many names as a table keeps                                */

static const struct wctl_usage usage = {
    .synopsis = "top [--json] [--by denied | cost] [-n N]",
    .help = "Prints the principals that were denied most, or with --by cost those that have\n"
            "used the largest share of a limit.  Names are kept for those that were denied or\n"
            "blocked, and for no others.  In a terminal the list is read anew each 2 s:\n"
            "d by denials, c by cost, q ends.\n"
            "\n"
            "  -n N  rows: 10, in a terminal as many as fit\n",
    .uses_table = true,
};

/* --------------------------------------------------------------------------- list -- */

static void keep(char *to, size_t room, const char *from, const char **where)
{
  (void)snprintf(to, room, "%s", from);
  *where = to;
}

static int add_row(void *context, const struct weir_top *top)
{
  struct top_list *list = context;
  struct top_row *row = &list->rows[list->count++];

  row->top = *top;
  keep(row->principal, sizeof row->principal, top->principal, &row->top.principal);
  keep(row->denied_policy, WEIR_NAME_BYTES, top->denied_policy, &row->top.denied_policy);
  keep(row->denied_limit, WEIR_NAME_BYTES, top->denied_limit, &row->top.denied_limit);
  keep(row->policy, WEIR_NAME_BYTES, top->policy, &row->top.policy);
  keep(row->limit, WEIR_NAME_BYTES, top->limit, &row->top.limit);
  keep(row->unit, WEIR_NAME_BYTES, top->unit, &row->top.unit);
  return list->count == list->room;
}

int wctl_top_read(struct weir_table *table, enum weir_top_order order, struct top_list *list)
{
  list->count = 0;
  return weir_top(table, order, list->room, add_row, list);
}

const char *wctl_top_nobody(enum weir_top_order order)
{
  return order == WEIR_TOP_DENIED
             ? "nobody was denied of late"
             : "nobody of those denied or blocked, whose names are kept, has used anything";
}

/* ------------------------------------------------------------------------- people -- */

void wctl_top_heading(void)
{
  printf("%10s  %-6s  %-28s  %6s  %-22s  %-28s  %-7s  %s", "DENIED", "AGO", "BY LIMIT", "USED",
         "UNITS", "OF LIMIT", "STATE", "PRINCIPAL");
}

/* "submission user-day", or "-". */
static const char *limit_of(char *text, size_t room, const char *policy, const char *limit)
{
  (void)snprintf(text, room, "%s%s%s", policy, *policy != '\0' ? " " : "",
                 *limit != '\0' ? limit : "-");
  return text;
}

void wctl_top_row(const struct top_row *row)
{
  const struct weir_top *top = &row->top;
  char principal[WEIR_PRINCIPAL_BYTES], ago[WCTL_DURATION_BYTES] = "-";
  char by[2 * WEIR_NAME_BYTES], of[2 * WEIR_NAME_BYTES], units[2 * WEIR_NAME_BYTES] = "-";
  struct timespec now;
  uint64_t now_ns;

  (void)clock_gettime(CLOCK_REALTIME, &now);
  now_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
  if (top->denied_last_wall_ns != 0)
    (void)wctl_span(ago, now_ns > top->denied_last_wall_ns ? now_ns - top->denied_last_wall_ns : 0);
  if (*top->unit != '\0')
    (void)snprintf(units, sizeof units, "%" PRIu64 "/%" PRIu64 " %s%s", top->used, top->burst,
                   top->flags & WEIR_WHY_DISTINCT ? "distinct " : "", top->unit);
  printf("%10" PRIu64 "  %-6s  %-28s  %3" PRIu32 ".%" PRIu32 " %%  %-22s  %-28s  %-7s  %s",
         top->denied, ago, limit_of(by, sizeof by, top->denied_policy, top->denied_limit),
         top->used_per_mille / 10, top->used_per_mille % 10, units,
         limit_of(of, sizeof of, top->policy, top->limit), top->blocked ? "blocked" : "-",
         wctl_shown(principal, sizeof principal, top->principal));
}

static void print_text(const struct top_list *list, enum weir_top_order order)
{
  if (list->count == 0) {
    printf("%s\n", wctl_top_nobody(order));
    return;
  }
  wctl_top_heading();
  putchar('\n');
  for (size_t i = 0; i < list->count; i++) {
    wctl_top_row(&list->rows[i]);
    putchar('\n');
  }
}

/* --------------------------------------------------------------------------- JSON -- */

/* null: empty. */
static void print_name(const char *name, const char *value)
{
  printf(",\"%s\":", name);
  if (*value != '\0')
    wctl_json_string(stdout, value);
  else
    printf("null");
}

static void print_json(const struct top_list *list, enum weir_top_order order)
{
  printf("{\"by\":\"%s\",\"principals\":[", order == WEIR_TOP_DENIED ? "denied" : "cost");
  for (size_t i = 0; i < list->count; i++) {
    const struct weir_top *top = &list->rows[i].top;

    printf("%s{\"principal\":", i > 0 ? "," : "");
    wctl_json_string(stdout, top->principal);
    printf(",\"denied\":%" PRIu64 ",", top->denied);
    wctl_json_time(stdout, "denied_last", top->denied_last_wall_ns);
    print_name("denied_policy", top->denied_policy);
    print_name("denied_limit", top->denied_limit);
    printf(",\"blocked\":%s,\"used\":%" PRIu64 ",\"burst\":%" PRIu64
           ",\"used_per_mille\":%" PRIu32,
           top->blocked ? "true" : "false", top->used, top->burst, top->used_per_mille);
    print_name("policy", top->policy);
    print_name("limit", top->limit);
    print_name("unit", top->unit);
    putchar('}');
  }
  printf("]}\n");
}

/* ------------------------------------------------------------------------ command -- */

static int print_once(struct weir_table *table, enum weir_top_order order, size_t rows,
                      bool as_json)
{
  struct top_list list = {.room = rows != 0 ? rows : ROWS_DEFAULT};
  int error;

  list.rows = calloc(list.room, sizeof *list.rows);
  error = list.rows != NULL ? wctl_top_read(table, order, &list) : WEIR_E_SPACE;
  if (error == WEIR_OK && as_json)
    print_json(&list, order);
  else if (error == WEIR_OK)
    print_text(&list, order);
  free(list.rows);
  return error == WEIR_OK ? WCTL_DONE : wctl_block_error(error);
}

static int read_order(const char *text, enum weir_top_order *order)
{
  *order = text != NULL && strcmp(text, "cost") == 0 ? WEIR_TOP_COST : WEIR_TOP_DENIED;
  if (text == NULL || *order == WEIR_TOP_COST || strcmp(text, "denied") == 0)
    return WCTL_DONE;
  wctl_error("--by '%s', expected denied or cost", text);
  return WCTL_USAGE;
}

int wctl_top(int argc, char **argv)
{
  bool as_json = false;
  const char *by = NULL, *number = NULL;
  const struct wctl_option accepted[] = {
      {"--json", &as_json, NULL}, {"--by", NULL, &by}, {"-n", NULL, &number}, {NULL, NULL, NULL}};
  struct weir_table *table;
  enum weir_top_order order;
  uint64_t rows = 0;
  int operands, status = wctl_arguments(&usage, accepted, argc, argv, &operands);

  if (status != WCTL_GO_ON)
    return status;
  if ((status = read_order(by, &order)) != WCTL_DONE ||
      (status = wctl_count("-n", number, 1, ROWS_MAX, &rows)) != WCTL_GO_ON ||
      (status = wctl_table_open(&table)) != WCTL_DONE)
    return status;
  if (!as_json && wctl_screen_is_there())
    status = wctl_top_live(&table, order, rows);
  else
    status = print_once(table, order, rows, as_json);
  weir_close(table);
  return status;
}
