/* SPDX-License-Identifier: BSD-2-Clause
 * One message, from MAIL to its end: what each stage asks weir, what is charged, and what is
 * given back.  Knows nothing of libmilter.
 *
 *   MAIL            asks at no cost: somebody who is blocked begins no message
 *   RCPT            charges one recipient, and the message with the first that passes.  One that
 *                   is refused costs nothing; others of the message may still pass.
 *   end of message  asks at no cost once more: a block stops what is on its way.  What is charged
 *                   then stays charged.
 *   given up        before its end, whoever did: all that it was charged is given back */
#ifndef MILTER_MESSAGE_H
#define MILTER_MESSAGE_H

#include <stdbool.h>

#include "daemon/fault.h"
#include "daemon/mail.h"
#include "recipients.h"

#define REPLY_BYTES WEIR_WORDS_BYTES

/* One for all messages; only its table and fault change after the start, and they are for any
 * thread. */
struct decider {
  struct table table;
  const char *policy;
  bool fails_open;     /* where weir cannot decide: pass, else 451                   */
  bool asks_for_all;   /* also for a client that did not authenticate                */
  bool refuses_nobody; /* a dry run: what would be refused is logged                 */
  uint32_t reply_flags; /* of enum weir_smtp_flag                                    */
  struct fault fault;
};

/* Zero it before the first. */
struct message {
  bool begun;      /* and not ended: a message is under way                          */
  struct mail mail; /* user and sender allocated                                     */
  struct recipients recipients;
  size_t paid_with; /* which recipient the message itself was charged with           */
  bool paid;        /* … if it was                                                   */
  bool denied;      /* a recipient was: more of them are no more denials             */
};

enum message_result {
  MESSAGE_PASS,
  MESSAGE_REFUSED,  /* with the reply                                                */
  MESSAGE_UNASKED   /* it is none of weir's business                                 */
};

/* `ip` has to stay until the message has ended.  user, sender: copied; user may be NULL.
 * reply: REPLY_BYTES, "450 4.7.1 …", of a refusal.  After a refusal no message is under way. */
enum message_result message_begin(struct message *message, struct decider *decider,
                                  const struct value *ip, const char *user, const char *sender,
                                  char *reply);

enum message_result message_recipient(struct message *message, struct decider *decider,
                                      const char *recipient, char *reply);

/* Afterwards no message is under way. */
enum message_result message_end(struct message *message, struct decider *decider, char *reply);

/* Nothing where no message is under way. */
void message_give_up(struct message *message, struct decider *decider);

#endif
