/* SPDX-License-Identifier: BSD-2-Clause
 * Events: what a reader gets of what writers put, also of those that stop or die between two
 * steps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>

#include "support/ring.h"

/* ------------------------------------------------------------------ put and next -- */

static void next_after_put_gives_every_field(void **state)
{
  struct weir_table *table = new_table();
  struct following following;
  struct weir_event event = {.kind = WEIR_EVENT_ESCALATED,
                             .level = 3,
                             .wall_ns = 1700000000000000007u,
                             .until_wall_ns = WEIR_NEVER,
                             .amount = UINT64_MAX,
                             .principal = "user=alice ip=10.0.0.1",
                             .limit = "user-minute",
                             .reason = "again",
                             .by = "response"};

  (void)state;
  follow(&following, table, WEIR_EVENTS_NEWEST);
  expect_none(&following, 0);
  assert_int_equal(wi_ring_put(&table->region, &event), WEIR_OK);
  expect_event(&following, 1, 0);
  event.size_bytes = sizeof event;
  event.number = 1;
  assert_memory_equal(&following.event, &event, sizeof event);
  assert_string_equal(weir_event_name(following.event.kind), "escalated");
  expect_none(&following, 0);
  weir_close(table);
}

static void put_without_time_is_now(void **state)
{
  struct weir_table *table = new_table();
  struct following following;
  struct weir_event event = {.kind = WEIR_EVENT_PRESSURE};
  uint64_t before_ns = wi_clock_wall_ns();

  (void)state;
  follow(&following, table, WEIR_EVENTS_NEWEST);
  assert_int_equal(wi_ring_put(&table->region, &event), WEIR_OK);
  expect_event(&following, 1, 0);
  assert_true(following.event.wall_ns >= before_ns);
  assert_true(following.event.wall_ns <= wi_clock_wall_ns());
  weir_close(table);
}

static void begin_oldest_gives_what_is_there_and_newest_what_comes(void **state)
{
  struct weir_table *table = new_table();
  struct following oldest, newest;

  (void)state;
  put(table, 3);
  follow(&oldest, table, WEIR_EVENTS_OLDEST);
  follow(&newest, table, WEIR_EVENTS_NEWEST);
  put(table, 1);
  for (uint64_t n = 1; n <= 4; n++)
    expect_event(&oldest, n, 0);
  expect_event(&newest, 4, 0);
  expect_none(&oldest, 0);
  expect_none(&newest, 0);
  weir_close(table);
}

static void arguments_out_of_range_are_refused(void **state)
{
  struct weir_table *table = new_table();
  struct weir_events_cursor none = {0};
  struct following following;
  struct weir_event event = event_of(0);
  uint64_t lost;

  (void)state;
  follow(&following, table, WEIR_EVENTS_NEWEST);
  assert_int_equal(weir_events_begin(NULL, &none, 0), WEIR_E_ARGUMENT);
  assert_int_equal(weir_events_begin(table, NULL, 0), WEIR_E_ARGUMENT);
  assert_int_equal(weir_events_begin(table, &none, 2), WEIR_E_ARGUMENT);
  assert_int_equal(weir_events_next(table, &none, &following.event, &lost), WEIR_E_ARGUMENT);
  assert_int_equal(weir_events_next(table, &following.cursor, NULL, &lost), WEIR_E_ARGUMENT);
  assert_int_equal(weir_events_next(table, &following.cursor, &following.event, NULL),
                   WEIR_E_ARGUMENT);
  following.event.size_bytes--;
  assert_int_equal(next(&following), WEIR_E_ARGUMENT);
  event.kind = 0;
  assert_int_equal(wi_ring_put(&table->region, &event), WEIR_E_ARGUMENT);
  event.kind = WEIR_EVENT_APPLIED + 1;
  assert_int_equal(wi_ring_put(&table->region, &event), WEIR_E_ARGUMENT);
  assert_string_equal(weir_event_name(0), "unknown");
  assert_string_equal(weir_event_name(WEIR_EVENT_APPLIED), "applied");
  assert_string_equal(weir_event_name(WEIR_EVENT_APPLIED + 1), "unknown");
  weir_close(table);
}

