/* SPDX-License-Identifier: BSD-2-Clause
 * From the lines of a log to messages, given out in the order of their times: one whose
 * recipients are counted or named by its deliveries waits for its last line, or WAIT_NS,
 * NAMES_WAIT_NS; what comes later waits behind it.  A signal stands where its line does. */
#include <inttypes.h>
#include <stdlib.h>

#include "log.h"

#define WAIT_NS ((uint64_t)60 * LOG_NS_PER_S)
#define NAMES_WAIT_NS ((uint64_t)600 * LOG_NS_PER_S) /* of slow servers' recipients too    */
#define UNNAMED_MAX 10000u /* of one message: nobody sends to more by SMTP             */

/* ------------------------------------------------------------------------ give out -- */

/* Recipients that no line has named: each is somebody of its own, by a name that none has. */
static int name_rest(struct log_queue *queue, struct log_message *message)
{
  uint64_t rest =
      message->recipients > message->name_count ? message->recipients - message->name_count : 0;

  for (uint64_t i = 0; i < rest && i < UNNAMED_MAX; i++) {
    char name[24];
    int bytes = snprintf(name, sizeof name, "?%" PRIu64, queue->unnamed + i);

    if (sim_key_add(&message->names, name, (size_t)bytes) != 0)
      return -1;
  }
  queue->unnamed += rest;
  return 0;
}

static int finish(struct log_queue *queue, struct log_message *message)
{
  if (message->owner)
    *message->owner = NULL;
  if (message->signal != LOG_NO_SIGNAL)
    return 0;
  if (!message->counted && queue->choice->names)
    message->recipients = message->name_count;
  else if (!message->counted && !message->complete)
    message->recipients += message->deferred;
  if (message->recipients == 0)
    message->recipients = 1;
  return queue->choice->names ? name_rest(queue, message) : 0;
}

/* Give out what is complete, or has waited long enough, up to the first that is not. */
static int give_out(struct log_queue *queue, uint64_t now_ns, bool all)
{
  uint64_t wait_ns = queue->choice->names ? NAMES_WAIT_NS : WAIT_NS;
  int status = 0;

  while (status == 0 && queue->first) {
    struct log_message *message = queue->first;

    if (!message->complete && !all && now_ns - message->at_ns <= wait_ns)
      break;
    status = finish(queue, message);
    if (status == 0)
      status = queue->take(queue->context, message);
    queue->first = message->next;
    if (!queue->first)
      queue->last = NULL;
    log_message_free(message);
  }
  return status;
}

/* ------------------------------------------------------------------------- messages -- */

/* Takes over one owner's part of the sender; NULL where memory is short. */
static struct log_message *append(struct log_queue *queue, struct log_sender *sender,
                                  uint64_t at_ns)
{
  struct log_message *message = sender ? malloc(sizeof *message) : NULL;

  if (!message) {
    log_sender_free(sender);
    return NULL;
  }
  *message = (struct log_message){.at_ns = at_ns, .sender = sender, .complete = true};
  *(queue->last ? &queue->last->next : &queue->first) = message;
  queue->last = message;
  return message;
}

/* Behind the last @; nothing of an address without one. */
static struct log_slice domain_of(struct log_slice address)
{
  size_t at = log_slice_find(address, "@", true);

  return log_slice_from(address, at == SIZE_MAX ? address.bytes : at + 1);
}

/* Returns the message, or NULL where it is left out (and counted so) or memory is short. */
static struct log_message *make_message(struct log_queue *queue, const struct log_fact *fact,
                                        struct log_slice user, struct log_slice ip, uint64_t at_ns,
                                        int *status)
{
  struct log_message *message;

  *status = 0;
  if (user.bytes == 0 && queue->choice->authenticated) {
    queue->unauthenticated++;
    return NULL;
  }
  if (user.bytes == 0)
    user = fact->sender;
  if (user.bytes == 0) {
    queue->without_user++;
    return NULL;
  }
  message = append(queue, log_sender_make(user, ip, domain_of(fact->sender)), at_ns);
  if (!message) {
    *status = -1;
    return NULL;
  }
  message->recipients = fact->recipients;
  message->bytes = fact->bytes;
  message->counted = fact->recipients > 0;
  queue->messages++;
  return message;
}

static bool wants_signals(const struct log_queue *queue)
{
  for (int i = LOG_NO_SIGNAL + 1; i < LOG_SIGNALS; i++)
    if (queue->choice->signals[i])
      return true;
  return false;
}

/* Wait for the lines of its deliveries. */
static void wait_for(struct log_message *message, struct log_open *open)
{
  message->complete = false;
  message->owner = &open->message;
  open->message = message;
}

/* ---------------------------------------------------------------------------- facts -- */

