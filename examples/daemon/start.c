/* SPDX-License-Identifier: BSD-2-Clause */
#include "start.h"

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "log.h"
#include "options.h"

void start_descriptors(void)
{
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

int start_become(const struct passwd *user)
{
  if (initgroups(user->pw_name, user->pw_gid) != 0 || setgid(user->pw_gid) != 0 ||
      setuid(user->pw_uid) != 0) {
    log_line(LOG_ERR, "cannot become %s: %s", user->pw_name, strerror(errno));
    return -1;
  }
  return 0;
}

int start_user(const char *name, const struct passwd **user)
{
  *user = NULL;
  if (name == NULL || (*user = getpwnam(name)) != NULL)
    return 0;
  log_line(LOG_ERR, "-u %s: no such user", name);
  return -1;
}

static int serve(const struct start *start, const struct listener *listener,
                 const struct client_kind *kind, void *context)
{
  if (start->prepare != NULL && start->prepare(context) != 0)
    return -1;
  if (start->address == NULL)
    return service_stdio(kind, context, start->idle_ms);
  log_line(LOG_INFO, "listening on %s", start->address);
  return service_listen(listener, kind, context, start->idle_ms);
}

int start_service(const struct start *start, const struct client_kind *kind, void *context)
{
  const struct passwd *user;
  start_descriptors();
  if (service_signals() != 0) {
    log_line(LOG_ERR, "signals: %s", strerror(errno));
    return EXIT_SYSTEM;
  }
  if (start_user(start->user, &user) != 0)
    return EXIT_USAGE;
  struct listener listener = {.fd = -1};
  if (start->address != NULL &&
      listener_open(&listener, start->address, start->mode,
                    user == NULL ? (uid_t)-1 : user->pw_uid,
                    user == NULL ? (gid_t)-1 : user->pw_gid) != 0)
    return EXIT_SYSTEM;
  int rc = user == NULL ? 0 : start_become(user);
  if (rc == 0)
    rc = serve(start, &listener, kind, context);
  listener_close(&listener);
  return rc == 0 ? EXIT_DONE : EXIT_SYSTEM;
}
