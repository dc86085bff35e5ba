/* SPDX-License-Identifier: BSD-2-Clause
 * The file: made whole or not at all, refused where it is not what it says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "admit/admit.h"
#include "support/table.h"

#define POLICY "policy p\n limit m 5 messages / 1h per user\n"

static char folder[64];
static char path[96];

static int begin(void **state)
{
  (void)state;
  strcpy(folder, access("/dev/shm", W_OK) == 0 ? "/dev/shm/weir-test-XXXXXX" : "/tmp/weir-test-XXXXXX");
  if (mkdtemp(folder) == NULL)
    return -1;
  snprintf(path, sizeof path, "%s/table", folder);
  return 0;
}

static int end(void **state)
{
  (void)state;
  (void)unlink(path);
  return rmdir(folder);
}

static int open_error(const char *what)
{
  struct weir_table *table;
  struct weir_fault fault;
  int error = weir_open(what, &table, &fault);

  if (error == WEIR_OK) {
    weir_close(table);
    return WEIR_OK;
  }
  assert_null(table);
  assert_int_equal(fault.error, error);
  assert_true(strlen(fault.text) > strlen(what));
  assert_null(strchr(fault.text, '\n'));
  return error;
}

static void write_byte(off_t offset, unsigned char flip)
{
  int file = open(path, O_RDWR);
  unsigned char byte;

  assert_int_equal(pread(file, &byte, 1, offset), 1);
  byte ^= flip;
  assert_int_equal(pwrite(file, &byte, 1, offset), 1);
  close(file);
}

static void create_existing_name_refused_and_untouched(void **state)
{
  struct weir_create_options options = {.size_bytes = sizeof options, .keys = 10};
  struct weir_table *table = make_table(path, 100, POLICY), *second;
  struct weir_fault fault;
  struct weir_verdict verdict;

  (void)state;
  assert_int_equal(take_at(table, "alice", 1, &verdict), WEIR_ALLOW);
  assert_int_equal(weir_create(path, &options, &second, &fault), WEIR_E_EXISTS);
  assert_null(second);
  assert_int_equal(open_error(path), WEIR_OK);
  weir_close(table);
  unlink(path);
  assert_int_equal(symlink("nowhere", path), 0);
  assert_int_equal(weir_create(path, &options, &second, &fault), WEIR_E_EXISTS);
  assert_int_equal(open_error(path), WEIR_E_UNSAFE);
}

static void create_by_many_at_once_one_wins_and_all_share(void **state)
{
  (void)state;
  for (int round = 0; round < 20; round++) {
    int status, made = 0;

    (void)unlink(path);
    for (int i = 0; i < 6; i++)
      if (fork() == 0) {
        struct weir_create_options options = {.size_bytes = sizeof options,
                                              .keys = 100,
                                                    .policy_text = POLICY,
                                              .policy_bytes = strlen(POLICY)};
        struct weir_table *table;
        struct weir_verdict verdict;
        int error = weir_create(path, &options, &table, NULL);

        if (error != WEIR_OK && (error != WEIR_E_EXISTS || weir_open(path, &table, NULL) != WEIR_OK))
          _exit(2);
        if (take_at(table, "alice", 1000 * MINUTE_NS, &verdict) != WEIR_ALLOW && verdict.remaining != 0)
          _exit(3);
        _exit(error == WEIR_OK);
      }
    for (int i = 0; i < 6; i++) {
      assert_true(wait(&status) > 0);
      assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
      made += WEXITSTATUS(status);
    }
    assert_int_equal(made, 1);
    {
      struct weir_table *table;
      struct weir_verdict verdict;

      assert_int_equal(weir_open(path, &table, NULL), WEIR_OK);
      assert_int_equal(take_at(table, "alice", 1000 * MINUTE_NS, &verdict), WEIR_DENY); /* 6 took of 5 */
      weir_close(table);
    }
  }
}

static void open_any_flipped_header_bit_refused(void **state)
{
  (void)state;
  weir_close(make_table(path, 100, POLICY));
  for (size_t byte = 0; byte < sizeof(struct wi_header); byte++)
    for (int bit = 0; bit < 8; bit++) {
      int error;

      write_byte((off_t)byte, (unsigned char)(1 << bit));
      error = open_error(path);
      assert_in_set((unsigned long)-error,
                    ((const unsigned long[]){-WEIR_E_FORMAT, -WEIR_E_VERSION, -WEIR_E_FINGERPRINT,
                                             -WEIR_E_CORRUPT}), 4);
      write_byte((off_t)byte, (unsigned char)(1 << bit));
    }
  assert_int_equal(open_error(path), WEIR_OK);
}

