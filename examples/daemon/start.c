/* SPDX-License-Identifier: BSD-2-Clause */
#include "start.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "log.h"
#include "options.h"

/* A connection needs one descriptor; the default of 1024 is the shell's. */
static void allow_descriptors(void)
{
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

static int become(const struct passwd *user)
{
  if (initgroups(user->pw_name, user->pw_gid) != 0 || setgid(user->pw_gid) != 0 ||
      setuid(user->pw_uid) != 0) {
    log_line(LOG_ERR, "cannot become %s: %s", user->pw_name, strerror(errno));
    return -1;
  }
  return 0;
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
  const struct passwd *user = NULL;
  allow_descriptors();
  if (service_signals() != 0) {
    log_line(LOG_ERR, "signals: %s", strerror(errno));
    return EXIT_SYSTEM;
  }
  if (start->user != NULL && (user = getpwnam(start->user)) == NULL) {
    log_line(LOG_ERR, "-u %s: no such user", start->user);
    return EXIT_USAGE;
  }
  struct listener listener = {.fd = -1};
  if (start->address != NULL &&
      listener_open(&listener, start->address, start->mode,
                    user == NULL ? (uid_t)-1 : user->pw_uid,
                    user == NULL ? (gid_t)-1 : user->pw_gid) != 0)
    return EXIT_SYSTEM;
  int rc = user == NULL ? 0 : become(user);
  if (rc == 0)
    rc = serve(start, &listener, kind, context);
  listener_close(&listener);
  return rc == 0 ? EXIT_DONE : EXIT_SYSTEM;
}
