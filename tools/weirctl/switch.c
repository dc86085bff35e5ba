/* SPDX-License-Identifier: BSD-2-Clause
 * The whole table's switch. */
#include <string.h>

#include "principal.h"

static const struct wctl_usage usage = {
    .synopsis = "switch [--json] [normal | deny-all | allow-all] [--by B]",
    .help = "Turns the whole table's switch, in force at the next decision of every program,\n"
            "or says where it stands.\n"
            "\n"
            "  normal     limits and blocks decide\n"
            "  deny-all   every take and peek says block, and no session is valid\n"
            "  allow-all  every limit is off, and charges nothing; blocks stay in force\n"
            "  --by B     who does it, 31 bytes: else $SUDO_USER, else your login name\n",
    .operands_max = 1,
    .uses_table = true,
};

const char *wctl_switch_name(uint32_t position)
{
  switch (position) {
  case WEIR_SWITCH_DENY_ALL:
    return "deny-all";
  case WEIR_SWITCH_ALLOW_ALL:
    return "allow-all";
  default:
    return "normal";
  }
}

static int read_position(const char *word, enum weir_switch_position *position)
{
  static const enum weir_switch_position positions[] = {
      WEIR_SWITCH_NORMAL, WEIR_SWITCH_DENY_ALL, WEIR_SWITCH_ALLOW_ALL};

  for (size_t i = 0; i < sizeof positions / sizeof positions[0]; i++)
    if (strcmp(word, wctl_switch_name(positions[i])) == 0) {
      *position = positions[i];
      return WCTL_DONE;
    }
  wctl_error("the switch has no position '%s', expected normal, deny-all or allow-all", word);
  return WCTL_USAGE;
}

/* Where it stands, as the table says. */
static int print_position(struct weir_table *table, bool as_json)
{
  struct weir_stats stats = {.size_bytes = sizeof stats};
  int error = weir_stats(table, &stats);

  if (error != WEIR_OK)
    return wctl_block_error(error);
  printf(as_json ? "{\"switched\":\"%s\"}\n" : "%s\n", wctl_switch_name(stats.switched));
  return WCTL_DONE;
}

int wctl_switch(int argc, char **argv)
{
  const char *by = NULL;
  bool as_json = false;
  const struct wctl_option accepted[] = {
      {"--json", &as_json, NULL}, {"--by", NULL, &by}, {NULL, NULL, NULL}};
  enum weir_switch_position position = WEIR_SWITCH_NORMAL;
  struct weir_table *table;
  int operands, error = WEIR_OK, status = wctl_arguments(&usage, accepted, argc, argv, &operands);

  if (status != WCTL_GO_ON)
    return status;
  if (operands > 0) {
    status = read_position(argv[1], &position);
    if (status != WCTL_DONE)
      return status;
  }
  status = wctl_table_open(&table);
  if (status != WCTL_DONE)
    return status;
  if (operands > 0)
    error = weir_switch(table, position, wctl_operator(by));
  status = error == WEIR_OK ? print_position(table, as_json) : wctl_block_error(error);
  weir_close(table);
  return status;
}
