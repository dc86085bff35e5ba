/* SPDX-License-Identifier: BSD-2-Clause
 * block and unblock: the kill switch, by hand. */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "policy/policy.h"
#include "principal.h"

#define WHOM                                                                                       \
  "Whom: one to four words ATTR=VALUE, such as user=alice, ip=192.0.2.1, or both\n"           \
  "for that user from that address alone.\n"

static const struct wctl_usage block_usage = {
    .synopsis = "block [--json] ATTR=VALUE... [--for D] [--reason R] [--by B]",
    .help = "Blocks from the next decision on, in every program: take and peek say block, and\n"
            "no session of it is valid.  Prints what is in force then: a longer block stays.\n"
            WHOM
            "\n"
            "  --for D     for how long: 90s, 30m, 4h, 7d; until lifted without it\n"
            "  --reason R  why, of which 71 bytes are kept\n"
            "  --by B      who does it, 31 bytes: else $SUDO_USER, else your login name\n",
    .operand = "ATTR=VALUE",
    .operands_min = 1,
    .operands_max = 1 << 20,
    .uses_table = true,
};

static const struct wctl_usage unblock_usage = {
    .synopsis = "unblock [--json] ATTR=VALUE... [--by B]",
    .help = "Lifts a block, and in the same step forgets the denials noted, the level of\n"
            "automatic blocks and what limits that count by exactly these attributes have\n"
            "counted.  Prints what was cleared; nothing in force is no error.  Sessions that\n"
            "were issued before stay refused where there was a block.\n"
            WHOM,
    .operand = "ATTR=VALUE",
    .operands_min = 1,
    .operands_max = 1 << 20,
    .uses_table = true,
};

static int read_duration(const char *text, uint64_t *ns)
{
  *ns = 0;
  if (text == NULL || wi_policy_duration(text, strlen(text), ns) == 0)
    return WCTL_DONE;
  wctl_error("--for '%s' is no duration, expected a whole number and one of ns us ms s m h d, "
             "such as 4h, above 0 and at most 106751d",
             text);
  return WCTL_USAGE;
}

/* A variable of a script that was not set would block all who give no name. */
static int check_values(const struct wctl_request *request)
{
  for (size_t i = 0; i < request->request.attribute_count; i++)
    if (request->attributes[i].value_bytes == 0) {
      wctl_error("principal: '%s' is empty, expected whom, such as user=alice",
                 request->attributes[i].name);
      return WCTL_INPUT;
    }
  return WCTL_DONE;
}

/* Whether the block that was in force is the one that is. */
static bool is_same_block(const struct weir_why *before, const struct weir_why *after)
{
  return before->blocked && before->since_wall_ns == after->since_wall_ns &&
         before->since_wall_ns != 0;
}

static void print_block(const struct weir_why *before, const struct weir_why *after, bool as_json)
{
  struct weir_block_info block = wctl_block_of(after);
  char line[WCTL_BLOCK_BYTES];
  bool is_same = is_same_block(before, after);

  if (as_json) {
    printf("{\"blocked\":%s,\"changed\":%s,", after->blocked ? "true" : "false",
           is_same ? "false" : "true");
    wctl_block_json(&block);
    printf(",\"limits\":%" PRIu32 "}\n", after->limits + after->limits_more);
  } else if (!after->blocked) { /* it was shorter than this command took, or was lifted */
    char shown[WEIR_PRINCIPAL_BYTES];

    printf("%s is not blocked any more\n", wctl_shown(shown, sizeof shown, after->principal));
  } else {
    printf("%sblocked %s%s\n", is_same ? "already " : "", wctl_block_line(line, &block),
           after->limits + after->limits_more == 0 ? " (no limit in force counts by that)" : "");
  }
}

static int block(const struct wctl_request *request, struct weir_block *order, bool as_json)
{
  struct weir_why before, after;
  struct weir_table *table;
  int error, status = wctl_table_open(&table);

  if (status != WCTL_DONE)
    return status;
  order->attributes = request->attributes;
  order->attribute_count = request->request.attribute_count;
  /* The block comes first whatever else fails, but for what is there before it. */
  before.size_bytes = sizeof before;
  if (weir_why(table, order->attributes, order->attribute_count, &before, NULL, NULL) != WEIR_OK)
    before.blocked = 0;
  error = weir_block(table, order);
  status = error == WEIR_OK ? wctl_principal_why(table, request, &after) : wctl_block_error(error);
  if (status == WCTL_DONE)
    print_block(&before, &after, as_json);
  weir_close(table);
  return status;
}

int wctl_block(int argc, char **argv)
{
  static struct wctl_request request; /* zeroed, and large                            */
  struct weir_block order = {.size_bytes = sizeof order};
  const char *duration = NULL, *by = NULL;
  bool as_json = false;
  const struct wctl_option accepted[] = {{"--json", &as_json, NULL},
                                         {"--for", NULL, &duration},
                                         {"--reason", NULL, &order.reason},
                                         {"--by", NULL, &by},
                                         {NULL, NULL, NULL}};
  int operands, status = wctl_arguments(&block_usage, accepted, argc, argv, &operands);

  if (status != WCTL_GO_ON)
    return status;
  status = read_duration(duration, &order.duration_ns);
  if (status == WCTL_DONE)
    status = wctl_principal_read(operands, argv + 1, &request);
  if (status == WCTL_DONE)
    status = check_values(&request);
  order.by = wctl_operator(by);
  if (status == WCTL_DONE)
    status = block(&request, &order, as_json);
  wctl_request_free(&request);
  return status;
}

