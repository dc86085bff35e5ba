/* SPDX-License-Identifier: BSD-2-Clause */
#include "words.h"

#include <string.h>

static bool is_name_byte(char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.';
}

static size_t blanks(const char *text)
{
  return strspn(text, " \t");
}

/* A name at the start of text into name; returns its length, or 0 where there is
 * none, or it is too long. */
static size_t take_name(char name[WEIR_NAME_BYTES], const char *text)
{
  size_t bytes = 0;
  while (is_name_byte(text[bytes]))
    bytes++;
  if (bytes >= WEIR_NAME_BYTES)
    return 0;
  memcpy(name, text, bytes);
  name[bytes] = '\0';
  return bytes;
}

/* "submission" or "submission / fail_open", as Exim's ratelimit has its options. */
static const char *read_policy(struct words *words, const char *text)
{
  char option[WEIR_NAME_BYTES];
  text += blanks(text);
  size_t bytes = take_name(words->policy, text);
  if (bytes == 0)
    return "no name of a policy as first argument";
  words->request.policy = words->policy;
  for (text += bytes; text += blanks(text), *text == '/'; text += bytes) {
    text++;
    text += blanks(text);
    bytes = take_name(option, text);
    if (bytes > 0 && strcmp(option, "fail_open") == 0)
      words->fails_open = true;
    else if (bytes > 0 && strcmp(option, "fail_closed") == 0)
      words->fails_open = false;
    else
      return "unknown option behind the policy, expected fail_open or fail_closed";
  }
  return *text == '\0' ? NULL : "the policy's name has other bytes than letters, digits, - _ .";
}

static bool is_number(const char *value)
{
  return *value != '\0' && value[strspn(value, "0123456789")] == '\0';
}

static bool must_be_number(const char *name)
{
  return strcmp(name, "messages") == 0 || strcmp(name, "recipients") == 0 ||
         strcmp(name, "bytes") == 0;
}

static bool read_number(const char *digits, uint64_t *number)
{
  *number = 0;
  for (; *digits != '\0'; digits++)
    if (__builtin_mul_overflow(*number, 10u, number) ||
        __builtin_add_overflow(*number, (uint64_t)(*digits - '0'), number))
      return false;
  return true;
}

static void add_cost(struct words *words, const char *unit, uint64_t count)
{
  words->costs[words->request.cost_count++] = (struct weir_cost){unit, count};
}

static enum words_error read_word(struct words *words, const char *text, const char **mistake)
{
  size_t index = words->request.attribute_count;
  char *name = words->names[index];
  size_t bytes = take_name(name, text);
  if (bytes == 0 || text[bytes] != '=') {
    *mistake = "an argument that is not NAME=VALUE";
    return WORDS_CONFIGURATION;
  }
  for (size_t i = 0; i < index; i++)
    if (strcmp(words->names[i], name) == 0) {
      *mistake = "a name given twice";
      return WORDS_CONFIGURATION;
    }
  const char *value = text + bytes + 1;
  uint64_t number;
  if (must_be_number(name) && !is_number(value)) {
    *mistake = "messages, recipients or bytes is not a number";
    return WORDS_VALUE;
  }
  if (*value == '\0')
    return WORDS_OK;
  /* An attribute may be digits without an end; it is a number too where it fits. */
  if (is_number(value) && read_number(value, &number)) {
    add_cost(words, name, number);
  } else if (must_be_number(name)) {
    *mistake = "messages, recipients or bytes is too large a number";
    return WORDS_VALUE;
  }
  words->attributes[index] = (struct weir_attribute){name, value, strlen(value)};
  words->request.attribute_count = index + 1;
  return WORDS_OK;
}

static void count_recipients(struct words *words)
{
  const char *list = NULL;
  uint64_t items = 1;
  for (size_t i = 0; i < words->request.attribute_count; i++) {
    if (strcmp(words->names[i], "recipients") == 0)
      return;
    if (strcmp(words->names[i], "recipient") == 0)
      list = words->attributes[i].value;
  }
  if (list == NULL)
    return;
  while ((list = strchr(list, ',')) != NULL) {
    list++;
    items++;
  }
  add_cost(words, "recipients", items);
}

enum words_error words_read(struct words *words, int argc, char *const *argv,
                            const char **mistake)
{
  words->request = (struct weir_request){.size_bytes = sizeof words->request};
  words->request.attributes = words->attributes;
  words->request.costs = words->costs;
  words->fails_open = false;
  *mistake = argc < 1 ? "no policy" : argc - 1 > WORDS_MAX ? "too many arguments" : NULL;
  if (*mistake == NULL)
    *mistake = read_policy(words, argv[0]);
  if (*mistake != NULL)
    return WORDS_CONFIGURATION;
  /* All words are read: a mistake in what the administrator wrote is told whatever
   * the values before it. */
  enum words_error found = WORDS_OK;
  for (int i = 1; i < argc; i++) {
    const char *what = NULL;
    enum words_error error = read_word(words, argv[i], &what);
    if (error == WORDS_OK || (found != WORDS_OK && error == WORDS_VALUE))
      continue;
    found = error;
    *mistake = what;
    if (found == WORDS_CONFIGURATION)
      break;
  }
  count_recipients(words);
  return found;
}
