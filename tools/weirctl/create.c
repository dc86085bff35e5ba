/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "policy/number.h"
#include "weirctl.h"

static const struct wctl_usage usage = {
    .synopsis = "create --keys N [--policy FILE] [--mode 0660] [--group G]",
    .help = "Makes a table for N active principals (1k is 1000, also M and G), sized by the\n"
            "limits of FILE, or for three limits each.  It appears under its name complete or\n"
            "not at all, and never in the place of another file.\n"
            "\n"
            "  --keys N       principals that are active at a time\n"
            "  --policy FILE  policies to begin with; - is standard input\n"
            "  --mode MODE    0660 (the default), or 0600 for one user alone\n"
            "  --group G      name or number of the group of the programs that decide\n",
    .uses_table = true,
};

static int read_keys(const char *text, uint64_t *keys)
{
  char suffix;

  if (!text) {
    wctl_error("--keys is missing, expected weirctl %s", usage.synopsis);
    return WCTL_USAGE;
  }
  if (wi_policy_count(text, strlen(text), keys, &suffix) == WI_NUMBER_OK)
    return WCTL_DONE;
  wctl_error("--keys '%s', expected a whole number from 1, such as 100000 or 100k", text);
  return WCTL_USAGE;
}

static int read_mode(const char *text, uint32_t *mode)
{
  char *end;
  unsigned long value;

  if (!text)
    return WCTL_DONE;
  value = strtoul(text, &end, 8);
  *mode = (uint32_t)value;
  if (text[0] >= '0' && text[0] <= '7' && *end == '\0' && (value == 0600 || value == 0660))
    return WCTL_DONE;
  wctl_error("--mode '%s', expected 0600 or 0660: who decides must read and write", text);
  return WCTL_USAGE;
}

static int read_group(const char *text, struct weir_create_options *options)
{
  struct group *found;
  char *end;
  unsigned long number;

  if (!text)
    return WCTL_DONE;
  options->flags |= WEIR_CREATE_GROUP;
  found = getgrnam(text);
  if (found) {
    options->group = (uint32_t)found->gr_gid;
    return WCTL_DONE;
  }
  number = strtoul(text, &end, 10);
  if (text[0] >= '0' && text[0] <= '9' && *end == '\0' && number < UINT32_MAX) {
    options->group = (uint32_t)number;
    return WCTL_DONE;
  }
  wctl_error("--group '%s', expected the name of a group (see getent group) or its number", text);
  return WCTL_USAGE;
}

static int read_policy(const char *path, struct wctl_file *file)
{
  int status, error;

  memset(file, 0, sizeof *file);
  if (!path)
    return WCTL_DONE;
  status = wctl_file_read(path, file);
  if (status != WCTL_DONE)
    return status;
  error = weir_check(file->text, file->bytes, file->name, wctl_complain, NULL);
  return wctl_status_of(error);
}

/* One line of what was made. */
static int print_table(struct weir_table *table)
{
  struct weir_stats stats = {.size_bytes = sizeof stats};
  int error = weir_stats(table, &stats);

  if (error != WEIR_OK) {
    wctl_error("%s: made, but cannot be read: %s, expected it to be sound (weirctl verify)",
               wctl_table_path(), weir_strerror(error));
    return wctl_status_of(error);
  }
  printf("%s: %" PRIu64 " cells, %" PRIu64 " bytes, for %" PRIu64 " principals\n",
         wctl_table_path(), stats.cells, stats.file_bytes, stats.keys);
  return WCTL_DONE;
}

static int create(const struct weir_create_options *options)
{
  struct weir_table *table;
  struct weir_fault fault = {0};
  int status, error = weir_create(wctl_table_path(), options, &table, &fault);

  /* A folder that may not be written to is EACCES: this is chown()'s own refusal. */
  if (error == WEIR_E_PERMISSION && fault.system == EPERM && options->flags & WEIR_CREATE_GROUP) {
    wctl_error("%s, expected a group of which you are a member", fault.text);
    return WCTL_UNAVAILABLE;
  }
  if (error != WEIR_OK) {
    wctl_fault(&fault);
    return error == WEIR_E_ARGUMENT ? WCTL_USAGE : wctl_status_of(error);
  }
  status = print_table(table);
  weir_close(table);
  return status;
}

int wctl_create(int argc, char **argv)
{
  const char *keys = NULL, *mode = NULL, *group = NULL, *policy = NULL;
  const struct wctl_option accepted[] = {
      {"--keys", NULL, &keys},     {"--mode", NULL, &mode}, {"--group", NULL, &group},
      {"--policy", NULL, &policy}, {NULL, NULL, NULL},
  };
  struct weir_create_options options = {.size_bytes = sizeof options};
  struct wctl_file file;
  int operands, status = wctl_arguments(&usage, accepted, argc, argv, &operands);

  if (status != WCTL_GO_ON)
    return status;
  if ((status = read_keys(keys, &options.keys)) != WCTL_DONE ||
      (status = read_mode(mode, &options.mode)) != WCTL_DONE ||
      (status = read_group(group, &options)) != WCTL_DONE)
    return status;
  status = read_policy(policy, &file);
  if (status == WCTL_DONE) {
    options.policy_text = file.text;
    options.policy_bytes = file.bytes;
    options.policy_name = file.name;
    status = create(&options);
  }
  wctl_file_free(&file);
  return status;
}