static void open_wrong_size_or_kind_refused(void **state)
{
  struct stat status;

  (void)state;
  assert_int_equal(open_error(path), WEIR_E_NO_TABLE);
  weir_close(make_table(path, 100, POLICY));
  assert_int_equal(stat(path, &status), 0);
  assert_int_equal(status.st_mode & 07777, 0660);
  assert_int_equal(truncate(path, status.st_size - 1), 0);
  assert_int_equal(open_error(path), WEIR_E_CORRUPT);
  assert_int_equal(truncate(path, status.st_size + 1), 0);
  assert_int_equal(open_error(path), WEIR_E_CORRUPT);
  assert_int_equal(truncate(path, 100), 0);
  assert_int_equal(open_error(path), WEIR_E_FORMAT);
  assert_int_equal(truncate(path, 0), 0);
  assert_int_equal(open_error(path), WEIR_E_FORMAT);
  unlink(path);
  weir_close(make_table(path, 100, POLICY));
  assert_int_equal(chmod(path, 0662), 0);
  assert_int_equal(open_error(path), WEIR_E_UNSAFE);
  unlink(path);
  assert_int_equal(mkfifo(path, 0660), 0);
  assert_int_equal(open_error(path), WEIR_E_UNSAFE);
  assert_int_equal(open_error(folder), WEIR_E_UNSAFE);
}

static void damaged_policy_is_an_error_and_never_a_crash(void **state)
{
  (void)state;
  weir_close(make_table(path, 100, POLICY));
  for (off_t byte = 0; byte < 4096; byte += 7) {
    struct weir_table *table;
    struct weir_verdict verdict;
    struct wi_geometry geometry;
    int outcome;

    wi_layout(&geometry, 100, 16, 1);
    assert_int_equal(weir_open(path, &table, NULL), WEIR_OK);
    geometry = table->region.geometry;
    write_byte((off_t)(geometry.slots_offset + WI_SLOT_BYTES) + byte, 0x11);
    outcome = take_at(table, "alice", 1, &verdict);
    assert_true(outcome == WEIR_E_CORRUPT || outcome >= 0); /* bytes beyond the counts do not count */
    write_byte((off_t)(geometry.slots_offset + WI_SLOT_BYTES) + byte, 0x11);
    weir_close(table);
  }
}

static void hostile_cells_never_crash_and_give_verdicts(void **state)
{
  uint64_t random = test_seed();

  (void)state;
  for (int round = 0; round < 30; round++) {
    struct weir_table *table = make_table(NULL, 200,
                                          "policy p\n limit m 5 messages / 1h per user\n"
                                          " limit s 9 messages / 1d per user sliding\n"
                                          " limit t 7 messages / 7s per user\n");
    struct weir_verdict verdict;
    uint64_t cells = table->region.geometry.groups * WI_GROUP_CELLS;
    char name[32];

    for (int i = 0; i < 200; i++) {
      snprintf(name, sizeof name, "user%d", i);
      (void)take_at(table, name, 1000 * MINUTE_NS, &verdict);
    }
    for (uint64_t i = 0; i < cells; i++) { /* tags kept, or anything */
      struct wi_cell *cell = &table->region.cells[i];

      if (round % 3 == 0)
        cell->tag = test_random(&random) % 4 != 0 ? test_random(&random) : cell->tag;
      if (round % 3 == 1)
        cell->tag = (cell->tag & ~WI_ID_MASK) | test_random(&random) % WI_IDS;
      cell->state = test_random(&random) >> (test_random(&random) % 64);
    }
    for (int i = 0; i < 400; i++) {
      struct asking asking;

      snprintf(name, sizeof name, "user%d", i);
      ask_for(&asking, name, NULL);
      if (i % 2)
        ask_at(&asking, test_random(&random) >> (test_random(&random) % 64));
      assert_int_equal(weir_take(table, &asking.request, &verdict), WEIR_OK);
      assert_int_equal(weir_peek(table, &asking.request, &verdict), WEIR_OK);
      assert_int_equal(weir_refund(table, &asking.request), WEIR_OK);
      assert_int_equal(weir_reset(table, &asking.request), WEIR_OK);
    }
    (void)weir_verify(table, NULL, NULL);
    weir_close(table);
  }
}

/* A word far ahead of the clock keeps its owner out for a burst's time at most. */
static void forged_future_word_heals_within_its_tolerance(void **state)
{
  struct weir_table *table = make_table(NULL, 100, POLICY);
  struct weir_stats stats = {.size_bytes = sizeof stats};
  struct weir_verdict verdict;
  struct asking asking;

  (void)state;
  ask_for(&asking, "alice", NULL);
  assert_int_equal(weir_take(table, &asking.request, &verdict), WEIR_OK);
  for (uint64_t i = 0; i < table->region.geometry.groups * WI_GROUP_CELLS; i++)
    if (wi_tag_mark(table->region.cells[i].tag) != 0)
      table->region.cells[i].state += 100ull * 24 * 60 * MINUTE_NS;
  assert_int_equal(weir_take(table, &asking.request, &verdict), WEIR_OK);
  assert_int_equal(verdict.outcome, WEIR_DENY);
  assert_true(verdict.retry_after_ns <= 12 * MINUTE_NS + SECOND_NS); /* two clocks, a tick apart */
  assert_int_equal(weir_stats(table, &stats), WEIR_OK);
  assert_int_equal(stats.healed, 1);
  weir_close(table);
}

