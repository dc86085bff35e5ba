/* SPDX-License-Identifier: BSD-2-Clause
 * Who would have been stopped, as it is printed. */
#include <inttypes.h>
#include <string.h>

#include "base/compiler.h"
#include "sim_log.h"

/* ----------------------------------------------------------------------------- totals -- */

struct total {
  const char *name;
  const char *label;
  uint64_t value;
};

static void print_total(const struct sim_sheet *sheet, const struct total *totals, size_t count)
{
  for (size_t i = 0; i < count; i++)
    if (sheet->json)
      (void)fprintf(sheet->out, ",\"%s\":%" PRIu64, totals[i].name, totals[i].value);
    else
      (void)fprintf(sheet->out, "  %-29s %9" PRIu64 "\n", totals[i].label, totals[i].value);
}

static void print_totals(const struct sim_log *log, const struct sim_sheet *sheet)
{
  struct sim_sums sums;

  sim_accounts_sum(&log->accounts, &sums);
  print_total(sheet,
              (const struct total[]){
                  {"messages", "messages", sums.all.messages},
                  {"passed", "passed", sums.all.passed},
                  {"denied", "denied", sums.all.denied},
                  {"refused", "refused by a block", sums.all.refused},
                  {"not_judged", "not judged", log->errors},
                  {"signals", "signals", log->signals},
                  {"users", "users", sums.users},
                  {"users_denied", "users ever denied", sums.users_denied},
                  {"users_blocked", "users ever blocked", sums.users_blocked},
              },
              9);
  if (!log->accounts.has_spam)
    return;
  print_total(sheet,
              (const struct total[]){
                  {"spam_messages", "spam", sums.spam.messages},
                  {"spam_passed", "spam passed", sums.spam.passed},
                  {"spam_recipients", "recipients of that", sums.spam.recipients},
                  {"spam_users", "compromised users", sums.spam_users},
                  {"spam_users_stopped", "of them stopped", sums.spam_users_stopped},
                  {"ordinary_users", "ordinary users", sums.ordinary_users},
                  {"ordinary_users_hit", "of them hit", sums.ordinary_users_hit},
                  {"ordinary_messages", "their messages", sums.ordinary.messages},
                  {"ordinary_messages_hit", "of them denied or refused",
                   sums.ordinary.denied + sums.ordinary.refused},
              },
              9);
}

/* ------------------------------------------------------------------------------ limits -- */

static const struct sim_column limit_columns[] = {
    {"asked", "ASKED", SIM_CELL_COUNT},
    {"denied", "DENIED", SIM_CELL_COUNT},
    {"shadow_denied", "AS SHADOW", SIM_CELL_COUNT},
    {"limit", "LIMIT", SIM_CELL_USER},
};

static void print_limits(const struct sim_log *log, struct sim_sheet *sheet)
{
  const struct sim_engine *engine = &log->engine;

  if (!sheet->json)
    (void)fputs("\nLimits\n", sheet->out);
  sim_sheet_begin(sheet, "limits", limit_columns, WI_COUNT_OF(limit_columns));
  for (uint32_t i = 0; i < engine->set->limit_count; i++) {
    const struct wi_limit *limit = &engine->set->limits[i];
    const struct sim_limit_counts *counts = &engine->counts[i];
    const struct sim_cell cells[] = {{.number = counts->asked},
                                     {.number = counts->denied},
                                     {.number = counts->shadow_denied},
                                     {.text = {limit->name, strlen(limit->name)}}};

    if (limit->policy == log->accounts.policy &&
        (limit->kind == WI_KIND_LIMIT || limit->kind == WI_KIND_APART))
      sim_sheet_row(sheet, cells);
  }
  sim_sheet_end(sheet, "limits", 0);
}

/* ------------------------------------------------------------------------------- notes -- */

struct notes {
  struct sim_sheet *sheet;
  const char *between;
};

static void note_text(struct notes *notes, const char *text)
{
  const struct sim_sheet *sheet = notes->sheet;

  (void)fputs(sheet->json ? notes->between : "  note: ", sheet->out);
  notes->between = ",";
  sim_sheet_text(sheet, (struct log_slice){text, strlen(text)});
  if (!sheet->json)
    (void)fputc('\n', sheet->out);
}

static void note(void *context, uint64_t count, const char *what)
{
  char text[512];

  if (count == 0)
    return;
  (void)snprintf(text, sizeof text, "%" PRIu64 " %s", count, what);
  note_text(context, text);
}

static void print_notes(const struct sim_log *log, struct sim_sheet *sheet)
{
  struct notes notes = {sheet, ""};
  char text[512];

  (void)fputs(sheet->json ? ",\"notes\":[" : "\n", sheet->out);
  log_reader_notes(&log->reader, note, &notes);
  note(&notes, log->signals_left_out, "signals left out: of messages that would not have gone out");
  note(&notes, log->signals_unknown,
       "signals of the policy are in no log: expected unknown-recipient or remote-refusal");
  if (log->errors + log->signal_errors > 0) {
    (void)snprintf(text, sizeof text, "messages or signals not judged, the first: %s", log->error);
    note(&notes, log->errors + log->signal_errors, text);
  }
  if (sheet->json)
    (void)fputc(']', sheet->out);
}

/* --------------------------------------------------------------------------------- all -- */

static void print_head(const struct sim_log *log, const struct sim_sheet *sheet)
{
  char first[LOG_STAMP_BYTES], last[LOG_STAMP_BYTES];

  (void)log_stamp_print(first, log->first_ns);
  (void)log_stamp_print(last, log->last_ns);
  if (sheet->json)
    (void)fprintf(sheet->out,
                  "{\"policy\":\"%s\",\"first\":\"%s\",\"first_ns\":%" PRIu64
                  ",\"last\":\"%s\",\"last_ns\":%" PRIu64,
                  log->policy_name, first, log->first_ns, last, log->last_ns);
  else
    (void)fprintf(sheet->out, "policy %s on messages from %s to %s\n\n", log->policy_name, first,
                  last);
}

/* Of the limits and scores that lists may name, the longest. */
static int name_width(const struct sim_log *log)
{
  const struct wi_policy_set *set = log->engine.set;
  size_t width = 0;

  for (uint32_t i = 0; i < set->limit_count; i++)
    if (set->limits[i].policy == log->accounts.policy && strlen(set->limits[i].name) > width)
      width = strlen(set->limits[i].name);
  return (int)width;
}

int sim_report_print(const struct sim_log *log, FILE *out)
{
  struct sim_sheet sheet = {.out = out, .json = log->options->json, .name_width = name_width(log)};
  bool has_shadow = sheet.json || log->accounts.shadow.entry_count > 0;

  print_head(log, &sheet);
  print_totals(log, &sheet);
  print_limits(log, &sheet);
  if (sim_list_print(log, SIM_STOPPED, &sheet) != 0 ||
      (has_shadow && sim_list_print(log, SIM_SHADOWED, &sheet) != 0) ||
      (log->accounts.has_spam && (sim_list_print(log, SIM_SPAM, &sheet) != 0 ||
                                  sim_list_print(log, SIM_ORDINARY, &sheet) != 0)))
    return -1;
  print_notes(log, &sheet);
  if (sheet.json)
    (void)fputs("}\n", out);
  return 0;
}
