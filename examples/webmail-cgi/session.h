/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Who is signed in: a file a session, $WEIR_STATE/sessions/ID, and the id in the browser's cookie.
 * It ends by signing out, 12 hours after it began, after 2 hours without a request, and where weir
 * says so (visitor.c).
 */
#ifndef WEBMAIL_SESSION_H
#define WEBMAIL_SESSION_H

#include "request.h"
#include "token.h"

#include <stdint.h>

struct session {
  char id[TOKEN_BYTES];
  char token[TOKEN_BYTES]; /* stands in each form: another site's page does not know it */
  char user[REQUEST_USER_BYTES];
  uint64_t begun_ns;  /* CLOCK_REALTIME                                             */
  uint64_t issued_ns; /* when the user said who it is: what weir is asked about      */
};

uint64_t session_clock_ns(void);

/* The session of an id from a cookie.  1: it goes on, and its time without a request begins anew;
 * 0: there is none, or it is over; -1 with errno. */
int session_find(struct session *session, const char *id);

/* Begin one, and remove others that are over.  0, or -1 with errno. */
int session_begin(struct session *session, const char *user, uint64_t issued_ns);

/* For good: nothing is left that its id could open.  0, or -1 with errno. */
int session_end(const struct session *session);

#endif
