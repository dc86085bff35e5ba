/* SPDX-License-Identifier: BSD-2-Clause */
#include "listener.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "log.h"

#define SOCKET_FLAGS (SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC)

static int complain(const char *address, const char *what, const char *why)
{
  log_line(LOG_ERR, "%s: %s: %s", address, what, why);
  return -1;
}

/* Refused means that nobody listens any more. Anything else is left alone. */
bool listener_is_left_behind(const char *path)
{
  struct sockaddr_un name = {.sun_family = AF_UNIX};
  struct stat file;
  if (strlen(path) >= sizeof(name.sun_path) || lstat(path, &file) != 0 || !S_ISSOCK(file.st_mode))
    return false;
  strcpy(name.sun_path, path);
  int probe = socket(AF_UNIX, SOCKET_FLAGS, 0);
  if (probe < 0)
    return false;
  int rc = connect(probe, (const struct sockaddr *)&name, sizeof(name));
  bool refused = rc != 0 && errno == ECONNREFUSED;
  close(probe);
  return refused;
}

static int bind_unix(int fd, const struct sockaddr_un *name, mode_t mode)
{
  /* By umask, so that there is no moment with another mode. */
  mode_t before = umask((mode_t)(~mode & 0777));
  int rc = bind(fd, (const struct sockaddr *)name, sizeof(*name));
  if (rc != 0 && errno == EADDRINUSE) {
    if (listener_is_left_behind(name->sun_path) && unlink(name->sun_path) == 0)
      rc = bind(fd, (const struct sockaddr *)name, sizeof(*name));
    else
      errno = EADDRINUSE;
  }
  int error = errno;
  umask(before);
  errno = error;
  return rc;
}

static int open_unix(struct listener *listener, const char *address, mode_t mode, uid_t owner,
                     gid_t group)
{
  const char *path = address + strlen("unix:");
  struct sockaddr_un name = {.sun_family = AF_UNIX};
  if (path[0] == '\0' || strlen(path) >= sizeof(name.sun_path))
    return complain(address, "path", "empty, or longer than a socket's name may be");
  strcpy(name.sun_path, path);
  listener->fd = socket(AF_UNIX, SOCKET_FLAGS, 0);
  if (listener->fd < 0)
    return complain(address, "socket", strerror(errno));
  if (bind_unix(listener->fd, &name, mode) != 0)
    return complain(address, "bind", strerror(errno));
  listener->path = path;
  struct stat file;
  if (lstat(path, &file) != 0)
    return complain(address, "stat", strerror(errno));
  listener->device = file.st_dev;
  listener->inode = file.st_ino;
  if (owner != (uid_t)-1 && lchown(path, owner, group) != 0)
    return complain(address, "chown", strerror(errno));
  return 0;
}

bool listener_split_inet(const char *text, char host[256], const char **port)
{
  const char *colon = strrchr(text, ':');
  if (colon == NULL || colon == text || colon[1] == '\0')
    return false;
  const char *begin = text, *end = colon;
  if (*begin == '[' && end[-1] == ']') {
    begin++;
    end--;
  }
  if (end <= begin || end - begin > 255)
    return false;
  memcpy(host, begin, (size_t)(end - begin));
  host[end - begin] = '\0';
  *port = colon + 1;
  return true;
}

static int open_inet(struct listener *listener, const char *address)
{
  char host[256];
  const char *port;
  if (!listener_split_inet(address + strlen("inet:"), host, &port))
    return complain(address, "address", "expected inet:HOST:PORT");
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
  struct addrinfo *found = NULL;
  int rc = getaddrinfo(host, port, &hints, &found);
  if (rc != 0)
    return complain(address, "address", gai_strerror(rc));
  int yes = 1;
  const char *failed = NULL;
  listener->fd = socket(found->ai_family, SOCKET_FLAGS, 0);
  if (listener->fd < 0)
    failed = "socket";
  else if (setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) != 0)
    failed = "setsockopt";
  else if (bind(listener->fd, found->ai_addr, found->ai_addrlen) != 0)
    failed = "bind";
  int error = errno;
  freeaddrinfo(found);
  return failed == NULL ? 0 : complain(address, failed, strerror(error));
}

int listener_open(struct listener *listener, const char *address, mode_t mode, uid_t owner,
                  gid_t group)
{
  *listener = (struct listener){.fd = -1};
  int rc;
  if (strncmp(address, "unix:", 5) == 0)
    rc = open_unix(listener, address, mode, owner, group);
  else if (strncmp(address, "inet:", 5) == 0)
    rc = open_inet(listener, address);
  else
    return complain(address, "address", "expected unix:PATH or inet:HOST:PORT");
  if (rc == 0 && listen(listener->fd, SOMAXCONN) != 0)
    rc = complain(address, "listen", strerror(errno));
  if (rc != 0)
    listener_close(listener);
  return rc;
}

void listener_close(struct listener *listener)
{
  struct stat file;
  if (listener->path != NULL && lstat(listener->path, &file) == 0 &&
      file.st_dev == listener->device && file.st_ino == listener->inode &&
      unlink(listener->path) != 0)
    log_line(LOG_WARNING, "%s: not removed: %s", listener->path, strerror(errno));
  if (listener->fd >= 0)
    close(listener->fd);
  *listener = (struct listener){.fd = -1};
}