/* After a reboot CLOCK_MONOTONIC begins anew; the table's clock goes on by the wall clock. */
static void open_after_reboot_carries_debts_over(void **state)
{
  struct weir_table *table = make_table(path, 100, POLICY);
  struct weir_verdict verdict;
  struct asking asking;
  uint64_t before_ns, after_ns;

  (void)state;
  ask_for(&asking, "alice", NULL);
  for (int i = 0; i < 5; i++)
    assert_int_equal(weir_take(table, &asking.request, &verdict), WEIR_OK);
  before_ns = weir_now_ns(table);
  table->region.live->boot.tag ^= 2;                    /* another boot's id … */
  table->region.live->boot.state += 1000 * MINUTE_NS;   /* … whose clock had another origin */
  table->region.live->wall_lead_ns += 1000 * MINUTE_NS;
  weir_close(table);
  assert_int_equal(weir_open(path, &table, NULL), WEIR_OK);
  after_ns = weir_now_ns(table);
  assert_true(after_ns + SECOND_NS > before_ns && after_ns < before_ns + 60 * SECOND_NS);
  assert_int_equal(weir_take(table, &asking.request, &verdict), WEIR_OK);
  assert_int_equal(verdict.outcome, WEIR_DENY);
  assert_true(verdict.retry_after_ns > 10 * MINUTE_NS && verdict.retry_after_ns <= 12 * MINUTE_NS + SECOND_NS);
  weir_close(table);
}

static void memory_table_is_shared_with_children(void **state)
{
  struct weir_table *table = make_table(NULL, 100, POLICY);
  struct weir_verdict verdict;
  int status;

  (void)state;
  for (int i = 0; i < 5; i++) {
    if (fork() == 0)
      _exit(take_at(table, "alice", 1000 * MINUTE_NS, &verdict) == WEIR_ALLOW);
    assert_true(wait(&status) > 0);
    assert_int_equal(WEXITSTATUS(status), 1);
  }
  assert_int_equal(take_at(table, "alice", 1000 * MINUTE_NS, &verdict), WEIR_DENY);
  weir_close(table);
}

static void create_bad_arguments_refused(void **state)
{
  struct weir_create_options options = {.size_bytes = sizeof options, .keys = 0};
  struct weir_table *table;
  struct weir_fault fault;

  (void)state;
  assert_int_equal(weir_create(path, &options, &table, &fault), WEIR_E_RANGE);
  options.keys = UINT64_MAX;
  assert_int_equal(weir_create(path, &options, &table, &fault), WEIR_E_RANGE);
  options.keys = 10;
  options.mode = 0666;
  assert_int_equal(weir_create(path, &options, &table, &fault), WEIR_E_RANGE);
  options.mode = 0;
  options.policy_text = "polic p";
  options.policy_bytes = 7;
  assert_int_equal(weir_create(path, &options, &table, &fault), WEIR_E_SYNTAX);
  options.policy_text = NULL;
  options.policy_bytes = 0;
  assert_int_equal(weir_create("/nonexistent/folder/table", &options, &table, &fault), WEIR_E_NO_TABLE);
  assert_int_equal(weir_create(path, NULL, &table, &fault), WEIR_E_ARGUMENT);
  options.size_bytes--;
  assert_int_equal(weir_create(path, &options, &table, &fault), WEIR_E_ARGUMENT);
  assert_int_equal(access(path, F_OK), -1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(create_existing_name_refused_and_untouched, begin, end),
      cmocka_unit_test_setup_teardown(create_by_many_at_once_one_wins_and_all_share, begin, end),
      cmocka_unit_test_setup_teardown(open_any_flipped_header_bit_refused, begin, end),
      cmocka_unit_test_setup_teardown(open_wrong_size_or_kind_refused, begin, end),
      cmocka_unit_test_setup_teardown(damaged_policy_is_an_error_and_never_a_crash, begin, end),
      cmocka_unit_test(hostile_cells_never_crash_and_give_verdicts),
      cmocka_unit_test(forged_future_word_heals_within_its_tolerance),
      cmocka_unit_test_setup_teardown(open_after_reboot_carries_debts_over, begin, end),
      cmocka_unit_test(memory_table_is_shared_with_children),
      cmocka_unit_test_setup_teardown(create_bad_arguments_refused, begin, end),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
