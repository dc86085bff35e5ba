/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A message that was written: the question to weir, and what follows from its answer.  Whenever
 * it was not sent, the draft stays in the form.
 */
#include "deliver.h"
#include "environment.h"
#include "last.h"
#include "state.h"
#include "visit.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void say_over_limit(struct page *page, const struct weir_verdict *verdict)
{
  char wait[WEIR_WORDS_BYTES];

  if (verdict->retry_after_ns == WEIR_NEVER) {
    page_say(page, 429, "Please send it to fewer people",
             "This message was not sent: it is more at once than %" PRIu64
             ", which the limit %s allows. Please send it to fewer people at a time. "
             "Your message is kept below.",
             verdict->burst, verdict->limit);
    return;
  }
  (void)weir_wait_words(verdict->retry_after_ns, wait, sizeof wait);
  page_say(page, 429, "Please wait a moment",
           "This message was not sent yet. You can send it in %s. Much mail has been sent from "
           "your account in a short time (limit %s). Your message is kept below.",
           wait, verdict->limit);
}

/* The folder of the last messages: $WEIR_LAST, or one in $WEIR_STATE.  -1 where there is none. */
static int last_folder(char *path, size_t path_bytes)
{
  const char *named = environment("WEIR_LAST");
  int folder;

  if (*named) {
    (void)snprintf(path, path_bytes, "%s", named);
    return 0;
  }
  if (!state_is_set())
    return -1;
  folder = state_folder("last");
  if (folder >= 0)
    (void)close(folder);
  (void)snprintf(path, path_bytes, "%s/last", environment("WEIR_STATE"));
  return 0;
}

/* What no limit sees.  Only of messages that were sent: somebody whose message was denied sends
 * the very same one again. */
static void report(struct visit *visit)
{
  struct asker asker = visit_asker(visit);
  struct identity identity = preferences_identity(&visit->page.preferences);
  struct last_changes changes;
  char folder[PATH_MAX];

  if (visit->ask.is_off || last_folder(folder, sizeof folder) != 0)
    return;
  if (last_compare(folder, visit->user, &visit->page.draft, &identity, &changes) != 0)
    fprintf(stderr, "compose: last message, %s: %s\n", folder, strerror(errno));
  if (changes.identity)
    ask_signal(&visit->ask, &asker, "identity-changed", 1);
  if (changes.same_size)
    ask_signal(&visit->ask, &asker, "same-size", 1);
}

/* Of the refused recipients: a line each, and all of them as the To line of what is still to be
 * sent.  Without memory the page says less. */
static void list_refused(struct page *page, const struct recipients *recipients,
                         const struct smtp_delivery *delivery)
{
  size_t bytes = 0;
  FILE *to = open_memstream(&page->kept_to, &bytes);

  page->items = calloc(delivery->refused_count, sizeof *page->items);
  for (size_t i = 0; to && page->items && i < delivery->refused_count; i++) {
    const struct smtp_refused *refused = &delivery->refused[i];
    const char *address = recipients->address[refused->recipient];

    fprintf(to, "%s%s", i ? ", " : "", address);
    page->items[i] = (struct page_item){strdup(address), strdup(refused->reply.words)};
    page->item_count++;
  }
  if (to && fclose(to) == 0)
    page->draft.to = page->kept_to;
}

/* Recipients that the mail server did not take are given back; that it does not know them is
 * told to weir. */
static void give_back_refused(struct visit *visit, const struct recipients *recipients,
                              const struct smtp_delivery *delivery)
{
  struct asker asker = visit_asker(visit);
  struct recipients refused = {.address = calloc(recipients->count, sizeof *refused.address)};
  uint64_t unknown = 0;

  for (size_t i = 0; refused.address && i < delivery->refused_count; i++) {
    refused.address[refused.count++] = recipients->address[delivery->refused[i].recipient];
    unknown += delivery->refused[i].reply.code / 100 == 5;
  }
  ask_refund(&visit->ask, &asker, 0, &refused);
  if (unknown)
    ask_signal(&visit->ask, &asker, "unknown-recipient", unknown);
  free(refused.address);
}

static void say_taken(struct visit *visit, const struct recipients *recipients,
                      const struct smtp_delivery *delivery)
{
  struct page *page = &visit->page;

  report(visit);
  if (delivery->refused_count == 0) {
    page->draft = (struct draft){"", "", ""};
    page_say(page, 200, "Your message was sent", "The mail server has taken your message.");
    return;
  }
  give_back_refused(visit, recipients, delivery);
  list_refused(page, recipients, delivery);
  page_say(page, 200, "Your message was sent, but not to all",
           "The mail server has taken it for %zu of %zu addresses. Below are those that it did "
           "not take it for, and your message as it was.",
           recipients->count - delivery->refused_count, recipients->count);
}

