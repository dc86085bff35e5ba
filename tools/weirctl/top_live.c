/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "principal.h"
#include "screen.h"
#include "top.h"

#define REFRESH_MS 2000
#define HEAD_ROWS 4 /* above the list: two of the table, an empty one, the heading          */

struct live {
  struct weir_table **table;
  enum weir_top_order order;
  struct top_list list;
  size_t rows; /* asked for; 0: as many as fit                                       */
  struct weir_stats stats, before;
  bool has_before;
};

/* Rows of the list that fit; its memory grows with the terminal.  Returns as wctl_top_read(). */
static int read_list(struct live *live)
{
  int height = wctl_screen_rows() - HEAD_ROWS;
  size_t fit = height > 1 ? (size_t)height - 1 : 1; /* the last row stays free */
  struct top_row *rows;

  if (live->rows != 0 && live->rows < fit)
    fit = live->rows;
  if (fit != live->list.room) {
    rows = realloc(live->list.rows, fit * sizeof *rows);
    if (rows == NULL)
      return WEIR_E_SPACE;
    live->list.rows = rows;
    live->list.room = fit;
  }
  return wctl_top_read(*live->table, live->order, &live->list);
}

static int read_all(struct live *live)
{
  int error = read_list(live);

  live->before = live->stats;
  live->stats.size_bytes = sizeof live->stats;
  return error != WEIR_OK ? error : weir_stats(*live->table, &live->stats);
}

/* A larger table took over: go on with that.  Returns an exit status. */
static int open_anew(struct live *live)
{
  struct weir_table *larger;
  int status = wctl_table_open(&larger);

  if (status != WCTL_DONE)
    return status;
  weir_close(*live->table);
  *live->table = larger;
  live->has_before = false;
  return WCTL_DONE;
}

static void print_count(const struct live *live, const char *name, uint64_t now, uint64_t before)
{
  printf("   %s %" PRIu64, name, now);
  if (live->has_before && now >= before)
    printf(" (+%" PRIu64 ")", now - before);
}

static void draw(struct live *live)
{
  char path[256], clock[WCTL_TIME_BYTES];

  wctl_screen_begin();
  printf("%s  %s  by %s    d denied  c cost  q quit",
         wctl_time(clock, (uint64_t)time(NULL) * 1000000000u),
         wctl_shown(path, sizeof path, wctl_table_path()),
         live->order == WEIR_TOP_DENIED ? "denied" : "cost");
  wctl_screen_end_line();
  printf("switch %s", wctl_switch_name(live->stats.switched));
  print_count(live, "allowed", live->stats.allowed, live->before.allowed);
  print_count(live, "denied", live->stats.denied, live->before.denied);
  print_count(live, "blocked", live->stats.blocked, live->before.blocked);
  wctl_screen_end_line();
  wctl_screen_end_line();
  if (live->list.count == 0)
    printf("%s", wctl_top_nobody(live->order));
  else
    wctl_top_heading();
  wctl_screen_end_line();
  for (size_t i = 0; i < live->list.count; i++) {
    wctl_top_row(&live->list.rows[i]);
    wctl_screen_end_line();
  }
  wctl_screen_end();
}

/* true: it is to end. */
static bool press(struct live *live, char key)
{
  if (key == 'd' || key == 'D')
    live->order = WEIR_TOP_DENIED;
  else if (key == 'c' || key == 'C')
    live->order = WEIR_TOP_COST;
  return key == 'q' || key == 'Q' || key == 3 || key == 4; /* Ctrl-C, Ctrl-D */
}

/* Returns WEIR_OK where somebody asked it to end. */
static int show(struct live *live, enum screen_event *event)
{
  bool is_over = false;

  while (!is_over) {
    int error = read_all(live);
    char key = 0;

    if (error != WEIR_OK)
      return error;
    draw(live);
    live->has_before = true;
    *event = wctl_screen_wait(REFRESH_MS, &key);
    is_over = *event == SCREEN_QUIT || *event == SCREEN_KILLED ||
              (*event == SCREEN_KEY && press(live, key));
  }
  return WEIR_OK;
}

int wctl_top_live(struct weir_table **table, enum weir_top_order order, size_t rows)
{
  struct live live = {.table = table, .order = order, .rows = rows};
  enum screen_event event = SCREEN_QUIT;
  int error, status = WCTL_DONE;

  wctl_screen_open();
  do {
    error = show(&live, &event);
    if (error == WEIR_E_RETIRED) {
      wctl_screen_close(); /* for what may have to be said */
      status = open_anew(&live);
      if (status == WCTL_DONE)
        wctl_screen_open();
    }
  } while (error == WEIR_E_RETIRED && status == WCTL_DONE);
  wctl_screen_close();
  free(live.list.rows);
  if (event == SCREEN_KILLED)
    wctl_screen_die();
  if (error != WEIR_OK && error != WEIR_E_RETIRED)
    status = wctl_block_error(error);
  return status;
}
