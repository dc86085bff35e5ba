/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Thirty stolen accounts, at any rank and any time.
 *
 *   fast  one session of the webmail, ten messages a second for the 8 minutes that people need to
 *         look and lock; signature changed, all of one size; mostly from a first country
 *   slow  one message a minute for a day; signature changed, sizes differ
 *   bots  50 addresses in 15 countries by SMTP, 5 messages a second for half an hour; no webmail
 *         sees a signature or a size, the sign-in sees each country once
 *
 * Recipients a message: fast and bots 1 to 50, slow 1 to 10, alike on a scale of logarithms, and
 * the same all along; all different.  Of a spammer's list 12 % do not exist, and of the others
 * 4 % are on hosts that refuse.
 */
#include <math.h>

#include "campus.h"

#define FAST_GAP_MS 100.0
#define FAST_MS 480000.0
#define FAST_ABROAD 0.7
#define SLOW_GAP_MS 60000.0
#define SLOW_MS CAMPUS_MS_A_DAY
#define BOTS 50u
#define BOT_COUNTRIES 15u
#define BOT_GAP_MS 200.0
#define BOT_MS 1800000.0
#define LIST_UNKNOWN 0.12
#define LIST_REFUSED 0.04
#define SESSION 1000u /* source of a session, and from there on those of bots           */

static const struct {
  double gap_ms, length_ms, recipients_most;
} kinds[CAMPUS_KINDS] = {
    {FAST_GAP_MS, FAST_MS, 50}, {SLOW_GAP_MS, SLOW_MS, 10}, {BOT_GAP_MS, BOT_MS, 50}};

static uint8_t signs_of(const struct campus_theft *theft, uint32_t number, bool abroad)
{
  uint8_t signs = 0;

  if (theft->kind == CAMPUS_BOTS)
    return number < BOT_COUNTRIES ? CAMPUS_COUNTRY : 0;
  if (number == 0)
    signs = (uint8_t)(CAMPUS_IDENTITY | (abroad ? CAMPUS_COUNTRY : 0));
  else if (theft->kind == CAMPUS_FAST)
    signs = CAMPUS_SAME_SIZE;
  return signs;
}

static void steal(struct campus *campus, uint32_t which, struct campus_random *random)
{
  struct campus_theft *theft = &campus->thefts[which];
  bool abroad = campus_unit(random) < FAST_ABROAD;
  double ms = theft->begin_ms;

  for (uint32_t number = 0; ms < theft->end_ms; number++) {
    struct campus_event event = {.ms = (uint32_t)ms,
                                 .sender = theft->sender,
                                 .recipients = theft->recipients,
                                 .signs = signs_of(theft, number, abroad),
                                 .thief = (uint8_t)(which + 1),
                                 .source = (uint16_t)(SESSION + which * BOTS)};

    event.unknown = campus_binomial(random, event.recipients, LIST_UNKNOWN);
    event.refused =
        campus_binomial(random, (uint32_t)(event.recipients - event.unknown), LIST_REFUSED);
    if (theft->kind == CAMPUS_BOTS)
      event.source = (uint16_t)(event.source + number % BOTS);
    campus_add(campus, &event);
    ms += campus_log_normal(random, kinds[theft->kind].gap_ms, 0.3);
  }
}

void campus_thieves(struct campus *campus, uint64_t seed)
{
  struct campus_random random = {~seed};

  for (uint32_t which = 0; which < CAMPUS_THEFTS; which++) {
    struct campus_theft *theft = &campus->thefts[which];
    double place = (which % CAMPUS_EACH + 0.5) / CAMPUS_EACH;

    theft->kind = (enum campus_kind)(which / CAMPUS_EACH);
    theft->sender = (uint16_t)(campus_unit(&random) * CAMPUS_SENDERS);
    theft->recipients = (uint16_t)lround(pow(kinds[theft->kind].recipients_most, place));
    theft->begin_ms = (uint32_t)(campus_unit(&random) * (CAMPUS_DAYS - 2) * CAMPUS_MS_A_DAY);
    theft->end_ms = theft->begin_ms + (uint32_t)kinds[theft->kind].length_ms;
    steal(campus, which, &random);
  }
}