/* All is given back: nothing was sent. */
static void say_not_taken(struct visit *visit, enum smtp_outcome outcome,
                          const struct recipients *recipients, const struct smtp_delivery *delivery)
{
  struct asker asker = visit_asker(visit);
  struct page *page = &visit->page;
  int refused = outcome == SMTP_REFUSED;

  ask_refund(&visit->ask, &asker, 1, recipients);
  if (refused && delivery->refused_count)
    ask_signal(&visit->ask, &asker, "unknown-recipient", delivery->refused_count);
  if (*delivery->fault || delivery->reply.code == 0)
    page_say(page, 503, "Not sent",
             "The mail server cannot be reached. Your message is kept below.");
  else
    page_say(page, refused ? 422 : 503, "Not sent",
             "The mail server %s. It says: %s. Your message is kept below.",
             refused ? "does not take this message" : "does not take this message now",
             delivery->reply.words);
  if (delivery->refused_count) {
    list_refused(page, recipients, delivery);
    if (refused)
      page_say_wrong(page, "to", "The mail server does not take mail for these addresses.");
  }
}

static void hand_over(struct visit *visit, const struct recipients *recipients)
{
  struct asker asker = visit_asker(visit);
  struct identity identity = preferences_identity(&visit->page.preferences);
  struct mail mail = {visit->page.sender, recipients, NULL, 0};
  struct smtp_delivery delivery = {0};
  enum smtp_outcome outcome = SMTP_LATER;

  if (message_write(&mail, &visit->page.draft, &identity) == 0)
    outcome = deliver(&mail, &asker, &delivery);
  else
    fprintf(stderr, "compose: out of memory\n");
  free(mail.text);
  if (outcome == SMTP_TAKEN)
    say_taken(visit, recipients, &delivery);
  else if (outcome == SMTP_UNKNOWN) /* it may have been sent, so it counts                 */
    page_say(&visit->page, 503, "Perhaps not sent",
             "The mail server has not said whether it took your message. It may have been "
             "sent: please wait for answers before you send it again. It is kept below.");
  else
    say_not_taken(visit, outcome, recipients, &delivery);
  smtp_free(&delivery);
}

static void ask_and_send(struct visit *visit, const struct recipients *recipients)
{
  struct asker asker = visit_asker(visit);
  struct page *page = &visit->page;
  enum ask_outcome outcome = ask_take(&visit->ask, &asker, recipients);

  if (outcome == ASK_UNANSWERED && ask_fails_open(&visit->ask))
    outcome = ASK_ALLOW;
  switch (outcome) {
  case ASK_ALLOW:
    hand_over(visit, recipients);
    break;
  case ASK_DENY:
    say_over_limit(page, &visit->ask.verdict);
    break;
  case ASK_BLOCK: /* of the user, who then is signed out at once, or of the address         */
    if (visit_ask_again(visit) == 0)
      page_say(page, 403, "Sending is stopped",
               "Sending from this account was stopped. Please call the help desk. "
               "Your message is kept below.");
    break;
  case ASK_UNANSWERED:
    page_say(page, 503, "Not sent",
             "Mail cannot be sent at the moment. Please try again later. "
             "Your message is kept below.");
    break;
  }
}

void visit_send(struct visit *visit)
{
  struct recipients recipients;
  struct page *page = &visit->page;

  switch (recipients_read(&recipients, page->draft.to)) {
  case RECIPIENTS_OK:
    ask_and_send(visit, &recipients);
    break;
  case RECIPIENTS_NONE:
    page_say(page, 400, "Not sent", "Please say to whom the message goes.");
    page_say_wrong(page, "to", "Please type an address: it looks like bob@example.org.");
    break;
  case RECIPIENTS_WRONG:
    page_say(page, 400, "Not sent", "This is not a mail address: %.300s", recipients.wrong);
    page_say_wrong(page, "to",
                   "Please mend what is not an address: they look like bob@example.org.");
    break;
  case RECIPIENTS_TOO_MANY:
    page_say(page, 400, "Not sent", "A message can go to at most %d addresses.", RECIPIENTS_MAX);
    page_say_wrong(page, "to", "These are too many addresses.");
    break;
  case RECIPIENTS_NO_MEMORY:
    page_say(page, 503, "Not sent", "The server is out of memory.");
    break;
  }
  recipients_free(&recipients);
}