static void apply_tells_once_and_only_on_success(void **state)
{
  struct weir_table *table = new_table();
  struct following following;
  const char *other = "policy p\n limit m 2 messages / 1h per user\n";

  (void)state;
  follow(&following, table, WEIR_EVENTS_OLDEST);
  assert_int_equal(weir_apply(table, "frob\n", 5, "bad", NULL, NULL), WEIR_E_SYNTAX);
  expect_none(&following, 0);
  assert_int_equal(weir_apply(table, other, strlen(other), "other.conf", NULL, NULL), WEIR_OK);
  expect_event(&following, 1, 0);
  assert_int_equal(following.event.kind, WEIR_EVENT_APPLIED);
  assert_int_equal(following.event.amount, 2);
  assert_string_equal(following.event.reason, "other.conf");
  expect_none(&following, 0);
  weir_close(table);
}

/* ------------------------------------------------------------------------- laps -- */

static void reader_a_whole_ring_behind_loses_nothing_and_further_behind_just_that(void **state)
{
  static const uint64_t laps[] = {0, 1, 10, RING, 5 * RING + 7};

  (void)state;
  for (size_t i = 0; i < sizeof laps / sizeof laps[0]; i++) {
    struct weir_table *table = new_table();
    struct following following;

    follow(&following, table, WEIR_EVENTS_NEWEST);
    put(table, RING + laps[i]);
    for (uint64_t n = 1; n <= RING; n++) {
      expect_event(&following, laps[i] + n, n == 1 ? laps[i] : 0);
      assert_int_equal(following.event.amount, laps[i] + n - 1);
    }
    expect_none(&following, 0);
    assert_int_equal(lost_by_writers(table), 0);
    weir_close(table);
  }
}

static void reader_overtaken_again_and_again_counts_all(void **state)
{
  struct weir_table *table = new_table();
  struct following following;
  uint64_t got = 0, lost = 0, last = 0, puts = 0, seed = test_seed();

  (void)state;
  follow(&following, table, WEIR_EVENTS_NEWEST);
  for (int round = 0; round < 200; round++) {
    uint64_t count = test_random(&seed) % (3 * RING), reads = test_random(&seed) % (2 * RING);

    put(table, count);
    puts += count;
    for (; reads > 0 && next(&following) == 1; reads--) {
      assert_int_equal(following.event.number, last + following.lost + 1);
      last = following.event.number;
      lost += following.lost;
      got++;
    }
  }
  for (; next(&following) == 1; got++)
    lost += following.lost;
  assert_int_equal(got + lost, puts);
  weir_close(table);
}

/* ------------------------------------------------------- writers that stop or die -- */

/* A writer that ends behind claim, mark or fill: it holds up as long as the reader has patience,
 * costs that event alone, and a lap later its entry serves again. */
static void writer_killed_behind_each_step_costs_its_event(void **state)
{
  (void)state;
  for (int steps = 1; steps <= 3; steps++) {
    struct weir_table *table = new_table();
    struct wi_ring_body body = {.kind_level = WEIR_EVENT_DENIED};
    struct following patient, hasty;
    uint64_t n;

    follow(&patient, table, WEIR_EVENTS_NEWEST);
    follow(&hasty, table, WEIR_EVENTS_NEWEST);
    patient.cursor.patience_ns = WEIR_NEVER;
    hasty.cursor.patience_ns = 0;
    put(table, 1);
    assert_true(wi_ring_claim(&table->region, &n));
    if (steps >= 2)
      assert_true(wi_ring_mark(&table->region, n));
    if (steps >= 3)
      wi_ring_fill(&table->region, n, &body);
    expect_event(&patient, 1, 0);
    expect_event(&hasty, 1, 0);
    expect_none(&hasty, 0); /* the last one may come yet */
    put(table, 1);
    expect_none(&patient, 0);
    expect_event(&hasty, 3, 1);
    put(table, RING - 2);
    expect_none(&patient, 0);
    put(table, 1); /* into the entry of the dead */
    expect_event(&patient, 3, 1);
    for (uint64_t at = 4; at <= RING + 2; at++)
      expect_event(&patient, at, 0);
    expect_none(&patient, 0);
    weir_close(table);
  }
}

/* Patience is measured on the table's clock, from the first sight of the whole backlog. */
static void patience_ends_for_all_that_were_claimed_when_it_began(void **state)
{
  struct weir_table *table = new_table();
  struct following following;
  uint64_t n;

  (void)state;
  follow(&following, table, WEIR_EVENTS_NEWEST);
  assert_int_equal(following.cursor.patience_ns, SECOND_NS);
  following.cursor.patience_ns = MINUTE_NS; /* no machine is that slow */
  for (int i = 0; i < 3; i++)
    assert_true(wi_ring_claim(&table->region, &n));
  expect_none(&following, 0);
  table->region.clock_offset_ns += MINUTE_NS;
  assert_true(wi_ring_claim(&table->region, &n)); /* later than the first sight */
  put(table, 1);
  expect_none(&following, 3);
  table->region.clock_offset_ns += MINUTE_NS;
  expect_event(&following, 5, 1);
  weir_close(table);
}

