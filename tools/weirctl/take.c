/* SPDX-License-Identifier: BSD-2-Clause
 * take, peek and refund: one request from a shell. */
#include <inttypes.h>
#include <string.h>

#include "request.h"
#include "weirctl.h"

#define REQUEST_HELP                                                                               \
  "REQUEST is words NAME=VALUE: who asks (user=alice ip=192.0.2.1), and how much\n"                \
  "(messages=1, the default, recipients=3, bytes=20480).  What a limit counts must\n"              \
  "be given, unless the limit is optional; 0 charges nothing.\n"

#define VERDICT_HELP                                                                               \
  "Prints VERDICT, LIMIT, REMAINING and RETRY_NS, with tabs between.  Exit status 0\n"             \
  "allow, 1 deny, 2 block.\n"

static const struct wctl_usage take_usage = {
    .synopsis = "take [--json] POLICY REQUEST...",
    .help = "Decides, and charges where the answer is allow.\n" REQUEST_HELP VERDICT_HELP,
    .operand = "POLICY",
    .operands_min = 1,
    .operands_max = 1 << 20,
    .uses_table = true,
};

static const struct wctl_usage peek_usage = {
    .synopsis = "peek [--json] POLICY REQUEST...",
    .help = "Decides, and charges nothing: says what is left now.\n"
            REQUEST_HELP VERDICT_HELP,
    .operand = "POLICY",
    .operands_min = 1,
    .operands_max = 1 << 20,
    .uses_table = true,
};

static const struct wctl_usage refund_usage = {
    .synopsis = "refund [--json] POLICY REQUEST...",
    .help = "Gives back what an earlier take charged: the same request, with the numbers to\n"
            "give back.  Prints ok.\n" REQUEST_HELP,
    .operand = "POLICY",
    .operands_min = 1,
    .operands_max = 1 << 20,
    .uses_table = true,
};

/* --------------------------------------------------------------------- verdicts */

static const char *const outcomes[] = {
    [WEIR_ALLOW] = "allow", [WEIR_DENY] = "deny", [WEIR_BLOCK] = "block"};

static void print_line(const struct weir_verdict *verdict)
{
  if (verdict->limit[0] != '\0')
    printf("%s\t%s\t%" PRIu64 "\t", outcomes[verdict->outcome], verdict->limit,
           verdict->remaining);
  else
    printf("%s\t-\t-\t", outcomes[verdict->outcome]);
  if (verdict->retry_after_ns == WEIR_NEVER)
    printf("never\n");
  else
    printf("%" PRIu64 "\n", verdict->retry_after_ns);
}

/* null: no limit, never. */
static void print_json(const struct weir_verdict *verdict)
{
  printf("{\"verdict\":\"%s\",\"limit\":", outcomes[verdict->outcome]);
  if (verdict->limit[0] != '\0') {
    wctl_json_string(stdout, verdict->limit);
    printf(",\"remaining\":%" PRIu64, verdict->remaining);
  } else {
    printf("null,\"remaining\":null");
  }
  printf(",\"retry_ns\":");
  if (verdict->retry_after_ns == WEIR_NEVER)
    printf("null");
  else
    printf("%" PRIu64, verdict->retry_after_ns);
  printf(",\"quota\":%" PRIu64 ",\"period_ns\":%" PRIu64 ",\"burst\":%" PRIu64
         ",\"shadow_denied\":%s,\"table_full\":%s}\n",
         verdict->quota, verdict->period_ns, verdict->burst,
         verdict->flags & WEIR_SHADOW_DENIED ? "true" : "false",
         verdict->flags & WEIR_TABLE_FULL ? "true" : "false");
}

/* ---------------------------------------------------------------------- request */

