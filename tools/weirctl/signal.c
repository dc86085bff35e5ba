/* SPDX-License-Identifier: BSD-2-Clause
 * signal: what a person or a script has seen of somebody, told to the scores of a policy. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "request.h"
#include "weirctl.h"

static const struct wctl_usage usage = {
    .synopsis = "signal [--weight N] [--json] POLICY NAME REQUEST...",
    .help = "Adds the points of the signal NAME, N times (1), to each score of the policy\n"
            "that lists it.  REQUEST is words NAME=VALUE that say whom it is about:\n"
            "user=alice.\n"
            "With --weight 0 nothing is added: it only asks whether a score lists it.\n"
            "Prints noted, or blocked where somebody is blocked by it.\n",
    .operand = "POLICY, NAME or REQUEST",
    .operands_min = 3,
    .operands_max = 1 << 20,
    .uses_table = true,
};

static int read_weight(const char *text, uint64_t *weight)
{
  char *end;

  *weight = 1;
  if (text == NULL)
    return WCTL_DONE;
  errno = 0;
  *weight = strtoull(text, &end, 10);
  if (*text >= '0' && *text <= '9' && *end == '\0' && errno == 0)
    return WCTL_DONE;
  wctl_error("--weight '%s' is no number, expected 0 to %llu", text,
             (unsigned long long)UINT64_MAX);
  return WCTL_USAGE;
}

/* A word that stands where a name should, for all that names are checked for here. */
static int check_name(const char *what, const char *name)
{
  if (*name == '\0' || strchr(name, '=')) {
    wctl_error("'%s' where the %s's name should stand, expected weirctl %s", name, what,
               usage.synopsis);
    return WCTL_USAGE;
  }
  if (strlen(name) >= WEIR_NAME_BYTES) {
    wctl_error("a %s's name of %zu bytes, expected at most %d", what, strlen(name),
               WEIR_NAME_BYTES - 1);
    return WCTL_INPUT;
  }
  return WCTL_DONE;
}

static int read_request(int argc, char **argv, struct wctl_request *request)
{
  char complaint[WCTL_REQUEST_ERROR_BYTES];
  int result = wctl_request_parse_words(argc, argv, request, complaint, sizeof complaint);

  if (result != 0) {
    wctl_error("request: %s", complaint);
    return result == -1 ? WCTL_INPUT : WCTL_INTERNAL;
  }
  if (request->request.policy || request->reason || request->for_ns > 0) {
    wctl_error("request: policy=, for= or reason= is given, expected whom the signal is about");
    return WCTL_INPUT;
  }
  return WCTL_DONE;
}

static int tell_error(struct weir_table *table, const struct weir_request *request,
                      const char *name, int error)
{
  if (error == WEIR_E_SIGNAL) {
    wctl_error("no score of policy '%s' lists the signal '%s', expected one that weirctl check "
               "shows",
               request->policy, name);
    return WCTL_INPUT;
  }
  if (error == WEIR_E_ATTRIBUTE) {
    wctl_error("request: it lacks whom the scores that list '%s' count by, expected all attributes "
               "of the `per` of one",
               name);
    return WCTL_INPUT;
  }
  return wctl_request_error(table, request, error);
}

static int tell(const struct weir_request *request, const char *name, uint64_t weight, bool as_json)
{
  struct weir_table *table;
  int status = wctl_table_open(&table), told;

  if (status != WCTL_DONE)
    return status;
  told = weir_signal(table, request, name, weight);
  if (told < 0)
    status = tell_error(table, request, name, told);
  else if (as_json)
    printf("{\"signal\":\"%s\"}\n", told ? "blocked" : "noted");
  else
    printf("%s\n", told ? "blocked" : "noted");
  weir_close(table);
  return status;
}

int wctl_signal(int argc, char **argv)
{
  static struct wctl_request request; /* zeroed, and large                            */
  bool as_json = false;
  const char *weight_text = NULL;
  const struct wctl_option accepted[] = {
      {"--json", &as_json, NULL}, {"--weight", NULL, &weight_text}, {NULL, NULL, NULL}};
  uint64_t weight;
  int operands, status = wctl_arguments(&usage, accepted, argc, argv, &operands);

  if (status != WCTL_GO_ON)
    return status;
  status = read_weight(weight_text, &weight);
  if (status == WCTL_DONE)
    status = check_name("policy", argv[1]);
  if (status == WCTL_DONE)
    status = check_name("signal", argv[2]);
  if (status == WCTL_DONE)
    status = read_request(operands - 2, argv + 3, &request);
  request.request.policy = argv[1];
  if (status == WCTL_DONE)
    status = tell(&request.request, argv[2], weight, as_json);
  wctl_request_free(&request);
  return status;
}
