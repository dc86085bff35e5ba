/* SPDX-License-Identifier: BSD-2-Clause
 *
 * compose.cgi: a webmail's compose form that asks weir before it sends.  One process
 * a request, as a web server starts it; README.md has the environment it reads.
 */
#include "ask.h"
#include "form.h"
#include "last.h"
#include "message.h"
#include "page.h"
#include "recipients.h"
#include "request.h"
#include "spool.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Everything said about one request. */
struct reply {
  struct page page;
  char notice[512];
  char fields[768]; /* further lines of the response's header                     */
};

static int is_set(const char *variable, const char *value)
{
  const char *text = getenv(variable);

  return text && (value ? strcmp(text, value) == 0 : *text != '\0');
}

static void add_field(struct reply *reply, const char *line)
{
  size_t used = strlen(reply->fields);

  (void)snprintf(reply->fields + used, sizeof reply->fields - used, "%s\r\n", line);
}

static void say(struct reply *reply, int status, const char *title, const char *notice)
{
  reply->page.status = status;
  reply->page.title = title;
  reply->page.alarming = status != 200;
  if (notice != reply->notice)
    (void)snprintf(reply->notice, sizeof reply->notice, "%s", notice);
  reply->page.notice = reply->notice;
}

/* What the limits say to programs; a field that has nothing to say is left out. */
static void add_limit_fields(struct reply *reply, const struct weir_verdict *verdict)
{
  static const struct {
    const char *name;
    int (*value)(const struct weir_verdict *verdict, char *text, size_t text_bytes);
  } known[] = {{"RateLimit", weir_http_ratelimit},
               {"RateLimit-Policy", weir_http_ratelimit_policy},
               {"Retry-After", weir_http_retry_after}};

  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    char value[WEIR_WORDS_BYTES];
    char field[WEIR_WORDS_BYTES + 32];

    if (known[i].value(verdict, value, sizeof value) <= 0)
      continue;
    (void)snprintf(field, sizeof field, "%s: %s", known[i].name, value);
    add_field(reply, field);
  }
}

/* The draft stays in the form, so that nothing a person has written is lost. */
static void say_over_limit(struct reply *reply, const struct weir_verdict *verdict)
{
  char wait[WEIR_WORDS_BYTES];

  if (verdict->retry_after_ns == WEIR_NEVER) {
    (void)snprintf(reply->notice, sizeof reply->notice,
                   "This message was not sent: it is more at once than %" PRIu64
                   ", which the limit %s allows. Please send it to fewer people at a time. "
                   "Your message is kept below.",
                   verdict->burst, verdict->limit);
  } else {
    (void)weir_wait_words(verdict->retry_after_ns, wait, sizeof wait);
    (void)snprintf(reply->notice, sizeof reply->notice,
                   "This message was not sent yet: much mail has been sent from your account in "
                   "a short time (limit %s). You can send it in %s. Your message is kept below.",
                   verdict->limit, wait);
  }
  say(reply, 429, "Please wait a moment", reply->notice);
}

static int hand_over(const struct request *request, const struct form *form,
                     const struct recipients *recipients)
{
  const char *spool = getenv("WEIR_SPOOL");
  const char *domain = getenv("WEIR_MAIL_DOMAIN");
  char sender[REQUEST_USER_BYTES + 256];
  size_t bytes = 0;
  char *text;
  int failed;

  if (strchr(request->user, '@'))
    (void)snprintf(sender, sizeof sender, "%s", request->user);
  else
    (void)snprintf(sender, sizeof sender, "%s@%.250s", request->user,
                   domain && *domain ? domain : "localhost");
  text = message_write(sender, form, recipients, &bytes);
  if (!text) {
    fprintf(stderr, "compose: out of memory\n");
    return -1;
  }
  errno = ENOENT;
  failed = !spool || spool_append(spool, text, bytes) != 0;
  if (failed)
    fprintf(stderr, "compose: WEIR_SPOOL %s: %s\n", spool ? spool : "is not set", strerror(errno));
  free(text);
  return failed ? -1 : 0;
}

/* What no limit sees.  Only of messages that were sent: somebody whose message was denied sends
 * the very same one again. */
