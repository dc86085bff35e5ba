/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>
#include <stdlib.h>

#include "campus.h"
#include "support/fail.h"

/* Chosen.  A gap of 2 gives a quarter of the gaps below a quarter of the median. */
#define GAP_SIGMA 2.0
#define LIVED 200.0 /* mean gaps before the month: a life begun with it begins with a burst   */
#define ONE_RECIPIENT 0.7 /* messages with just one                                   */
#define TAIL 1.6          /* Pareto exponent of the others, from 2 up                  */
#define TAIL_MAX 500.0
#define BULK_TAIL 1.1     /* of lists, from 1 up                                      */
#define LIST_FROM 20u     /* with more recipients a message goes to a kept list        */
#define UNKNOWN 0.004     /* of recipients: typing errors, and who has left            */
#define LIST_UNKNOWN 0.01 /* median over lists, which age                             */
#define LIST_UNKNOWN_SIGMA 1.0
#define REFUSED 0.001
#define IDENTITIES 0.5  /* changes of the signature a sender and month               */
#define TRAVELLERS 0.03 /* senders that sign in from two first countries in the month */
#define EQUAL 0.003     /* messages that have the last one's size by chance          */
#define RUNS 0.0003     /* messages that begin a run of equal ones, each to another  */
#define RUN_MEDIAN 12.0
#define RUN_SIGMA 0.7
#define RUN_LONGEST 100u
#define RUN_GAP_MS 15000.0

/* The share of mail in each hour of a working day, in thousandths. */
static const uint16_t hours[24] = {8,  5,  4,  3,  3,  5,  12, 30, 62, 82, 88, 84,
                                   66, 72, 84, 82, 76, 62, 44, 36, 32, 28, 20, 12};
#define WEEKEND 0.25 /* of a working day                                                */

/* Milliseconds of a week at which each of its hours' mail begins, as parts of the week's mail. */
struct week {
  double parts[169];
};

static void week_make(struct week *week)
{
  double sum = 0;

  for (int hour = 0; hour < 168; hour++) {
    week->parts[hour] = sum;
    sum += hours[hour % 24] * (hour >= 120 ? WEEKEND : 1);
  }
  for (int hour = 0; hour < 168; hour++)
    week->parts[hour] /= sum;
  week->parts[168] = 1;
}

/* Where in the month a sender is who has lived so many weeks of its own time. */
static double month_ms(const struct week *week, double own)
{
  double whole = floor(own), part = own - whole;
  int low = 0, high = 168;

  while (high - low > 1) {
    int middle = (low + high) / 2;
    if (week->parts[middle] <= part)
      low = middle;
    else
      high = middle;
  }
  part = (part - week->parts[low]) / (week->parts[low + 1] - week->parts[low]);
  return (whole * 168 + low + part) * 3600000.0;
}

static uint16_t some_recipients(struct campus_random *random, bool bulk)
{
  double unit = 1 - campus_unit(random), most = bulk ? CAMPUS_RECIPIENTS_MAX : TAIL_MAX;
  double count;

  if (bulk)
    count = pow(unit, -1 / BULK_TAIL);
  else
    count = unit < ONE_RECIPIENT ? 1 : 2 * pow((1 - unit) / (1 - ONE_RECIPIENT) + 1e-12, -1 / TAIL);
  return (uint16_t)(count < most ? count : most);
}

/* One sender's month. */
struct life {
  struct campus *campus;
  struct campus_random random;
  struct campus_event event; /* the sender's                                           */
  double messages;           /* on average                                             */
  double list_unknown;       /* share of the sender's lists                             */
  bool bulk;
};

/* Nothing is told of members of `bulk`: they handle what comes back themselves. */
static void add(struct life *life, double ms, uint8_t signs, uint16_t recipients)
{
  struct campus_event *event = &life->event;

  if (ms >= CAMPUS_DAYS * CAMPUS_MS_A_DAY)
    return;
  event->ms = (uint32_t)ms;
  event->signs = life->bulk ? 0 : signs;
  event->recipients = recipients;
  event->unknown = event->refused = 0;
  if (!life->bulk) {
    event->unknown = campus_binomial(&life->random, recipients,
                                     recipients > LIST_FROM ? life->list_unknown : UNKNOWN);
    event->refused = campus_binomial(&life->random, recipients, REFUSED);
  }
  campus_add(life->campus, event);
}

static void add_run(struct life *life, double ms)
{
  uint32_t length = (uint32_t)campus_log_normal(&life->random, RUN_MEDIAN, RUN_SIGMA);

  for (uint32_t i = 1; i < length && i < RUN_LONGEST; i++) {
    ms += campus_log_normal(&life->random, RUN_GAP_MS, 0.5);
    add(life, ms, CAMPUS_SAME_SIZE, 1);
  }
}

static uint8_t some_signs(struct life *life)
{
  uint8_t signs = 0;

  if (campus_unit(&life->random) < IDENTITIES / life->messages)
    signs |= CAMPUS_IDENTITY;
  if (campus_unit(&life->random) < 2 * TRAVELLERS / life->messages)
    signs |= CAMPUS_COUNTRY;
  if (campus_unit(&life->random) < EQUAL)
    signs |= CAMPUS_SAME_SIZE;
  return signs;
}

static void live(struct life *life, const struct week *week)
{
  double gap = CAMPUS_DAYS / 7.0 / life->messages;
  double median = gap * exp(-GAP_SIGMA * GAP_SIGMA / 2);
  double own = -gap * (LIVED + campus_unit(&life->random));

  for (;;) {
    double ms;

    own += campus_log_normal(&life->random, median, GAP_SIGMA);
    if (own < 0)
      continue;
    ms = month_ms(week, own);
    if (ms >= CAMPUS_DAYS * CAMPUS_MS_A_DAY)
      return;
    add(life, ms, some_signs(life), some_recipients(&life->random, life->bulk));
    if (!life->bulk && campus_unit(&life->random) < RUNS)
      add_run(life, ms);
  }
}

void campus_people(struct campus *campus, uint64_t seed)
{
  struct week week;
  double sum = 0;

  week_make(&week);
  for (uint32_t rank = 1; rank <= CAMPUS_SENDERS; rank++)
    sum += pow(rank, -CAMPUS_ZIPF);
  for (uint32_t sender = 0; sender < CAMPUS_SENDERS; sender++) {
    double messages = CAMPUS_MESSAGES * pow(sender + 1, -CAMPUS_ZIPF) / sum;
    struct life life = {.campus = campus,
                        .random = {seed * 0x100000001b3u + sender},
                        .messages = messages,
                        .bulk = messages > CAMPUS_BULK_A_DAY * CAMPUS_DAYS};

    life.event.sender = (uint16_t)sender;
    life.list_unknown =
        fmin(campus_log_normal(&life.random, LIST_UNKNOWN, LIST_UNKNOWN_SIGMA), 0.2);
    campus->bulk += life.bulk;
    live(&life, &week);
  }
}
