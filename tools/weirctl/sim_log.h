/* SPDX-License-Identifier: BSD-2-Clause
 *
 * weirctl sim --from: a policy on the messages of mail logs, and who would have been stopped.
 *
 *   sim_tally    what would have become of one user's messages
 *   sim_spam     who is known to have been compromised
 *   sim_account  the tallies of all users, what shadow limits would have denied, sums
 *   sim_log      the command: messages through the engine
 *   sim_sheet    rows in columns, as text or JSON
 *   sim_list     users by time
 *   sim_report   the table
 *
 * Memory grows with the users, not with the messages.  One thread.
 */
#ifndef WCTL_SIM_LOG_H
#define WCTL_SIM_LOG_H

#include "log.h"
#include "sim.h"

#define SIM_NEVER_NS UINT64_MAX

/* ------------------------------------------------------------------------- tally */

struct sim_tally {
  uint64_t messages;
  uint64_t passed;
  uint64_t recipients; /* of those that passed                                         */
  uint64_t denied;
  uint64_t refused; /* by a block                                                      */
  uint64_t first_ns;
  uint64_t stopped_ns;    /* first denied, refused or blocked, where `stopped`          */
  uint64_t passed_before; /* that                                                      */
  uint64_t denied_ns;
  uint64_t blocked_ns;
  uint64_t until_ns; /* of the last block                                              */
  uint64_t blocks;
  const char *denied_by; /* NULL: never denied                                         */
  const char *blocked_by; /* NULL: no block, or one by hand                            */
  bool stopped;
};

void sim_tally_message(struct sim_tally *tally, uint64_t at_ns, uint64_t recipients,
                       const struct sim_verdict *verdict);

/* A block that is in force.  by: what tripped it. */
void sim_tally_block(struct sim_tally *tally, uint64_t at_ns, uint64_t until_ns, const char *by);

/* ----------------------------------------------------------------- known compromises */

struct sim_spam {
  struct log_stamp from; /* with a year, once a message was seen                       */
  bool timed;            /* else all messages are spam                                 */
  struct sim_tally tally;
};

/* Read a list into a map of struct sim_spam by user.  Returns 0, or the exit status: what is
 * wrong was told. */
int sim_spam_read(const char *path, struct sim_map *spam);

/* Whether a message of that time is spam. */
bool sim_spam_is(struct sim_spam *spam, uint64_t at_ns);

/* ---------------------------------------------------------------------- accounts */

struct sim_shadowed {
  uint64_t denied;
  uint64_t first_ns;
};

struct sim_sums {
  struct sim_tally all;  /* sums; no times                                             */
  uint64_t users;
  uint64_t users_stopped;
  uint64_t users_denied;
  uint64_t users_blocked;
  struct sim_tally spam;
  uint64_t spam_users;
  uint64_t spam_users_stopped;
  struct sim_tally ordinary;
  uint64_t ordinary_users;
  uint64_t ordinary_users_hit;
};

struct sim_accounts {
  const struct sim_engine *engine;
  uint32_t policy;
  bool has_spam;
  struct sim_map users;  /* payload: struct sim_tally                                    */
  struct sim_map spam;   /* payload: struct sim_spam                                     */
  struct sim_map shadow; /* kind: index of the limit; payload: struct sim_shadowed       */
  uint64_t shadow_seen[WI_LIMITS_MAX];
};

void sim_accounts_begin(struct sim_accounts *accounts);
void sim_accounts_free(struct sim_accounts *accounts);

/* What became of a message (verdict NULL: it could not be judged) or a signal, with the block
 * that is in force then, or NULL.  Returns 0, or -1 where memory is short. */
int sim_accounts_add(struct sim_accounts *accounts, const struct log_message *message,
                     const struct sim_verdict *verdict, const struct sim_block *block);

void sim_accounts_sum(const struct sim_accounts *accounts, struct sim_sums *totals);

/* One user's row of a list. */
struct sim_account {
  struct log_slice user;
  const struct sim_tally *tally;
  const struct sim_shadowed *shadowed;
  const char *limit; /* of shadowed                                                     */
  uint64_t at_ns;    /* by which lists are in order                                     */
};

struct sim_accounts_list {
  struct sim_account *rows;
  size_t count;
};

enum sim_account_kind { SIM_STOPPED, SIM_SHADOWED, SIM_SPAM, SIM_ORDINARY };

/* In the order of time, of equals by name; to be freed.  Returns 0, or -1. */
int sim_accounts_list(const struct sim_accounts *accounts, enum sim_account_kind kind,
                      struct sim_accounts_list *list);

/* ------------------------------------------------------------------------- sheet */

enum sim_cell_kind { SIM_CELL_COUNT, SIM_CELL_TIME, SIM_CELL_SPAN, SIM_CELL_NAME, SIM_CELL_USER };

struct sim_column {
  const char *name;  /* in JSON                                                        */
  const char *label; /* for people                                                     */
  enum sim_cell_kind kind;
};

struct sim_cell {
  uint64_t number; /* a count, or ns; SIM_NEVER_NS: no time, no span                   */
  struct log_slice text;
};

struct sim_sheet {
  FILE *out;
  bool json;
  int name_width; /* of limits' names                                                  */
  const struct sim_column *columns;
  size_t column_count;
  size_t row_count;
};

void sim_sheet_begin(struct sim_sheet *sheet, const char *name, const struct sim_column *columns,
                     size_t column_count);
void sim_sheet_row(struct sim_sheet *sheet, const struct sim_cell *cells);

/* more: rows that were left out. */
void sim_sheet_end(struct sim_sheet *sheet, const char *name, uint64_t more);

/* A text of strangers, for people or as JSON. */
void sim_sheet_text(const struct sim_sheet *sheet, struct log_slice text);

/* ------------------------------------------------------------------------ report */

struct sim_log {
  const struct sim_options *options;
  struct sim_engine engine;
  struct log_reader reader;
  struct log_choice logs;
  struct sim_accounts accounts;
  struct wctl_request request;
  struct log_text text;
  const char *policy_name;
  uint64_t first_ns;
  uint64_t last_ns;
  uint64_t errors; /* messages that could not be judged                                */
  uint64_t signals;
  uint64_t signal_errors;
  uint64_t signals_left_out; /* of messages that would not have gone out               */
  uint32_t signals_unknown;  /* of the policy, that no log has                         */
  char error[WCTL_REQUEST_ERROR_BYTES]; /* the first                                   */
};

/* Each returns 0, or -1 where memory is short. */
int sim_list_print(const struct sim_log *log, enum sim_account_kind kind, struct sim_sheet *sheet);
int sim_report_print(const struct sim_log *log, FILE *out);

#endif
