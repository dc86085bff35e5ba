/* SPDX-License-Identifier: BSD-2-Clause
 * One connection of HAProxy: its frames in, the answers out, in order.  Bounded: one frame
 * and the unsent answers; a client that does not read them is not read from. */
#ifndef SPOA_CONNECTION_H
#define SPOA_CONNECTION_H

#include "decide.h"

#define FRAME_MS_MAX 10000 /* from a frame's first byte to its answer's last; the HELLO's
                              from the connect                                       */

enum connection_state { CONNECTION_NEW, CONNECTION_OPEN, CONNECTION_CLOSING };

struct connection {
  struct connection *previous, *next; /* in the service's list                  */
  int fd;
  enum connection_state state;
  bool wants_output;    /* waits to write; otherwise to read                     */
  bool ended;           /* the client sends no more                              */
  bool in_frame;        /* the deadline is a frame's                             */
  uint64_t idle_ms;     /* between two frames                                    */
  uint64_t deadline_ms; /* on clock_ms(): dropped when it has passed             */
  uint32_t frame_bytes; /* as agreed by HELLO                                    */
  size_t input_begin, input_end, output_begin, output_end;
  unsigned char input[4 + FRAME_BYTES_MAX];
  unsigned char output[16 * ACK_BYTES_MAX];
};

/* Returns NULL where there is no memory.  The descriptor then belongs to the connection. */
struct connection *connection_new(int fd, uint64_t idle_ms);
void connection_free(struct connection *connection);

/* Do what can be done without waiting: send, answer, and read once, so that one client
 * cannot keep the others waiting.  Call it when the descriptor is ready for what
 * wants_output says.  Returns false where the connection is over; the reason has been
 * logged if it was the client's fault. */
bool connection_work(struct connection *connection, struct decider *decider);

#endif
