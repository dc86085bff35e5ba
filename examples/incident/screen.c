/* SPDX-License-Identifier: BSD-2-Clause */
#include "screen.h"
#include "chart.h"
#include "relay.h"
#include "terminal.h"

#include <inttypes.h>
#include <string.h>

#define LABEL_COLUMNS 33
#define VALUE_COLUMNS 21
#define CELL_BYTES 96
#define CHART_ROWS 6
#define LATENESS_NOTED_MINUTES 0.5

char *screen_number(char text[32], uint64_t number)
{
  char digits[24];
  int count = snprintf(digits, sizeof digits, "%" PRIu64, number);
  char *out = text;

  for (int i = 0; i < count; i++) {
    if (i && (count - i) % 3 == 0)
      *out++ = ',';
    *out++ = digits[i];
  }
  *out = '\0';
  return text;
}

static void print_values(const struct terminal *terminal, const char *label,
                         char values[2][CELL_BYTES])
{
  terminal_cell(terminal, label, LABEL_COLUMNS, 0);
  for (int run = 0; run < 2; run++) {
    terminal_colour(terminal, run ? TERMINAL_GREEN : TERMINAL_RED);
    terminal_cell(terminal, values[run], VALUE_COLUMNS, 1);
    terminal_colour(terminal, TERMINAL_PLAIN);
  }
  fputc('\n', terminal->out);
}

static void print_counts(const struct terminal *terminal, const char *label, uint64_t without,
                         uint64_t with)
{
  char values[2][CELL_BYTES];
  char number[32];

  (void)snprintf(values[0], CELL_BYTES, "%s", screen_number(number, without));
  (void)snprintf(values[1], CELL_BYTES, "%s", screen_number(number, with));
  print_values(terminal, label, values);
}

/* Median and p95: "2.8 / 4.1 min"; "-" where nothing was measured. */
static void write_pair(char value[CELL_BYTES], double median, double high, const char *unit)
{
  if (median < 0)
    (void)snprintf(value, CELL_BYTES, "-");
  else
    (void)snprintf(value, CELL_BYTES, "%.1f / %.1f %s", median, high, unit);
}

static void print_percentiles(const struct terminal *terminal, const char *label,
                              const struct series *series[2], double divisor, const char *unit)
{
  char values[2][CELL_BYTES];

  for (int run = 0; run < 2; run++)
    write_pair(values[run], series_overall(series[run], 50) / divisor,
               series_overall(series[run], 95) / divisor, unit);
  print_values(terminal, label, values);
}

static void print_stopped(const struct terminal *terminal, const struct replay_setup setups[2],
                          const struct replay_outcome outcomes[2])
{
  char values[2][CELL_BYTES];

  for (int run = 0; run < 2; run++) {
    if (outcomes[run].stopped_minutes >= 0)
      (void)snprintf(values[run], CELL_BYTES, "%.1f s, by weir",
                     outcomes[run].stopped_minutes * 60);
    else if (setups[run].lock_minute < setups[run].minutes)
      (void)snprintf(values[run], CELL_BYTES, "%.1f min, by a person",
                     setups[run].lock_minute - setups[run].attack_minute);
    else
      (void)snprintf(values[run], CELL_BYTES, "not stopped");
  }
  print_values(terminal, "from the first spam to the stop", values);
  for (int run = 0; run < 2; run++) {
    if (outcomes[run].blocked_minutes >= 0)
      (void)snprintf(values[run], CELL_BYTES, "%.1f s", outcomes[run].blocked_minutes * 60);
    else
      (void)snprintf(values[run], CELL_BYTES, "-");
  }
  print_values(terminal, "  to the block of the account", values);
}

static void print_ordinary(const struct terminal *terminal, const struct replay_outcome outcomes[2])
{
  char values[2][CELL_BYTES];
  char refused[32], all[32];

  for (int run = 0; run < 2; run++)
    (void)snprintf(values[run], CELL_BYTES, "%u of %d", (unsigned)outcomes[run].users_blocked,
                   LOAD_USERS);
  print_values(terminal, "ordinary users blocked", values);
  for (int run = 0; run < 2; run++) {
    const struct replay_outcome *outcome = &outcomes[run];
    (void)snprintf(values[run], CELL_BYTES, "%s of %s",
                   screen_number(refused, outcome->ordinary_refused),
                   screen_number(all, outcome->ordinary_refused + outcome->ordinary_accepted));
  }
  print_values(terminal, "ordinary messages put off", values);
}

