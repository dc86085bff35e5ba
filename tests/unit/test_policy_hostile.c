/* SPDX-License-Identifier: BSD-2-Clause
 * No bytes get past the checks: neither as a policy text nor as a set in a file.
 * WEIR_SEED=N runs a random run again. */
#include "support/policy_text.h"

#include "support/policy_full.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

static uint64_t random_state;

static uint64_t random_word(void)
{
  uint64_t z = random_state += 0x9e3779b97f4a7c15u;

  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

static size_t random_below(size_t bound)
{
  return (size_t)(random_word() % bound);
}

/* The seed is in every failure's output: WEIR_SEED=… runs it again. */
static int seed_random(void **state)
{
  const char *given = getenv("WEIR_SEED");

  (void)state;
  random_state = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
  print_message("WEIR_SEED=%" PRIu64 "\n", random_state);
  return 0;
}

/* A complaint names its place, a place within the text, in order. */
struct order {
  size_t lines;
  size_t line, column;
};

static void check_order(void *context, const char *complaint)
{
  struct order *order = context;
  size_t line, column;

  assert_int_equal(sscanf(complaint, "f:%zu:%zu: ", &line, &column), 2);
  assert_true(line >= 1 && line <= order->lines && column >= 1);
  assert_true(line > order->line || (line == order->line && column >= order->column));
  assert_non_null(strstr(complaint, ", expected "));
  order->line = line;
  order->column = column;
}

static void assert_contract(const char *text, size_t bytes)
{
  struct order order = {.lines = 1};
  int error;

  for (size_t i = 0; i < bytes; i++)
    order.lines += text[i] == '\n';
  memset(&set, 0x5a, sizeof set);
  error = wi_policy_parse(text, bytes, "f", &set, check_order, &order, &fault);
  if (error == WEIR_OK) {
    assert_int_equal(order.line, 0);
    assert_int_equal(wi_policy_set_check(&set), WEIR_OK);
    assert_false(is_zeroed(&set));
  } else {
    assert_true(error == WEIR_E_SYNTAX || error == WEIR_E_CAPACITY);
    assert_true(order.line > 0);
    assert_true(is_zeroed(&set));
  }
}

/* The text in memory of just its size, so that a sanitizer sees the first byte behind. */
static void assert_contract_exactly(const char *text, size_t bytes)
{
  char *exact = malloc(bytes > 0 ? bytes : 1);

  assert_non_null(exact);
  memcpy(exact, text, bytes);
  assert_contract(exact, bytes);
  free(exact);
}

static void parse_random_bytes_keeps_the_contract(void **state)
{
  char text[600];

  (void)state;
  for (int round = 0; round < 20000; round++) {
    size_t bytes = random_below(sizeof text);

    for (size_t i = 0; i < bytes; i++)
      text[i] = (char)random_word();
    assert_contract_exactly(text, bytes);
  }
}

static const char *const pieces[] = {
    "policy",
    "limit",
    "per",
    "overall",
    "burst",
    "sliding",
    "shadow",
    "optional",
    "on",
    "distinct",
    "/",
    "user+ip",
    "user",
    "+",
    "when-full",
    "inherit",
    "deny",
    "allow",
    "1m",
    "0",
    "30",
    "20M",
    "bytes",
    "messages",
    "#",
    "\n",
    "\n",
    "\n",
    "\r\n",
    "\t",
    "9223372036854775807",
    "1ns",
    "a",
    "b",
    "class",
    "18446744073709551616d",
    "member",
    "exempt",
    "user=x",
    "ip=\"a #",
    "\"",
    "\\",
    "denied",
    "block",
    "doubling",
    "to",
    "for",
    "in",
    "score",
    "signal",
    "reachable",
    "unlimited",
    "canonical",
};

static void parse_random_words_keeps_the_contract(void **state)
{
  char text[2048];

  (void)state;
  for (int round = 0; round < 20000; round++) {
    size_t bytes = 0, words = random_below(80);

    for (size_t i = 0; i < words; i++) {
      const char *piece = pieces[random_below(WI_COUNT_OF(pieces))];

      memcpy(text + bytes, piece, strlen(piece));
      bytes += strlen(piece);
      if (random_below(8) > 0)
        text[bytes++] = ' ';
    }
    assert_contract_exactly(text, bytes);
  }
}

static size_t mutate(char *text, size_t bytes, size_t room)
{
  size_t at = random_below(bytes), length = 1 + random_below(12);
  const char *piece = pieces[random_below(WI_COUNT_OF(pieces))];

  if (length > bytes - at)
    length = bytes - at;
  switch (random_below(4)) {
  case 0:
    text[at] = (char)random_word();
    return bytes;
  case 1:
    text[at] ^= (char)(1 << random_below(8));
    return bytes;
  case 2:
    memmove(text + at, text + at + length, bytes - at - length);
    return bytes > length ? bytes - length : bytes;
  default:
    length = strlen(piece);
    if (bytes + length > room)
      return bytes;
    memmove(text + at + length, text + at, bytes - at);
    memcpy(text + at, piece, length);
    return bytes + length;
  }
}

static void keep_contract_mutated(const char *sound, size_t sound_bytes)
{
  char text[2 * sizeof full_example];

  for (int round = 0; round < 50000; round++) {
    size_t bytes = sound_bytes, mutations = 1 + random_below(4);

    memcpy(text, sound, bytes);
    for (size_t i = 0; i < mutations; i++)
      bytes = mutate(text, bytes, sizeof text);
    assert_contract_exactly(text, bytes);
  }
}

static void parse_mutated_examples_keep_the_contract(void **state)
{
  (void)state;
  keep_contract_mutated(example, sizeof example - 1);
  keep_contract_mutated(full_example, sizeof full_example - 1);
}

static void expect_corrupt(const struct wi_policy_set *hostile)
{
  assert_int_equal(wi_policy_set_check(hostile), WEIR_E_CORRUPT);
}

/* The example's set with one field changed does not pass. */
#define EXPECT_CORRUPT(field, value)                                                               \
  do {                                                                                             \
    struct wi_policy_set changed = set;                                                            \
    changed.field = (value);                                                                       \
    expect_corrupt(&changed);                                                                      \
  } while (0)

static void set_check_what_lies_beyond_counts_is_not_looked_at(void **state)
{
  struct wi_policy_set rest;

  (void)state;
  memset(&rest, 0, sizeof rest);
  expect_corrupt(&rest); /* a set has a policy */
  assert_sound(example);
  rest = set;
  memset(&rest.limits[rest.limit_count], 0xff, sizeof rest.limits[0]);
  memset(&rest.policies[rest.policy_count], 0xff, sizeof rest.policies[0]);
  memset(rest.words[rest.word_count], 0xff, sizeof rest.words[0]);
  assert_int_equal(wi_policy_set_check(&rest), WEIR_OK);
}

static void set_check_counts_out_of_bounds_are_corrupt(void **state)
{
  (void)state;
  assert_sound(example);
  EXPECT_CORRUPT(word_count, WI_WORDS_MAX + 1);
  EXPECT_CORRUPT(word_count, UINT32_MAX);
  EXPECT_CORRUPT(word_count, 0);
  EXPECT_CORRUPT(key_count, WI_KEYS_MAX + 1);
  EXPECT_CORRUPT(key_count, 0x80000000);
  EXPECT_CORRUPT(key_count, 0);
  EXPECT_CORRUPT(policy_count, WI_POLICIES_MAX + 1);
  EXPECT_CORRUPT(policy_count, UINT32_MAX);
  EXPECT_CORRUPT(policy_count, 0);
  EXPECT_CORRUPT(limit_count, WI_LIMITS_MAX + 1);
  EXPECT_CORRUPT(limit_count, UINT32_MAX);
  EXPECT_CORRUPT(limit_count, 0);
  EXPECT_CORRUPT(limit_count, set.limit_count + 1);
}

static void set_check_words_malformed_are_corrupt(void **state)
{
  struct wi_policy_set hostile;

  (void)state;
  assert_sound(example);
  EXPECT_CORRUPT(words[0][0], '\0');
  EXPECT_CORRUPT(words[0][2], '\0');
  EXPECT_CORRUPT(words[0][63], 'x');
  EXPECT_CORRUPT(words[1][1], '+');
  EXPECT_CORRUPT(words[1][1], (char)0xff);
  hostile = set;
  memset(hostile.words[0], 'x', WEIR_NAME_BYTES);
  expect_corrupt(&hostile);
  hostile = set;
  memcpy(hostile.words[1], hostile.words[0], WEIR_NAME_BYTES);
  expect_corrupt(&hostile);
  hostile = set;
  memset(hostile.words[hostile.limits[0].unit], 0, WEIR_NAME_BYTES);
  memcpy(hostile.words[hostile.limits[0].unit], "distinct", 8);
  expect_corrupt(&hostile);
}

static void set_check_keys_malformed_are_corrupt(void **state)
{
  uint32_t pair;

  (void)state;
  assert_sound(example);
  pair = set.limits[3].key;
  assert_int_equal(set.keys[pair].attribute_count, 2);
  EXPECT_CORRUPT(keys[pair].attribute_count, 5);
  EXPECT_CORRUPT(keys[pair].attribute_count, UINT32_MAX);
  EXPECT_CORRUPT(keys[pair].attribute_count, 1);
  EXPECT_CORRUPT(keys[pair].attribute_count, 3);
  EXPECT_CORRUPT(keys[pair].attributes[0], 255);
  EXPECT_CORRUPT(keys[pair].attributes[0], set.keys[pair].attributes[1]);
  EXPECT_CORRUPT(keys[pair].attributes[3], 1);
  EXPECT_CORRUPT(keys[pair], set.keys[0]);
  {
    struct wi_policy_set hostile = set;
    hostile.keys[pair].attributes[0] = set.keys[pair].attributes[1];
    hostile.keys[pair].attributes[1] = set.keys[pair].attributes[0];
    expect_corrupt(&hostile);
    hostile = set;
    memset(hostile.words[hostile.keys[pair].attributes[0]], 0, WEIR_NAME_BYTES);
    memcpy(hostile.words[hostile.keys[pair].attributes[0]], "overall", 7);
    expect_corrupt(&hostile);
  }
}

static void set_check_policies_malformed_are_corrupt(void **state)
{
  struct wi_policy_set hostile;

  (void)state;
  assert_sound(example);
  EXPECT_CORRUPT(policies[0].name[0], '\0');
  EXPECT_CORRUPT(policies[0].name[3], ' ');
  EXPECT_CORRUPT(policies[0].name[63], 'x');
  EXPECT_CORRUPT(policy_count, set.policy_count + 1);
  assert_sound("policy p\nlimit a 1 x / 1s\npolicy q\nlimit a 1 x / 1s\n");
  hostile = set;
  hostile.policies[1] = hostile.policies[0];
  expect_corrupt(&hostile);
}

static void set_check_limits_malformed_are_corrupt(void **state)
{
  (void)state;
  assert_sound(example);
  EXPECT_CORRUPT(limits[0].in_use, 2);
  EXPECT_CORRUPT(limits[0].in_use, 0);
  EXPECT_CORRUPT(limits[0].name[0], '\0');
  EXPECT_CORRUPT(limits[0].name[63], 'x');
  EXPECT_CORRUPT(limits[0].name[1], '\n');
  EXPECT_CORRUPT(limits[1], set.limits[0]);
  EXPECT_CORRUPT(limits[0].policy, 1);
  EXPECT_CORRUPT(limits[0].policy, WI_POLICIES_MAX);
  EXPECT_CORRUPT(limits[0].policy, UINT32_MAX);
  EXPECT_CORRUPT(limits[0].key, set.key_count);
  EXPECT_CORRUPT(limits[0].key, UINT32_MAX);
  EXPECT_CORRUPT(limits[0].unit, set.word_count);
  EXPECT_CORRUPT(limits[0].unit, UINT32_MAX);
  EXPECT_CORRUPT(limits[0].flags, 4);
  EXPECT_CORRUPT(limits[0].flags, UINT32_MAX);
  EXPECT_CORRUPT(limits[0].when_full, 3);
  EXPECT_CORRUPT(limits[0].rule.count, 0);
  EXPECT_CORRUPT(limits[0].rule.count, (uint64_t)1 << 63);
  EXPECT_CORRUPT(limits[0].rule.period_ns, 0);
  EXPECT_CORRUPT(limits[0].rule.period_ns, UINT64_MAX);
  EXPECT_CORRUPT(limits[0].rule.burst, 0);
  EXPECT_CORRUPT(limits[0].rule.burst, (uint64_t)1 << 63);
  EXPECT_CORRUPT(limits[0].rule.sliding, 1);
  EXPECT_CORRUPT(limits[0].rule.sliding, 2);
  EXPECT_CORRUPT(limits[0].rule.reserved, 1);
  EXPECT_CORRUPT(limits[1].rule.burst, 501);
  EXPECT_CORRUPT(limits[1].rule.period_ns, 0);
}

static void set_check_window_too_large_is_corrupt(void **state)
{
  struct wi_policy_set hostile;

  (void)state;
  assert_sound(example);
  hostile = set;
  hostile.limits[1].rule.count = hostile.limits[1].rule.burst = INT64_MAX;
  expect_corrupt(&hostile);
}

static void use_specials(const struct wi_policy_set *hostile)
{
  for (size_t i = 0; i < hostile->special_count; i++) {
    const struct wi_special *special = &hostile->specials[i];

    assert_true(special->word < hostile->word_count && special->value_bytes > 0);
    assert_true((size_t)special->offset + special->value_bytes <= WI_VALUES_BYTES);
  }
  for (size_t i = 0; i < hostile->response_count; i++)
    assert_true(hostile->responses[i].limit < hostile->limit_count &&
                hostile->responses[i].key < hostile->key_count);
  for (size_t i = 0; i < hostile->signal_count; i++)
    assert_true(hostile->signals[i].score < hostile->limit_count);
}

/* What passes the check can be used: each index names something. */
static void set_check_random_damage_is_found_or_harmless(void **state)
{
  char name[WI_KEY_NAME_BYTES];

  (void)state;
  for (int round = 0; round < 100000; round++) {
    struct wi_policy_set hostile;
    size_t changes = 1 + random_below(3);

    if (round % 1000 == 0)
      assert_sound(round % 2000 == 0 ? example : full_example);
    hostile = set;
    for (size_t i = 0; i < changes; i++)
      ((unsigned char *)&hostile)[random_below(sizeof hostile)] ^=
          (unsigned char)(1u << random_below(8));
    if (wi_policy_set_check(&hostile) != WEIR_OK)
      continue;
    for (size_t i = 0; i < hostile.limit_count; i++) {
      const struct wi_limit *limit = &hostile.limits[i];

      assert_true(limit->unit < WI_WORDS_MAX && limit->policy < WI_POLICIES_MAX);
      assert_true(strlen(limit->name) < WEIR_NAME_BYTES);
      assert_true(strlen(hostile.words[limit->unit]) < WEIR_NAME_BYTES);
      wi_policy_key_name(&hostile, limit->key, name);
      assert_true(strlen(name) < sizeof name);
      assert_true(limit->kind <= WI_KIND_APART && (limit->of < i || limit->of == 0));
      assert_true(limit->class_at == 0 || limit->class_at < hostile.class_count);
    }
    use_specials(&hostile);
  }
}

static void set_check_random_bytes_are_corrupt(void **state)
{
  (void)state;
  for (int round = 0; round < 200; round++) {
    struct wi_policy_set hostile;

    for (size_t i = 0; i < sizeof hostile; i++)
      ((unsigned char *)&hostile)[i] = (unsigned char)random_word();
    hostile.word_count %= WI_WORDS_MAX + 1;
    hostile.key_count %= WI_KEYS_MAX + 1;
    hostile.policy_count %= WI_POLICIES_MAX + 1;
    hostile.limit_count %= WI_LIMITS_MAX + 1;
    hostile.class_count %= WI_CLASSES_MAX + 1;
    hostile.special_count %= WI_SPECIALS_MAX + 1;
    hostile.response_count %= WI_RESPONSES_MAX + 1;
    hostile.signal_count %= WI_SIGNALS_MAX + 1;
    hostile.value_bytes %= WI_VALUES_BYTES + 1;
    expect_corrupt(&hostile);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(parse_random_bytes_keeps_the_contract),
      cmocka_unit_test(parse_random_words_keeps_the_contract),
      cmocka_unit_test(parse_mutated_examples_keep_the_contract),
      cmocka_unit_test(set_check_what_lies_beyond_counts_is_not_looked_at),
      cmocka_unit_test(set_check_counts_out_of_bounds_are_corrupt),
      cmocka_unit_test(set_check_words_malformed_are_corrupt),
      cmocka_unit_test(set_check_keys_malformed_are_corrupt),
      cmocka_unit_test(set_check_policies_malformed_are_corrupt),
      cmocka_unit_test(set_check_limits_malformed_are_corrupt),
      cmocka_unit_test(set_check_window_too_large_is_corrupt),
      cmocka_unit_test(set_check_random_damage_is_found_or_harmless),
      cmocka_unit_test(set_check_random_bytes_are_corrupt),
  };

  return cmocka_run_group_tests(tests, seed_random, NULL);
}
