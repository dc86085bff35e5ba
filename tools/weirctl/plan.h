/* SPDX-License-Identifier: BSD-2-Clause
 *
 * weirctl plan: how large a table, how many processors, and who would be refused.
 *
 *   plan           the command
 *   plan_option    what it was asked
 *   plan_math      exp, log, random numbers: the command needs no libm
 *   plan_day       messages of a day, drawn from a distribution
 *   plan_replay    messages through sim's engine: arrivals, and who is refused
 *   plan_live      who is remembered, and when most are
 *   plan_spread    the same from a distribution, by formula
 *   plan_groups    how full a table's groups are
 *   plan_table     the table that create makes
 *   plan_measure   how fast this machine decides on it
 *   plan_figure    one figure, as text or JSON
 *   plan_report    all of them
 *   plan_note      what the figures leave out
 *   plan_refused   who would be refused
 *
 * Messages of logs come from log.h.  Memory grows with the principals and with the messages
 * under way, not with the log.
 * One thread.
 */
#ifndef WCTL_PLAN_H
#define WCTL_PLAN_H

#include "log.h"
#include "sim.h"

/* --------------------------------------------------------------------- options */

struct plan_options {
  const char *policy_path;
  const char *policy_name; /* NULL: the file's only one                              */
  const char *keys_text;   /* of --principals, or NULL                               */
  struct log_choice logs;  /* none: from a distribution                              */
  uint64_t users; /* 0: not given                                                    */
  uint64_t keys;  /* 0: not given                                                    */
  uint64_t seed;
  uint32_t cores;
  double per_day; /* messages a user                                                 */
  double sigma;
  double peak;
  double recipients;
  double bytes;
  bool trace;
  bool measure;
  bool json;
};

/* Returns WCTL_GO_ON, or the exit status to end with. */
int plan_options_read(int argc, char **argv, struct plan_options *options);

/* ------------------------------------------------------------------------ math */

double plan_exp(double x);
double plan_log(double x); /* x > 0 */
double plan_sqrt(double x);

/* Random numbers that a seed repeats on every machine. */
struct plan_random {
  uint64_t state;
};
uint64_t plan_random_next(struct plan_random *random);
double plan_random_unit(struct plan_random *random);    /* 0 < x < 1              */
double plan_random_normal(struct plan_random *random);
uint64_t plan_random_geometric(struct plan_random *random, double mean); /* from 1 */

/* ------------------------------------------------------------------------- live */

struct plan_debt;

/* Who is remembered, at one time. */
struct plan_census {
  double live[WI_LIMITS_MAX];     /* principals with a debt in the limit              */
  double principals[WI_KEYS_MAX]; /* with a debt in any limit of the key              */
  double cells;                   /* of the debts                                     */
  double needed;                  /* all cells of the principals                      */
};

struct plan_live {
  const struct sim_engine *engine;
  struct plan_debt *heap; /* by when the debt ends                                   */
  size_t count;
  size_t room;
  bool no_memory;
  struct plan_census now;
  struct plan_census peak; /* when `cells` was largest                               */
  double principals_most[WI_KEYS_MAX];
  double needed_most;
  uint64_t newcomers[WI_LIMITS_MAX];
};

void plan_live_begin(struct plan_live *live, struct sim_engine *engine);
void plan_live_until(struct plan_live *live, uint64_t now_ns);
void plan_live_free(struct plan_live *live);

/* Cells of a limit, and of all limits of a key. */
uint32_t plan_limit_cells(const struct wi_limit *limit);
uint32_t plan_key_cells(const struct wi_policy_set *set, uint32_t key);

/* ----------------------------------------------------------------------- replay */

#define PLAN_TOP 20

struct plan_refused {
  uint64_t count;
  uint64_t first_ns;
  uint32_t by[WI_LIMITS_MAX];
};

struct plan_replay {
  struct sim_engine engine;
  struct plan_live live;
  const char *policy_name;
  bool print; /* the trace, and nothing else                                         */
  bool has_engine;
  struct wctl_request request;
  struct log_text text;
  struct sim_map users;   /* payload: uint64_t, a bit of each limit that said no      */
  struct sim_map refused; /* payload: struct plan_refused                            */
  uint64_t events;
  uint64_t refused_events;
  uint64_t errors;
  char error[WCTL_REQUEST_ERROR_BYTES]; /* of the first                             */
  uint64_t first_ns;
  uint64_t last_ns;
  uint64_t second;
  uint64_t minute;
  uint64_t in_second;
  uint64_t in_minute;
  uint64_t second_most;
  uint64_t minute_most;
};

/* Takes set over; set is NULL where only a trace is printed. */
void plan_replay_begin(struct plan_replay *replay, struct wi_policy_set *set,
                       const struct plan_options *options);
int plan_replay_take(void *replay, const struct log_message *event); /* a log_taker */
void plan_replay_free(struct plan_replay *replay);

struct plan_top {
  size_t count;
  struct {
    const struct plan_refused *refused;
    struct log_slice user;
  } rows[PLAN_TOP];
};
void plan_replay_top(const struct plan_replay *replay, struct plan_top *top);

