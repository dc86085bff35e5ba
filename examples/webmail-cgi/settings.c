/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The page of preferences, and what is posted to it.
 */
#include "visit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void keep(struct visit *visit, const struct identity *typed)
{
  struct page *page = &visit->page;
  struct preferences wanted;
  const char *words = NULL;
  const char *wrong = preferences_take(&wanted, typed, &words);

  page->typed = *typed;
  if (wrong) {
    page_say(page, 400, "Not saved", "One field is to be mended, below.");
    page_say_wrong(page, wrong, words);
  } else if (preferences_write(visit->user, &wanted) != 0) {
    fprintf(stderr, "compose: preferences of %s: %s\n", visit->user, strerror(errno));
    page_say(page, 503, "Not saved",
             "Preferences cannot be kept at the moment. Please try again later.");
  } else {
    page->preferences = wanted;
    page->typed = preferences_identity(&page->preferences);
    page_say(page, 200, "Saved", "Your next message goes out with these.");
  }
}

void visit_preferences(struct visit *visit, const struct identity *typed)
{
  visit->page.typed = preferences_identity(&visit->page.preferences);
  if (typed)
    keep(visit, typed);
}
