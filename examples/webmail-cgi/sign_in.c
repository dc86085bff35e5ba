/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A name and a password become a session, unless weir has seen too many of them.
 */
#include "password.h"
#include "visit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PASSWORD_BYTES 256 /* longer ones are nobody's                                */

static void say_wait(struct visit *visit)
{
  const struct weir_verdict *verdict = &visit->ask.verdict;
  char wait[WEIR_WORDS_BYTES];

  (void)weir_wait_words(verdict->retry_after_ns, wait, sizeof wait);
  page_say(&visit->page, 429, "Please wait a moment",
           "There were too many attempts to sign in. You can try again in %s.", wait);
}

/* The same words, whoever it is and whatever is wrong. */
static void say_wrong(struct visit *visit)
{
  page_say(&visit->page, 403, "Not signed in", "This user name and password do not go together.");
}

/* Who is blocked, or whose address is, is charged nothing: a password that was looked at all the
 * same could be guessed for ever.  So everybody is told, whatever the password is. */
static void say_blocked(struct visit *visit)
{
  page_say(&visit->page, 403, "Sign-in is stopped",
           "This account was stopped, or signing in from where you are. Please call the help desk.");
}

/* -1: the page says why not. */
static int may_try(struct visit *visit, const struct asker *asker, int *is_charged)
{
  switch (ask_password(&visit->ask, asker)) {
  case ASK_DENY:
    say_wait(visit);
    return -1;
  case ASK_UNANSWERED:
    if (ask_fails_open(&visit->ask))
      return 0;
    page_say(&visit->page, 503, "Not signed in",
             "Nobody can sign in at the moment. Please try again later.");
    return -1;
  case ASK_BLOCK:
    say_blocked(visit);
    return -1;
  case ASK_ALLOW:
    *is_charged = 1;
    break;
  }
  return 0;
}

/* The draft that came along is shown again, else the first page. */
static void go_on(struct visit *visit)
{
  const struct draft *draft = &visit->page.draft;

  if (!*draft->to && !*draft->subject && !*draft->body) {
    visit_go_to(visit, "");
    return;
  }
  visit->page.kind = PAGE_WRITE;
  page_say(&visit->page, 200, "You are signed in",
           "Your message was not sent yet: please look at it, and send it.");
}

void visit_password(struct visit *visit, const char *user, const char *password)
{
  struct asker asker = {user, visit->request.address};
  int known = request_is_user(user) && strlen(password) < PASSWORD_BYTES;
  int right, is_charged = 0;

  visit->page.typed_user = user;
  if (may_try(visit, &asker, &is_charged) != 0)
    return;
  right = password_check(known ? user : "", known ? password : ""); /* nobody has that name */
  if (right && is_charged)
    ask_password_give_back(&visit->ask, &asker);
  if (right < 0) {
    fprintf(stderr, "compose: WEIR_USERS: %s\n", strerror(errno));
    page_say(&visit->page, 503, "Not signed in",
             "Nobody can sign in at the moment. Please try again later.");
  } else if (!right) {
    say_wrong(visit);
  } else if (visit_sign_in(visit, user) == 0) {
    go_on(visit);
  }
}
