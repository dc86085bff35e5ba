/* SPDX-License-Identifier: BSD-2-Clause
 * From the command line to the service: bind, give up privileges, serve. */
#ifndef DAEMON_START_H
#define DAEMON_START_H

#include <pwd.h>

#include "service.h"

struct start {
  const char *address; /* NULL: standard input and output                       */
  const char *user;    /* NULL: stay who we are                                  */
  mode_t mode;         /* of the unix socket                                     */
  uint64_t idle_ms;
  int (*prepare)(void *context); /* as the user; not 0, logged: do not serve.  May be NULL */
};

/* Serves until told to stop.  Returns an enum exit_status; what is wrong has been logged. */
int start_service(const struct start *start, const struct client_kind *kind, void *context);

/* Its parts, for who is served by another library's loop.  What is wrong has been logged, and -1
 * is returned. */
void start_descriptors(void); /* a connection needs one; the default of 1024 is the shell's */
int start_user(const char *name, const struct passwd **user); /* both NULL: stay who we are  */
int start_become(const struct passwd *user);

#endif
