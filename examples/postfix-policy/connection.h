/* SPDX-License-Identifier: BSD-2-Clause
 * One client: its bytes in, its replies out.  Bounded: one request of 64 KiB and
 * one unsent reply; a client that does not read its replies is not read from. */
#ifndef POLICY_CONNECTION_H
#define POLICY_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decide.h"

#define REQUEST_BYTES_MAX 65536
#define REQUEST_MS_MAX 30000 /* from a request's first byte to its reply's last */

struct connection {
  struct connection *previous, *next; /* in the service's list                  */
  int in, out;
  bool wants_output; /* waits to write; otherwise to read                       */
  bool ended;        /* the client sends no more                                */
  char *input;       /* input_room bytes, allocated; in use: begin to end       */
  size_t input_begin, input_end, input_room;
  size_t input_seen; /* of the request at begin: searched without finding an end */
  char output[REPLY_BYTES];
  size_t output_begin, output_end;
  uint64_t idle_ms;     /* between two requests                                 */
  uint64_t deadline_ms; /* on clock_ms(): dropped when it has passed            */
  bool in_request;      /* the deadline is a request's                          */
  struct paid paid;
};

/* Returns NULL where there is no memory.  The descriptors then belong to the
 * connection and are closed with it. */
struct connection *connection_new(int in, int out, uint64_t idle_ms);
void connection_free(struct connection *connection);

/* Do what can be done without waiting: send, answer, and read once, so that one
 * client cannot keep the others waiting.  Call it when the descriptor named by
 * wants_output is ready.  Returns false where the connection is over; the reason
 * has been logged if it was the client's fault. */
bool connection_work(struct connection *connection, struct decider *decider);

#endif
