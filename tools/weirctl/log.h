/* SPDX-License-Identifier: BSD-2-Clause
 *
 * weirctl: messages from the mail logs of Postfix and Exim, for plan and sim.
 *
 *   log_stamp     times as logs write them
 *   log_source    lines of several logs, merged by time
 *   log_exim      one line of an Exim main log
 *   log_postfix   one line of a Postfix log
 *   log_answer    what an answer of a server says of a sender
 *   log_line      a line of either
 *   log_sender    who handed a message in
 *   log_open      messages that are under way, by queue id
 *   log_queue     from lines to messages in order
 *   log_message   a message as a line of a trace
 *   log_reader    all of it, and what was left out
 *
 * Memory grows with the messages under way, not with the log.  One thread.
 */
#ifndef WCTL_LOG_H
#define WCTL_LOG_H

#include "sim_map.h"
#include "weirctl.h"

#define LOG_NS_PER_S 1000000000u
#define LOG_NS_PER_DAY 86400000000000u
#define LOG_YEAR_MIN 1971
#define LOG_YEAR_MAX 2500 /* 2^64 ns end in 2554                                        */

/* ----------------------------------------------------------------------- slices */

/* A part of a line. */
struct log_slice {
  const char *text;
  size_t bytes;
};

struct log_slice log_slice_token(struct log_slice *rest);
bool log_slice_is(struct log_slice slice, const char *word);
bool log_slice_begins(struct log_slice slice, const char *word);
struct log_slice log_slice_from(struct log_slice slice, size_t at);
bool log_slice_number(struct log_slice slice, uint64_t *number);
/* The offset of a text; SIZE_MAX: it is not there.  The last one where `last`. */
size_t log_slice_find(struct log_slice slice, const char *word, bool last);

/* --------------------------------------------------------------------- messages */

/* What the answer to a message that went out says of its sender. */
enum log_signal { LOG_NO_SIGNAL, LOG_UNKNOWN_RECIPIENT, LOG_REMOTE_REFUSAL, LOG_SIGNALS };
extern const char *const log_signal_names[LOG_SIGNALS];

/* Who handed a message in; shared by the message and all that the log says of it later. */
struct log_sender {
  size_t owners;
  bool stopped; /* set by who takes the message: it would not have gone out          */
  struct log_slice user;
  struct log_slice ip;     /* empty: none                                             */
  struct log_slice domain; /* empty: none                                             */
};

/* A message that a policy is asked about, or a signal about an earlier one. */
struct log_message {
  struct log_message *next; /* in the queue                                          */
  uint64_t at_ns;
  struct log_sender *sender;
  enum log_signal signal; /* LOG_NO_SIGNAL: a message                                 */
  uint64_t recipients;
  uint64_t deferred; /* of them only tried so far                                   */
  uint64_t bytes;
  bool counted; /* recipients is what the log says                                  */
  bool complete;
  struct log_message **owner; /* who counts its recipients; NULL: nobody          */
  struct sim_key names;       /* of recipients, one for each line about one            */
  struct sim_key tried;       /* those of them that may have another line              */
  uint64_t name_count;
};

/* With one owner; NULL where memory is short. */
struct log_sender *log_sender_make(struct log_slice user, struct log_slice ip,
                                   struct log_slice domain);
struct log_sender *log_sender_share(struct log_sender *sender); /* NULL: NULL        */
void log_sender_free(struct log_sender *sender);                /* one owner's; NULL: nothing */

/* One recipient more, by name.  again: the log may name it once more.  Returns 0, or -1 where
 * memory is short. */
int log_message_name(struct log_message *message, struct log_slice name, bool again);
void log_message_free(struct log_message *message);

typedef int log_taker(void *context, const struct log_message *message);

/* "TIME take user=…", or "TIME signal …", without a newline, into a buffer that grows.  policy
 * may be NULL.  Returns 0, or -1 where memory is short. */
struct log_text {
  char *bytes;
  size_t length;
  size_t room;
};
int log_message_write(const struct log_message *message, const char *policy,
                      struct log_text *text);

/* ------------------------------------------------------------------- which logs */

