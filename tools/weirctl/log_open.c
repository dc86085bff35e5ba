/* SPDX-License-Identifier: BSD-2-Clause
 * Messages that are under way, by host and queue id, from their first line to their last.
 *
 * What is never finished is forgotten: a message that was handed in and not queued after
 * HANDED_IN_NS (a client that gives up leaves one), one that was counted REST_NS after its
 * last line (its end is in no log). */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "hash/siphash.h"
#include "log.h"

#define HANDED_IN_NS ((uint64_t)86400 * LOG_NS_PER_S)
#define REST_NS ((uint64_t)7 * 86400 * LOG_NS_PER_S)
#define FIRST_SLOTS ((size_t)1024)

static uint64_t hash_of(const struct log_queue *queue, const struct log_fact *fact)
{
  struct wi_sip sip;

  wi_sip_begin(&sip, queue->secret);
  wi_sip_word(&sip, fact->host.bytes);
  wi_sip_bytes(&sip, fact->host.text, fact->host.bytes);
  wi_sip_bytes(&sip, fact->id.text, fact->id.bytes);
  return wi_sip_end(&sip).place;
}

static bool is_same(struct log_slice slice, const char *bytes, size_t count)
{
  return slice.bytes == count && (count == 0 || memcmp(slice.text, bytes, count) == 0);
}

struct log_open *log_open_find(const struct log_queue *queue, const struct log_fact *fact)
{
  uint64_t hash = hash_of(queue, fact);
  struct log_open *open = queue->slots[hash & (queue->slot_count - 1)];

  while (open && !(open->hash == hash && is_same(fact->host, open->bytes, open->host_bytes) &&
                   is_same(fact->id, open->bytes + open->host_bytes, open->id_bytes)))
    open = open->next;
  return open;
}

static void unlink_open(struct log_queue *queue, struct log_open *open)
{
  struct log_open **oldest = &queue->oldest[open->state], **newest = &queue->newest[open->state];

  *(open->older ? &open->older->newer : oldest) = open->newer;
  *(open->newer ? &open->newer->older : newest) = open->older;
}

static void append_open(struct log_queue *queue, struct log_open *open,
                        enum log_open_state state, uint64_t at_ns)
{
  open->state = state;
  open->at_ns = at_ns;
  open->newer = NULL;
  open->older = queue->newest[state];
  *(open->older ? &open->older->newer : &queue->oldest[state]) = open;
  queue->newest[state] = open;
}

void log_open_forget(struct log_queue *queue, struct log_open *open)
{
  struct log_open **at = &queue->slots[open->hash & (queue->slot_count - 1)];

  while (*at != open)
    at = &(*at)->next;
  *at = open->next;
  unlink_open(queue, open);
  if (open->message) {
    open->message->owner = NULL;
    open->message->complete = true;
  }
  log_sender_free(open->sender);
  queue->open_count--;
  free(open);
}

void log_open_forget_old(struct log_queue *queue, uint64_t now_ns)
{
  static const uint64_t rest_ns[] = {HANDED_IN_NS, REST_NS};

  for (int state = LOG_HANDED_IN; state <= LOG_COUNTED; state++)
    while (queue->oldest[state] && now_ns - queue->oldest[state]->at_ns > rest_ns[state])
      log_open_forget(queue, queue->oldest[state]);
}

static int grow(struct log_queue *queue)
{
  size_t count = 2 * queue->slot_count;
  struct log_open **slots = calloc(count, sizeof *slots);

  if (!slots)
    return -1;
  for (size_t i = 0; i < queue->slot_count; i++)
    while (queue->slots[i]) {
      struct log_open *open = queue->slots[i];

      queue->slots[i] = open->next;
      open->next = slots[open->hash & (count - 1)];
      slots[open->hash & (count - 1)] = open;
    }
  free(queue->slots);
  queue->slots = slots;
  queue->slot_count = count;
  return 0;
}

/* A new one; the id may have been another message's before. */
struct log_open *log_open_add(struct log_queue *queue, const struct log_fact *fact,
                                      enum log_open_state state, uint64_t at_ns)
{
  const struct log_slice parts[] = {fact->host, fact->id, fact->user, fact->ip};
  struct log_open *open = log_open_find(queue, fact);
  size_t bytes = 0;

  if (open)
    log_open_forget(queue, open);
  if (queue->open_count >= queue->slot_count && grow(queue) != 0)
    return NULL;
  open = malloc(sizeof *open + fact->host.bytes + fact->id.bytes + fact->user.bytes +
                fact->ip.bytes);
  if (!open)
    return NULL;
  *open = (struct log_open){
      .hash = hash_of(queue, fact),
      .passed_on = fact->kind == LOG_PASSED_ON,
      .host_bytes = fact->host.bytes,
      .id_bytes = fact->id.bytes,
      .user_bytes = fact->user.bytes,
      .ip_bytes = fact->ip.bytes,
  };
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
    if (parts[i].bytes > 0) {
      memcpy(open->bytes + bytes, parts[i].text, parts[i].bytes);
      bytes += parts[i].bytes;
    }
  open->next = queue->slots[open->hash & (queue->slot_count - 1)];
  queue->slots[open->hash & (queue->slot_count - 1)] = open;
  append_open(queue, open, state, at_ns);
  if (++queue->open_count > queue->open_most)
    queue->open_most = queue->open_count;
  return open;
}

/* As if its last line were that of now. */
void log_open_touch(struct log_queue *queue, struct log_open *open, uint64_t at_ns)
{
  unlink_open(queue, open);
  append_open(queue, open, LOG_COUNTED, at_ns);
}

int log_open_begin(struct log_queue *queue)
{
  queue->slot_count = FIRST_SLOTS;
  queue->slots = calloc(queue->slot_count, sizeof(struct log_open *));
  /* Ids may be made up by whom the log is about; without a secret it is only slower. */
  if (getrandom(queue->secret, sizeof queue->secret, 0) != (ssize_t)sizeof queue->secret)
    queue->secret[0] = 0;
  return queue->slots ? 0 : -1;
}

void log_open_free(struct log_queue *queue)
{
  for (int state = LOG_HANDED_IN; state <= LOG_COUNTED; state++)
    while (queue->oldest[state])
      log_open_forget(queue, queue->oldest[state]);
  free(queue->slots);
  queue->slots = NULL;
}
