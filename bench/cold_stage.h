/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the fresh processes of bench_cold work on: tables, files, a server, in a folder of its own
 * on a tmpfs, and gone when the bench ends, also by a signal.  One thread. */
#ifndef BENCH_COLD_STAGE_H
#define BENCH_COLD_STAGE_H

#include <stdbool.h>
#include <stdint.h>

/* The limit that every subject keeps: 30 a minute, 60 at once. */
#define COLD_INTERVAL_NS 2000000000u
#define COLD_INTERVAL_US 2000000
#define COLD_BURST 60

/* The locked file: an array of records. */
#define COLD_RECORDS 100000u
#define COLD_RECORD_BYTES 64

/* Of the Berkeley DB's users; and the file that its users lock. */
#define COLD_DB_USERS "100000"
#define COLD_LOCK_SUFFIX ".lock"

#define COLD_PATH_BYTES 128

struct cold_stage {
  char folder[COLD_PATH_BYTES / 2];
  char one_limit[COLD_PATH_BYTES]; /* tables */
  char two_limits[COLD_PATH_BYTES];
  char locked[COLD_PATH_BYTES];
  char db[COLD_PATH_BYTES];
  char db_lock[COLD_PATH_BYTES];
  char socket[COLD_PATH_BYTES];
  char script[64]; /* the SHA of the server's script                          */
  bool has_server;
};

/* The folder, the tables for so many keys, and in them users "known0" to "known<count - 1>". */
void cold_stage_set(struct cold_stage *stage, uint64_t keys, int known);

/* Say why, and end the program. */
_Noreturn void cold_fail(const char *what);

#endif
