/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>

#include "weirctl.h"

static const struct wctl_usage usage = {
    .synopsis = "apply FILE",
    .help = "Replaces the policies of a live table by those of FILE (- is standard input).\n"
            "They are in force at the next decision of every process, and what the limits\n"
            "have counted is kept.  Where FILE has a mistake nothing is changed.  Exit status\n"
            "69 where another apply is under way.\n",
    .operand = "FILE",
    .operands_min = 1,
    .operands_max = 1,
    .uses_table = true,
};

/* The text has passed weir_check(): what weir_apply() still has to say is of the table. */
static void keep_line(void *context, const char *line)
{
  struct weir_fault *fault = context;

  (void)snprintf(fault->text, sizeof fault->text, "%s: %s", wctl_table_path(), line);
}

/* As weir_create() sizes a table: with room to spare, so that few groups are full. */
static uint64_t bytes_per_principal(uint64_t cells)
{
  return cells <= 1 ? 25 : cells * 47 / 2;
}

/* A table is made for the limits that it had when it was made. */
static void warn_if_small(const struct weir_stats *stats)
{
  uint64_t room = stats->cells * 16 / bytes_per_principal(stats->cells_per_key);

  if (room < stats->keys)
    wctl_error("%s: made for %" PRIu64 " principals, these limits take %" PRIu64
               " cells each: room for about %" PRIu64 "; make a larger table",
               wctl_table_path(), stats->keys, stats->cells_per_key, room);
}

static int apply(struct weir_table *table, const struct wctl_file *file)
{
  struct weir_stats stats = {.size_bytes = sizeof stats};
  struct weir_fault fault = {0};
  int error = weir_apply(table, file->text, file->bytes, file->name, keep_line, &fault);

  if (error != WEIR_OK) {
    fault.error = error;
    if (fault.text[0] == '\0')
      keep_line(&fault, weir_strerror(error));
    wctl_fault(&fault);
    return wctl_status_of(error);
  }
  if (weir_stats(table, &stats) == WEIR_OK) {
    printf("%s: %" PRIu32 " limits in force, policy version %" PRIu64 "\n", wctl_table_path(),
           stats.limits, stats.policy_version);
    warn_if_small(&stats);
  }
  return WCTL_DONE;
}

int wctl_apply(int argc, char **argv)
{
  const struct wctl_option none[] = {{NULL, NULL, NULL}};
  struct weir_table *table;
  struct wctl_file file;
  int operands, status = wctl_arguments(&usage, none, argc, argv, &operands);

  if (status != WCTL_GO_ON)
    return status;
  status = wctl_file_read(argv[1], &file);
  if (status != WCTL_DONE)
    return status;
  /* A mistake is told even where the table is not there to apply to. */
  status = wctl_status_of(weir_check(file.text, file.bytes, file.name, wctl_complain, NULL));
  if (status == WCTL_DONE)
    status = wctl_table_open(&table);
  if (status == WCTL_DONE) {
    status = apply(table, &file);
    weir_close(table);
  }
  wctl_file_free(&file);
  return status;
}
