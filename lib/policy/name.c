/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/name.h"

#include <string.h>

/* Not isalnum(): that would ask the host program's locale. */
static bool may_stand_in_name(char byte)
{
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= '0' && byte <= '9') || byte == '-' || byte == '_' || byte == '.';
}

size_t wi_name_span(const char *text, size_t text_bytes)
{
  size_t span = 0;

  while (span < text_bytes && may_stand_in_name(text[span]))
    span++;
  return span;
}

bool wi_name_stored_is_sound(const char *stored)
{
  size_t length = wi_name_span(stored, WEIR_NAME_BYTES);

  if (length == 0 || length > WI_NAME_LENGTH_MAX)
    return false;
  for (size_t i = length; i < WEIR_NAME_BYTES; i++)
    if (stored[i] != '\0')
      return false;
  return true;
}

void wi_name_store(char *stored, const char *text, size_t text_bytes)
{
  memcpy(stored, text, text_bytes);
}

bool wi_name_is(const char *stored, const char *text, size_t text_bytes)
{
  return text_bytes <= WI_NAME_LENGTH_MAX && memcmp(stored, text, text_bytes) == 0 &&
         stored[text_bytes] == '\0';
}

int wi_set_word(struct wi_policy_set *set, const char *text, size_t text_bytes)
{
  for (uint32_t i = 0; i < set->word_count; i++)
    if (wi_name_is(set->words[i], text, text_bytes))
      return (int)i;
  if (set->word_count == WI_WORDS_MAX)
    return -1;
  wi_name_store(set->words[set->word_count], text, text_bytes);
  return (int)set->word_count++;
}

static struct wi_key sorted_key(const struct wi_policy_set *set, const struct wi_key *key)
{
  struct wi_key sorted = {.attribute_count = key->attribute_count};

  for (uint32_t i = 0; i < key->attribute_count; i++) {
    uint32_t place = i;

    while (place > 0 &&
           strcmp(set->words[key->attributes[i]], set->words[sorted.attributes[place - 1]]) < 0) {
      sorted.attributes[place] = sorted.attributes[place - 1];
      place--;
    }
    sorted.attributes[place] = key->attributes[i];
  }
  return sorted;
}

int wi_set_key(struct wi_policy_set *set, const struct wi_key *key)
{
  struct wi_key sorted = sorted_key(set, key);

  for (uint32_t i = 0; i < set->key_count; i++)
    if (memcmp(&set->keys[i], &sorted, sizeof sorted) == 0)
      return (int)i;
  if (set->key_count == WI_KEYS_MAX)
    return -1;
  set->keys[set->key_count] = sorted;
  return (int)set->key_count++;
}

void wi_policy_key_name(const struct wi_policy_set *set, uint32_t key, char *name)
{
  const struct wi_key *shown = &set->keys[key];
  size_t length = 0;

  if (shown->attribute_count == 0) {
    memcpy(name, "overall", sizeof "overall");
    return;
  }
  for (uint32_t i = 0; i < shown->attribute_count; i++) {
    const char *word = set->words[shown->attributes[i]];
    size_t word_bytes = strlen(word);

    if (i > 0)
      name[length++] = '+';
    memcpy(name + length, word, word_bytes);
    length += word_bytes;
  }
  name[length] = '\0';
}
