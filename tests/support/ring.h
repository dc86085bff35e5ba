/* SPDX-License-Identifier: BSD-2-Clause
 * Short words for tests that put events and follow them.  After cmocka.h. */
#ifndef TEST_SUPPORT_RING_H
#define TEST_SUPPORT_RING_H

#include "admit/admit.h"
#include "guard/ring.h"
#include "support/table.h"

#define RING WI_RING_ENTRIES

struct following {
  struct weir_table *table;
  struct weir_events_cursor cursor;
  struct weir_event event;
  uint64_t lost; /* of the last call                                                     */
};

static inline void follow(struct following *following, struct weir_table *table, uint32_t from)
{
  memset(following, 0, sizeof *following);
  following->table = table;
  following->event.size_bytes = sizeof following->event;
  assert_int_equal(weir_events_begin(table, &following->cursor, from), WEIR_OK);
}

static inline int next(struct following *following)
{
  return weir_events_next(following->table, &following->cursor, &following->event,
                          &following->lost);
}

/* The next is event n, and so many were lost before it. */
static inline void expect_event(struct following *following, uint64_t n, uint64_t lost)
{
  assert_int_equal(next(following), 1);
  assert_int_equal(following->event.number, n);
  assert_int_equal(following->lost, lost);
}

static inline void expect_none(struct following *following, uint64_t lost)
{
  assert_int_equal(next(following), 0);
  assert_int_equal(following->lost, lost);
}

static inline struct weir_event event_of(uint64_t amount)
{
  struct weir_event event = {.kind = WEIR_EVENT_DENIED, .wall_ns = 5, .amount = amount};

  return event;
}

static inline void put(struct weir_table *table, uint64_t count)
{
  for (uint64_t i = 0; i < count; i++) {
    struct weir_event event = event_of(i);

    assert_int_equal(wi_ring_put(&table->region, &event), WEIR_OK);
  }
}

static inline uint64_t lost_by_writers(struct weir_table *table)
{
  struct weir_stats stats = {.size_bytes = sizeof stats};

  assert_int_equal(weir_stats(table, &stats), WEIR_OK);
  return stats.events_lost;
}

static inline struct weir_table *new_table(void)
{
  return make_table(NULL, 100, "policy p\n limit m 1 messages / 1h per user\n");
}

#endif
