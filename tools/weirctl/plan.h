/* SPDX-License-Identifier: BSD-2-Clause
 *
 * weirctl plan: how large a table, how many processors, and who would be refused.
 *
 *   plan           the command
 *   plan_option    what it was asked
 *   plan_math      exp, log, random numbers: the command needs no libm
 *   plan_stamp     times as logs write them
 *   plan_source    lines of several logs, merged by time
 *   plan_exim      one line of an Exim main log
 *   plan_postfix   one line of a Postfix log
 *   plan_line      a line of either
 *   plan_open      messages that are under way, by queue id
 *   plan_queue     from lines to messages in order
 *   plan_event     a message as a line of a trace
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
 * Memory grows with the principals and with the messages under way, not with the log.
 * One thread.
 */
#ifndef WCTL_PLAN_H
#define WCTL_PLAN_H

#include "sim.h"

#define PLAN_NS_PER_S 1000000000u
#define PLAN_NS_PER_DAY 86400000000000u

/* --------------------------------------------------------------------- options */

struct plan_options {
  const char *policy_path;
  const char *policy_name; /* NULL: the file's only one                              */
  const char *keys_text;   /* of --principals, or NULL                               */
  const char *from;        /* the first log; NULL: from a distribution                */
  char **more;             /* the others, from [1]                                   */
  size_t log_count;
  uint64_t users; /* 0: not given                                                    */
  uint64_t keys;  /* 0: not given                                                    */
  uint64_t seed;
  uint64_t year; /* 0: not given                                                     */
  uint32_t cores;
  double per_day; /* messages a user                                                 */
  double sigma;
  double peak;
  double recipients;
  double bytes;
  bool authenticated;
  bool trace;
  bool measure;
  bool json;
};

/* Returns WCTL_GO_ON, or the exit status to end with. */
int plan_options_read(int argc, char **argv, struct plan_options *options);
const char *plan_option_log(const struct plan_options *options, size_t i);

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

/* ---------------------------------------------------------------------- events */

/* A message that a policy is asked about. */
struct plan_event {
  struct plan_event *next; /* in the queue                                          */
  uint64_t at_ns;
  uint64_t recipients;
  uint64_t deferred; /* of them only tried so far                                   */
  uint64_t bytes;
  struct plan_event **owner; /* who counts its recipients; NULL: nobody          */
  bool complete;
  size_t user_bytes;
  size_t ip_bytes; /* 0: none                                                       */
  size_t domain_bytes;
  const char *user;
  const char *ip;
  const char *domain;
};

typedef int plan_taker(void *context, const struct plan_event *event);

/* "TIME take user=…" without a newline, into a buffer that grows.  policy may be NULL.
 * Returns 0, or -1 where memory is short. */
struct plan_text {
  char *bytes;
  size_t length;
  size_t room;
};
int plan_event_write(const struct plan_event *event, const char *policy, struct plan_text *text);

/* ----------------------------------------------------------------------- stamps */

struct plan_stamp {
  uint64_t ns; /* since 1970, in the log's own zone where it names none              */
  bool has_year;
  unsigned month; /* 1 to 12; the rest only where there is no year                   */
  unsigned day;
  uint64_t of_day_ns;
};

/* A time at the start of a line.  Returns its length, with one blank behind it; 0: none. */
size_t plan_stamp_read(const char *line, size_t bytes, struct plan_stamp *stamp);

/* The time with that year. */
uint64_t plan_stamp_in_year(const struct plan_stamp *stamp, uint64_t year);
uint64_t plan_stamp_year(uint64_t ns);

/* "2026-11-23 10:00:00" */
#define PLAN_STAMP_BYTES 32
const char *plan_stamp_print(char *text, uint64_t ns);

/* ---------------------------------------------------------------------- sources */

#define PLAN_LINE_MAX ((size_t)1 << 20)

struct plan_line {
  const char *text; /* behind the time; NULL: the line has none                      */
  size_t bytes;
  uint64_t at_ns; /* never before the line before                                    */
};

struct plan_source {
  int descriptor;
  const char *name;
  char *buffer;
  size_t begin;
  size_t end;
  bool ended;
  bool skipping; /* in a line that is too long                                       */
  bool waiting;  /* line is not yet given out                                        */
  bool known;    /* last_ns is a time of this log                                    */
  uint64_t last_ns;
  uint64_t offset_ns; /* by how much the log's clock went back, altogether           */
  struct plan_line line;
};

struct plan_sources {
  struct plan_source *each;
  size_t count;
  uint64_t year; /* of the first time that has none; 0: the last that is past        */
  uint64_t lines;
  uint64_t too_long;
  uint64_t steps_back;
};

/* Returns 0, or the exit status: what is wrong was told. */
int plan_sources_open(struct plan_sources *sources, const struct plan_options *options);

/* Returns 1; 0 at the end of all; -1: what is wrong was told. */
int plan_sources_next(struct plan_sources *sources, struct plan_line *line);
void plan_sources_close(struct plan_sources *sources);

