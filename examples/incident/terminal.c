/* SPDX-License-Identifier: BSD-2-Clause */
#include "terminal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static int names_utf8(void)
{
  static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};

  for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
    const char *locale = getenv(variables[i]);
    if (locale && *locale)
      return strcasestr(locale, "UTF-8") || strcasestr(locale, "UTF8");
  }
  return 0;
}

struct terminal terminal_look(FILE *out)
{
  const char *no_colour = getenv("NO_COLOR");
  const char *kind = getenv("TERM");
  struct terminal terminal = {out, names_utf8(), 0};

  terminal.colour = isatty(fileno(out)) && !(no_colour && *no_colour) && kind && *kind &&
                    strcmp(kind, "dumb") != 0;
  return terminal;
}

void terminal_colour(const struct terminal *terminal, enum terminal_colour colour)
{
  static const char *const codes[] = {"\033[0m", "\033[1m", "\033[2m", "\033[31m", "\033[32m"};

  if (terminal->colour)
    fputs(codes[colour], terminal->out);
}

void terminal_cell(const struct terminal *terminal, const char *text, int columns, int right)
{
  int used = 0;
  int padding;

  for (const char *byte = text; *byte; byte++)
    used += ((unsigned char)*byte & 0xc0) != 0x80;
  padding = columns > used ? columns - used : 0;
  fprintf(terminal->out, "%*s%s%*s", right ? padding : 0, "", text, right ? 0 : padding, "");
}
