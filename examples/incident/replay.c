/* SPDX-License-Identifier: BSD-2-Clause */
#include "replay.h"
#include "intake.h"
#include "letter.h"
#include "relay.h"
#include "server.h"
#include "stopwatch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TAG_SPAM UINT64_MAX
#define TAG_OWNER (UINT64_MAX - 1)
#define TICK_NS 5000000u /* the longest the loop sleeps                               */
#define SAMPLE_MINUTES 0.1

volatile sig_atomic_t replay_stop;

struct replay {
  const struct replay_setup *setup;
  struct replay_outcome *outcome;
  struct server *server;
  struct relays relays;
  struct intake intake;
  uint64_t start_ns;
  double minute;      /* now                                                      */
  double attacked_at; /* when the first spam was begun; -1: not yet               */
  double next_sample;
  size_t next_ordinary; /* index into the load                                      */
  uint32_t next_spam;
  int owner_has_sent;
  int spam_under_way;
  uint64_t answered_200;
};

static double minute_now(const struct replay *replay)
{
  return (double)(stopwatch_ns() - replay->start_ns) * REPLAY_COMPRESSION / 60e9;
}

static void on_refusal(struct replay *replay, const struct server_reply *reply, double minute)
{
  struct replay_outcome *outcome = replay->outcome;
  int is_spam = reply->tag == TAG_SPAM;
  int is_block = reply->status == 403;

  if (is_spam) {
    double since = minute - replay->attacked_at;
    if (outcome->stopped_minutes < 0)
      outcome->stopped_minutes = since;
    if (is_block && outcome->blocked_minutes < 0)
      outcome->blocked_minutes = since;
    outcome->spam_refused++;
  } else if (!is_block) {
    outcome->ordinary_refused++;
  } else if (reply->tag < LOAD_USERS && !outcome->blocked[reply->tag]) {
    outcome->blocked[reply->tag] = 1;
    outcome->users_blocked++;
  }
}

static void on_reply(void *context, const struct server_reply *reply)
{
  struct replay *replay = context;
  struct replay_outcome *outcome = replay->outcome;
  double minute = minute_now(replay);

  if (reply->tag == TAG_SPAM)
    replay->spam_under_way = 0;
  if (reply->status == 200) {
    replay->answered_200++;
    if (reply->tag == TAG_SPAM)
      outcome->stopped_minutes = -1; /* not yet for good                          */
  } else if (reply->status == 429 || reply->status == 403) {
    on_refusal(replay, reply, minute);
  } else {
    if (!replay_stop && reply->status)
      fprintf(stderr, "incident: a request was answered by %d\n", reply->status);
    else if (!replay_stop)
      fprintf(stderr, "incident: a CGI process failed or gave no response\n");
    outcome->failures++;
  }
  series_add(&outcome->process, minute, (double)reply->wall_ns);
  if (reply->traced) {
    series_add(&outcome->decision, minute,
               (double)(reply->open_ns + reply->take_ns + reply->close_ns));
    series_add(&outcome->take, minute, (double)reply->take_ns);
  }
}

static void on_message(void *context, const struct intake_message *message)
{
  struct replay *replay = context;
  struct replay_outcome *outcome = replay->outcome;
  int is_spam = replay->attacked_at >= 0 &&
                strcmp(message->sender, LETTER_STOLEN_USER "@" LETTER_DOMAIN) == 0;
  double delay = relays_put(&replay->relays, message->recipients, is_spam);

  if (is_spam) {
    outcome->spam_accepted++;
    outcome->spam_recipients += message->recipients;
  } else {
    outcome->ordinary_accepted++;
    series_add(&outcome->delay, replay->minute, delay);
  }
}

static int begin_ordinary(struct replay *replay)
{
  const struct load *load = replay->setup->load;

  /* One process stays free for the stolen account, so that neither waits for the
   * other but on the processors. */
  while (replay->next_ordinary < load->count && server_free_processes(replay->server) > 1) {
    const struct load_message *message = &load->messages[replay->next_ordinary];
    char user[LETTER_NAME_BYTES], address[LETTER_NAME_BYTES];
    struct server_request request = {user, address, NULL, 0, message->user};

    if (message->minute > replay->minute)
      break;
    letter_user(message->user, user, address);
    request.body = letter_ordinary(message->user, message->recipients,
                                   (uint32_t)replay->next_ordinary, &request.body_bytes);
    if (!request.body || server_begin(replay->server, &request) != 0)
      return -1;
    if (replay->minute - message->minute > replay->outcome->latest_minutes)
      replay->outcome->latest_minutes = replay->minute - message->minute;
    replay->next_ordinary++;
  }
  return 0;
}

