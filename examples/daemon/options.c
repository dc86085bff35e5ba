/* SPDX-License-Identifier: BSD-2-Clause */
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weir.h"

mode_t option_mode(const char *program, const char *option, const char *text)
{
  char *end;
  unsigned long mode = strtoul(text, &end, 8);
  if (*text < '0' || *text > '7' || *end != '\0' || mode > 0777) {
    fprintf(stderr, "%s: %s %s: expected an octal mode up to 0777\n", program, option, text);
    exit(EXIT_USAGE);
  }
  return (mode_t)mode;
}

uint64_t option_number(const char *program, const char *option, const char *text, uint64_t least,
                       uint64_t most, const char *unit)
{
  char *end;
  errno = 0;
  unsigned long long number = strtoull(text, &end, 10);
  if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || number < least ||
      number > most) {
    fprintf(stderr, "%s: %s %s: expected %llu to %llu %s\n", program, option, text,
            (unsigned long long)least, (unsigned long long)most, unit);
    exit(EXIT_USAGE);
  }
  return number;
}

bool option_fails_open(const char *program, const char *option, const char *text)
{
  if (strcmp(text, "open") != 0 && strcmp(text, "closed") != 0) {
    fprintf(stderr, "%s: %s %s: expected open or closed\n", program, option, text);
    exit(EXIT_USAGE);
  }
  return strcmp(text, "open") == 0;
}

_Noreturn void option_misused(const struct shared_options *shared)
{
  fputs(shared->usage, stderr);
  exit(EXIT_USAGE);
}

bool option_shared(struct shared_options *shared, int letter, const char *text)
{
  switch (letter) {
  case 't':
    *shared->table = text;
    break;
  case 'p':
    *shared->policy = text;
    break;
  case 'l':
    shared->start->address = text;
    break;
  case 'm':
    shared->start->mode = option_mode(shared->program, "-m", text);
    break;
  case 'u':
    shared->start->user = text;
    break;
  case 'f':
    *shared->fails_open = option_fails_open(shared->program, "-f", text);
    break;
  case 'i':
    shared->start->idle_ms =
        option_number(shared->program, "-i", text, 1, shared->idle_max_s, "seconds") * 1000;
    break;
  case 'v':
    shared->verbose = true;
    break;
  case 'h':
    fputs(shared->usage, stdout);
    exit(EXIT_DONE);
  default:
    return false;
  }
  return true;
}

const char *option_table(void)
{
  const char *environment = secure_getenv("WEIR_TABLE");
  return environment != NULL && *environment != '\0' ? environment : WEIR_DEFAULT_TABLE;
}
