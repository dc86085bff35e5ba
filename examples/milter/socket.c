/* SPDX-License-Identifier: BSD-2-Clause */
#include "socket.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libmilter/mfapi.h>

#include "daemon/listener.h"
#include "daemon/log.h"

#define NAME_BYTES 512

static int complain(const char *address, const char *what, const char *why)
{
  log_line(LOG_ERR, "%s: %s: %s", address, what, why);
  return -1;
}

/* What libmilter says of a failure goes to syslog alone. */
static int listen_on(const char *address, char *name)
{
  if (smfi_setconn(name) != MI_SUCCESS || smfi_setbacklog(SOMAXCONN) != MI_SUCCESS)
    return complain(address, "address", "libmilter does not take it");
  errno = 0;
  if (smfi_opensocket(false) != MI_SUCCESS)
    return complain(address, "socket", errno != 0 ? strerror(errno) : "not opened");
  return 0;
}

static int open_unix(struct socket_file *file, const char *address, mode_t mode, uid_t owner,
                     gid_t group)
{
  const char *path = address + strlen("unix:");
  char name[NAME_BYTES];
  struct stat made;
  if (path[0] == '\0' || snprintf(name, sizeof(name), "%s", address) >= NAME_BYTES)
    return complain(address, "path", "empty, or longer than a socket's name may be");
  if (listener_is_left_behind(path) && unlink(path) != 0)
    return complain(address, "unlink", strerror(errno));
  /* By umask, so that there is no moment with another mode. */
  mode_t before = umask((mode_t)(~mode & 0777));
  int rc = listen_on(address, name);
  umask(before);
  if (rc != 0)
    return -1;
  if (lstat(path, &made) != 0)
    return complain(address, "stat", strerror(errno));
  *file = (struct socket_file){path, made.st_dev, made.st_ino};
  if ((owner != (uid_t)-1 || group != (gid_t)-1) && lchown(path, owner, group) != 0)
    return complain(address, "chown", strerror(errno));
  return 0;
}

/* libmilter writes it inet:PORT@HOST, and takes addresses in brackets. */
static int open_inet(const char *address)
{
  char host[256], name[NAME_BYTES];
  const char *port;
  if (!listener_split_inet(address + strlen("inet:"), host, &port))
    return complain(address, "address", "expected inet:HOST:PORT");
  bool v6 = strchr(host, ':') != NULL;
  bool literal = v6 || strspn(host, "0123456789.") == strlen(host);
  snprintf(name, sizeof(name), "%s:%s@%s%s%s", v6 ? "inet6" : "inet", port, literal ? "[" : "",
           host, literal ? "]" : "");
  return listen_on(address, name);
}

int socket_open(struct socket_file *file, const char *address, mode_t mode, uid_t owner,
                gid_t group)
{
  *file = (struct socket_file){.path = NULL};
  if (strncmp(address, "unix:", 5) == 0)
    return open_unix(file, address, mode, owner, group);
  if (strncmp(address, "inet:", 5) == 0)
    return open_inet(address);
  return complain(address, "address", "expected unix:PATH or inet:HOST:PORT");
}

void socket_remove(const struct socket_file *file)
{
  struct stat now;
  if (file->path != NULL && lstat(file->path, &now) == 0 && now.st_dev == file->device &&
      now.st_ino == file->inode && unlink(file->path) != 0)
    log_line(LOG_WARNING, "%s: not removed: %s", file->path, strerror(errno));
}
