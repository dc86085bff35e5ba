/* SPDX-License-Identifier: BSD-2-Clause */
#include "guard/ring.h"

#include <string.h>

#include "gauge/count.h"
#include "guard/printable.h"

_Static_assert(WEIR_PRINCIPAL_BYTES == WI_PRINCIPAL_BYTES, "told as it is kept");

#define KIND_LAST WEIR_EVENT_APPLIED

static bool is_kind(uint64_t kind)
{
  return kind >= WEIR_EVENT_DENIED && kind <= KIND_LAST;
}

uint64_t wi_ring_checksum(const struct wi_region *region, uint64_t n,
                          const uint64_t body[WI_RING_WORDS])
{
  struct wi_sip sip;

  wi_sip_begin(&sip, region->secret);
  wi_sip_word(&sip, n);
  for (size_t i = 0; i < WI_RING_WORDS; i++)
    wi_sip_word(&sip, body[i]);
  return wi_sip_end(&sip).mark;
}

/* ----------------------------------------------------------------------- writing -- */

bool wi_ring_claim(const struct wi_region *region, uint64_t *n)
{
  /* Partner: that of every other writer, and the load in wi_ring_next(). */
  *n = wi_fetch_add_seq_cst(&region->side->ring_head, 1) + 1;
  return *n != 0 && *n <= WI_RING_HEAD_MAX;
}

bool wi_ring_mark(const struct wi_region *region, uint64_t n)
{
  uint64_t *sequence = &wi_ring_entry(region, n)->sequence;

  for (uint32_t round = 0; round < WI_RING_ROUNDS; round++) {
    uint64_t found = wi_load_acquire(sequence); /* partner: the CAS of who was here before */

    if (found >= wi_ring_writing(n))
      return false;
    /* Partner: that of a later or an earlier lap, here and in wi_ring_publish(). */
    if (wi_cas_seq_cst(sequence, found, wi_ring_writing(n)))
      return true;
  }
  return false;
}

void wi_ring_fill(const struct wi_region *region, uint64_t n, const struct wi_ring_body *body)
{
  struct wi_ring_entry *entry = wi_ring_entry(region, n);
  uint64_t words[WI_RING_WORDS];

  memcpy(words, body, sizeof words);
  for (size_t i = 0; i < WI_RING_WORDS; i++)
    wi_store_release(&entry->body[i], words[i]); /* partner: the copy of a reader (O1) */
  wi_store_release(&entry->checksum, wi_ring_checksum(region, n, words)); /* likewise */
}

bool wi_ring_publish(const struct wi_region *region, uint64_t n)
{
  /* Partner: the loads of a reader (O2), and the mark of a later lap. */
  return wi_cas_seq_cst(&wi_ring_entry(region, n)->sequence, wi_ring_writing(n), wi_ring_ready(n));
}

static void write_body(struct wi_ring_body *body, const struct weir_event *event)
{
  body->wall_ns = event->wall_ns != 0 ? event->wall_ns : wi_clock_wall_ns();
  body->until_wall_ns = event->until_wall_ns;
  body->kind_level = (uint64_t)event->level << 32 | event->kind;
  body->amount = event->amount;
  wi_printable(body->principal, sizeof body->principal, event->principal, sizeof event->principal);
  wi_printable(body->limit, sizeof body->limit, event->limit, sizeof event->limit);
  wi_printable(body->reason, sizeof body->reason, event->reason, sizeof event->reason);
  wi_printable(body->by, sizeof body->by, event->by, sizeof event->by);
}

int wi_ring_put(const struct wi_region *region, const struct weir_event *event)
{
  struct wi_ring_body body;
  int error = WEIR_E_CORRUPT;
  uint64_t n;

  if (!is_kind(event->kind))
    return WEIR_E_ARGUMENT;
  write_body(&body, event); /* before the claim: the shorter from there to the end, the better */
  if (wi_ring_claim(region, &n)) {
    error = WEIR_E_BUSY;
    if (wi_ring_mark(region, n)) {
      wi_ring_fill(region, n, &body);
      if (wi_ring_publish(region, n))
        return WEIR_OK;
    }
  }
  wi_count(region, WI_COUNT_EVENTS_LOST, 1);
  return error;
}

