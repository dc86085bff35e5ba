/* SPDX-License-Identifier: BSD-2-Clause */
#include "progress.h"
#include "screen.h"

#include <stdio.h>
#include <unistd.h>

#define BAR 16
#define LINE_EVERY_MINUTES 5

void progress_begin(struct progress *progress, const char *name, double minutes)
{
  progress->name = name;
  progress->minutes = minutes;
  progress->is_terminal = isatty(STDERR_FILENO);
  progress->next = 0;
}

void progress_show(void *context, double minute, uint64_t spam, double queue)
{
  struct progress *progress = context;
  char accepted[32], queued[32], bar[BAR + 1];

  if (minute < progress->next)
    return;
  progress->next = progress->is_terminal ? minute : progress->next + LINE_EVERY_MINUTES;
  for (int i = 0; i < BAR; i++)
    bar[i] = minute * BAR > progress->minutes * i ? '#' : '.';
  bar[BAR] = '\0';
  fprintf(stderr, "%s%s %s minute %2.0f of %.0f  spam %6s  queued %7s%s",
          progress->is_terminal ? "\r" : "", progress->name, bar,
          minute < progress->minutes ? minute : progress->minutes, progress->minutes,
          screen_number(accepted, spam), screen_number(queued, (uint64_t)queue),
          progress->is_terminal ? "" : "\n");
  fflush(stderr);
}

void progress_end(struct progress *progress)
{
  if (progress->is_terminal)
    fputs("\r\033[K", stderr);
}
