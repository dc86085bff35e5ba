/* SPDX-License-Identifier: BSD-2-Clause
 * Frames of SPOP 2.0 (HAProxy's doc/SPOE.txt, 3.2), without the 4 bytes of length before
 * one that is read.  Pure functions on bytes. */
#ifndef SPOA_FRAME_H
#define SPOA_FRAME_H

#include "bytes.h"

#define FRAME_BYTES_MAX 16384 /* what is announced: HAProxy's own buffer           */
#define FRAME_BYTES_MIN 256   /* below this nobody may go                         */

enum frame_type {
  FRAME_UNSET = 0,
  FRAME_HAPROXY_HELLO = 1,
  FRAME_HAPROXY_DISCONNECT = 2,
  FRAME_NOTIFY = 3,
  FRAME_AGENT_HELLO = 101,
  FRAME_AGENT_DISCONNECT = 102,
  FRAME_ACK = 103
};

enum frame_flag { FRAME_FIN = 1 };

/* Why a connection ends, as the protocol numbers it. */
enum status {
  STATUS_NORMAL = 0,
  STATUS_TOO_BIG = 3,
  STATUS_INVALID = 4,
  STATUS_NO_VERSION = 5,
  STATUS_NO_FRAME_SIZE = 6,
  STATUS_NO_CAPABILITIES = 7,
  STATUS_BAD_VERSION = 8,
  STATUS_BAD_FRAME_SIZE = 9,
  STATUS_FRAGMENTED = 10
};

const char *status_words(enum status status);

struct frame {
  uint8_t type;
  uint32_t flags;
  uint64_t stream, id; /* an ACK repeats them                                   */
  struct reader payload;
};

bool frame_read(struct reader bytes, struct frame *frame);

struct hello {
  uint32_t frame_bytes; /* what both sides keep to                              */
  bool pipelining;
  bool healthcheck;
};

/* Returns STATUS_NORMAL, or why we have nothing to say to each other. */
enum status hello_read(struct reader payload, struct hello *hello);

/* What a HAPROXY-DISCONNECT says; false where it says nothing that can be read. */
bool disconnect_read(struct reader payload, uint64_t *status, struct string *message);

/* Begin a frame with its length to be filled in by frame_end(). */
unsigned char *frame_begin(struct writer *writer, enum frame_type type, uint64_t stream,
                           uint64_t id);
void frame_end(struct writer *writer, unsigned char *begin);

void write_hello(struct writer *writer, const struct hello *hello);
void write_disconnect(struct writer *writer, enum status status);

#endif
