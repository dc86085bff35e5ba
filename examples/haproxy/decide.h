/* SPDX-License-Identifier: BSD-2-Clause
 * From a NOTIFY to its ACK: what weir says, as variables of the transaction. */
#ifndef SPOA_DECIDE_H
#define SPOA_DECIDE_H

#include "daemon/fault.h"
#include "frame.h"

#define ACK_BYTES_MAX 256 /* with its length: four variables, a name of 63 bytes   */

struct decider {
  struct table table;
  const char *policy;
  bool fails_open;         /* where weir cannot decide: allow, else error        */
  struct fault fault;
};

/* Decide, charge and write the ACK.  Returns false: the frame breaks the protocol;
 * nothing was charged or written. */
bool decide(struct decider *decider, const struct frame *notify, struct writer *ack);

#endif