/* What the account was like before. */
static int begin_owner(struct replay *replay)
{
  struct server_request request = {LETTER_STOLEN_USER, "10.20.0.7", NULL, 0, TAG_OWNER};

  if (replay->owner_has_sent || replay->minute < REPLAY_OWNER_MINUTE)
    return 0;
  replay->owner_has_sent = 1;
  request.body = letter_of_owner(&request.body_bytes);
  return request.body ? server_begin(replay->server, &request) : -1;
}

/* The script posts, waits for the answer and posts again, whatever the answer is. */
static int begin_spam(struct replay *replay)
{
  const struct replay_setup *setup = replay->setup;
  struct server_request request = {LETTER_STOLEN_USER, "203.0.113.77", NULL, 0, TAG_SPAM};

  if (replay->spam_under_way || replay->minute < setup->attack_minute ||
      replay->minute >= setup->lock_minute)
    return 0;
  if (replay->attacked_at < 0)
    replay->attacked_at = replay->minute;
  request.body = letter_spam(REPLAY_SPAM_RECIPIENTS, replay->next_spam++, &request.body_bytes);
  if (!request.body || server_begin(replay->server, &request) != 0)
    return -1;
  replay->spam_under_way = 1;
  return 0;
}

static int observe(struct replay *replay)
{
  replay->minute = minute_now(replay);
  relays_advance(&replay->relays, replay->minute);
  if (intake_read(&replay->intake, on_message, replay) != 0)
    return -1;
  if (replay->minute >= replay->next_sample) {
    double queue = relays_queue(&replay->relays);
    series_add(&replay->outcome->queue, replay->minute, queue);
    replay->next_sample += SAMPLE_MINUTES;
    replay->setup->progress(replay->setup->progress_context, replay->minute,
                            replay->outcome->spam_accepted, queue);
  }
  return 0;
}

static int loop(struct replay *replay)
{
  while (observe(replay) == 0) {
    int over = replay->minute >= replay->setup->minutes;
    if (replay_stop || replay->outcome->failures)
      return -1;
    if (begin_owner(replay) != 0 || begin_ordinary(replay) != 0 ||
        (!over && begin_spam(replay) != 0))
      return -1;
    if (over && server_busy_processes(replay->server) == 0)
      return 0; /* with processes free, all mail that was due has been begun */
    server_wait(replay->server, TICK_NS);
  }
  return -1;
}

static int check(const struct replay *replay)
{
  const struct replay_outcome *outcome = replay->outcome;

  if (replay->answered_200 != outcome->spam_accepted + outcome->ordinary_accepted) {
    fprintf(stderr, "incident: %llu requests were answered by 200, %llu messages were spooled\n",
            (unsigned long long)replay->answered_200,
            (unsigned long long)(outcome->spam_accepted + outcome->ordinary_accepted));
    return -1;
  }
  return 0;
}

int replay_run(const struct replay_setup *setup, struct replay_outcome *outcome)
{
  char spool[PLACE_BYTES + 16], table[PLACE_BYTES + 16], last[PLACE_BYTES + 16];
  const char *environment[] = {
      spool, "WEIR_TRACE_NS=1", "WEIR_MAIL_DOMAIN=" LETTER_DOMAIN, last, NULL, NULL};
  struct replay replay = {.setup = setup, .outcome = outcome, .attacked_at = -1};
  int result;

  *outcome = (struct replay_outcome){.stopped_minutes = -1, .blocked_minutes = -1};
  (void)snprintf(spool, sizeof spool, "WEIR_SPOOL=%s", setup->place->spool);
  (void)snprintf(table, sizeof table, "WEIR_TABLE=%s", setup->place->table);
  (void)snprintf(last, sizeof last, "WEIR_LAST=%s", setup->place->last);
  environment[4] = setup->with_weir ? table : "WEIR_OFF=1";
  replay.server = server_open(setup->program, environment, setup->place->log, on_reply, &replay);
  if (!replay.server)
    return -1;
  intake_open(&replay.intake, setup->place->spool);
  relays_start(&replay.relays, setup->seed);
  replay.start_ns = stopwatch_ns();
  result = loop(&replay);
  server_close(replay.server);
  if (intake_close(&replay.intake) != 0 && result == 0) {
    fprintf(stderr, "incident: the spool ends within a message\n");
    result = -1;
  }
  return result == 0 ? check(&replay) : -1;
}

void replay_free(struct replay_outcome *outcome)
{
  series_free(&outcome->queue);
  series_free(&outcome->delay);
  series_free(&outcome->process);
  series_free(&outcome->decision);
  series_free(&outcome->take);
}
