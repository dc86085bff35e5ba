/* SPDX-License-Identifier: BSD-2-Clause
 * member: who is in a class, while the table is in use. */
#include <string.h>

#include "policy/name.h"
#include "request.h"
#include "weirctl.h"

static const struct wctl_usage usage = {
    .synopsis = "member (--class NAME | --none) [--json] ATTRIBUTE=VALUE...",
    .help = "Makes who has exactly these attributes a member of the class NAME, in every\n"
            "policy that has one, or of none: in force at the next decision.  It outlives an\n"
            "apply, and comes before what a policy says of members.  Prints ok.\n",
    .operand = "ATTRIBUTE=VALUE",
    .operands_min = 1,
    .operands_max = 4,
    .uses_table = true,
};

static int check_class(const char *name, bool none)
{
  if ((name != NULL) == none) {
    wctl_error("%s, expected weirctl %s", none ? "--class and --none" : "no class is named",
               usage.synopsis);
    return WCTL_USAGE;
  }
  if (name != NULL && (*name == '\0' || strlen(name) >= WEIR_NAME_BYTES)) {
    wctl_error("a class's name of %zu bytes, expected 1 to %d", strlen(name), WEIR_NAME_BYTES - 1);
    return WCTL_INPUT;
  }
  if (name != NULL && wi_name_span(name, strlen(name)) != strlen(name)) {
    wctl_error("'%s' is no class's name, expected letters, digits, - _ and .", name);
    return WCTL_INPUT;
  }
  return WCTL_DONE;
}

static int read_who(int argc, char **argv, struct wctl_request *request)
{
  char complaint[WCTL_REQUEST_ERROR_BYTES];
  int result = wctl_request_parse_words(argc, argv, request, complaint, sizeof complaint);

  if (result != 0) {
    wctl_error("principal: %s", complaint);
    return result == -1 ? WCTL_INPUT : WCTL_INTERNAL;
  }
  if (request->request.policy || request->reason || request->for_ns > 0) {
    wctl_error("principal: policy=, for= or reason= is given, expected attributes of who is to be a member");
    return WCTL_INPUT;
  }
  return WCTL_DONE;
}

static int set(const struct wctl_request *who, const char *name, bool as_json)
{
  struct weir_block member = {.size_bytes = sizeof member,
                              .attributes = who->request.attributes,
                              .attribute_count = who->request.attribute_count};
  struct weir_table *table;
  int status = wctl_table_open(&table), error;

  if (status != WCTL_DONE)
    return status;
  error = weir_member(table, &member, name);
  if (error == WEIR_E_CAPACITY)
    wctl_error(
        "the group of cells where this principal lies holds as many blocks and members as it "
        "may, expected room: name it in the policy's `member` lines");
  else if (error != WEIR_OK)
    wctl_error("%s, expected a sound table in use: see weirctl verify", weir_strerror(error));
  else
    printf(as_json ? "{\"member\":\"ok\"}\n" : "ok\n");
  weir_close(table);
  return wctl_status_of(error);
}

int wctl_member(int argc, char **argv)
{
  static struct wctl_request who; /* zeroed, and large                                */
  bool as_json = false, none = false;
  const char *name = NULL;
  const struct wctl_option accepted[] = {{"--json", &as_json, NULL},
                                         {"--class", NULL, &name},
                                         {"--none", &none, NULL},
                                         {NULL, NULL, NULL}};
  int operands, status = wctl_arguments(&usage, accepted, argc, argv, &operands);

  if (status != WCTL_GO_ON)
    return status;
  status = check_class(name, none);
  if (status == WCTL_DONE)
    status = read_who(operands, argv + 1, &who);
  if (status == WCTL_DONE)
    status = set(&who, name, as_json);
  wctl_request_free(&who);
  return status;
}
