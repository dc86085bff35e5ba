/* SPDX-License-Identifier: BSD-2-Clause
 *
 * compose: a webmail that asks weir before it sends.  One process a request, as a web server
 * starts it; README.md has the environment it reads.
 */
#include "environment.h"
#include "password.h"
#include "state.h"
#include "visit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Every field of every form. */
enum { TO, SUBJECT, BODY, TOKEN, USER, PASSWORD, NAME, REPLY_TO, SIGNATURE, FIELDS };

static const struct field all_fields[FIELDS] = {[TO] = {"to", FIELD_LINE, ""},
                                                [SUBJECT] = {"subject", FIELD_LINE, ""},
                                                [BODY] = {"body", FIELD_TEXT, ""},
                                                [TOKEN] = {"token", FIELD_LINE, ""},
                                                [USER] = {"user", FIELD_LINE, ""},
                                                [PASSWORD] = {"password", FIELD_LINE, ""},
                                                [NAME] = {"name", FIELD_LINE, ""},
                                                [REPLY_TO] = {"reply-to", FIELD_LINE, ""},
                                                [SIGNATURE] = {"signature", FIELD_TEXT, ""}};

struct typed {
  struct field fields[FIELDS];
  struct identity identity;
  struct refusal refusal;
};

static int is_post(const struct visit *visit)
{
  return visit->request.method == REQUEST_POST;
}

static void say_refusal(struct visit *visit, const char *title, struct refusal refusal)
{
  page_say(&visit->page, refusal.status, title, "%s", refusal.words);
  if (refusal.status == 405)
    page_add_field(&visit->page, "Allow", "GET, HEAD, POST");
}

static void read_form(struct visit *visit, struct typed *typed)
{
  const struct field *fields = typed->fields;

  memcpy(typed->fields, all_fields, sizeof all_fields);
  if (is_post(visit))
    typed->refusal = form_read(&visit->request, typed->fields, FIELDS);
  visit->page.draft = (struct draft){fields[TO].value, fields[SUBJECT].value, fields[BODY].value};
  typed->identity =
      (struct identity){fields[NAME].value, fields[REPLY_TO].value, fields[SIGNATURE].value};
  visit->page.typed = typed->identity;
}

static void answer_sign_in(struct visit *visit, const struct typed *typed)
{
  if (!visit->page.can_sign_in) {
    page_say(&visit->page, 404, "No such page", "Nobody signs in here.");
    return;
  }
  visit->page.kind = PAGE_SIGN_IN;
  if (!is_post(visit))
    return;
  if (typed->refusal.status)
    say_refusal(visit, "Not signed in", typed->refusal);
  else
    visit_password(visit, typed->fields[USER].value, typed->fields[PASSWORD].value);
}

static void answer_sign_out(struct visit *visit, const struct typed *typed)
{
  visit->page.kind = PAGE_WRITE;
  if (!is_post(visit)) {
    visit->page.kind = PAGE_NOTICE;
    page_say(&visit->page, 405, "The request was not served", "Signing out is posted.");
    page_add_field(&visit->page, "Allow", "POST");
  } else if (visit_begin(visit) == 0 && visit_check_token(visit, typed->fields[TOKEN].value) == 0) {
    visit_sign_out(visit);
    visit_go_to(visit, password_is_set() ? "/sign-in" : "");
  }
}

/* Without a session there are no preferences, and nothing to load. */
static int load_preferences(struct visit *visit)
{
  struct page *page = &visit->page;

  if (!*visit->session.token || preferences_read(visit->user, &page->preferences) == 0)
    return 0;
  fprintf(stderr, "compose: preferences of %s: %s\n", visit->user, strerror(errno));
  page_say(page, 503, "Not available",
           "Your preferences cannot be read. What you wrote is kept below.");
  return -1;
}

/* Who it is, and that the form is one of the session's: then the page's own part. */
static int begin_signed_in(struct visit *visit, const struct typed *typed)
{
  if (visit_begin(visit) != 0 || load_preferences(visit) != 0)
    return -1;
  if (is_post(visit) && visit_check_token(visit, typed->fields[TOKEN].value) != 0)
    return -1;
  if (!typed->refusal.status)
    return 0;
  say_refusal(visit, "Not done", typed->refusal);
  return -1;
}

static void answer_preferences(struct visit *visit, const struct typed *typed)
{
  visit->page.kind = PAGE_PREFERENCES;
  if (begin_signed_in(visit, typed) != 0)
    return;
  if (!*visit->session.token) {
    visit->page.kind = PAGE_NOTICE;
    page_say(&visit->page, 404, "No such page", "Preferences are not kept here.");
    return;
  }
  visit_preferences(visit, is_post(visit) ? &typed->identity : NULL);
}

static void answer_write(struct visit *visit, const struct typed *typed)
{
  visit->page.kind = PAGE_WRITE;
  if (begin_signed_in(visit, typed) == 0 && is_post(visit))
    visit_send(visit);
}

static void answer(struct visit *visit)
{
  static const struct {
    const char *path;
    void (*answer)(struct visit *visit, const struct typed *typed);
  } pages[] = {{"", answer_write},
               {"/", answer_write},
               {"/preferences", answer_preferences},
               {"/sign-in", answer_sign_in},
               {"/sign-out", answer_sign_out}};
  struct typed typed = {.refusal = {0, NULL}};

  read_form(visit, &typed);
  for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
    if (environment_is("PATH_INFO", pages[i].path)) {
      pages[i].answer(visit, &typed);
      return;
    }
  }
  page_say(&visit->page, 404, "No such page", "There is no page of this name.");
}

/* What weir says of what is left, and what it has cost to ask. */
static void tell_limits(struct visit *visit)
{
  const struct page *page = &visit->page;
  char trace[96];

  if (page->kind == PAGE_WRITE && *page->user && (page->status == 200 || page->status == 400))
    visit_show_quota(visit);
  ask_end(&visit->ask);
  visit_add_limit_fields(visit);
  if (!*environment("WEIR_TRACE_NS") || visit->ask.take_ns == 0)
    return;
  (void)snprintf(trace, sizeof trace, "%" PRIu64 " %" PRIu64 " %" PRIu64, visit->ask.open_ns,
                 visit->ask.take_ns, visit->ask.close_ns);
  page_add_field(&visit->page, "X-Weir-Decision-Ns", trace);
}

int main(void)
{
  static struct visit visit = {.page = {.status = 200, .user = "", .token = ""}};
  struct refusal refusal = request_read(&visit.request);

  if (refusal.status) {
    say_refusal(&visit, "The request was not served", refusal);
  } else {
    visit.page.can_sign_in = password_is_set() && state_is_set();
    ask_begin(&visit.ask);
    answer(&visit);
    tell_limits(&visit);
  }
  page_print(stdout, &visit.page, visit.request.method == REQUEST_HEAD);
  page_free(&visit.page);
  request_free(&visit.request);
  return fflush(stdout) != 0 || ferror(stdout);
}
