/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A month of a campus' outgoing mail, made from a seed, and what a policy does to it.
 *
 * From published figures
 *   senders      13,379 that send 2,644,135 messages in two weeks; a Zipf law of 1.07 over their
 *                ranks gives the busiest 5.8 % their 78.5 % (Foster, RMIT, 2011)
 *   gaps         log-normal between a sender's messages (3,188 university users, arXiv
 *                physics/0605027), in the sender's own time, which runs by the hour of the day
 *                and the day of the week (arXiv 0901.0585)
 * Chosen (campus_people.c, campus_thieves.c): recipients a message, what programs see of ordinary
 * mail by chance, and how thieves send.
 */
#ifndef BENCH_CAMPUS_H
#define BENCH_CAMPUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CAMPUS_SENDERS 13379u
#define CAMPUS_DAYS 28u
#define CAMPUS_MESSAGES (2 * 2644135u) /* about so many                                 */
#define CAMPUS_ZIPF 1.07
#define CAMPUS_HEAD 779u        /* the busiest 5.8 %                               */
#define CAMPUS_BULK_A_DAY 200.0 /* who sends more on average is in the class `bulk` */
#define CAMPUS_RECIPIENTS_MAX 1000u
#define CAMPUS_MS_A_DAY 86400000.0

/* What programs see of a message beside the limits. */
enum campus_sign {
  CAMPUS_IDENTITY = 1,  /* the webmail: another signature than the last one's            */
  CAMPUS_SAME_SIZE = 2, /* the webmail: the last one's size                              */
  CAMPUS_COUNTRY = 4    /* the sign-in, before the message: a first country              */
};

struct campus_event {
  uint32_t ms; /* since the month began                                               */
  uint16_t sender;
  uint16_t recipients;
  uint16_t unknown; /* of these, do not exist: told some seconds later                  */
  uint16_t refused; /* of these, refused elsewhere: likewise                            */
  uint8_t signs;    /* of enum campus_sign                                              */
  uint8_t thief;    /* 0: the sender's own; else which compromise, from 1                */
  uint16_t source;  /* 0: the sender's own address; else a bot's                        */
};

enum campus_kind { CAMPUS_FAST, CAMPUS_SLOW, CAMPUS_BOTS, CAMPUS_KINDS };

#define CAMPUS_EACH 10u /* compromises of a kind                                        */
#define CAMPUS_THEFTS (CAMPUS_KINDS * CAMPUS_EACH)

struct campus_theft {
  enum campus_kind kind;
  uint16_t sender;
  uint16_t recipients; /* a message                                                   */
  uint32_t begin_ms, end_ms;
};

struct campus {
  struct campus_event *events; /* by time                                             */
  size_t count, room;
  uint32_t bulk; /* senders below are members of `bulk`                               */
  struct campus_theft thefts[CAMPUS_THEFTS];
};

/* One month; the same seed, the same month. */
void campus_make(struct campus *campus, uint64_t seed);
void campus_free(struct campus *campus);

/* Of campus_make().  people: all but the thefts; thieves: those. */
void campus_people(struct campus *campus, uint64_t seed);
void campus_thieves(struct campus *campus, uint64_t seed);
void campus_add(struct campus *campus, const struct campus_event *event);

/* splitmix64 (Steele, Lea and Flood, 2014). */
struct campus_random {
  uint64_t state;
};

uint64_t campus_draw(struct campus_random *random);
double campus_unit(struct campus_random *random); /* 0 to below 1                       */
double campus_log_normal(struct campus_random *random, double median, double sigma);
/* Of so many, how many with that chance. */
uint16_t campus_binomial(struct campus_random *random, uint32_t of, double chance);

/* A policy with the numbers of all its limits, or the threshold of its scores, times a factor;
 * to be freed. */
char *campus_policy_read(const char *path);
char *campus_policy_scaled(const char *text, double limits, double scores);

/* What came of a theft. */
struct campus_caught {
  uint32_t tried, passed, recipients;
  uint32_t first_refused_ms; /* after the last that passed; UINT32_MAX: none             */
  uint32_t first_blocked_ms; /* UINT32_MAX: never                                        */
};

struct campus_outcome {
  struct campus_caught caught[CAMPUS_THEFTS];
  uint64_t decisions;
  uint64_t people, bulk;        /* messages of those in no class and of members of `bulk`; those of
                                   owners of a stolen account from the theft on apart            */
  uint64_t denied, bulk_denied; /* of these, denied or blocked at the first try           */
  uint64_t lost;                /* of these, not sent at the third try either                  */
  uint64_t blocked;             /* different senders of theirs that met a block                */
  uint64_t owners;              /* messages of owners since the theft, and of them refused     */
  uint64_t owners_refused;
  uint64_t evicted; /* cells of the table: a table too small would blur all this    */
  double seconds;
};

void campus_replay(const struct campus *campus, const char *policy, uint64_t seed,
                   struct campus_outcome *outcome);

#endif
