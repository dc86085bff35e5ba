/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>

#include "weirctl.h"

static const struct wctl_usage usage = {
    .synopsis = "apply FILE",
    .help = "Replaces the policies of a live table by those of FILE (- is standard input).  They\n"
            "are in force at the next decision of every process, and what the limits have\n"
            "counted is kept.  Where FILE has a mistake nothing is changed.\n",
    .operand = "FILE",
    .operands_min = 1,
    .operands_max = 1,
    .uses_table = true,
};

static int apply(struct weir_table *table, const struct wctl_file *file)
{
  struct weir_stats stats = {.size_bytes = sizeof stats};
  int told = 0;
  int error = weir_apply(table, file->text, file->bytes, file->name, wctl_complain, &told);

  if (error == WEIR_E_BUSY)
    wctl_error("%s: another apply is under way, expected one at a time: try again",
               wctl_table_path());
  else if (error != WEIR_OK && told == 0)
    wctl_error("%s: %s, expected a sound table: see weirctl verify", wctl_table_path(),
               weir_strerror(error));
  if (error != WEIR_OK)
    return wctl_status_of(error);
  if (weir_stats(table, &stats) == WEIR_OK)
    printf("%s: %" PRIu32 " limits in force, policy version %" PRIu64 "\n", wctl_table_path(),
           stats.limits, stats.policy_version);
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
