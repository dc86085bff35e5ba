/* SPDX-License-Identifier: BSD-2-Clause
 * The memo of a handle: whatever is asked in whatever order, nobody is taken for another. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "admit/admit.h"
#include "support/random.h"
#include "support/table.h"

#define EACH 5 /* messages that each user may send */

static const char policies[] = "policy p\n limit a 5 messages / 100d per user\n"
                               "policy q\n limit a 5 messages / 100d per host\n";

static struct wi_sip begun_of(uint64_t secret)
{
  struct wi_sip sip;

  wi_sip_begin(&sip, (const uint64_t[]){secret, 77});
  return sip;
}

static bool finds(const struct wi_memo *memo, const struct wi_sip *begun, const char *name,
                  size_t bytes, struct wi_hash *hash)
{
  return wi_memo_find(memo, begun, (const unsigned char *)name, bytes, hash);
}

static void keep(struct wi_memo *memo, const struct wi_sip *begun, const char *name, size_t bytes,
                 struct wi_hash hash)
{
  wi_memo_keep(memo, begun, (const unsigned char *)name, bytes, hash);
}

/* A copy of exactly so many bytes, so that a sanitizer sees what is read beyond them. */
static char *exact_copy(const char *name, size_t bytes)
{
  char *copy = malloc(bytes != 0 ? bytes : 1);

  assert_non_null(copy);
  return memcpy(copy, name, bytes);
}

static void name_is_found_and_no_other(void **state)
{
  static const char text[] = "abcdefghijklmnopqrstuvwxyz012345";
  struct wi_sip begun = begun_of(1), other = begun_of(2);
  struct wi_memo memo = {0};
  struct wi_hash hash;

  (void)state;
  for (size_t bytes = 0; bytes <= WI_MEMO_NAME_MAX; bytes++) {
    char *name = exact_copy(text, bytes);

    keep(&memo, &begun, name, bytes, (struct wi_hash){bytes, bytes + 1});
    assert_true(finds(&memo, &begun, name, bytes, &hash));
    assert_true(hash.place == bytes && hash.mark == bytes + 1);
    assert_false(finds(&memo, &other, name, bytes, &hash));
    for (size_t less = 0; less < bytes; less++)
      assert_false(finds(&memo, &begun, name, less, &hash));
    for (size_t at = 0; at < bytes; at++) {
      name[at] ^= 1;
      assert_false(finds(&memo, &begun, name, bytes, &hash));
      name[at] ^= 1;
    }
    free(name);
  }
}

