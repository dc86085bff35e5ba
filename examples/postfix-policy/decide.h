/* SPDX-License-Identifier: BSD-2-Clause
 * From a request to a reply: what a message owes at this stage, what weir says,
 * and how SMTP says it. */
#ifndef POLICY_DECIDE_H
#define POLICY_DECIDE_H

#include <stdbool.h>

#include "daemon/fault.h"
#include "request.h"

#define REPLY_BYTES (WEIR_WORDS_BYTES + 16)
#define INSTANCE_BYTES 128

struct decider {
  struct table table;
  const char *policy;
  bool fails_open;         /* where weir cannot decide: DUNNO, else 451            */
  bool asks_for_all;       /* also for a client that did not authenticate          */
  struct fault fault;
};

/* What the message of this instance has been charged so far.  smtpd keeps one
 * connection for all stages of its messages, and has one message at a time, so the
 * last one is all there is to remember.  Zero it for a new connection. */
struct paid {
  char instance[INSTANCE_BYTES];
  size_t instance_bytes; /* 0: nothing remembered                               */
  uint64_t messages;
  uint64_t recipients;
  uint64_t bytes;
};

/* Decide and charge.  reply: "action=…\n\n", at most REPLY_BYTES with the NUL.
 * Returns its length. */
size_t decide(struct decider *decider, struct paid *paid, const struct request *request,
              char reply[REPLY_BYTES]);

#endif