struct log_choice {
  const char *from; /* the first; NULL: none                                         */
  char **more;      /* the others, from [1]                                          */
  size_t count;
  uint64_t year;      /* of the first time that has none; 0: the last that is past     */
  bool authenticated; /* only messages of users who signed in                          */
  bool names;         /* recipients are wanted by name                                 */
  bool signals[LOG_SIGNALS]; /* those that are wanted                                  */
};

static inline const char *log_choice_path(const struct log_choice *choice, size_t i)
{
  return i == 0 ? choice->from : choice->more[i];
}

/* ----------------------------------------------------------------------- stamps */

struct log_stamp {
  uint64_t ns; /* since 1970, in the log's own zone where it names none              */
  bool has_year;
  unsigned month; /* 1 to 12; the rest only where there is no year                   */
  unsigned day;
  uint64_t of_day_ns;
};

/* A time at the start of a line.  Returns its length, with one blank behind it; 0: none. */
size_t log_stamp_read(const char *line, size_t bytes, struct log_stamp *stamp);

/* Whether that year has the day of one without a year. */
bool log_stamp_fits(const struct log_stamp *stamp, uint64_t year);

/* The time with that year. */
uint64_t log_stamp_in_year(const struct log_stamp *stamp, uint64_t year);
uint64_t log_stamp_year(uint64_t ns);

/* The time, of those without a year with the one that brings it nearest to `near`. */
uint64_t log_stamp_near(const struct log_stamp *stamp, uint64_t near);

/* "2026-11-23 10:00:00" */
#define LOG_STAMP_BYTES 32
const char *log_stamp_print(char *text, uint64_t ns);

/* ---------------------------------------------------------------------- sources */

#define LOG_LINE_MAX ((size_t)1 << 20)

struct log_line {
  const char *text; /* behind the time; NULL: the line has none                      */
  size_t bytes;
  uint64_t at_ns; /* never before the line before                                    */
};

struct log_source {
  int descriptor;
  const char *name;
  char *buffer;
  size_t begin;
  size_t end;
  bool ended;
  bool begun;    /* some of it has been read                                         */
  bool skipping; /* in a line that is too long                                       */
  bool waiting;  /* line is not yet given out                                        */
  bool known;    /* last_ns is a time of this log                                    */
  uint64_t last_ns;
  uint64_t offset_ns; /* by how much the log's clock went back, altogether           */
  uint64_t former_offset_ns; /* before it last went back by over a day, which a clock that is
                              * wrong after a boot does until it is set; else as offset_ns */
  struct log_line line;
};

struct log_sources {
  struct log_source *each;
  size_t count;
  uint64_t year; /* of the first time that has none; 0: the last that is past        */
  uint64_t lines;
  uint64_t too_long;
  uint64_t steps_back;
};

/* Returns 0, or the exit status: what is wrong was told. */
int log_sources_open(struct log_sources *sources, const struct log_choice *choice);

/* Returns 1; 0 at the end of all; -1: what is wrong was told. */
int log_sources_next(struct log_sources *sources, struct log_line *line);
void log_sources_close(struct log_sources *sources);

/* ------------------------------------------------------------------------ lines */

enum log_fact_kind {
  LOG_NOTHING,    /* a line about something else                                    */
  LOG_MISTAKEN,   /* one that should have been understood                          */
  LOG_CLIENT,     /* who hands in a message                                         */
  LOG_PASSED_ON,  /* a content filter hands one in again                            */
  LOG_QUEUED,     /* sender, bytes, recipients: of a message that was handed in     */
  LOG_RECEIVED,   /* all of these in one line                                       */
  LOG_DELIVERED,  /* one recipient is done with                                     */
  LOG_DEFERRED,
  LOG_GONE        /* the message is                                                 */
};

struct log_fact {
  enum log_fact_kind kind;
  struct log_slice host;
  struct log_slice id;
  struct log_slice user; /* of authentication; empty: none                          */
  struct log_slice ip;
  struct log_slice sender;
  uint64_t bytes;
  uint64_t recipients; /* 0: not said                                                */
  struct log_slice names; /* of Exim: these, one word each                             */
  struct log_slice origin; /* LOG_PASSED_ON: the id before                             */
  struct log_slice recipient; /* of a delivery; empty: not said                        */
  enum log_signal signal;     /* that a delivery's answer is                           */
};

