/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One line on standard error while a run goes on: rewritten on a terminal, a line
 * every five minutes of the incident elsewhere.
 */
#ifndef INCIDENT_PROGRESS_H
#define INCIDENT_PROGRESS_H

#include <stdint.h>

struct progress {
  const char *name; /* "1/2 without weir"                                          */
  double minutes;   /* the run's                                                   */
  int is_terminal;
  double next; /* minute of the next line                                          */
};

void progress_begin(struct progress *progress, const char *name, double minutes);

/* context: a struct progress. */
void progress_show(void *context, double minute, uint64_t spam, double queue);
void progress_end(struct progress *progress);

#endif