static void slow_writer_within_patience_loses_nothing(void **state)
{
  struct weir_table *table = new_table();
  struct wi_ring_body body = {.kind_level = WEIR_EVENT_BLOCKED};
  struct following following;
  uint64_t n;

  (void)state;
  follow(&following, table, WEIR_EVENTS_NEWEST);
  following.cursor.patience_ns = WEIR_NEVER;
  assert_true(wi_ring_claim(&table->region, &n));
  put(table, 2);
  expect_none(&following, 0);
  assert_true(wi_ring_mark(&table->region, n));
  expect_none(&following, 0);
  wi_ring_fill(&table->region, n, &body);
  expect_none(&following, 0);
  assert_true(wi_ring_publish(&table->region, n));
  for (uint64_t at = 1; at <= 3; at++)
    expect_event(&following, at, 0);
  weir_close(table);
}

/* A lap late behind the claim it learns so and stores nothing; behind the mark it has spoilt
 * the newer event, which is known and counted; filled in time it spoils nothing. */
static void writer_a_lap_late_destroys_nothing_silently(void **state)
{
  (void)state;
  for (int steps = 1; steps <= 3; steps++) {
    struct weir_table *table = new_table();
    struct wi_ring_body body = {.kind_level = WEIR_EVENT_BLOCKED, .amount = 77};
    struct following following;
    uint64_t n;

    assert_true(wi_ring_claim(&table->region, &n));
    if (steps >= 2)
      assert_true(wi_ring_mark(&table->region, n));
    if (steps >= 3)
      wi_ring_fill(&table->region, n, &body);
    put(table, RING);
    follow(&following, table, WEIR_EVENTS_OLDEST);
    if (steps == 1) {
      assert_false(wi_ring_mark(&table->region, n));
    } else {
      if (steps == 2)
        wi_ring_fill(&table->region, n, &body);
      assert_false(wi_ring_publish(&table->region, n));
    }
    for (uint64_t at = 2; at <= RING; at++)
      expect_event(&following, at, 0);
    if (steps == 2) {
      expect_none(&following, 1);
    } else {
      expect_event(&following, RING + 1, 0);
      assert_int_equal(following.event.amount, RING - 1);
    }
    put(table, 1);
    expect_event(&following, RING + 2, 0);
    weir_close(table);
  }
}

static void put_that_gives_up_says_so_and_is_counted(void **state)
{
  struct weir_table *table = new_table();
  struct following following;
  struct weir_event event = event_of(1);

  (void)state;
  put(table, RING + 5);
  follow(&following, table, WEIR_EVENTS_NEWEST);
  /* As if 5 puts had just been claimed when a lap later they had been overtaken. */
  __atomic_store_n(&table->region.side->ring_head, 5, __ATOMIC_RELAXED);
  assert_int_equal(wi_ring_put(&table->region, &event), WEIR_E_BUSY);
  assert_int_equal(lost_by_writers(table), 1);
  assert_int_equal(next(&following), WEIR_E_CORRUPT);
  weir_close(table);
}

static void retired_table_is_told_when_all_is_read(void **state)
{
  struct weir_table *table = new_table();
  struct following following;

  (void)state;
  put(table, 1);
  follow(&following, table, WEIR_EVENTS_OLDEST);
  table->region.live->hot.flags = WI_HOT_RETIRED;
  expect_event(&following, 1, 0);
  assert_int_equal(next(&following), WEIR_E_RETIRED);
  weir_close(table);
}

/* ---------------------------------------------------------------------- threads -- */

#define WRITERS 3
#define READERS 2
#define PUTS 6000

struct writer {
  struct weir_table *table;
  uint64_t name;
  uint64_t lost;
};

