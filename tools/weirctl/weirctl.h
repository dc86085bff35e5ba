/* SPDX-License-Identifier: BSD-2-Clause
 * weirctl: what its subcommands share.  One file a subcommand; each is
 * int wctl_NAME(int argc, char **argv) with argv[0] its own name, and returns an exit
 * status.  One thread. */
#ifndef WCTL_WEIRCTL_H
#define WCTL_WEIRCTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "weir.h"

enum wctl_status {
  WCTL_DONE = 0,
  WCTL_DENY = 1,
  WCTL_BLOCK = 2,
  WCTL_USAGE = 64,       /* the command line                                        */
  WCTL_INPUT = 65,       /* a policy, a request, a table that verify finds unsound  */
  WCTL_UNAVAILABLE = 69, /* the table                                               */
  WCTL_INTERNAL = 70
};

int wctl_create(int argc, char **argv);
int wctl_apply(int argc, char **argv);
int wctl_check(int argc, char **argv);
int wctl_take(int argc, char **argv);
int wctl_peek(int argc, char **argv);
int wctl_refund(int argc, char **argv);
int wctl_block(int argc, char **argv);
int wctl_unblock(int argc, char **argv);
int wctl_blocks(int argc, char **argv);
int wctl_switch(int argc, char **argv);
int wctl_why(int argc, char **argv);
int wctl_top(int argc, char **argv);
int wctl_signal(int argc, char **argv);
int wctl_member(int argc, char **argv);
int wctl_stats(int argc, char **argv);
int wctl_verify(int argc, char **argv);
int wctl_sim(int argc, char **argv);
int wctl_plan(int argc, char **argv);
int wctl_watch(int argc, char **argv);

/* --------------------------------------------------------------- command line */

struct wctl_usage {
  const char *synopsis; /* "check [--json] FILE"                                    */
  const char *help;     /* what --help says below it                               */
  const char *operand;  /* name of the operand that may be missing: "FILE"         */
  int operands_min;
  int operands_max;
  bool uses_table; /* takes -t TABLE behind its name too                           */
};

struct wctl_option {
  const char *name;   /* "--json"; NULL ends the array                             */
  bool *given;        /* set to true; may be NULL                                   */
  const char **value; /* where it has one; NULL: it has none                       */
};

#define WCTL_GO_ON (-1)

/* Take the options out of argv: options and operands may be mixed, "--" ends the
 * options.  The operands are then argv[1] to argv[*operands].
 * Returns WCTL_GO_ON, or the exit status to end with: --help was answered, or a mistake
 * was told. */
int wctl_arguments(const struct wctl_usage *usage, const struct wctl_option *options, int argc,
                   char **argv, int *operands);

/* The whole number behind an option; text NULL leaves *value.  Returns as wctl_arguments(). */
int wctl_count(const char *option, const char *text, uint64_t from, uint64_t to, uint64_t *value);

/* -------------------------------------------------------------------- messages */

/* One line on standard error behind "weirctl: ", control characters made visible. */
__attribute__((format(printf, 1, 2))) void wctl_error(const char *format, ...);

/* What the library says is wrong, and what to do where it does not say. */
void wctl_fault(const struct weir_fault *fault);

/* A weir_complaint() that tells a mistake; context: NULL, or an int that counts. */
void wctl_complain(void *context, const char *line);

/* The exit status that an error of the library stands for. */
int wctl_status_of(int error);

/* Tell why the library would not decide on a request, and name what that lacks.  Returns
 * the exit status. */
int wctl_request_error(struct weir_table *table, const struct weir_request *request, int error);

/* A string in quotes, valid JSON whatever its bytes are: what is no UTF-8 becomes
 * U+FFFD. */
void wctl_json_string(FILE *out, const char *text);
void wctl_json_bytes(FILE *out, const char *text, size_t text_bytes);

/* A value as it would stand in a request, but that what is no visible ASCII is shown as
 * \xHH: it goes to a terminal. */
void wctl_value_print(FILE *out, const char *value, size_t bytes);

/* 60000000000 as "1m".  Room for WCTL_DURATION_BYTES. */
#define WCTL_DURATION_BYTES 32
const char *wctl_duration(char *text, uint64_t ns);

/* ns / count as "86.4s", "~333.333333ms": six decimals, ~ where there would be more. */
const char *wctl_interval(char *text, uint64_t ns, uint64_t count);

/* Text for a terminal, whoever wrote it: as wi_printable().  Returns to. */
char *wctl_shown(char *to, size_t room, const char *from);

/* Characters of a shown text; each is taken as one column. */
int wctl_columns(const char *shown);

/* A shown text and blanks up to a width in columns. */
void wctl_print_column(const char *shown, int width);

/* CLOCK_REALTIME as local ISO 8601: 2026-11-26T17:02:02+01:00.  Room for WCTL_TIME_BYTES. */
#define WCTL_TIME_BYTES 40
const char *wctl_time(char *text, uint64_t wall_ns);

/* "name":SECONDS,"name_iso":"…"; null and null where wall_ns is 0 or WEIR_NEVER. */
void wctl_json_time(FILE *out, const char *name, uint64_t wall_ns);

/* ns for people, in its two largest units: "3h12m", "59s", "340ms"; WEIR_NEVER: "never".  Room
 * for WCTL_DURATION_BYTES. */
const char *wctl_span(char *text, uint64_t ns);

/* "normal", "deny-all", "allow-all", of an enum weir_switch_position. */
const char *wctl_switch_name(uint32_t position);

/* ----------------------------------------------------------- tables and files */

/* From -t; NULL or "" is refused and told. */
int wctl_table_set(const char *path);

/* -t, else $WEIR_TABLE, else WEIR_DEFAULT_TABLE. */
const char *wctl_table_path(void);

/* Returns 0, or the exit status to end with: what is wrong was told. */
int wctl_table_open(struct weir_table **table);

struct wctl_file {
  const char *name; /* for messages: "-" is "<stdin>"                              */
  char *text;
  size_t bytes;
};

/* Read a whole file, "-" standard input, of at most 16 MiB.  Returns as
 * wctl_table_open().  Free with wctl_file_free(). */
int wctl_file_read(const char *path, struct wctl_file *file);
void wctl_file_free(struct wctl_file *file);

#endif
