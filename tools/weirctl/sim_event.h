/* SPDX-License-Identifier: BSD-2-Clause
 * weirctl sim: one line of a trace. */
#ifndef WCTL_SIM_EVENT_H
#define WCTL_SIM_EVENT_H

#include <stdbool.h>

#include "request.h"

enum sim_op {
  SIM_TAKE,
  SIM_PEEK,
  SIM_REFUND,
  SIM_BLOCK,
  SIM_UNBLOCK,
  SIM_RESET,
  SIM_SIGNAL,
  SIM_OPS
};

struct sim_event {
  const char *time; /* as it stands in the line; NULL: could not be read           */
  size_t time_bytes;
  uint64_t now_ns;
  const char *op_name; /* NULL: could not be read                                   */
  enum sim_op op;
  size_t request_column; /* from 1                                                  */
  struct wctl_request *request;
  size_t column; /* of a mistake                                                    */
  char what[WCTL_REQUEST_ERROR_BYTES]; /* the mistake                               */
};

/* Whether a line has an event: it is neither empty nor a comment. */
bool sim_event_is_there(const char *line, size_t bytes);

/* Read a line; event->request points to a request that may be parsed into.  whole_ns: TIME
 * is in ns, else in seconds.  Returns 0; -1 for a mistake; -2 where memory is short. */
int sim_event_read(const char *line, size_t bytes, bool whole_ns, struct sim_event *event);

/* Sets event->column and event->what.  Returns -1. */
__attribute__((format(printf, 3, 4))) int sim_event_mistake(struct sim_event *event, size_t column,
                                                            const char *format, ...);

#endif
