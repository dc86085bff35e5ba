/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The question to weir: may this user send one message to these recipients?  And what the
 * message then was like.  Policy `submission` of the table named by $WEIR_TABLE: the one that the
 * mail server asks too.
 */
#ifndef WEBMAIL_ASK_H
#define WEBMAIL_ASK_H

#include "recipients.h"
#include "weir.h"

#define ASK_POLICY "submission"

enum ask_outcome {
  ASK_ALLOW,
  ASK_DENY,
  ASK_BLOCK,
  ASK_UNANSWERED /* no table, or the table's policy cannot answer: see fault      */
};

struct ask {
  struct weir_table *table;
  struct weir_attribute attributes[2];
  struct weir_cost costs[2];
  struct weir_value values[RECIPIENTS_MAX];
  struct weir_list list;
  struct weir_request request;
  struct weir_verdict verdict;         /* zero where there is no answer, and once refunded */
  char fault[320];                     /* why there is no answer                          */
  uint64_t open_ns, take_ns, close_ns; /* what each call took                     */
};

/* Open the table and take; user, address and recipients must outlive the question.  Then
 * ask_end(), whatever the outcome. */
enum ask_outcome ask_begin(struct ask *ask, const char *user, const char *address,
                           const struct recipients *recipients);

/* Tell what was seen of the message.  A policy that does not listen, and one that blocks the user
 * from the next message on, are all the same to the program that tells. */
void ask_signal(struct ask *ask, const char *name);

/* Give back what was charged: the mail server did not take the message. */
void ask_refund(struct ask *ask);

void ask_end(struct ask *ask);

#endif