static void print_queue(const struct terminal *terminal, const struct replay_setup setups[2],
                        const struct replay_outcome outcomes[2])
{
  char values[2][CELL_BYTES];
  char before[32], highest[32];

  for (int run = 0; run < 2; run++) {
    const struct series *queue = &outcomes[run].queue;
    double normal = series_percentile(queue, 0, setups[run].attack_minute, 50);
    (void)snprintf(values[run], CELL_BYTES, "%s / %s",
                   screen_number(before, (uint64_t)(normal > 0 ? normal : 0)),
                   screen_number(highest, (uint64_t)series_overall(queue, 100)));
  }
  print_values(terminal, "queued on 4 relays, before / top", values);
}

/* The minute of sending whose median is highest. */
static void print_worst_delay(const struct terminal *terminal, const struct replay_setup setups[2],
                              const struct replay_outcome outcomes[2])
{
  char values[2][CELL_BYTES];

  for (int run = 0; run < 2; run++) {
    const struct series *delay = &outcomes[run].delay;
    double worst = -1, high = -1;
    for (int minute = 0; minute < (int)setups[run].minutes; minute++) {
      double median = series_percentile(delay, minute, minute + 1, 50);
      if (median > worst) {
        worst = median;
        high = series_percentile(delay, minute, minute + 1, 95);
      }
    }
    write_pair(values[run], worst, high, "min");
  }
  print_values(terminal, "  in the worst minute", values);
}

static void print_delay_before(const struct terminal *terminal, const struct replay_setup setups[2],
                               const struct replay_outcome outcomes[2])
{
  char values[2][CELL_BYTES];

  for (int run = 0; run < 2; run++) {
    double until = setups[run].attack_minute;
    write_pair(values[run], series_percentile(&outcomes[run].delay, 0, until, 50),
               series_percentile(&outcomes[run].delay, 0, until, 95), "min");
  }
  print_values(terminal, "delay p50 / p95, before", values);
}

static void print_table(const struct terminal *terminal, const struct replay_setup setups[2],
                        const struct replay_outcome outcomes[2])
{
  const char *micro = terminal->utf8 ? "µs" : "us";
  const struct series *decision[2], *process[2];

  for (int run = 0; run < 2; run++) {
    decision[run] = &outcomes[run].decision;
    process[run] = &outcomes[run].process;
  }
  terminal_colour(terminal, TERMINAL_BOLD);
  terminal_cell(terminal, "", LABEL_COLUMNS, 0);
  terminal_cell(terminal, "WITHOUT WEIR", VALUE_COLUMNS, 1);
  terminal_cell(terminal, "WITH WEIR", VALUE_COLUMNS, 1);
  terminal_colour(terminal, TERMINAL_PLAIN);
  fputc('\n', terminal->out);
  print_counts(terminal, "spam messages accepted", outcomes[0].spam_accepted,
               outcomes[1].spam_accepted);
  print_counts(terminal, "  recipients queued by them", outcomes[0].spam_recipients,
               outcomes[1].spam_recipients);
  print_counts(terminal, "spam messages refused (429, 403)", outcomes[0].spam_refused,
               outcomes[1].spam_refused);
  print_stopped(terminal, setups, outcomes);
  print_ordinary(terminal, outcomes);
  print_queue(terminal, setups, outcomes);
  print_delay_before(terminal, setups, outcomes);
  print_worst_delay(terminal, setups, outcomes);
  print_percentiles(terminal, "decision in the CGI, p50 / p95", decision, 1e3, micro);
  print_percentiles(terminal, "whole CGI process, p50 / p95", process, 1e6, "ms");
}

static int column_of(double minute, double minutes)
{
  int column = (int)(minute / minutes * CHART_COLUMNS);

  return column < CHART_COLUMNS ? column : CHART_COLUMNS - 1;
}

static void mark(struct chart_panel *panel, const struct replay_setup *setup,
                 const struct replay_outcome *outcome)
{
  const char *held = outcome->blocked_minutes >= 0   ? "attack, blocked by weir"
                     : outcome->stopped_minutes >= 0 ? "attack, held by weir"
                                                     : "attack";
  struct chart_mark *next = panel->marks;

  *next++ = (struct chart_mark){column_of(setup->attack_minute, setup->minutes), held};
  if (setup->lock_minute < setup->minutes)
    *next++ = (struct chart_mark){column_of(setup->lock_minute, setup->minutes), "locked"};
  (void)snprintf(panel->last, sizeof panel->last, "%.0f min", setup->minutes);
}

static void fill(struct chart_panel *panel, const struct series *series, double minutes,
                 double low_percent, double high_percent)
{
  double low = 0, high = 0;

  for (int i = 0; i < CHART_COLUMNS; i++) {
    double from = minutes * i / CHART_COLUMNS;
    double to = minutes * (i + 1) / CHART_COLUMNS;
    double measured = series_percentile(series, from, to, low_percent);
    if (measured >= 0) { /* a column without mail shows what the last one showed */
      low = measured;
      high = series_percentile(series, from, to, high_percent);
    }
    panel->low[i] = low;
    panel->high[i] = high;
  }
}

