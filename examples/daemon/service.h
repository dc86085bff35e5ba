/* SPDX-License-Identifier: BSD-2-Clause
 * Serving clients until SIGTERM or SIGINT: one thread, no client waits for
 * another. */
#ifndef DAEMON_SERVICE_H
#define DAEMON_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "listener.h"

/* What the service knows of a client: the first member of the program's own structure. */
struct client {
  struct client *previous, *next; /* in the service's list                         */
  int in, out;                    /* one descriptor, but for standard input and output */
  bool wants_output;              /* waits to write; otherwise to read             */
  bool waits_apart;               /* for finished(), neither to read nor to write   */
  bool in_request;                /* the deadline is a request's                   */
  uint64_t deadline_ms;           /* on clock_ms(): dropped when it has passed     */
};

struct client_kind {
  /* Returns NULL where there is no memory.  The descriptors then belong to the client.
   * idle_ms: how long it may be silent. */
  struct client *(*begin)(int in, int out, uint64_t idle_ms);
  /* Do what can be done without waiting: send, answer, and read once, so that one client cannot
   * keep the others waiting.  Called when the descriptor named by wants_output is ready.  Returns
   * false where the client is done with; the reason has been logged if it was its fault. */
  bool (*work)(struct client *client, void *context);
  void (*end)(struct client *client); /* closes the descriptors, too                */
  /* For clients that wait apart, while threads of the program's own work for them; NULL where none
   * does.  When the descriptor that wake_in() returns can be read, work() is called for each client
   * that finished() returns, until that is NULL; -1: none works.  work() may be called earlier: the
   * client has gone. */
  int (*wake_in)(void *context);
  struct client *(*finished)(void *context);
};

/* Block the signals that stop the service, so that they are noticed only where it
 * waits, and ignore SIGPIPE.  Call it before anything else here. */
int service_signals(void);

/* Serve all who connect; context is what work() is called with.
 * Returns 0 when told to stop, -1 where the system fails (logged). */
int service_listen(const struct listener *listener, const struct client_kind *kind, void *context,
                   uint64_t idle_ms);

/* Serve the one client on standard input and output, as spawn(8) hands it over.
 * Returns as service_listen(), and 0 when the client has gone. */
int service_stdio(const struct client_kind *kind, void *context, uint64_t idle_ms);

#endif
