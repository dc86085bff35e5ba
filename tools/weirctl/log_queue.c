/* SPDX-License-Identifier: BSD-2-Clause
 * From the lines of a log to messages, given out in the order of their times: one whose
 * recipients are counted by its deliveries waits for its last line, or WAIT_NS. */
#include <stdlib.h>
#include <string.h>

#include "log.h"

#define WAIT_NS ((uint64_t)60 * LOG_NS_PER_S)

/* ------------------------------------------------------------------ waiting events -- */

/* Give out what is complete, or has waited long enough, up to the first that is not. */
static int give_out(struct log_queue *queue, uint64_t now_ns, bool all)
{
  int status = 0;

  while (status == 0 && queue->first) {
    struct log_message *event = queue->first;

    if (!event->complete && !all && now_ns - event->at_ns <= WAIT_NS)
      break;
    if (!event->complete)
      event->recipients += event->deferred;
    if (event->recipients == 0)
      event->recipients = 1;
    if (event->owner)
      *event->owner = NULL;
    status = queue->take(queue->context, event);
    queue->first = event->next;
    if (!queue->first)
      queue->last = NULL;
    free(event);
  }
  return status;
}

/* Behind the last @; nothing of an address without one. */
static struct log_slice domain_of(struct log_slice address)
{
  size_t at = log_slice_find(address, "@", true);

  return log_slice_from(address, at == SIZE_MAX ? address.bytes : at + 1);
}

/* Returns the event, or NULL where it is left out (and counted so) or memory is short. */
static struct log_message *make_event(struct log_queue *queue, const struct log_fact *fact,
                                     struct log_slice user, struct log_slice ip, uint64_t at_ns,
                                     int *status)
{
  struct log_slice domain = domain_of(fact->sender);
  struct log_message *event;
  char *bytes;

  *status = 0;
  if (user.bytes == 0 && queue->authenticated) {
    queue->unauthenticated++;
    return NULL;
  }
  if (user.bytes == 0)
    user = fact->sender;
  if (user.bytes == 0) {
    queue->without_user++;
    return NULL;
  }
  event = malloc(sizeof *event + user.bytes + ip.bytes + domain.bytes);
  if (!event) {
    *status = -1;
    return NULL;
  }
  bytes = (char *)(event + 1);
  *event = (struct log_message){
      .at_ns = at_ns,
      .recipients = fact->recipients,
      .bytes = fact->bytes,
      .complete = true,
      .user_bytes = user.bytes,
      .ip_bytes = ip.bytes,
      .domain_bytes = domain.bytes,
      .user = bytes,
      .ip = bytes + user.bytes,
      .domain = bytes + user.bytes + ip.bytes,
  };
  memcpy(bytes, user.text, user.bytes);
  if (ip.bytes > 0)
    memcpy(bytes + user.bytes, ip.text, ip.bytes);
  if (domain.bytes > 0)
    memcpy(bytes + user.bytes + ip.bytes, domain.text, domain.bytes);
  *(queue->last ? &queue->last->next : &queue->first) = event;
  queue->last = event;
  queue->messages++;
  return event;
}

/* ---------------------------------------------------------------------------- facts -- */

static int queued(struct log_queue *queue, const struct log_fact *fact, uint64_t at_ns)
{
  struct log_open *open = log_open_find(queue, fact);
  int status = 0;

  if (!open) {
    queue->began_before++;
    return log_open_add(queue, fact, LOG_COUNTED, at_ns) ? 0 : -1;
  }
  if (open->state == LOG_HANDED_IN && open->passed_on) {
    queue->passed_on++;
  } else if (open->state == LOG_HANDED_IN) {
    const char *user = open->bytes + open->host_bytes + open->id_bytes;

    (void)make_event(queue, fact, (struct log_slice){user, open->user_bytes},
                     (struct log_slice){user + open->user_bytes, open->ip_bytes}, at_ns, &status);
  }
  log_open_touch(queue, open, at_ns);
  return status;
}

static int received(struct log_queue *queue, const struct log_fact *fact, uint64_t at_ns)
{
  int status;
  struct log_message *event = make_event(queue, fact, fact->user, fact->ip, at_ns, &status);
  struct log_open *open;

  if (!event || fact->recipients > 0)
    return status;
  open = log_open_add(queue, fact, LOG_COUNTED, at_ns);
  if (!open)
    return -1;
  event->complete = false;
  event->owner = &open->event;
  open->event = event;
  return 0;
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
    status = log_open_add(queue, fact, LOG_HANDED_IN, at_ns) ? 0 : -1;
    break;
  case LOG_QUEUED:
    status = queued(queue, fact, at_ns);
    break;
  case LOG_RECEIVED:
    status = received(queue, fact, at_ns);
    break;
  case LOG_DELIVERED:
  case LOG_DEFERRED:
    open = log_open_find(queue, fact);
    if (open && open->event)
      ++*(fact->kind == LOG_DELIVERED ? &open->event->recipients : &open->event->deferred);
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
    struct log_message *event = queue->first;

    queue->first = event->next;
    free(event);
  }
}
