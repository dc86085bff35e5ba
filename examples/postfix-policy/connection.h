/* SPDX-License-Identifier: BSD-2-Clause
 * One client: its bytes in, its replies out.  Bounded: one request of 64 KiB and
 * one unsent reply; a client that does not read its replies is not read from. */
#ifndef POLICY_CONNECTION_H
#define POLICY_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/service.h"
#include "decide.h"

#define REQUEST_BYTES_MAX 65536
#define REQUEST_MS_MAX 30000 /* from a request's first byte to its reply's last */

struct connection {
  struct client client; /* first                                               */
  bool ended;        /* the client sends no more                                */
  char *input;       /* input_room bytes, allocated; in use: begin to end       */
  size_t input_begin, input_end, input_room;
  size_t input_seen; /* of the request at begin: searched without finding an end */
  char output[REPLY_BYTES];
  size_t output_begin, output_end;
  uint64_t idle_ms;     /* between two requests                                 */
  struct paid paid;
};

extern const struct client_kind connections; /* context: the decider               */

#endif
