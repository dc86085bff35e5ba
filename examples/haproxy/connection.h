/* SPDX-License-Identifier: BSD-2-Clause
 * One connection of HAProxy: its frames in, the answers out, in order.  Bounded: one frame
 * and the unsent answers; a client that does not read them is not read from. */
#ifndef SPOA_CONNECTION_H
#define SPOA_CONNECTION_H

#include "daemon/service.h"
#include "decide.h"

#define FRAME_MS_MAX 10000 /* from a frame's first byte to its answer's last; the HELLO's
                              from the connect                                       */

enum connection_state { CONNECTION_NEW, CONNECTION_OPEN, CONNECTION_CLOSING };

struct connection {
  struct client client; /* first                                               */
  enum connection_state state;
  bool ended;           /* the client sends no more                              */
  uint64_t idle_ms;     /* between two frames                                    */
  uint32_t frame_bytes; /* as agreed by HELLO                                    */
  size_t input_begin, input_end, output_begin, output_end;
  unsigned char input[4 + FRAME_BYTES_MAX];
  unsigned char output[16 * ACK_BYTES_MAX];
};

extern const struct client_kind connections; /* context: the decider               */

#endif