/* Users over a limit, by bit of the limit. */
uint64_t plan_replay_over(const struct plan_replay *replay, uint32_t limit);

/* ----------------------------------------------------------------- distribution */

/* How many principals a key has: users, or as --principals says; or those of the log. */
struct plan_population {
  double users;
  double of_key[WI_KEYS_MAX];
};
int plan_population_read(const struct wi_policy_set *set, const struct plan_options *options,
                         struct plan_population *population);

/* How many values an attribute has: of the key of that one word; else as many as users. */
double plan_population_of(const struct wi_policy_set *set,
                          const struct plan_population *population, const char *word);

/* Every word that a limit of the policy counts is one that a distribution has. */
int plan_spread_check(const struct wi_policy_set *set);

struct plan_load {
  struct plan_census peak;
  double principals_most[WI_KEYS_MAX];
  double needed_most;
  double newcomers[WI_LIMITS_MAX]; /* a day                                          */
  double messages_per_day;
  double peak_per_s;
  double minute_most; /* 0: not known                                                */
  double span_ns;     /* of the log                                                  */
};
void plan_spread_load(const struct wi_policy_set *set, const struct plan_options *options,
                      const struct plan_population *population, struct plan_load *load);

/* A day of messages.  Returns how many users it has, or 0 where memory is short. */
uint64_t plan_day_users(const struct plan_options *options);
int plan_day_run(const struct plan_options *options, const struct wi_policy_set *set,
                 const struct plan_population *population, struct plan_replay *replay);

/* ----------------------------------------------------------------------- groups */

struct plan_groups {
  double meet_full; /* share of newcomers                                            */
  double evicted;   /* cells a day                                                   */
  double per_group; /* live cells                                                    */
};
void plan_groups_read(const struct wi_policy_set *set, const struct plan_load *load,
                      double groups, struct plan_groups *out);

/* ------------------------------------------------------------------------ table */

struct plan_table {
  uint64_t keys;
  uint32_t cells_per_key;
  double bytes_per_key;
  uint64_t cells;
  uint64_t file_bytes;
  bool made;             /* these were read from a table, not computed               */
  uint64_t made_keys;    /* what was measured                                         */
  uint64_t made_bytes;
  double share;          /* of the users and messages that it was measured with       */
  uint64_t filled;       /* decisions before the measurement                          */
  double single_per_s;   /* 0: not measured                                           */
  double batch_per_s;
  double seconds; /* of each of these two                                             */
  double allowed;        /* share of the decisions                                    */
};

struct plan_probe {
  uint32_t cells_per_key;
  double bytes_per_key; /* of cells                                                   */
  uint64_t header_bytes;
};
int plan_table_probe(const struct wctl_file *policy, struct plan_probe *probe);
double plan_table_groups(const struct plan_probe *probe, double keys);
int plan_table_make(const struct wctl_file *policy, const struct wi_policy_set *set,
                    const struct plan_options *options, const struct plan_population *population,
                    const struct plan_load *load, const struct plan_probe *probe,
                    struct plan_table *table);

/* Returns 0, or -1 where memory is short. */
int plan_measure(struct weir_table *table, const struct wi_policy_set *set,
                 const struct plan_options *options, const struct plan_population *population,
                 const struct plan_load *load, struct plan_table *out);

/* ----------------------------------------------------------------------- figures */

struct plan_figures {
  bool json;
  const char *between; /* of JSON members                                             */
};

enum plan_unit { PLAN_COUNT, PLAN_REAL, PLAN_SHARE };

/* One figure and where it comes from; a value below 0: not known. */
__attribute__((format(printf, 6, 7))) void
plan_figure(struct plan_figures *figures, const char *name, const char *label, enum plan_unit unit,
            double value, const char *format, ...);

/* For people only. */
void plan_figure_heading(const struct plan_figures *figures, const char *title);

/* A JSON member's or element's start: the comma before it, where it has one. */
void plan_figure_between(struct plan_figures *figures);
void plan_figure_number(enum plan_unit unit, double value); /* as JSON               */

/* ------------------------------------------------------------------------ report */

struct plan {
  struct plan_options options;
  struct wctl_file policy;
  struct wi_policy_set *set; /* the replay's engine frees it                         */
  struct plan_population population;
  struct log_reader reader;
  uint32_t left_out; /* statements of the policy that no log can judge                     */
  struct plan_replay replay;
  uint64_t day_users; /* in the day that was drawn                                    */
  double scale;       /* of the log's users to those asked for                       */
  struct plan_load load;
  struct plan_probe probe;
  struct plan_table table;
  struct plan_groups groups;
  double roomy_keys; /* at which 2 % of newcomers meet a full group                    */
};

/* Each prints a part; those that need memory return 0, or -1 where it is short. */
int plan_report(const struct plan *plan);
void plan_report_notes(const struct plan *plan, struct plan_figures *figures);
int plan_report_refused(const struct plan *plan, struct plan_figures *figures);

#endif