/* All words of these are the same. */
static void names_of_one_byte_repeated_differ_by_length(void **state)
{
  static const char text[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
  struct wi_sip begun = begun_of(1);
  struct wi_memo memo = {0};
  struct wi_hash hash;

  (void)state;
  keep(&memo, &begun, text, 16, (struct wi_hash){1, 2});
  for (size_t bytes = 0; bytes <= WI_MEMO_NAME_MAX; bytes++)
    assert_int_equal(finds(&memo, &begun, text, bytes, &hash), bytes == 16);
}

static void memo_that_is_being_written_is_left_alone(void **state)
{
  struct wi_sip begun = begun_of(1);
  struct wi_memo memo = {0}, before;
  struct wi_hash hash;

  (void)state;
  keep(&memo, &begun, "alice", 5, (struct wi_hash){1, 2});
  memo.seq++;
  before = memo;
  assert_false(finds(&memo, &begun, "alice", 5, &hash));
  keep(&memo, &begun, "bob", 3, (struct wi_hash){3, 4});
  assert_memory_equal(&memo, &before, sizeof memo);
}

/* ------------------------------------------------------------------ through weir_take() -- */

static int take(struct weir_table *table, const char *policy, const char *attribute,
                const char *name, size_t bytes)
{
  struct weir_attribute who = {attribute, name, bytes};
  struct weir_request request = {.size_bytes = sizeof request, .policy = policy,
                                 .attributes = &who, .attribute_count = 1};
  struct weir_verdict verdict;

  assert_int_equal(weir_take(table, &request, &verdict), WEIR_OK);
  return verdict.outcome == WEIR_ALLOW;
}

static bool memo_is_in_use(const struct weir_table *table)
{
  for (size_t i = 0; i < WI_MEMOS; i++)
    if (table->memos[i].seq != 0)
      return true;
  return false;
}

/* Of names that differ by one byte, or by their length, or by what they are the name of. */
static void each_is_charged_for_itself(void **state)
{
  static const size_t lengths[] = {1, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 40};
  enum { LENGTHS = sizeof lengths / sizeof lengths[0], VARIANTS = 4 };
  int allowed[2][LENGTHS][VARIANTS] = {0};
  struct weir_table *table = make_table(NULL, 1000, policies);
  struct random_state random = random_begin();

  (void)state;
  for (int step = 0; step < 20000; step++) {
    size_t length = random_below(&random, LENGTHS), variant = random_below(&random, VARIANTS);
    size_t policy = random_below(&random, 2), times = random_below(&random, 4);
    char name[40];

    memset(name, 'a', sizeof name);
    if (variant != 0) /* the first, the middle, the last byte */
      name[(variant - 1) * (lengths[length] - 1) / 2] = (char)('a' + variant);
    for (size_t i = 0; i < times; i++)
      allowed[policy][length][variant] +=
          take(table, policy == 0 ? "p" : "q", policy == 0 ? "user" : "host", name, lengths[length]);
  }
  assert_true(memo_is_in_use(table));
  for (size_t i = 0; i < 2; i++)
    for (size_t length = 0; length < LENGTHS; length++)
      for (size_t variant = 0; variant < VARIANTS; variant++)
        assert_int_equal(allowed[i][length][variant], EACH);
  weir_close(table);
}

/* Of the first handle of a process, which is in its data, and of others: each on a line of its own. */
static void processors_share_no_line(void **state)
{
  struct weir_table *first = make_table(NULL, 1000, policies);
  struct weir_table *second = make_table(NULL, 1000, policies);

  (void)state;
  assert_int_equal(_Alignof(struct weir_table) % WI_LINE_BYTES, 0);
  assert_int_equal((uintptr_t)first->memos % WI_LINE_BYTES, 0);
  assert_int_equal((uintptr_t)second->memos % WI_LINE_BYTES, 0);
  weir_close(second);
  weir_close(first);
}

static void handle_that_is_opened_anew_knows_nobody_of_another_table(void **state)
{
  (void)state;
  for (int i = 0; i < 3; i++) {
    struct weir_table *table = make_table(NULL, 1000, policies);
    int allowed = 0;

    for (int j = 0; j < 4 * EACH; j++)
      allowed += take(table, "p", "user", "alice@example.org", 17);
    assert_int_equal(allowed, EACH);
    assert_int_equal(weir_verify(table, NULL, NULL), 0);
    weir_close(table);
  }
}

/* ---------------------------------------------------------------------------- threads -- */

enum { THREADS = 4, USERS = 32, ROUNDS = 3000 };

struct sender {
  struct weir_table *table;
  uint32_t seed;
  int allowed[USERS];
};

static void *send_all(void *context)
{
  struct sender *sender = context;

  for (int i = 0; i < ROUNDS; i++) {
    uint32_t user = (sender->seed = sender->seed * 1664525 + 1013904223) >> 27;
    char name[24];
    int bytes = snprintf(name, sizeof name, "user%02u@example.org", (unsigned)user);

    for (int j = 0; j < 3; j++) /* so that it is kept, and then found */
      sender->allowed[user] += take(sender->table, "p", "user", name, (size_t)bytes);
  }
  return NULL;
}

static void threads_share_it(void **state)
{
  struct weir_table *table = make_table(NULL, 1000, policies);
  struct sender senders[THREADS] = {0};
  pthread_t threads[THREADS];

  (void)state;
  for (uint32_t i = 0; i < THREADS; i++) {
    senders[i] = (struct sender){.table = table, .seed = i};
    assert_int_equal(pthread_create(&threads[i], NULL, send_all, &senders[i]), 0);
  }
  for (int i = 0; i < THREADS; i++)
    assert_int_equal(pthread_join(threads[i], NULL), 0);
  for (int user = 0; user < USERS; user++) {
    int allowed = 0;

    for (int i = 0; i < THREADS; i++)
      allowed += senders[i].allowed[user];
    assert_int_equal(allowed, EACH);
  }
  weir_close(table);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(name_is_found_and_no_other),
      cmocka_unit_test(names_of_one_byte_repeated_differ_by_length),
      cmocka_unit_test(memo_that_is_being_written_is_left_alone),
      cmocka_unit_test(each_is_charged_for_itself),
      cmocka_unit_test(processors_share_no_line),
      cmocka_unit_test(handle_that_is_opened_anew_knows_nobody_of_another_table),
      cmocka_unit_test(threads_share_it),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