static void report(struct ask *ask, const struct request *request, const struct form *form)
{
  const char *folder = getenv("WEIR_LAST");
  struct last_changes changes;

  if (!folder || !*folder)
    return;
  if (last_compare(folder, request->user, form, &changes) != 0)
    fprintf(stderr, "compose: WEIR_LAST %s: %s\n", folder, strerror(errno));
  if (changes.identity)
    ask_signal(ask, "identity-changed");
  if (changes.same_size)
    ask_signal(ask, "same-size");
}

/* The question to weir, and what follows from its answer. */
static void send_message(struct reply *reply, const struct request *request,
                         const struct form *form, const struct recipients *recipients)
{
  struct ask ask;
  int asks = !is_set("WEIR_OFF", "1");
  enum ask_outcome outcome = ASK_ALLOW;

  if (asks)
    outcome = ask_begin(&ask, request->user, request->address, recipients);
  if (outcome == ASK_UNANSWERED) {
    int open = is_set("WEIR_FAIL", "open");
    fprintf(stderr, "compose: weir: %s; %s\n", ask.fault,
            open ? "sent without asking (WEIR_FAIL=open)" : "refused");
    outcome = open ? ASK_ALLOW : ASK_UNANSWERED;
  }
  if (outcome == ASK_ALLOW) {
    if (hand_over(request, form, recipients) == 0) {
      if (asks)
        report(&ask, request, form);
      reply->page.draft = (struct form){"", "", ""};
      say(reply, 200, "Your message was sent", "The mail server has taken your message.");
    } else {
      if (asks)
        ask_refund(&ask);
      say(reply, 503, "Not sent", "The mail server cannot be reached. Your message is kept below.");
    }
  } else if (outcome == ASK_DENY) {
    say_over_limit(reply, &ask.verdict);
  } else if (outcome == ASK_BLOCK) {
    say(reply, 403, "Sending is stopped",
        "Sending from this account was stopped. Please call the help desk. "
        "Your message is kept below.");
  } else {
    say(reply, 503, "Not sent",
        "Mail cannot be sent at the moment. Please try again later. Your message is kept below.");
  }
  if (asks) {
    ask_end(&ask);
    add_limit_fields(reply, &ask.verdict);
    if (is_set("WEIR_TRACE_NS", NULL)) {
      char field[96];
      (void)snprintf(field, sizeof field, "X-Weir-Decision-Ns: %" PRIu64 " %" PRIu64 " %" PRIu64,
                     ask.open_ns, ask.take_ns, ask.close_ns);
      add_field(reply, field);
    }
  }
}

static void answer_post(struct reply *reply, struct request *request)
{
  struct recipients recipients;
  struct form form;
  struct refusal refusal = form_read(request, &form);
  char notice[512];

  reply->page.draft = form;
  if (refusal.status) {
    say(reply, refusal.status, "Not sent", refusal.words);
    return;
  }
  switch (recipients_read(&recipients, form.to)) {
  case RECIPIENTS_OK:
    send_message(reply, request, &form, &recipients);
    break;
  case RECIPIENTS_NONE:
    say(reply, 400, "Not sent", "Please say to whom the message goes.");
    break;
  case RECIPIENTS_WRONG:
    (void)snprintf(notice, sizeof notice, "This is not a mail address: %.300s", recipients.wrong);
    say(reply, 400, "Not sent", notice);
    break;
  case RECIPIENTS_TOO_MANY:
    (void)snprintf(notice, sizeof notice, "A message can go to at most %d addresses.",
                   RECIPIENTS_MAX);
    say(reply, 400, "Not sent", notice);
    break;
  case RECIPIENTS_NO_MEMORY:
    say(reply, 503, "Not sent", "The server is out of memory.");
    break;
  }
  recipients_free(&recipients);
}

int main(void)
{
  struct request request;
  struct reply reply = {.page = {.status = 200, .title = "Write a message"}};
  struct refusal refusal = request_read(&request);

  reply.page.user = request.user;
  if (refusal.status) {
    say(&reply, refusal.status, "The request was not served", refusal.words);
    if (refusal.status == 405)
      add_field(&reply, "Allow: GET, HEAD, POST");
  } else if (request.method == REQUEST_POST) {
    answer_post(&reply, &request);
  }
  page_print(stdout, &reply.page, reply.fields, request.method == REQUEST_HEAD);
  request_free(&request);
  return fflush(stdout) != 0 || ferror(stdout);
}
