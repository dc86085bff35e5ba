/* SPDX-License-Identifier: BSD-2-Clause
 * The socket that clients connect to. */
#ifndef DAEMON_LISTENER_H
#define DAEMON_LISTENER_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

struct listener {
  int fd;           /* -1: none                                                  */
  const char *path; /* of a unix socket, else NULL                               */
  dev_t device;     /* of that socket: only our own is removed                   */
  ino_t inode;
};

/* Listen on "unix:PATH" or "inet:HOST:PORT" ("inet:[::1]:PORT"), non-blocking.
 * A unix socket gets `mode` and, where owner is not -1, that owner and group; one
 * left behind by a daemon that was killed is replaced, one that is served is not.
 * `address` must outlive the listener.  Returns 0, or -1 with the reason logged. */
int listener_open(struct listener *listener, const char *address, mode_t mode, uid_t owner,
                  gid_t group);

/* Removes the unix socket, if the file is still the one that was made. */
void listener_close(struct listener *listener);

/* For a host's library that opens its socket itself: whether `path` is a socket that nobody
 * serves any more. */
bool listener_is_left_behind(const char *path);

/* HOST:PORT, or [HOST]:PORT, into its two parts.  Returns false: it is neither. */
bool listener_split_inet(const char *text, char host[256], const char **port);

#endif