static void print_charts(const struct terminal *terminal, const struct replay_setup setups[2],
                         const struct replay_outcome outcomes[2])
{
  struct chart_panel queue[2], delay[2];
  char title[64];

  memset(queue, 0, sizeof queue);
  memset(delay, 0, sizeof delay);
  for (int run = 0; run < 2; run++) {
    double minutes = setups[run].minutes;
    queue[run].colour = delay[run].colour = run ? TERMINAL_GREEN : TERMINAL_RED;
    mark(&queue[run], &setups[run], &outcomes[run]);
    mark(&delay[run], &setups[run], &outcomes[run]);
    fill(&queue[run], &outcomes[run].queue, minutes, 100, 100);
    fill(&delay[run], &outcomes[run].delay, minutes, 50, 95);
  }
  chart_print(terminal, "recipients queued", queue, CHART_ROWS);
  (void)snprintf(title, sizeof title, "delay, min: p50 %s p95 %s", terminal->utf8 ? "█" : "#",
                 terminal->utf8 ? "░" : ":");
  chart_print(terminal, title, delay, CHART_ROWS);
}

/* An open loop that falls behind is no open loop: then the figures are of a machine
 * with too little to give. */
static void print_lateness(const struct replay_outcome outcomes[2])
{
  double latest = outcomes[0].latest_minutes;

  if (outcomes[1].latest_minutes > latest)
    latest = outcomes[1].latest_minutes;
  if (latest > LATENESS_NOTED_MINUTES)
    printf("This machine is slow for it: ordinary mail began up to %.1f minutes late.\n", latest);
}

/* What the shipped policy is to do, and whether it did. */
static void print_aims(const struct terminal *terminal, const struct replay_outcome *outcome)
{
  uint64_t ordinary = outcome->ordinary_refused + outcome->ordinary_accepted;
  const struct {
    const char *says;
    int is_held;
  } aims[] = {
      {"stopped within 10 s", outcome->stopped_minutes >= 0 && outcome->stopped_minutes * 60 <= 10},
      {"at most 40 spam messages out", outcome->spam_accepted <= 40},
      {"no ordinary user blocked", outcome->users_blocked == 0},
      {"at most 0.1 % of ordinary mail put off", outcome->ordinary_refused * 1000 <= ordinary}};
  unsigned missed = 0;

  terminal_colour(terminal, TERMINAL_BOLD);
  for (size_t i = 0; i < sizeof aims / sizeof *aims; i++) {
    if (!aims[i].is_held)
      printf("MISSED: %s.\n", aims[i].says);
    missed += !aims[i].is_held;
  }
  if (!missed)
    fputs("Held: stopped within 10 s, at most 40 spam out, no ordinary user blocked, at most\n"
          "0.1 % of ordinary mail put off.\n",
          stdout);
  terminal_colour(terminal, TERMINAL_PLAIN);
}

void screen_print(const struct replay_setup setups[2], const struct replay_outcome outcomes[2])
{
  struct terminal terminal = terminal_look(stdout);
  struct relays relays;
  char number[32], messages[32];

  relays_start(&relays, setups[0].seed);
  terminal_colour(&terminal, TERMINAL_BOLD);
  fputs("weir: a phished webmail account, the same minutes without and with limits\n", stdout);
  terminal_colour(&terminal, TERMINAL_DIM);
  printf("Real: the CGI, one process a request; weir, its table and its clock. Simulated:\n"
         "four relays that drain %s recipients a minute, their other mail, the delay.\n"
         "1 minute is 1 second here, and the durations of the policy are divided by %d.\n",
         screen_number(number, (uint64_t)relays_drain_per_minute(&relays)), REPLAY_COMPRESSION);
  printf("Load: %d users, %s messages, the busiest user %u a minute; %d lists, up to %u\n"
         "recipients. Spam: one at a time without a pause, %d recipients each. Seed %" PRIu64 ".\n",
         LOAD_USERS, screen_number(messages, setups[0].load->count), setups[0].load->busiest,
         LOAD_LIST_OWNERS, setups[0].load->widest, REPLAY_SPAM_RECIPIENTS, setups[0].seed);
  terminal_colour(&terminal, TERMINAL_PLAIN);
  fputc('\n', stdout);
  print_table(&terminal, setups, outcomes);
  fputc('\n', stdout);
  print_charts(&terminal, setups, outcomes);
  print_aims(&terminal, &outcomes[1]);
  print_lateness(outcomes);
}
