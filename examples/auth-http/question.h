/* SPDX-License-Identifier: BSD-2-Clause
 * A request to weir with the storage that it points to. */
#ifndef AUTH_QUESTION_H
#define AUTH_QUESTION_H

#include "request.h"
#include "weir.h"

enum { QUESTION_ATTRIBUTES = 4, QUESTION_COSTS = 3 };

struct question {
  struct weir_request request;
  struct weir_attribute attributes[QUESTION_ATTRIBUTES];
  struct weir_cost costs[QUESTION_COSTS];
};

/* One sign-in: `attempts` is charged, and messages as many, so that a policy may count either.
 * 0 asks for blocks alone. */
void question_sign_in(struct question *question, const char *policy, const struct value *user,
                      const char *ip, uint64_t attempts);

/* One session of SMTP without a sign-in: one message to its first recipient. */
void question_session(struct question *question, const char *policy,
                      const struct request *request);

#endif
