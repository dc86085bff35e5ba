/* SPDX-License-Identifier: BSD-2-Clause
 * One connection of nginx: one request in, one answer out, closed.  Bounded: 8 KiB of
 * request. */
#ifndef AUTH_CONNECTION_H
#define AUTH_CONNECTION_H

#include "daemon/service.h"
#include "decide.h"

#define REQUEST_BYTES_MAX 8192
#define CHECK_MS_MAX 60000 /* for a password to be checked: nginx's own patience     */

struct connection {
  struct client client; /* first                                               */
  struct sign_in *sign_in; /* whose password is being checked; NULL: none        */
  uint64_t idle_ms;     /* for the request, and again for the answer            */
  size_t input_bytes;
  size_t output_begin, output_end;
  char output[REPLY_BYTES];
  char input[REQUEST_BYTES_MAX];
};

extern const struct client_kind connections; /* context: the decider               */

#endif
