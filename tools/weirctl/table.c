/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "weirctl.h"

static const char *given_path;

int wctl_table_set(const char *path)
{
  if (!path || *path == '\0') {
    wctl_error("no path behind -t, expected that of a table");
    return WCTL_USAGE;
  }
  given_path = path;
  return WCTL_DONE;
}

const char *wctl_table_path(void)
{
  const char *path = given_path ? given_path : getenv("WEIR_TABLE");

  return path && *path != '\0' ? path : WEIR_DEFAULT_TABLE;
}

int wctl_table_open(struct weir_table **table)
{
  struct weir_fault fault = {0};
  int error = weir_open(wctl_table_path(), table, &fault);

  if (error == WEIR_OK)
    return WCTL_DONE;
  /* Most likely another program's file, which nobody should be told to touch. */
  if (error == WEIR_E_FORMAT)
    wctl_error("%s: %s, expected a table: is -t right?", wctl_table_path(), weir_strerror(error));
  else
    wctl_fault(&fault);
  /* Whatever it was that refused to open a table, the table is what is not there. */
  return error == WEIR_E_ARGUMENT ? WCTL_INTERNAL : WCTL_UNAVAILABLE;
}
