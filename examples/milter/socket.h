/* SPDX-License-Identifier: BSD-2-Clause
 * The socket where the mail server and libmilter meet.  libmilter opens it itself; it leaves mode
 * and owner to chance, and would take the name of a filter that runs. */
#ifndef MILTER_SOCKET_H
#define MILTER_SOCKET_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

struct socket_file {
  const char *path; /* NULL: no unix socket                                       */
  dev_t device;
  ino_t inode;
};

/* Listen on "unix:PATH" or "inet:HOST:PORT".  A unix socket gets `mode`, and owner and group
 * where they are not -1; one left behind is replaced, one that is served is not.  Returns 0,
 * or -1: logged. */
int socket_open(struct socket_file *file, const char *address, mode_t mode, uid_t owner,
                gid_t group);

/* Removes the unix socket, if the file is still the one that was made. */
void socket_remove(const struct socket_file *file);

#endif
