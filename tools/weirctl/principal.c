/* SPDX-License-Identifier: BSD-2-Clause */
#include "principal.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ATTRIBUTES_MAX 4 /* of struct weir_block                                        */

/* A number of a request among the words would name a principal that no request has. */
static bool is_number_of_request(const char *name)
{
  return strcmp(name, "messages") == 0 || strcmp(name, "recipients") == 0 ||
         strcmp(name, "bytes") == 0;
}

static int check_principal(const struct wctl_request *request)
{
  size_t count = request->request.attribute_count;

  if (request->request.policy != NULL) {
    wctl_error("principal: policy= is given, expected whom alone: this holds for every policy");
    return WCTL_INPUT;
  }
  if (request->for_ns != 0 || request->reason != NULL) {
    wctl_error("principal: %s= is given, expected --%s", request->for_ns != 0 ? "for" : "reason",
               request->for_ns != 0 ? "for DURATION" : "reason TEXT");
    return WCTL_INPUT;
  }
  for (size_t i = 0; i < count; i++) {
    const char *name = request->attributes[i].name;

    if (is_number_of_request(name) || strcmp(name, "overall") == 0) {
      wctl_error("principal: '%s' names nobody, expected whom, such as user=alice", name);
      return WCTL_INPUT;
    }
  }
  if (count == 0 || count > ATTRIBUTES_MAX) {
    wctl_error("principal: %zu attributes, expected 1 to %d, such as user=alice", count,
               ATTRIBUTES_MAX);
    return WCTL_INPUT;
  }
  return WCTL_DONE;
}

int wctl_principal_read(int count, char *const *words, struct wctl_request *request)
{
  char complaint[WCTL_REQUEST_ERROR_BYTES];
  int result = wctl_request_parse_words(count, words, request, complaint, sizeof complaint);

  if (result == 0)
    return check_principal(request);
  wctl_error("principal: %s", complaint);
  return result == -1 ? WCTL_INPUT : WCTL_INTERNAL;
}

const char *wctl_operator(const char *given)
{
  const char *behind_sudo = getenv("SUDO_USER");
  const struct passwd *user;
  static char number[32];

  if (given != NULL && *given != '\0')
    return given;
  if (behind_sudo != NULL && *behind_sudo != '\0')
    return behind_sudo;
  user = getpwuid(getuid());
  if (user != NULL && user->pw_name != NULL && *user->pw_name != '\0')
    return user->pw_name;
  (void)snprintf(number, sizeof number, "uid %lu", (unsigned long)getuid());
  return number;
}

int wctl_block_error(int error)
{
  if (error == WEIR_E_CAPACITY) {
    wctl_error("%s: no room for this block, expected at most 12 sorts of attributes that blocks "
               "are by, and fewer blocks of principals beside this one",
               wctl_table_path());
    return WCTL_UNAVAILABLE;
  }
  if (error == WEIR_E_CORRUPT)
    wctl_error("%s: the policy in force is damaged, expected weirctl apply to replace it",
               wctl_table_path());
  else if (error == WEIR_E_BUSY)
    wctl_error("%s: the policies are being replaced, expected them to hold still: try again",
               wctl_table_path());
  else if (error == WEIR_E_ARGUMENT)
    wctl_error("%s: the principal is refused, expected 1 to 4 attributes such as user=alice",
               wctl_table_path());
  else
    wctl_error("%s: %s, expected a sound table: see weirctl verify", wctl_table_path(),
               weir_strerror(error));
  return error == WEIR_E_ARGUMENT ? WCTL_INPUT : wctl_status_of(error);
}

int wctl_principal_why(struct weir_table *table, const struct wctl_request *request,
                       struct weir_why *why)
{
  int error;

  why->size_bytes = sizeof *why;
  error = weir_why(table, request->attributes, request->request.attribute_count, why, NULL, NULL);
  return error == WEIR_OK ? WCTL_DONE : wctl_block_error(error);
}

struct weir_block_info wctl_block_of(const struct weir_why *why)
{
  return (struct weir_block_info){
      .principal = why->principal,
      .reason = why->reason,
      .by = why->by,
      .since_wall_ns = why->since_wall_ns,
      .until_wall_ns = why->until_wall_ns,
      .remaining_ns = why->remaining_ns,
      .level = why->level,
  };
}

const char *wctl_block_line(char *text, const struct weir_block_info *block)
{
  char principal[WEIR_PRINCIPAL_BYTES], reason[128], until[WCTL_TIME_BYTES] = "lifted";

  if (block->until_wall_ns != WEIR_NEVER)
    (void)wctl_time(until, block->until_wall_ns);
  (void)snprintf(text, WCTL_BLOCK_BYTES, "%s until %s%s%s",
                 wctl_shown(principal, sizeof principal, block->principal), until,
                 block->reason[0] != '\0' ? ": " : "",
                 wctl_shown(reason, sizeof reason, block->reason));
  return text;
}

void wctl_block_json(const struct weir_block_info *block)
{
  printf("\"principal\":");
  wctl_json_string(stdout, block->principal);
  putchar(',');
  wctl_json_time(stdout, "since", block->since_wall_ns);
  putchar(',');
  wctl_json_time(stdout, "until", block->until_wall_ns);
  if (block->remaining_ns == WEIR_NEVER)
    printf(",\"remaining_ns\":null,\"reason\":");
  else
    printf(",\"remaining_ns\":%" PRIu64 ",\"reason\":", block->remaining_ns);
  wctl_json_string(stdout, block->reason);
  printf(",\"by\":");
  wctl_json_string(stdout, block->by);
  printf(",\"level\":%" PRIu32, block->level);
}
