/* SPDX-License-Identifier: BSD-2-Clause
 * Events of hostile names, and a ring in which somebody has written what nobody should. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/ring.h"

static void names_are_made_printable(void **state)
{
  static const struct {
    const char *given, *told;
  } cases[] = {
      {"user=al\x1b[2Jice", "user=al?[2Jice"},
      {"a\nb\tc\x7f", "a?b?c?"},
      {"J\xc3\xbcrg \xe2\x82\xac \xf0\x9f\x98\x80", "J\xc3\xbcrg \xe2\x82\xac \xf0\x9f\x98\x80"},
      {"\xc2\x9b", "?"},             /* a control character above 0x7f */
      {"\x9b\xff\xc0\xaf", "????"},  /* no UTF-8 */
      {"\xed\xa0\x80", "???"},       /* half of a surrogate pair */
      {"\xe2\x82", "??"},            /* cut off */
      {"\"'$(reboot)`\\", "\"'$(reboot)`\\"},
  };
  struct weir_table *table = new_table();
  struct following following;
  struct weir_event event = event_of(0);

  (void)state;
  follow(&following, table, WEIR_EVENTS_NEWEST);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    memset(event.principal, 0, sizeof event.principal);
    memcpy(event.principal, cases[i].given, strlen(cases[i].given));
    assert_int_equal(wi_ring_put(&table->region, &event), WEIR_OK);
    expect_event(&following, i + 1, 0);
    assert_string_equal(following.event.principal, cases[i].told);
  }
  memset(event.principal, 'p', sizeof event.principal); /* without an end */
  memset(event.limit, 'l', sizeof event.limit);
  memset(event.reason, 'r', sizeof event.reason);
  memset(event.by, 0xff, sizeof event.by);
  memcpy(event.reason + sizeof event.reason - 2, "\xc3\xbc", 2); /* only half would fit */
  assert_int_equal(wi_ring_put(&table->region, &event), WEIR_OK);
  assert_int_equal(next(&following), 1);
  assert_int_equal(strlen(following.event.principal), sizeof event.principal - 1);
  assert_int_equal(strlen(following.event.limit), sizeof event.limit - 1);
  assert_int_equal(strlen(following.event.reason), sizeof event.reason - 2);
  assert_int_equal(following.event.by[0], '?');
  weir_close(table);
}

/* Who may write the file may make an entry that passes its checksum. */
static void forged_entry_is_printable_or_lost(void **state)
{
  struct weir_table *table = new_table();
  struct wi_ring_body body;
  struct following following;
  uint64_t n;

  (void)state;
  follow(&following, table, WEIR_EVENTS_NEWEST);
  memset(&body, 0x1b, sizeof body);
  for (uint64_t kind = 0; kind <= WEIR_EVENT_APPLIED + 1; kind++) {
    body.kind_level = 9ull << 32 | kind;
    assert_true(wi_ring_claim(&table->region, &n));
    assert_true(wi_ring_mark(&table->region, n));
    wi_ring_fill(&table->region, n, &body);
    assert_true(wi_ring_publish(&table->region, n));
    if (kind == 0 || kind == WEIR_EVENT_APPLIED + 1) {
      expect_none(&following, 1);
      continue;
    }
    expect_event(&following, n, 0);
    assert_int_equal(following.event.level, 9);
    assert_int_equal(strlen(following.event.by), sizeof following.event.by - 1);
    assert_int_equal(following.event.by[0], '?');
  }
  weir_close(table);
}

/* Any byte of an entry that is not what it was: that event is lost, no other. */
static void damaged_entry_is_lost_and_no_other(void **state)
{
  uint64_t seed = test_seed();

  (void)state;
  for (size_t at = sizeof(uint64_t); at < sizeof(struct wi_ring_entry); at++) {
    struct weir_table *table = new_table();
    struct following following;
    unsigned char *bytes = (unsigned char *)wi_ring_entry(&table->region, 2);

    put(table, 3);
    follow(&following, table, WEIR_EVENTS_OLDEST);
    bytes[at] ^= (unsigned char)(1 + test_random(&seed) % 255);
    expect_event(&following, 1, 0);
    expect_event(&following, 3, 1);
    weir_close(table);
  }
}

static void random_ring_ends_and_tells_nothing(void **state)
{
  uint64_t seed = test_seed();

  (void)state;
  for (int round = 0; round < 50; round++) {
    struct weir_table *table = new_table();
    struct wi_side *side = table->region.side;
    struct following following;
    struct weir_event event = event_of(0);
    int calls = 0, result;

    follow(&following, table, WEIR_EVENTS_OLDEST);
    for (size_t i = 0; i < RING; i++) {
      uint64_t *words = (uint64_t *)(void *)&side->ring[i];

      for (size_t w = 0; w < sizeof side->ring[i] / sizeof *words; w++)
        words[w] = test_random(&seed) >> test_random(&seed) % 64;
    }
    side->ring_head = test_random(&seed) >> round;
    following.cursor.patience_ns = 0;
    while ((result = next(&following)) == 1 && calls < 5000)
      calls++;
    assert_int_equal(calls, 0);
    assert_int_equal(result, side->ring_head > WI_RING_HEAD_MAX ? WEIR_E_CORRUPT : 0);
    (void)wi_ring_put(&table->region, &event); /* ends, whatever is there */
    weir_close(table);
  }
}

static void forged_head_is_told(void **state)
{
  static const uint64_t heads[] = {UINT64_MAX, UINT64_MAX - 1, WI_RING_HEAD_MAX + 1, 1};

  (void)state;
  for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
    struct weir_table *table = new_table();
    struct following following, another;
    struct weir_event event = event_of(0);

    put(table, 7);
    follow(&following, table, WEIR_EVENTS_NEWEST);
    table->region.side->ring_head = heads[i];
    assert_int_equal(next(&following), WEIR_E_CORRUPT);
    if (heads[i] > 1) {
      assert_int_equal(weir_events_begin(table, &another.cursor, 0), WEIR_E_CORRUPT);
      assert_int_equal(wi_ring_put(&table->region, &event), WEIR_E_CORRUPT);
      assert_int_equal(lost_by_writers(table), 1);
    }
    weir_close(table);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_are_made_printable),
      cmocka_unit_test(forged_entry_is_printable_or_lost),
      cmocka_unit_test(damaged_entry_is_lost_and_no_other),
      cmocka_unit_test(random_ring_ends_and_tells_nothing),
      cmocka_unit_test(forged_head_is_told),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
