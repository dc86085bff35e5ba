/* SPDX-License-Identifier: BSD-2-Clause
 * Values of options that daemons have in common.  Where one is wrong they say what was
 * expected and end the program with 64. */
#ifndef DAEMON_OPTIONS_H
#define DAEMON_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "start.h"

enum exit_status { EXIT_DONE = 0, EXIT_USAGE = 64, EXIT_SYSTEM = 71 };

/* `option` is as the user wrote it: "-m". */
mode_t option_mode(const char *program, const char *option, const char *text);
uint64_t option_number(const char *program, const char *option, const char *text, uint64_t least,
                       uint64_t most, const char *unit);

/* "open" or "closed".  Returns whether it is open. */
bool option_fails_open(const char *program, const char *option, const char *text);

/* What all are told, and where it goes. */
struct shared_options {
  const char *program, *usage;
  const char **table, **policy;
  bool *fails_open;
  struct start *start;
  uint64_t idle_max_s;
  bool verbose;
};

#define OPTIONS_SHARED "t:p:l:m:u:f:i:vh"

/* One of those letters.  false: it is none of them.  -h prints the usage, and ends the program. */
bool option_shared(struct shared_options *shared, int letter, const char *text);

/* Says how to use the program, and ends it. */
_Noreturn void option_misused(const struct shared_options *shared);

/* $WEIR_TABLE, else the default of the library. */
const char *option_table(void);

#endif