/* -------------------------------------------------------------------- unblock -- */

/* What there is to clear, and who it is. */
struct cleared {
  struct weir_why why;
  struct {
    char name[WEIR_NAME_BYTES];
    uint64_t used;
  } limits[64]; /* as many as a table holds                                           */
  size_t count;
};

static int note_limit(void *context, const struct weir_why_limit *limit)
{
  struct cleared *cleared = context;

  if (limit->used == 0 || cleared->count == sizeof cleared->limits / sizeof cleared->limits[0])
    return 0;
  (void)snprintf(cleared->limits[cleared->count].name, WEIR_NAME_BYTES, "%s", limit->limit);
  cleared->limits[cleared->count++].used = limit->used;
  return 0;
}

static void print_cleared_json(const struct cleared *cleared, bool was_blocked)
{
  struct weir_block_info was = wctl_block_of(&cleared->why);

  printf("{\"was_blocked\":%s,", was_blocked ? "true" : "false");
  wctl_block_json(&was);
  printf(",\"denied\":%" PRIu64 ",\"limits\":[", cleared->why.denied);
  for (size_t i = 0; i < cleared->count; i++) {
    printf("%s{\"limit\":", i > 0 ? "," : "");
    wctl_json_string(stdout, cleared->limits[i].name);
    printf(",\"used\":%" PRIu64 "}", cleared->limits[i].used);
  }
  printf("]}\n");
}

/* One thing of what was cleared, with a comma between. */
__attribute__((format(printf, 2, 3))) static void print_item(bool *is_first, const char *format, ...)
{
  va_list arguments;

  printf(*is_first ? " " : ", ");
  *is_first = false;
  va_start(arguments, format);
  (void)vprintf(format, arguments);
  va_end(arguments);
}

static void print_cleared_block(const struct weir_why *why, bool *is_first)
{
  char since[WCTL_TIME_BYTES] = "", by[sizeof why->by], reason[sizeof why->reason];

  if (why->since_wall_ns != 0)
    (void)wctl_time(since, why->since_wall_ns);
  (void)wctl_shown(by, sizeof by, why->by);
  (void)wctl_shown(reason, sizeof reason, why->reason);
  print_item(is_first, "block%s%s%s%s%s%s%s", *since != '\0' ? " since " : "", since,
             *by != '\0' ? " by " : "", by, *reason != '\0' ? " (" : "", reason,
             *reason != '\0' ? ")" : "");
}

static void print_cleared(const struct cleared *cleared, bool was_blocked)
{
  char principal[WEIR_PRINCIPAL_BYTES];
  bool is_first = true;

  (void)wctl_shown(principal, sizeof principal, cleared->why.principal);
  printf(was_blocked ? "unblocked %s; cleared:" : "%s was not blocked; cleared:", principal);
  if (was_blocked)
    print_cleared_block(&cleared->why, &is_first);
  for (size_t i = 0; i < cleared->count; i++)
    print_item(&is_first, "%s %" PRIu64 " used", cleared->limits[i].name, cleared->limits[i].used);
  if (cleared->why.denied != 0)
    print_item(&is_first, "%" PRIu64 " denials", cleared->why.denied);
  if (cleared->why.level != 0)
    print_item(&is_first, "level %" PRIu32, cleared->why.level);
  printf(is_first ? " nothing\n" : "\n");
}

static int unblock(const struct wctl_request *request, struct weir_block *order, bool as_json)
{
  static struct cleared cleared;
  struct weir_table *table;
  int result, status = wctl_table_open(&table);

  if (status != WCTL_DONE)
    return status;
  order->attributes = request->attributes;
  order->attribute_count = request->request.attribute_count;
  cleared.why.size_bytes = sizeof cleared.why;
  result = weir_why(table, order->attributes, order->attribute_count, &cleared.why, note_limit,
                    &cleared);
  if (result == WEIR_OK)
    result = weir_unblock(table, order);
  if (result < 0)
    status = wctl_block_error(result);
  else if (as_json)
    print_cleared_json(&cleared, result == 1);
  else
    print_cleared(&cleared, result == 1);
  weir_close(table);
  return status;
}

int wctl_unblock(int argc, char **argv)
{
  static struct wctl_request request;
  struct weir_block order = {.size_bytes = sizeof order};
  const char *by = NULL;
  bool as_json = false;
  const struct wctl_option accepted[] = {
      {"--json", &as_json, NULL}, {"--by", NULL, &by}, {NULL, NULL, NULL}};
  int operands, status = wctl_arguments(&unblock_usage, accepted, argc, argv, &operands);

  if (status != WCTL_GO_ON)
    return status;
  status = wctl_principal_read(operands, argv + 1, &request);
  order.by = wctl_operator(by);
  if (status == WCTL_DONE)
    status = unblock(&request, &order, as_json);
  wctl_request_free(&request);
  return status;
}
