/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What may still be sent, in words, before somebody meets the limit.
 */
#include "visit.h"

#include <inttypes.h>
#include <string.h>

#define SECOND_NS UINT64_C(1000000000)

/* Within which time: "in this hour". */
static void write_period(char *text, size_t bytes, uint64_t period_ns)
{
  char words[WEIR_WORDS_BYTES];

  if (period_ns == 60 * SECOND_NS) {
    (void)snprintf(text, bytes, "in this minute");
  } else if (period_ns == 3600 * SECOND_NS) {
    (void)snprintf(text, bytes, "in this hour");
  } else if (period_ns == 86400 * SECOND_NS) {
    (void)snprintf(text, bytes, "today");
  } else {
    (void)weir_wait_words(period_ns, words, sizeof words);
    (void)snprintf(text, bytes, "within %s", words);
  }
}

static void write_left(struct page *page, const struct weir_verdict *verdict, const char *unit)
{
  char period[WEIR_WORDS_BYTES + 16];
  int one = verdict->remaining == 1;
  int people = strncmp(unit, "recipient", 9) == 0;

  write_period(period, sizeof period, verdict->period_ns);
  if (people)
    (void)snprintf(page->quota, sizeof page->quota, "You can write to %" PRIu64 " more %s %s.",
                   verdict->remaining, one ? "person" : "people", period);
  else if (strcmp(unit, "messages") == 0)
    (void)snprintf(page->quota, sizeof page->quota, "You can send %" PRIu64 " more %s %s.",
                   verdict->remaining, one ? "message" : "messages", period);
  page->quota_is_low = verdict->remaining <= verdict->burst / 5;
}

static void write_wait(struct page *page, const struct weir_verdict *verdict)
{
  char wait[WEIR_WORDS_BYTES];

  page->quota_is_low = 1;
  (void)weir_wait_words(verdict->retry_after_ns, wait, sizeof wait);
  if (verdict->retry_after_ns == WEIR_NEVER)
    (void)snprintf(page->quota, sizeof page->quota, "No message can be sent.");
  else
    (void)snprintf(page->quota, sizeof page->quota, "You can send the next message in %s.", wait);
}

void visit_show_quota(struct visit *visit)
{
  struct asker asker = visit_asker(visit);
  struct weir_verdict *verdict = &visit->ask.verdict;
  char unit[WEIR_NAME_BYTES];

  if (!*verdict->limit || (verdict->outcome == WEIR_ALLOW && verdict->remaining == 0))
    (void)ask_what_is_left(&visit->ask, &asker);
  if (!*verdict->limit)
    return;
  ask_unit(&visit->ask, unit);
  if (verdict->outcome == WEIR_ALLOW)
    write_left(&visit->page, verdict, unit);
  else if (verdict->outcome == WEIR_DENY)
    write_wait(&visit->page, verdict);
}
