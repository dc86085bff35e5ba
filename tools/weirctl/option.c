/* SPDX-License-Identifier: BSD-2-Clause
 * The arguments of a subcommand.  Not getopt_long(): its messages do not say what was
 * expected, and its order of operands depends on the environment. */
#include <string.h>

#include "policy/number.h"
#include "weirctl.h"

static int wrong_usage(const struct wctl_usage *usage, const char *what, const char *word)
{
  wctl_error("%s '%s', expected weirctl %s", what, word, usage->synopsis);
  return WCTL_USAGE;
}

static void print_usage(const struct wctl_usage *usage)
{
  printf("weirctl %s%s\n\n%s", usage->uses_table ? "[-t TABLE] " : "", usage->synopsis,
         usage->help);
}

/* The value of `name` where word is "name" (then it is the next word) or "name=value". */
static bool match(const char *name, const char *word, const char **inlined)
{
  size_t bytes = strlen(name);

  *inlined = NULL;
  if (strncmp(word, name, bytes) != 0)
    return false;
  if (word[bytes] == '\0')
    return true;
  if (word[bytes] != '=' || name[1] != '-')
    return false;
  *inlined = word + bytes + 1;
  return true;
}

/* Read the option at argv[*at]. */
static int read_option(const struct wctl_usage *usage, const struct wctl_option *options, int argc,
                       char **argv, int *at)
{
  const char *word = argv[*at], *value;

  for (; options->name; options++) {
    if (!match(options->name, word, &value))
      continue;
    if (options->given)
      *options->given = true;
    if (!options->value)
      return value ? wrong_usage(usage, "a value that is not taken in", word) : WCTL_GO_ON;
    if (!value && *at + 1 < argc)
      value = argv[++*at];
    if (!value)
      return wrong_usage(usage, "no value behind", word);
    *options->value = value;
    return WCTL_GO_ON;
  }
  return wrong_usage(usage, "unknown option", word);
}

static int count_operands(const struct wctl_usage *usage, int count, char **argv)
{
  if (count < usage->operands_min) {
    wctl_error("%s is missing, expected weirctl %s", usage->operand, usage->synopsis);
    return WCTL_USAGE;
  }
  if (count > usage->operands_max)
    return wrong_usage(usage, "unexpected", argv[usage->operands_max + 1]);
  return WCTL_GO_ON;
}

int wctl_arguments(const struct wctl_usage *usage, const struct wctl_option *options, int argc,
                   char **argv, int *operands)
{
  const char *path = NULL;
  const struct wctl_option table[] = {
      {"-t", NULL, &path}, {"--table", NULL, &path}, {NULL, NULL, NULL}};
  bool options_ended = false;
  int count = 0, status;

  for (int at = 1; at < argc; at++) {
    char *word = argv[at];

    if (options_ended || word[0] != '-' || word[1] == '\0') {
      argv[++count] = word;
      continue;
    }
    if (strcmp(word, "--") == 0) {
      options_ended = true;
      continue;
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
      print_usage(usage);
      return WCTL_DONE;
    }
    if (usage->uses_table && (strcmp(word, "-t") == 0 || strncmp(word, "--table", 7) == 0)) {
      status = read_option(usage, table, argc, argv, &at);
      if (status == WCTL_GO_ON && wctl_table_set(path) != WCTL_DONE)
        status = WCTL_USAGE;
    } else {
      status = read_option(usage, options, argc, argv, &at);
    }
    if (status != WCTL_GO_ON)
      return status;
  }
  *operands = count;
  return count_operands(usage, count, argv);
}

int wctl_count(const char *option, const char *text, uint64_t from, uint64_t to, uint64_t *value)
{
  char suffix;
  uint64_t number = 0;
  enum wi_number status;

  if (!text)
    return WCTL_GO_ON;
  status = wi_policy_count(text, strlen(text), &number, &suffix);
  if (status == WI_NUMBER_ZERO && from == 0) {
    *value = 0;
    return WCTL_GO_ON;
  }
  if (status == WI_NUMBER_OK && number >= from && number <= to) {
    *value = number;
    return WCTL_GO_ON;
  }
  wctl_error("%s '%s', expected a whole number from %llu to %llu", option, text,
             (unsigned long long)from, (unsigned long long)to);
  return WCTL_USAGE;
}
