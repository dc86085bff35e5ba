/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The questions to weir: may this user send one message to these recipients?  What is left?  May
 * this session go on?  May a password be tried?  And what a message then was like.
 *
 * Of the table named by $WEIR_TABLE, policy `submission`: the one that the mail server asks too;
 * passwords by policy `signin`, where the table has one.  With WEIR_OFF=1 nothing is asked.
 */
#ifndef WEBMAIL_ASK_H
#define WEBMAIL_ASK_H

#include "recipients.h"
#include "weir.h"

#define ASK_POLICY "submission"
#define ASK_SIGN_IN_POLICY "signin"

enum ask_outcome {
  ASK_ALLOW,
  ASK_DENY,
  ASK_BLOCK,
  ASK_UNANSWERED /* no table, or the table's policy cannot answer: see fault, and WEIR_FAIL */
};

/* Who asks; both outlive the questions. */
struct asker {
  const char *user;
  const char *address;
};

struct ask {
  struct weir_table *table; /* NULL: not open                                       */
  int is_off;
  int has_complained;
  int is_charged;                      /* by ask_take(): there is something to give back   */
  struct weir_verdict verdict;         /* zero where there is no answer, and once refunded */
  char fault[320];                     /* why there is no answer                          */
  uint64_t open_ns, take_ns, close_ns; /* what each call took                     */
};

/* Open the table.  Then ask_end(), whatever comes of it: without a table each question is
 * ASK_UNANSWERED. */
void ask_begin(struct ask *ask);
void ask_end(struct ask *ask);

/* WEIR_FAIL: whether what has no answer goes on.  One line on standard error a request. */
int ask_fails_open(struct ask *ask);

/* Charges a message and its recipients. */
enum ask_outcome ask_take(struct ask *ask, const struct asker *asker,
                          const struct recipients *recipients);

/* Give back, of what ask_take() charged: so many messages, and the recipients that the mail server
 * did not take. */
void ask_refund(struct ask *ask, const struct asker *asker, unsigned messages,
                const struct recipients *recipients);

/* What is left now, into ask->verdict; where nothing is, how long it takes.  Charges nothing. */
enum ask_outcome ask_what_is_left(struct ask *ask, const struct asker *asker);

/* What the limit that ask->verdict names counts: "messages"; empty where that is not known. */
void ask_unit(struct ask *ask, char unit[WEIR_NAME_BYTES]);

/* Whether a session goes on, or one may begin. */
enum ask_outcome ask_session(struct ask *ask, const char *user, uint64_t issued_ns);

/* Before a password is tried; given back where it was not a wrong one. */
enum ask_outcome ask_password(struct ask *ask, const struct asker *asker);
void ask_password_give_back(struct ask *ask, const struct asker *asker);

/* Tell what was seen of the message.  A policy that does not listen, and one that blocks the user
 * from the next message on, are all the same to the program that tells. */
void ask_signal(struct ask *ask, const struct asker *asker, const char *name, uint64_t weight);

#endif