/* ------------------------------------------------------------------------ lines */

/* A part of a line. */
struct plan_slice {
  const char *text;
  size_t bytes;
};

enum plan_fact_kind {
  PLAN_NOTHING,    /* a line about something else                                    */
  PLAN_MISTAKEN,   /* one that should have been understood                          */
  PLAN_CLIENT,     /* who hands in a message                                         */
  PLAN_PASSED_ON,  /* a content filter hands one in again                            */
  PLAN_QUEUED,     /* sender, bytes, recipients: of a message that was handed in     */
  PLAN_RECEIVED,   /* all of these in one line                                       */
  PLAN_DELIVERED,  /* one recipient is done with                                     */
  PLAN_DEFERRED,
  PLAN_GONE        /* the message is                                                 */
};

struct plan_fact {
  enum plan_fact_kind kind;
  struct plan_slice host;
  struct plan_slice id;
  struct plan_slice user; /* of authentication; empty: none                          */
  struct plan_slice ip;
  struct plan_slice sender;
  uint64_t bytes;
  uint64_t recipients; /* 0: not said                                                */
};

struct plan_slice plan_slice_token(struct plan_slice *rest);
bool plan_slice_is(struct plan_slice slice, const char *word);
bool plan_slice_begins(struct plan_slice slice, const char *word);
struct plan_slice plan_slice_from(struct plan_slice slice, size_t at);
bool plan_slice_number(struct plan_slice slice, uint64_t *number);
/* The offset of a text; SIZE_MAX: it is not there.  The last one where `last`. */
size_t plan_slice_find(struct plan_slice slice, const char *word, bool last);

/* What a line behind its time says.  plan_exim_read() returns false where it is no line of
 * a main log about a message. */
void plan_line_read(struct plan_slice line, struct plan_fact *fact);
bool plan_exim_read(struct plan_slice line, struct plan_fact *fact);
void plan_postfix_read(struct plan_slice daemon, struct plan_slice line, struct plan_fact *fact);

/* ------------------------------------------------------------------------ queue */

enum plan_open_state { PLAN_HANDED_IN, PLAN_COUNTED };

struct plan_open {
  struct plan_open *next; /* of its slot                                            */
  struct plan_open *older;
  struct plan_open *newer;
  struct plan_event *event; /* that its deliveries count for, or NULL                */
  uint64_t hash;
  uint64_t at_ns; /* of its last line                                               */
  enum plan_open_state state;
  bool passed_on;
  size_t host_bytes, id_bytes, user_bytes, ip_bytes;
  char bytes[]; /* host, id, user, ip                                               */
};

struct plan_queue {
  struct plan_open **slots;
  size_t slot_count;
  size_t open_count;
  size_t open_most;
  struct plan_open *oldest[2]; /* handed in; counted.  In the order of their last line */
  struct plan_open *newest[2];
  struct plan_event *first; /* not yet given out, in order                           */
  struct plan_event *last;
  plan_taker *take;
  void *context;
  uint64_t secret[2];
  bool authenticated;
  uint64_t messages;
  uint64_t passed_on;     /* left out: a content filter handed them in again          */
  uint64_t without_user;  /* left out: bounces                                        */
  uint64_t unauthenticated;
  uint64_t began_before; /* left out: received before the log began, or inside        */
};

/* Messages under way; add returns NULL where memory is short, and forgets who had the id. */
int plan_open_begin(struct plan_queue *queue);
struct plan_open *plan_open_find(const struct plan_queue *queue, const struct plan_fact *fact);
struct plan_open *plan_open_add(struct plan_queue *queue, const struct plan_fact *fact,
                                enum plan_open_state state, uint64_t at_ns);
void plan_open_touch(struct plan_queue *queue, struct plan_open *open, uint64_t at_ns);
void plan_open_forget(struct plan_queue *queue, struct plan_open *open);
void plan_open_forget_old(struct plan_queue *queue, uint64_t now_ns);
void plan_open_free(struct plan_queue *queue);

int plan_queue_begin(struct plan_queue *queue);

/* Returns 0; -1 where memory is short; else what take() returned. */
int plan_queue_add(struct plan_queue *queue, const struct plan_fact *fact, uint64_t at_ns);
int plan_queue_end(struct plan_queue *queue);
void plan_queue_free(struct plan_queue *queue);

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
  struct plan_text text;
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
int plan_replay_take(void *replay, const struct plan_event *event); /* a plan_taker */
void plan_replay_free(struct plan_replay *replay);

struct plan_top {
  size_t count;
  struct {
    const struct plan_refused *refused;
    struct plan_slice user;
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
  struct plan_sources sources;
  struct plan_queue queue;
  uint64_t lines; /* of the logs, altogether                                          */
  uint64_t not_understood;
  uint32_t left_out; /* statements of the policy that no log can judge                     */
  uint64_t other_lines;
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
