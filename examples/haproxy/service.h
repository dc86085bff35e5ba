/* SPDX-License-Identifier: BSD-2-Clause
 * Serving clients until SIGTERM or SIGINT: one thread, no client waits for
 * another. */
#ifndef SPOA_SERVICE_H
#define SPOA_SERVICE_H

#include "decide.h"
#include "listener.h"

/* Block the signals that stop the service, so that they are noticed only where it
 * waits, and ignore SIGPIPE.  Call it before anything else here. */
int service_signals(void);

/* Serve all who connect.  idle_ms: how long a client may be silent.
 * Returns 0 when told to stop, -1 where the system fails (logged). */
int service_listen(const struct listener *listener, struct decider *decider, uint64_t idle_ms);

#endif