static int queued(struct log_queue *queue, const struct log_fact *fact, uint64_t at_ns)
{
  struct log_open *open = log_open_find(queue, fact);
  struct log_message *message = NULL;
  int status = 0;

  if (!open) {
    queue->began_before++;
    return log_open_add(queue, fact, LOG_COUNTED, at_ns) ? 0 : -1;
  }
  if (open->state == LOG_HANDED_IN && open->passed_on) {
    queue->passed_on++;
  } else if (open->state == LOG_HANDED_IN) {
    const char *user = open->bytes + open->host_bytes + open->id_bytes;

    message =
        make_message(queue, fact, (struct log_slice){user, open->user_bytes},
                     (struct log_slice){user + open->user_bytes, open->ip_bytes}, at_ns, &status);
  }
  if (message && wants_signals(queue))
    open->sender = log_sender_share(message->sender);
  if (message && queue->choice->names)
    wait_for(message, open);
  log_open_touch(queue, open, at_ns);
  return status;
}

static int name_all(struct log_message *message, struct log_slice names)
{
  while (names.bytes > 0)
    if (log_message_name(message, log_exim_word(&names), false) != 0)
      return -1;
  return 0;
}

static int received(struct log_queue *queue, const struct log_fact *fact, uint64_t at_ns)
{
  int status;
  struct log_message *message = make_message(queue, fact, fact->user, fact->ip, at_ns, &status);
  struct log_open *open;

  if (!message)
    return status;
  if (queue->choice->names && name_all(message, fact->names) != 0)
    return -1;
  if (message->counted && !wants_signals(queue))
    return 0;
  open = log_open_add(queue, fact, LOG_COUNTED, at_ns);
  if (!open)
    return -1;
  if (wants_signals(queue))
    open->sender = log_sender_share(message->sender);
  if (!message->counted)
    wait_for(message, open);
  return 0;
}

/* One recipient of a message that waits for them. */
static int count_recipient(const struct log_queue *queue, struct log_message *message,
                           const struct log_fact *fact)
{
  bool deferred = fact->kind == LOG_DEFERRED;

  if (!queue->choice->names) {
    ++*(deferred ? &message->deferred : &message->recipients);
    return 0;
  }
  if (log_message_name(message, fact->recipient, deferred) != 0)
    return -1;
  if (message->counted && message->name_count >= message->recipients)
    message->complete = true;
  return 0;
}

static int delivered(struct log_queue *queue, const struct log_fact *fact, uint64_t at_ns)
{
  struct log_open *open = log_open_find(queue, fact);
  struct log_message *signal;

  if (open && open->message && count_recipient(queue, open->message, fact) != 0)
    return -1;
  if (!open || !open->sender || !queue->choice->signals[fact->signal])
    return 0;
  signal = append(queue, log_sender_share(open->sender), at_ns);
  if (!signal)
    return -1;
  signal->signal = fact->signal;
  return 0;
}

/* What a filter hands in again is from whom the message before it was. */
static int handed_in(struct log_queue *queue, const struct log_fact *fact, uint64_t at_ns)
{
  const struct log_fact before = {.host = fact->host, .id = fact->origin};
  struct log_open *origin = fact->kind == LOG_PASSED_ON ? log_open_find(queue, &before) : NULL;
  struct log_sender *sender = origin ? log_sender_share(origin->sender) : NULL;
  struct log_open *open = log_open_add(queue, fact, LOG_HANDED_IN, at_ns);

  if (open)
    open->sender = sender;
  else
    log_sender_free(sender);
  return open ? 0 : -1;
}

int log_queue_add(struct log_queue *queue, const struct log_fact *fact, uint64_t at_ns)
{
  struct log_open *open;
  int status = give_out(queue, at_ns, false); /* what this line comes too late for */

  if (status != 0)
    return status;
  log_open_forget_old(queue, at_ns);
  switch (fact->kind) {
  case LOG_CLIENT:
  case LOG_PASSED_ON:
    status = handed_in(queue, fact, at_ns);
    break;
  case LOG_QUEUED:
    status = queued(queue, fact, at_ns);
    break;
  case LOG_RECEIVED:
    status = received(queue, fact, at_ns);
    break;
  case LOG_DELIVERED:
  case LOG_DEFERRED:
    status = delivered(queue, fact, at_ns);
    break;
  case LOG_GONE:
    open = log_open_find(queue, fact);
    if (open)
      log_open_forget(queue, open);
    break;
  case LOG_NOTHING:
  case LOG_MISTAKEN:
    break;
  }
  return status == 0 ? give_out(queue, at_ns, false) : status;
}

/* ----------------------------------------------------------------------- begin, end -- */

int log_queue_begin(struct log_queue *queue)
{
  return log_open_begin(queue);
}

int log_queue_end(struct log_queue *queue)
{
  return give_out(queue, 0, true);
}

void log_queue_free(struct log_queue *queue)
{
  log_open_free(queue);
  while (queue->first) {
    struct log_message *message = queue->first;

    queue->first = message->next;
    log_message_free(message);
  }
}
