/* SPDX-License-Identifier: BSD-2-Clause
 * What a mail server asks weir: who sends, to whom, how much. */
#ifndef DAEMON_MAIL_H
#define DAEMON_MAIL_H

#include "weir.h"

/* Bytes that lie elsewhere; NULL where there are none. */
struct value {
  const char *bytes;
  size_t length;
};

struct mail {
  struct value user;      /* who authenticated; empty: nobody                     */
  struct value ip;        /* of the client; empty: not known                      */
  struct value sender;    /* empty: the null sender, a principal of its own       */
  struct value domain;    /* of the sender                                        */
  struct value recipient; /* the only one; empty: none yet, or several             */
};

enum { COST_MESSAGES, COST_RECIPIENTS, COST_BYTES, COSTS };
enum { MAIL_ATTRIBUTES_MAX = 5 };

/* A request to weir with the storage that it points to. */
struct mail_question {
  struct weir_request request;
  struct weir_attribute attributes[MAIL_ATTRIBUTES_MAX];
  struct weir_cost costs[COSTS];
};

/* At no cost; what `mail` points to has to stay. */
void mail_ask(struct mail_question *question, const char *policy, const struct mail *mail);

/* Each unit is named, with 0 where it is not known yet: a policy may count what only a later
 * stage of the message knows. */
void mail_cost(struct mail_question *question, uint64_t messages, uint64_t recipients,
               uint64_t bytes);

#endif
