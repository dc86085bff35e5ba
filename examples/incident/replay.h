/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One run of the incident: the ordinary mail of the load by its schedule, the stolen
 * account as fast as the program answers, the relays behind both.
 *
 * A minute of the incident is a second of this machine (REPLAY_COMPRESSION), so the
 * CGI, the table and its clock run as they always do, under limits whose durations
 * were divided by as much.
 */
#ifndef INCIDENT_REPLAY_H
#define INCIDENT_REPLAY_H

#include "load.h"
#include "place.h"
#include "series.h"

#include <signal.h>
#include <stdint.h>

#define REPLAY_COMPRESSION 60
#define REPLAY_SPAM_RECIPIENTS 40
#define REPLAY_OWNER_MINUTE 0.5 /* the owner of the account sends, as every day       */

struct replay_setup {
  const char *program; /* the CGI                                                  */
  const struct place *place;
  const struct load *load;
  uint64_t seed;
  double minutes;
  double attack_minute;
  double lock_minute; /* when a person locks the account; above minutes: nobody does */
  int with_weir;
  void (*progress)(void *context, double minute, uint64_t spam, double queue);
  void *progress_context;
};

struct replay_outcome {
  uint64_t spam_accepted;
  uint64_t spam_recipients;
  uint64_t spam_refused;  /* 429, and 403 after the block                         */
  double stopped_minutes; /* from the first spam to the first refusal behind the last
                             spam that got out; -1: not refused                   */
  double blocked_minutes; /* to the first 403; -1: not blocked                    */
  uint64_t ordinary_accepted;
  uint64_t ordinary_refused;   /* 429: put off                                   */
  uint64_t users_blocked;      /* ordinary users that got a 403                  */
  uint8_t blocked[LOAD_USERS]; /* 1: this one did                                */
  uint64_t failures;           /* requests that got none of 200, 403, 429: the run ends   */
  double latest_minutes;       /* the most that ordinary mail began after its minute        */
  struct series queue;         /* recipients queued on all relays                      */
  struct series delay;         /* of ordinary mail, minutes, by minute of sending      */
  struct series process;       /* ns, a CGI process as a whole                         */
  struct series decision;      /* ns, weir_open + weir_take + weir_close in it         */
  struct series take;          /* ns, weir_take alone                                  */
};

/* Set by a signal handler: stop soon. */
extern volatile sig_atomic_t replay_stop;

/* Returns 0, or -1 after a message.  replay_free() in any case. */
int replay_run(const struct replay_setup *setup, struct replay_outcome *outcome);
void replay_free(struct replay_outcome *outcome);

#endif
