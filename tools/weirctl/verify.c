/* SPDX-License-Identifier: BSD-2-Clause */
#include "weirctl.h"

static const struct wctl_usage usage = {
    .synopsis = "verify [--json]",
    .help = "Reads the whole table and says what is not sound, one finding a line.  Changes\n"
            "nothing; the table may be in use.  Exit status 0 sound; 65 not; 69 where there\n"
            "is no table to read, or what is there has not the header of one.\n",
    .uses_table = true,
};

/* As many as anybody reads; of a file that is damaged all over there are a million. */
#define SHOWN_MAX 100

struct findings {
  int count;
  bool as_json;
};

static void print_finding(void *context, const char *line)
{
  struct findings *findings = context;

  if (findings->count++ >= SHOWN_MAX)
    return;
  if (findings->as_json) {
    printf("%s", findings->count > 1 ? "," : "");
    wctl_json_string(stdout, line);
  } else {
    printf("%s\n", line);
  }
}

static int more(const struct findings *findings)
{
  return findings->count > SHOWN_MAX ? findings->count - SHOWN_MAX : 0;
}

static int verify(struct findings *findings)
{
  struct weir_table *table;
  int result, status = wctl_table_open(&table);

  if (status != WCTL_DONE)
    return status;
  if (findings->as_json) {
    printf("{\"table\":");
    wctl_json_string(stdout, wctl_table_path());
    printf(",\"findings\":[");
  }
  result = weir_verify(table, print_finding, findings);
  weir_close(table);
  if (result > findings->count)
    findings->count = result;
  if (findings->as_json)
    printf("],\"more\":%d,\"sound\":%s}\n", more(findings),
           findings->count == 0 && result >= 0 ? "true" : "false");
  else if (more(findings) > 0)
    printf("%d more\n", more(findings));
  if (result < 0) {
    wctl_error("%s: cannot be read: %s, expected a table", wctl_table_path(),
               weir_strerror(result));
    return WCTL_INTERNAL;
  }
  return findings->count == 0 ? WCTL_DONE : WCTL_INPUT;
}

int wctl_verify(int argc, char **argv)
{
  struct findings findings = {0};
  const struct wctl_option accepted[] = {{"--json", &findings.as_json, NULL}, {NULL, NULL, NULL}};
  int operands, status = wctl_arguments(&usage, accepted, argc, argv, &operands);

  if (status != WCTL_GO_ON)
    return status;
  status = verify(&findings);
  if (status == WCTL_DONE && !findings.as_json)
    printf("%s: sound\n", wctl_table_path());
  if (status == WCTL_INPUT)
    wctl_error("%s: %d finding%s, expected none: stop its programs, remove it and make a new one "
               "with weirctl create",
               wctl_table_path(), findings.count, findings.count == 1 ? "" : "s");
  return status;
}
