/* SPDX-License-Identifier: BSD-2-Clause */
#include "link.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ms(void)
{
  struct timespec now;

  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t deadline_ms(const struct link *link)
{
  return now_ms() + (int64_t)link->patience_s * 1000;
}

static int wait_until(const struct link *link, short events, int64_t until_ms)
{
  for (;;) {
    struct pollfd polled = {link->file, events, 0};
    int64_t left = until_ms - now_ms();
    int ready = left > 0 ? poll(&polled, 1, (int)left) : 0;

    if (ready > 0)
      return 0;
    if (ready == 0) {
      errno = ETIMEDOUT;
      return -1;
    }
    if (errno != EINTR)
      return -1;
  }
}

static int connect_to(struct link *link, const struct sockaddr *address, socklen_t bytes)
{
  int error = 0;
  socklen_t size = sizeof error;

  link->file = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (link->file < 0)
    return -1;
  if (connect(link->file, address, bytes) == 0)
    return 0;
  error = errno;
  if (error == EINPROGRESS) {
    error = wait_until(link, POLLOUT, deadline_ms(link)) != 0 ? errno : 0;
    if (!error && getsockopt(link->file, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
      error = errno;
  }
  if (!error)
    return 0;
  link_close(link);
  errno = error;
  return -1;
}

static int open_path(struct link *link, const char *path)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};

  if (strlen(path) >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  return connect_to(link, (const struct sockaddr *)&address, sizeof address);
}

static int open_host(struct link *link, const char *place)
{
  const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
  const char *colon = strrchr(place, ':');
  size_t length = colon ? (size_t)(colon - place) : 0;
  struct addrinfo *found = NULL;
  char host[256];
  int failed = -1;

  if (length > 2 && place[0] == '[' && place[length - 1] == ']') {
    place++;
    length -= 2;
  }
  if (length == 0 || length >= sizeof host || !colon[1]) {
    errno = EINVAL;
    return -1;
  }
  memcpy(host, place, length);
  host[length] = '\0';
  if (getaddrinfo(host, colon + 1, &hints, &found) != 0) {
    errno = EHOSTUNREACH;
    return -1;
  }
  for (const struct addrinfo *each = found; each && failed; each = each->ai_next)
    failed = connect_to(link, each->ai_addr, each->ai_addrlen);
  freeaddrinfo(found);
  return failed;
}

int link_open(struct link *link, const char *place, unsigned patience_s)
{
  link->file = -1;
  link->patience_s = patience_s;
  link->at = link->bytes = 0;
  return *place == '/' ? open_path(link, place) : open_host(link, place);
}

int link_write(struct link *link, const void *bytes, size_t count)
{
  const char *next = bytes;
  int64_t until_ms = deadline_ms(link);

  while (count > 0) {
    ssize_t sent = send(link->file, next, count, MSG_NOSIGNAL);
    if (sent >= 0) {
      next += sent;
      count -= (size_t)sent;
    } else if (errno != EINTR && (errno != EAGAIN || wait_until(link, POLLOUT, until_ms) != 0)) {
      return -1;
    }
  }
  return 0;
}

static int fill(struct link *link, int64_t until_ms)
{
  for (;;) {
    ssize_t got = recv(link->file, link->buffer, sizeof link->buffer, 0);

    link->at = 0;
    link->bytes = got > 0 ? (size_t)got : 0;
    if (got > 0)
      return 0;
    if (got == 0)
      errno = ECONNRESET;
    if (got == 0 ||
        (errno != EINTR && (errno != EAGAIN || wait_until(link, POLLIN, until_ms) != 0)))
      return -1;
  }
}

int link_line(struct link *link, char *line, size_t line_bytes)
{
  int64_t until_ms = deadline_ms(link);
  size_t count = 0;

  for (;;) {
    if (link->at == link->bytes && fill(link, until_ms) != 0)
      return -1;
    char c = link->buffer[link->at++];
    if (c == '\n')
      break;
    if (count + 1 >= line_bytes) {
      errno = EMSGSIZE;
      return -1;
    }
    line[count++] = c;
  }
  if (count > 0 && line[count - 1] == '\r')
    count--;
  line[count] = '\0';
  return 0;
}

void link_close(struct link *link)
{
  if (link->file >= 0)
    (void)close(link->file);
  link->file = -1;
}