/* ----------------------------------------------------------------------- reading -- */

enum found { FOUND, NOT_READY, LOST };

static enum found copy(const struct wi_region *region, uint64_t n, struct wi_ring_body *body)
{
  struct wi_ring_entry *entry = wi_ring_entry(region, n);
  uint64_t words[WI_RING_WORDS], checksum;
  uint64_t sequence = wi_load_acquire(&entry->sequence); /* partner: wi_ring_publish() (O2) */

  if (sequence != wi_ring_ready(n))
    return sequence < wi_ring_ready(n) ? NOT_READY : LOST;
  for (size_t i = 0; i < WI_RING_WORDS; i++)
    words[i] = wi_load_acquire(&entry->body[i]); /* partner: wi_ring_fill() (O1) */
  checksum = wi_load_acquire(&entry->checksum);  /* likewise */
  /* Partner: wi_ring_mark() of a later lap (O1). */
  if (wi_load_acquire(&entry->sequence) != wi_ring_ready(n) ||
      checksum != wi_ring_checksum(region, n, words))
    return LOST;
  memcpy(body, words, sizeof words);
  return is_kind(body->kind_level & UINT32_MAX) ? FOUND : LOST;
}

static void read_body(const struct wi_ring_body *body, uint64_t n, struct weir_event *event)
{
  event->number = n;
  event->wall_ns = body->wall_ns;
  event->kind = (uint32_t)body->kind_level;
  event->level = (uint32_t)(body->kind_level >> 32);
  event->until_wall_ns = body->until_wall_ns;
  event->amount = body->amount;
  wi_printable(event->principal, sizeof event->principal, body->principal, sizeof body->principal);
  wi_printable(event->limit, sizeof event->limit, body->limit, sizeof body->limit);
  wi_printable(event->reason, sizeof event->reason, body->reason, sizeof body->reason);
  wi_printable(event->by, sizeof event->by, body->by, sizeof body->by);
}

/* Whether the next event, not ready, has been waited for long enough. */
static bool is_given_up(const struct wi_region *region, struct weir_events_cursor *cursor,
                        uint64_t head)
{
  uint64_t now_ns = wi_region_now_ns(region, false);

  if (cursor->next == head)
    return false;
  if (cursor->next > cursor->waited_head || now_ns < cursor->waited_since_ns) {
    cursor->waited_head = head;
    cursor->waited_since_ns = now_ns;
  }
  return cursor->patience_ns != WEIR_NEVER &&
         now_ns - cursor->waited_since_ns >= cursor->patience_ns;
}

int wi_ring_begin(const struct wi_region *region, struct weir_events_cursor *cursor, bool oldest)
{
  uint64_t head = wi_load_acquire(&region->side->ring_head); /* partner: wi_ring_claim() */

  if (head > WI_RING_HEAD_MAX)
    return WEIR_E_CORRUPT;
  memset(cursor, 0, sizeof *cursor);
  cursor->next = head + 1;
  if (oldest)
    cursor->next = head >= WI_RING_ENTRIES ? head - WI_RING_ENTRIES + 1 : 1;
  cursor->patience_ns = WI_RING_PATIENCE_NS;
  return WEIR_OK;
}

int wi_ring_next(const struct wi_region *region, struct weir_events_cursor *cursor,
                 struct weir_event *event, uint64_t *lost)
{
  uint64_t head = wi_load_acquire(&region->side->ring_head); /* partner: wi_ring_claim() */
  struct wi_ring_body body;

  *lost = 0;
  if (head > WI_RING_HEAD_MAX || cursor->next > head + 1)
    return WEIR_E_CORRUPT;
  if (head - cursor->next >= WI_RING_ENTRIES && cursor->next <= head) {
    *lost = head - WI_RING_ENTRIES + 1 - cursor->next;
    cursor->next += *lost;
  }
  while (cursor->next <= head) {
    enum found found = copy(region, cursor->next, &body);

    if (found == NOT_READY && !is_given_up(region, cursor, head))
      return 0;
    cursor->next++;
    if (found == FOUND) {
      read_body(&body, cursor->next - 1, event);
      return 1;
    }
    ++*lost;
  }
  return 0;
}
