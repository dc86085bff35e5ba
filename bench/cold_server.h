/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A redis-server of the bench's own: on a unix socket alone, without persistence, with one script
 * loaded.  It ends with the bench, whatever ends that.  One thread, one server. */
#ifndef BENCH_COLD_SERVER_H
#define BENCH_COLD_SERVER_H

#include <stdbool.h>

/* Start it and load the GCRA script, whose SHA is written to script (at least 41 bytes).  false:
 * redis-server is not installed.  Ends the program where it is, and does not work. */
bool cold_server_start(const char *folder, const char *socket_path, char *script);

/* Makes nothing but system calls that a signal handler may make. */
void cold_server_stop(void);

#endif