/* What a line behind its time says.  log_exim_read() returns false where it is no line of
 * a main log about a message. */
void log_line_read(struct log_slice line, struct log_fact *fact);
bool log_exim_read(struct log_slice line, struct log_fact *fact);
struct log_slice log_exim_word(struct log_slice *rest);
void log_postfix_read(struct log_slice daemon, struct log_slice line, struct log_fact *fact);

/* What an enhanced status code says, "5.1.1": of a server, or where `remote` is false of this
 * host; and what a reply does, "550 5.1.1 …", to a recipient or to the rest. */
enum log_signal log_answer_status(struct log_slice status, bool remote);
enum log_signal log_answer_reply(struct log_slice reply, bool to_recipient);

/* ------------------------------------------------------------------------ queue */

enum log_open_state { LOG_HANDED_IN, LOG_COUNTED };

struct log_open {
  struct log_open *next; /* of its slot                                            */
  struct log_open *older;
  struct log_open *newer;
  struct log_message *message; /* that its deliveries count for, or NULL              */
  struct log_sender *sender; /* whom its deliveries' answers are about, or NULL        */
  uint64_t hash;
  uint64_t at_ns; /* of its last line                                               */
  enum log_open_state state;
  bool passed_on;
  size_t host_bytes, id_bytes, user_bytes, ip_bytes;
  char bytes[]; /* host, id, user, ip                                               */
};

struct log_queue {
  struct log_open **slots;
  size_t slot_count;
  size_t open_count;
  size_t open_most;
  struct log_open *oldest[2]; /* handed in; counted.  In the order of their last line */
  struct log_open *newest[2];
  struct log_message *first; /* not yet given out, in order                           */
  struct log_message *last;
  log_taker *take;
  void *context;
  uint64_t secret[2];
  const struct log_choice *choice;
  uint64_t messages;
  uint64_t passed_on;     /* left out: a content filter handed them in again          */
  uint64_t without_user;  /* left out: bounces                                        */
  uint64_t unauthenticated;
  uint64_t began_before; /* left out: received before the log began, or inside        */
  uint64_t unnamed; /* recipients that no line named in time                          */
};

/* Messages under way; add returns NULL where memory is short, and forgets who had the id. */
int log_open_begin(struct log_queue *queue);
struct log_open *log_open_find(const struct log_queue *queue, const struct log_fact *fact);
struct log_open *log_open_add(struct log_queue *queue, const struct log_fact *fact,
                                enum log_open_state state, uint64_t at_ns);
void log_open_touch(struct log_queue *queue, struct log_open *open, uint64_t at_ns);
void log_open_forget(struct log_queue *queue, struct log_open *open);
void log_open_forget_old(struct log_queue *queue, uint64_t now_ns);
void log_open_free(struct log_queue *queue);

int log_queue_begin(struct log_queue *queue);

/* Returns 0; -1 where memory is short; else what take() returned. */
int log_queue_add(struct log_queue *queue, const struct log_fact *fact, uint64_t at_ns);
int log_queue_end(struct log_queue *queue);
void log_queue_free(struct log_queue *queue);

/* ----------------------------------------------------------------------- reader */

struct log_reader {
  struct log_sources sources;
  struct log_queue queue;
  uint64_t not_understood; /* lines                                                    */
  uint64_t other_lines;
};

/* Give every message of the logs to take, in order.  Returns 0, or the exit status: what is
 * wrong was told. */
int log_reader_run(struct log_reader *reader, const struct log_choice *choice, log_taker *take,
                   void *context);

/* Whether there was a message.  Returns 0, or the exit status: what is wrong was told. */
int log_reader_judge(const struct log_reader *reader);

/* What was left out, in words. */
typedef void log_note(void *context, uint64_t count, const char *what);
void log_reader_notes(const struct log_reader *reader, log_note *note, void *context);
void log_reader_free(struct log_reader *reader);

#endif
