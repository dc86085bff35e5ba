/* SPDX-License-Identifier: BSD-2-Clause
 * From a request to a reply: what weir says, whether the password is right, how it is said. */
#ifndef AUTH_DECIDE_H
#define AUTH_DECIDE_H

#include "checker.h"
#include "daemon/fault.h"
#include "reply.h"

#define ATTEMPTS_MAX 3 /* of one client's connection: then nginx is left to close it  */

struct decider {
  struct table table;
  struct fault fault;
  const char *policy;         /* of sign-ins                                      */
  const char *session_policy; /* of SMTP sessions without a sign-in; NULL: refused   */
  const char *secret;         /* what X-Auth-Key has to be; NULL: anything            */
  struct backend backends[PROTOCOLS];
  uint64_t wait_s;            /* before a client hears of a wrong password           */
  bool fails_open;            /* where weir cannot decide                          */
  bool folds_case;            /* of users' names                                  */
  bool checks_passwords;      /* by users and checker; else the backend does          */
  unsigned threads;
  struct users users;
  struct checker checker;
};

/* A sign-in whose password is being checked.  `reader` gets the answer; NULL: nobody waits for
 * it any more. */
struct sign_in {
  struct check check;
  void *reader;
  enum protocol protocol;
  uint64_t attempt;
  bool is_charged;
  bool is_known; /* else the hash is a decoy, and nothing is right                 */
  char ip[INET6_ADDRSTRLEN];
  size_t user_bytes;
  char text[]; /* the user, then the password and the hash with a NUL each           */
};

int decider_start(struct decider *decider);
void decider_stop(struct decider *decider);

/* Decide and charge.  Returns the reply's length, or 0: *sign_in is under way, whose reader the
 * caller sets, and decide_checked() goes on. */
size_t decide(struct decider *decider, struct request *request, char reply[REPLY_BYTES],
              struct sign_in **sign_in);

/* The next sign-in whose password was checked; NULL: none now.  To be ended by decide_checked(). */
struct sign_in *decide_next(struct decider *decider);

/* Gives back what a right password was charged, and frees the sign-in.  reply may be NULL. */
size_t decide_checked(struct decider *decider, struct sign_in *sign_in, char *reply);

#endif
