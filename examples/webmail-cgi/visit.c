/* SPDX-License-Identifier: BSD-2-Clause */
#include "visit.h"
#include "cookie.h"
#include "environment.h"
#include "password.h"
#include "state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int cannot_keep(struct visit *visit)
{
  fprintf(stderr, "compose: WEIR_STATE %s: %s\n", environment("WEIR_STATE"), strerror(errno));
  page_say(&visit->page, 503, "Not available",
           "Webmail cannot keep who is signed in. Please try again later.");
  return -1;
}

static void set_cookie(struct visit *visit, const char *id)
{
  char value[COOKIE_VALUE_BYTES];

  cookie_write(value, id);
  page_add_field(&visit->page, "Set-Cookie", value);
}

void visit_show_user(struct visit *visit)
{
  struct page *page = &visit->page;

  page->user = visit->user;
  page->token = visit->session.token;
  page->can_sign_out = *visit->session.token && password_is_set();
  if (*visit->user)
    (void)snprintf(page->sender, sizeof page->sender, strchr(visit->user, '@') ? "%s" : "%s@%.250s",
                   visit->user, environment_domain());
}

void visit_go_to(struct visit *visit, const char *below)
{
  char path[512];

  page_path(path, sizeof path, below);
  visit->page.status = 303;
  page_add_field(&visit->page, "Location", path);
}

void visit_add_limit_fields(struct visit *visit)
{
  static const struct {
    const char *name;
    int (*value)(const struct weir_verdict *verdict, char *text, size_t text_bytes);
  } known[] = {{"RateLimit", weir_http_ratelimit},
               {"RateLimit-Policy", weir_http_ratelimit_policy},
               {"Retry-After", weir_http_retry_after}};

  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    char value[WEIR_WORDS_BYTES];
    int is_wait = i == 2;

    if ((!is_wait || visit->page.status >= 400) &&
        known[i].value(&visit->ask.verdict, value, sizeof value) > 0)
      page_add_field(&visit->page, known[i].name, value);
  }
}

/* When whom the web server has signed in said who it is: where that is not known, now.  What is no
 * number is long ago, and nothing later than now. */
static uint64_t issued_ns(void)
{
  const char *text = environment("WEIR_AUTH_TIME");
  uint64_t now_ns = session_clock_ns();
  uint64_t seconds;

  if (!*text)
    return now_ns;
  if (text[strspn(text, "0123456789")] != '\0' || strlen(text) > 10) {
    fprintf(stderr, "compose: WEIR_AUTH_TIME is no number of seconds: %.40s\n", text);
    return 0;
  }
  seconds = strtoull(text, NULL, 10);
  return seconds < now_ns / 1000000000u ? seconds * 1000000000u : now_ns;
}

/* The draft goes along to the page for signing in; preferences that were typed stay theirs. */
static void show_sign_in(struct visit *visit)
{
  struct page *page = &visit->page;

  if (page->kind == PAGE_PREFERENCES && visit->request.method == REQUEST_POST)
    return;
  page->kind = password_is_set() ? PAGE_SIGN_IN : PAGE_WRITE;
}

static void say_stopped(struct visit *visit, const char *title)
{
  show_sign_in(visit);
  page_say(&visit->page, 403, title,
           "This account was stopped, and nothing is sent from it. Please call the help desk.%s",
           visit->request.method == REQUEST_POST ? " What you wrote is kept below." : "");
}

/* Ends it at once and for good: lifting the block does not bring it back. */
static int end_stopped(struct visit *visit, int had_session)
{
  if (had_session && session_end(&visit->session) != 0)
    fprintf(stderr, "compose: a session could not be removed: %s\n", strerror(errno));
  set_cookie(visit, "");
  say_stopped(visit, had_session ? "You have been signed out" : "Sign-in is stopped");
  memset(&visit->session, 0, sizeof visit->session);
  *visit->user = '\0';
  visit_show_user(visit);
  return -1;
}

