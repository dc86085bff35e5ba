/* SPDX-License-Identifier: BSD-2-Clause
 * What a policy file means once it is compiled: the numbers that a table would keep. */
#include "check.h"

static const struct wctl_usage usage = {
    .synopsis = "check [--json] FILE",
    .help = "Says what is wrong with a policy file (- is standard input), all mistakes at\n"
            "once, or prints its limits as a table would keep them.  Needs no table.\n"
            "\n"
            "  KIND      bucket exact, or rounded: late by at most so much a decision;\n"
            "            sliding: the parts of its window, and what share of a full rate it\n"
            "            may deny early\n"
            "  INTERVAL  what one unit takes to come back; of a window, how long a part is\n"
            "\n"
            "Below the limits: what the file's other statements say.\n",
    .operand = "FILE",
    .operands_min = 1,
    .operands_max = 1,
};

int wctl_check(int argc, char **argv)
{
  static struct wi_policy_set set;
  bool as_json = false;
  const struct wctl_option accepted[] = {{"--json", &as_json, NULL}, {NULL, NULL, NULL}};
  struct wctl_file file;
  int operands, status = wctl_arguments(&usage, accepted, argc, argv, &operands);

  if (status != WCTL_GO_ON)
    return status;
  status = wctl_file_read(argv[1], &file);
  if (status != WCTL_DONE)
    return status;
  status = wctl_status_of(
      wi_policy_parse(file.text, file.bytes, file.name, &set, wctl_complain, NULL, NULL));
  if (status == WCTL_DONE && as_json)
    check_json_print(&set);
  if (status == WCTL_DONE && !as_json) {
    check_table_print(&set);
    check_statements_print(&set);
  }
  wctl_file_free(&file);
  return status;
}
