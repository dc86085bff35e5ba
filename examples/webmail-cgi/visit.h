/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One request, from beginning to end: who makes it, what weir says, and the page that it becomes.
 */
#ifndef WEBMAIL_VISIT_H
#define WEBMAIL_VISIT_H

#include "ask.h"
#include "page.h"
#include "request.h"
#include "session.h"

struct visit {
  struct request request;
  struct ask ask;
  struct session session;        /* its token is empty where there is none          */
  char user[REQUEST_USER_BYTES]; /* who is signed in; empty: nobody                 */
  struct page page;
};

static inline struct asker visit_asker(const struct visit *visit)
{
  return (struct asker){visit->user, visit->request.address};
}

/* Find out who it is, and ask weir whether the session goes on.  Returns 0, or -1 where the page
 * already says why nothing else is done. */
int visit_begin(struct visit *visit);

/* Ask once more whether the session goes on: a block may have come since.  0, or -1 as above. */
int visit_ask_again(struct visit *visit);

/* Whether a form of this session was posted by a page of it.  0, or -1 as above. */
int visit_check_token(struct visit *visit, const char *token);

/* The session that a user begins by a password, at this moment.  0, or -1 as above. */
int visit_sign_in(struct visit *visit, const char *user);
void visit_sign_out(struct visit *visit);

/* The page says who is signed in. */
void visit_show_user(struct visit *visit);

/* Another page of this program, by a redirect. */
void visit_go_to(struct visit *visit, const char *below);

/* What the limits say to programs, of ask's verdict; a field that has nothing to say is left out.
 */
void visit_add_limit_fields(struct visit *visit);

/* What may be posted, each in its file: what was typed, or what was kept before. */
void visit_send(struct visit *visit);
void visit_preferences(struct visit *visit, const struct identity *typed);
void visit_password(struct visit *visit, const char *user, const char *password);

/* What may still be sent, in words (quota.c). */
void visit_show_quota(struct visit *visit);

#endif