/* All of an event says who wrote it. */
static void *write_events(void *argument)
{
  struct writer *writer = argument;

  for (uint64_t i = 0; i < PUTS; i++) {
    struct weir_event event = {.kind = WEIR_EVENT_BLOCKED,
                               .level = (uint32_t)writer->name,
                               .wall_ns = 1,
                               .amount = i};

    snprintf(event.principal, sizeof event.principal, "user=%ju.%ju", (uintmax_t)writer->name,
             (uintmax_t)i);
    snprintf(event.by, sizeof event.by, "%ju-%ju", (uintmax_t)i, (uintmax_t)writer->name);
    writer->lost += wi_ring_put(&writer->table->region, &event) != WEIR_OK;
  }
  return NULL;
}

struct reader {
  struct following following;
  uint64_t writers_end; /* set when all have ended                                       */
  uint64_t got, lost, wrong, last;
};

static bool is_whole(const struct weir_event *event)
{
  char principal[64], by[32];

  snprintf(principal, sizeof principal, "user=%u.%ju", event->level, (uintmax_t)event->amount);
  snprintf(by, sizeof by, "%ju-%u", (uintmax_t)event->amount, event->level);
  return strcmp(event->principal, principal) == 0 && strcmp(event->by, by) == 0 &&
         event->kind == WEIR_EVENT_BLOCKED && event->wall_ns == 1;
}

static void *read_events(void *argument)
{
  struct reader *reader = argument;

  for (;;) {
    bool ends = __atomic_load_n(&reader->writers_end, __ATOMIC_ACQUIRE) != 0;
    int result = next(&reader->following);

    reader->lost += reader->following.lost;
    if (result == 1) {
      reader->got++;
      reader->wrong += !is_whole(&reader->following.event) ||
                       reader->following.event.number <= reader->last;
      reader->last = reader->following.event.number;
    } else if (ends) {
      return NULL;
    }
  }
}

static void readers_beside_writers_get_whole_events_and_count_the_rest(void **state)
{
  struct weir_table *table = new_table();
  struct writer writers[WRITERS];
  struct reader readers[READERS];
  pthread_t writing[WRITERS], reading[READERS];
  uint64_t lost = 0;

  (void)state;
  memset(readers, 0, sizeof readers);
  for (int i = 0; i < READERS; i++) {
    follow(&readers[i].following, table, WEIR_EVENTS_OLDEST);
    readers[i].following.cursor.patience_ns = i == 0 ? WEIR_NEVER : 0;
    assert_int_equal(pthread_create(&reading[i], NULL, read_events, &readers[i]), 0);
  }
  for (int i = 0; i < WRITERS; i++) {
    writers[i] = (struct writer){.table = table, .name = (uint64_t)i};
    assert_int_equal(pthread_create(&writing[i], NULL, write_events, &writers[i]), 0);
  }
  for (int i = 0; i < WRITERS; i++) {
    pthread_join(writing[i], NULL);
    lost += writers[i].lost;
  }
  for (int i = 0; i < READERS; i++) {
    __atomic_store_n(&readers[i].writers_end, 1, __ATOMIC_RELEASE);
    pthread_join(reading[i], NULL);
    assert_int_equal(readers[i].wrong, 0);
    /* The last entries may be unready for good, where their writer gave up. */
    assert_int_equal(readers[i].got + readers[i].lost, readers[i].following.cursor.next - 1);
    if (lost == 0)
      assert_int_equal(readers[i].got + readers[i].lost, (uint64_t)WRITERS * PUTS);
  }
  assert_int_equal(lost_by_writers(table), lost);
  weir_close(table);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(next_after_put_gives_every_field),
      cmocka_unit_test(put_without_time_is_now),
      cmocka_unit_test(begin_oldest_gives_what_is_there_and_newest_what_comes),
      cmocka_unit_test(arguments_out_of_range_are_refused),
      cmocka_unit_test(apply_tells_once_and_only_on_success),
      cmocka_unit_test(reader_a_whole_ring_behind_loses_nothing_and_further_behind_just_that),
      cmocka_unit_test(reader_overtaken_again_and_again_counts_all),
      cmocka_unit_test(writer_killed_behind_each_step_costs_its_event),
      cmocka_unit_test(patience_ends_for_all_that_were_claimed_when_it_began),
      cmocka_unit_test(slow_writer_within_patience_loses_nothing),
      cmocka_unit_test(writer_a_lap_late_destroys_nothing_silently),
      cmocka_unit_test(put_that_gives_up_says_so_and_is_counted),
      cmocka_unit_test(retired_table_is_told_when_all_is_read),
      cmocka_unit_test(readers_beside_writers_get_whole_events_and_count_the_rest),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
