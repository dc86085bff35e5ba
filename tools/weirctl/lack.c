/* SPDX-License-Identifier: BSD-2-Clause
 * What a request lacks of what the limits in force count: all of it by name, since at three
 * in the morning nobody wants to look it up. */
#include <string.h>

#include "request.h"
#include "weirctl.h"

#define WORDS_MAX 64 /* more than the limits of a table can name                    */
#define LIST_BYTES 512

/* A word that limits count by (user=VALUE) or count (recipients=NUMBER), and the request
 * has not. */
struct lacking {
  char name[WEIR_NAME_BYTES];
  bool is_unit;
  char limits[LIST_BYTES]; /* whose they are: "a, b"                                 */
};

struct lack {
  const struct weir_request *request;
  struct lacking words[WORDS_MAX];
  size_t count;
};

/* Names of policies, with ", " between. */
struct names {
  char text[LIST_BYTES];
};

static bool list_has(const char *list, const char *name, size_t bytes)
{
  for (const char *at = list; *at != '\0'; at += strspn(at, ", ")) {
    size_t span = strcspn(at, ",");

    if (span == bytes && memcmp(at, name, bytes) == 0)
      return true;
    at += span;
  }
  return false;
}

/* A list that is full ends early. */
static void list_add(char *list, const char *name)
{
  size_t bytes = strlen(list);

  if (!list_has(list, name, strlen(name)) && bytes + strlen(name) + 3 <= LIST_BYTES)
    (void)snprintf(list + bytes, LIST_BYTES - bytes, "%s%s", bytes > 0 ? ", " : "", name);
}

static void note_policy(void *context, const struct weir_limit_stats *limit)
{
  struct names *names = context;

  list_add(names->text, limit->policy);
}

static bool request_names(const struct weir_request *request, const char *name, size_t name_bytes)
{
  for (size_t i = 0; i < request->attribute_count; i++)
    if (strlen(request->attributes[i].name) == name_bytes &&
        memcmp(request->attributes[i].name, name, name_bytes) == 0)
      return true;
  return false;
}

static bool request_counts(const struct weir_request *request, const char *unit)
{
  for (size_t i = 0; i < request->cost_count; i++)
    if (strcmp(request->costs[i].unit, unit) == 0)
      return true;
  return strcmp(unit, "messages") == 0;
}

static void add_word(struct lack *lack, const char *name, size_t name_bytes, bool is_unit,
                     const char *limit)
{
  struct lacking *word = lack->words;

  if (name_bytes >= WEIR_NAME_BYTES)
    return;
  while (word < lack->words + lack->count &&
         !(word->is_unit == is_unit && strlen(word->name) == name_bytes &&
           memcmp(word->name, name, name_bytes) == 0))
    word++;
  if (word == lack->words + WORDS_MAX)
    return;
  if (word == lack->words + lack->count) {
    *word = (struct lacking){.is_unit = is_unit};
    memcpy(word->name, name, name_bytes);
    lack->count++;
  }
  list_add(word->limits, limit);
}

static void note_lack(void *context, const struct weir_limit_stats *limit)
{
  struct lack *lack = context;

  if (strcmp(limit->policy, lack->request->policy) != 0)
    return;
  if (strcmp(limit->key, "overall") != 0)
    for (const char *at = limit->key; *at != '\0';) {
      size_t bytes = strcspn(at, "+");

      if (!request_names(lack->request, at, bytes))
        add_word(lack, at, bytes, false, limit->limit);
      at += bytes + (at[bytes] == '+');
    }
  if (!request_counts(lack->request, limit->unit))
    add_word(lack, limit->unit, strlen(limit->unit), true, limit->limit);
}

/* Whether the request is an error with every word but this one added: whether a limit that
 * is not optional wants it.  Which limits are optional is not to be read, only to be asked. */
static bool is_required(struct weir_table *table, const struct lack *lack, size_t which)
{
  struct weir_attribute attributes[WCTL_REQUEST_ATTRIBUTES_MAX];
  struct weir_cost costs[WCTL_REQUEST_COSTS_MAX];
  struct weir_request request = *lack->request;
  struct weir_verdict verdict;

  for (size_t i = 0; i < request.attribute_count; i++)
    attributes[i] = request.attributes[i];
  for (size_t i = 0; i < request.cost_count; i++)
    costs[i] = request.costs[i];
  request.attributes = attributes;
  request.costs = costs;
  for (size_t i = 0; i < lack->count; i++) {
    const struct lacking *word = &lack->words[i];

    if (i == which)
      continue;
    if (request.cost_count == WCTL_REQUEST_COSTS_MAX ||
        request.attribute_count == WCTL_REQUEST_ATTRIBUTES_MAX)
      return true;
    if (word->is_unit)
      costs[request.cost_count++] = (struct weir_cost){.unit = word->name};
    else
      attributes[request.attribute_count++] = (struct weir_attribute){.name = word->name};
  }
  return weir_peek(table, &request, &verdict) != WEIR_OK;
}

static void tell_lack(struct weir_table *table, const struct weir_request *request)
{
  struct lack lack = {.request = request};
  char text[4096] = "";
  size_t bytes = 0;

  (void)weir_stats_limits(table, note_lack, &lack);
  for (size_t i = 0; i < lack.count && bytes < sizeof text; i++) {
    const struct lacking *word = &lack.words[i];
    bool is_one = !strchr(word->limits, ',');

    if (is_required(table, &lack, i))
      bytes += (size_t)snprintf(text + bytes, sizeof text - bytes, "%s%s=%s (limit%s %s)",
                                bytes > 0 ? ", " : "", word->name,
                                word->is_unit ? "NUMBER" : "VALUE", is_one ? "" : "s",
                                word->limits);
  }
  /* Nothing is found where the policy was replaced since. */
  wctl_error("the request lacks what policy '%s' counts by: %s; expected it, or the limits to be "
             "'optional'",
             request->policy, bytes > 0 ? text : "see weirctl stats");
}

int wctl_request_error(struct weir_table *table, const struct weir_request *request, int error)
{
  struct names policies = {""};

  if (error == WEIR_E_POLICY)
    (void)weir_stats_limits(table, note_policy, &policies);
  if (error == WEIR_E_ATTRIBUTE || error == WEIR_E_UNIT)
    tell_lack(table, request);
  else if (error == WEIR_E_POLICY && policies.text[0] == '\0')
    wctl_error("the table %s has no policy yet, expected one by weirctl apply FILE",
               wctl_table_path());
  else if (error == WEIR_E_POLICY)
    wctl_error("no policy '%s' in %s, expected one of: %s", request->policy, wctl_table_path(),
               policies.text);
  else if (error == WEIR_E_CORRUPT)
    wctl_error("%s: the policy in force is damaged, expected weirctl apply to replace it",
               wctl_table_path());
  else
    wctl_error("%s: %s, expected a decision: see weirctl verify", wctl_table_path(),
               weir_strerror(error));
  return wctl_status_of(error);
}
