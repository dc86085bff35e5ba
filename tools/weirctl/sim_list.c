/* SPDX-License-Identifier: BSD-2-Clause
 * Users in the order of time: stopped, denied by shadow limits, compromised, ordinary. */
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "sim_log.h"

static struct sim_cell number(uint64_t value)
{
  return (struct sim_cell){.number = value};
}

static struct sim_cell when(bool known, uint64_t value)
{
  return number(known ? value : SIM_NEVER_NS);
}

static struct sim_cell name(const char *text)
{
  return (struct sim_cell){.text = {text, text ? strlen(text) : 0}};
}

/* ------------------------------------------------------------------------------ lists -- */

#define DENIALS {"denied", "DENIED", SIM_CELL_COUNT}, {"refused", "REFUSED", SIM_CELL_COUNT}
#define USER {"user", "USER", SIM_CELL_USER}

static const struct sim_column stopped_columns[] = {
    {"first_denied", "FIRST DENIED", SIM_CELL_TIME},
    {"denied_by", "BY", SIM_CELL_NAME},
    {"blocked", "BLOCKED", SIM_CELL_TIME},
    {"blocked_by", "BY", SIM_CELL_NAME},
    {"until", "UNTIL", SIM_CELL_TIME},
    {"blocks", "BLOCKS", SIM_CELL_COUNT},
    {"passed_before", "BEFORE", SIM_CELL_COUNT},
    {"passed_after", "AFTER", SIM_CELL_COUNT},
    DENIALS,
    USER,
};

static void print_stopped(struct sim_sheet *sheet, const struct sim_account *account)
{
  const struct sim_tally *tally = account->tally;
  const struct sim_cell cells[] = {
      when(tally->denied > 0, tally->denied_ns),
      name(tally->denied_by),
      when(tally->blocks > 0, tally->blocked_ns),
      name(tally->blocked_by),
      when(tally->blocks > 0, tally->until_ns),
      number(tally->blocks),
      number(tally->passed_before),
      number(tally->passed - tally->passed_before),
      number(tally->denied),
      number(tally->refused),
      {.text = account->user},
  };

  sim_sheet_row(sheet, cells);
}

static const struct sim_column spam_columns[] = {
    {"first", "FIRST SPAM", SIM_CELL_TIME},
    {"denied_after", "DENIED AFTER", SIM_CELL_SPAN},
    {"denied_by", "BY", SIM_CELL_NAME},
    {"blocked_after", "BLOCKED AFTER", SIM_CELL_SPAN},
    {"blocked_by", "BY", SIM_CELL_NAME},
    {"messages", "SPAM", SIM_CELL_COUNT},
    {"passed", "PASSED", SIM_CELL_COUNT},
    {"recipients", "TO", SIM_CELL_COUNT},
    DENIALS,
    USER,
};

static void print_spam(struct sim_sheet *sheet, const struct sim_account *account)
{
  const struct sim_tally *tally = account->tally;
  bool began = tally->messages > 0;
  const struct sim_cell cells[] = {
      when(began, tally->first_ns),
      when(tally->denied > 0, tally->denied_ns - tally->first_ns),
      name(tally->denied_by),
      when(began && tally->blocks > 0,
           tally->blocked_ns > tally->first_ns ? tally->blocked_ns - tally->first_ns : 0),
      name(tally->blocked_by),
      number(tally->messages),
      number(tally->passed),
      number(tally->recipients),
      number(tally->denied),
      number(tally->refused),
      {.text = account->user},
  };

  sim_sheet_row(sheet, cells);
}

static const struct sim_column ordinary_columns[] = {
    {"first", "FIRST HIT", SIM_CELL_TIME},   {"denied_by", "BY", SIM_CELL_NAME},
    {"blocked_by", "BLOCKED BY", SIM_CELL_NAME}, DENIALS,
    {"messages", "OF ALL", SIM_CELL_COUNT},  USER,
};

static void print_ordinary(struct sim_sheet *sheet, const struct sim_account *account)
{
  const struct sim_tally *tally = account->tally;
  const struct sim_cell cells[] = {
      number(tally->stopped_ns), name(tally->denied_by),   name(tally->blocked_by),
      number(tally->denied),     number(tally->refused),   number(tally->messages),
      {.text = account->user},
  };

  sim_sheet_row(sheet, cells);
}

static const struct sim_column shadow_columns[] = {
    {"first", "FIRST", SIM_CELL_TIME},
    {"limit", "LIMIT", SIM_CELL_NAME},
    {"denied", "DENIED", SIM_CELL_COUNT},
    USER,
};

static void print_shadowed(struct sim_sheet *sheet, const struct sim_account *account)
{
  const struct sim_cell cells[] = {
      number(account->shadowed->first_ns),
      name(account->limit),
      number(account->shadowed->denied),
      {.text = account->user},
  };

  sim_sheet_row(sheet, cells);
}

static const struct list {
  const char *name;
  const char *title;
  const struct sim_column *columns;
  size_t column_count;
  void (*print)(struct sim_sheet *sheet, const struct sim_account *account);
} lists[] = {
    [SIM_STOPPED] = {"stopped", "Users that would have been stopped", stopped_columns,
                     WI_COUNT_OF(stopped_columns), print_stopped},
    [SIM_SHADOWED] = {"shadow", "Users whom shadow limits would have denied", shadow_columns,
                      WI_COUNT_OF(shadow_columns), print_shadowed},
    [SIM_SPAM] = {"spam", "Compromised users", spam_columns, WI_COUNT_OF(spam_columns), print_spam},
    [SIM_ORDINARY] = {"ordinary", "Ordinary users that would have been hit", ordinary_columns,
                      WI_COUNT_OF(ordinary_columns), print_ordinary},
};

int sim_list_print(const struct sim_log *log, enum sim_account_kind kind, struct sim_sheet *sheet)
{
  const struct list *of = &lists[kind];
  struct sim_accounts_list list;
  size_t shown;

  if (sim_accounts_list(&log->accounts, kind, &list) != 0)
    return -1;
  shown = list.count < log->options->rows_max ? list.count : (size_t)log->options->rows_max;
  if (!sheet->json)
    (void)fprintf(sheet->out, "\n%s: %zu\n", of->title, list.count);
  sim_sheet_begin(sheet, of->name, of->columns, of->column_count);
  for (size_t i = 0; i < shown; i++)
    of->print(sheet, &list.rows[i]);
  sim_sheet_end(sheet, of->name, list.count - shown);
  free(list.rows);
  return 0;
}