/* Returns 0 where weir lets it go on, or the administrator does where weir cannot answer. */
static int ask_weir(struct visit *visit, uint64_t since_ns, int had_session)
{
  switch (ask_session(&visit->ask, visit->user, since_ns)) {
  case ASK_BLOCK:
  case ASK_DENY:
    return end_stopped(visit, had_session);
  case ASK_UNANSWERED:
    if (ask_fails_open(&visit->ask))
      return 0;
    visit_show_user(visit);
    page_say(&visit->page, 503, "Not available",
             "Webmail cannot be used at the moment. Please try again later.%s",
             visit->request.method == REQUEST_POST ? " What you wrote is kept below." : "");
    return -1;
  case ASK_ALLOW:
    break;
  }
  return 0;
}

static int begin_session(struct visit *visit, uint64_t since_ns)
{
  if (session_begin(&visit->session, visit->user, since_ns) != 0)
    return cannot_keep(visit);
  set_cookie(visit, visit->session.id);
  return 0;
}

static int ask_to_sign_in(struct visit *visit)
{
  struct page *page = &visit->page;

  if (password_is_set() && !state_is_set())
    fprintf(stderr, "compose: WEIR_USERS is set, and WEIR_STATE is not: nobody can sign in\n");
  if (!password_is_set() || !state_is_set()) {
    page->kind = PAGE_NOTICE;
    page_say(page, 403, "The request was not served", "Please sign in first.");
    return -1;
  }
  show_sign_in(visit);
  if (visit->request.method == REQUEST_POST)
    page_say(page, 403, "Please sign in again",
             "You were signed out after some time. What you wrote is kept below.");
  else
    visit_go_to(visit, "/sign-in");
  return -1;
}

/* The cookie's session: 1 where it is there, and of whom the web server names, if it does. */
static int find_session(struct visit *visit)
{
  const char *remote = visit->request.remote_user;
  char id[TOKEN_BYTES];
  int found;

  cookie_read(id);
  found = session_find(&visit->session, id);
  if (found == 1 && (!*remote || strcmp(remote, visit->session.user) == 0))
    return 1;
  memset(&visit->session, 0, sizeof visit->session);
  return found < 0 ? -1 : 0;
}

int visit_begin(struct visit *visit)
{
  const char *remote = visit->request.remote_user;
  int found;

  (void)snprintf(visit->user, sizeof visit->user, "%s", remote);
  if (!state_is_set()) {
    visit_show_user(visit);
    return *remote ? 0 : ask_to_sign_in(visit);
  }
  found = find_session(visit);
  if (found < 0)
    return cannot_keep(visit);
  if (!found && !*remote)
    return ask_to_sign_in(visit);
  if (found)
    (void)snprintf(visit->user, sizeof visit->user, "%s", visit->session.user);
  uint64_t since_ns = found ? visit->session.issued_ns : issued_ns();
  if (ask_weir(visit, since_ns, found) != 0 || (!found && begin_session(visit, since_ns) != 0))
    return -1;
  visit_show_user(visit);
  return 0;
}

int visit_ask_again(struct visit *visit)
{
  return *visit->session.token ? ask_weir(visit, visit->session.issued_ns, 1) : 0;
}

int visit_check_token(struct visit *visit, const char *token)
{
  if (!*visit->session.token || token_equal(visit->session.token, token))
    return 0;
  page_say(&visit->page, 403, "Not done yet",
           "This form was not of your session, or was opened before you signed in. "
           "What you wrote is kept below: please look at it, and send it again.");
  return -1;
}

int visit_sign_in(struct visit *visit, const char *user)
{
  uint64_t since_ns = session_clock_ns();

  if (find_session(visit) == 1)
    (void)session_end(&visit->session);
  (void)snprintf(visit->user, sizeof visit->user, "%s", user);
  if (ask_weir(visit, since_ns, 0) != 0 || begin_session(visit, since_ns) != 0)
    return -1;
  visit_show_user(visit);
  return 0;
}

void visit_sign_out(struct visit *visit)
{
  if (*visit->session.token && session_end(&visit->session) != 0)
    fprintf(stderr, "compose: a session could not be removed: %s\n", strerror(errno));
  set_cookie(visit, "");
}