static int check_policy(const char *policy, const struct wctl_usage *usage)
{
  if (*policy == '\0' || strchr(policy, '=')) {
    wctl_error("'%s' where the policy's name should stand, expected weirctl %s", policy,
               usage->synopsis);
    return WCTL_USAGE;
  }
  if (strlen(policy) >= WEIR_NAME_BYTES) {
    wctl_error("a policy's name of %zu bytes, expected at most %d", strlen(policy),
               WEIR_NAME_BYTES - 1);
    return WCTL_INPUT;
  }
  return WCTL_DONE;
}

static int read_request(int argc, char **argv, struct wctl_request *request)
{
  char complaint[WCTL_REQUEST_ERROR_BYTES];
  const char *what = "";
  int result = wctl_request_parse_words(argc - 1, argv + 1, request, complaint, sizeof complaint);

  if (result != 0) {
    wctl_error("request: %s", complaint);
    return result == -1 ? WCTL_INPUT : WCTL_INTERNAL;
  }
  if (request->request.policy) {
    wctl_error("request: policy= is given, expected the policy as the first word alone");
    return WCTL_INPUT;
  }
  if (request->reason || request->for_ns > 0) {
    wctl_error("request: for= or reason= is given, expected them with a block only");
    return WCTL_INPUT;
  }
  request->request.policy = argv[0];
  result = wctl_request_lists(request, &what);
  if (result == -1)
    wctl_error("request: '%s' is too much, expected at most 8 lists of 1024 values each", what);
  return result == 0 ? WCTL_DONE : result == -1 ? WCTL_INPUT : WCTL_INTERNAL;
}

enum verb { VERB_TAKE, VERB_PEEK, VERB_REFUND };

static int refund(struct weir_table *table, const struct weir_request *request, bool as_json)
{
  int error = weir_refund(table, request);

  if (error != WEIR_OK)
    return wctl_request_error(table, request, error);
  printf(as_json ? "{\"verdict\":\"ok\"}\n" : "ok\t-\t-\t-\n");
  return WCTL_DONE;
}

static int decide(struct weir_table *table, const struct weir_request *request, enum verb verb,
                  bool as_json)
{
  struct weir_verdict verdict;
  int error =
      verb == VERB_PEEK ? weir_peek(table, request, &verdict) : weir_take(table, request, &verdict);

  if (error != WEIR_OK)
    return wctl_request_error(table, request, error);
  if (as_json)
    print_json(&verdict);
  else
    print_line(&verdict);
  return verdict.outcome == WEIR_ALLOW  ? WCTL_DONE
         : verdict.outcome == WEIR_DENY ? WCTL_DENY
                                        : WCTL_BLOCK;
}

static int ask(enum verb verb, const struct weir_request *request, bool as_json)
{
  struct weir_table *table;
  int status = wctl_table_open(&table);

  if (status != WCTL_DONE)
    return status;
  status =
      verb == VERB_REFUND ? refund(table, request, as_json) : decide(table, request, verb, as_json);
  weir_close(table);
  return status;
}

static int run(const struct wctl_usage *usage, enum verb verb, int argc, char **argv)
{
  static struct wctl_request request; /* zeroed, and large                            */
  bool as_json = false;
  const struct wctl_option accepted[] = {{"--json", &as_json, NULL}, {NULL, NULL, NULL}};
  int operands, status = wctl_arguments(usage, accepted, argc, argv, &operands);

  if (status != WCTL_GO_ON)
    return status;
  status = check_policy(argv[1], usage);
  if (status == WCTL_DONE)
    status = read_request(operands, argv + 1, &request);
  if (status == WCTL_DONE)
    status = ask(verb, &request.request, as_json);
  wctl_request_free(&request);
  return status;
}

int wctl_take(int argc, char **argv)
{
  return run(&take_usage, VERB_TAKE, argc, argv);
}

int wctl_peek(int argc, char **argv)
{
  return run(&peek_usage, VERB_PEEK, argc, argv);
}

int wctl_refund(int argc, char **argv)
{
  return run(&refund_usage, VERB_REFUND, argc, argv);
}
