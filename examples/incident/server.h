/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The part of a web server that runs CGI programs (RFC 3875): one process a request,
 * its environment, the form on its standard input, the response from its standard
 * output.  One thread, several requests at once.
 */
#ifndef INCIDENT_SERVER_H
#define INCIDENT_SERVER_H

#include <stddef.h>
#include <stdint.h>

#define SERVER_PROCESSES_MAX 32

struct server_request {
  const char *user;
  const char *address;
  char *body; /* the server's from here on, freed with the request                */
  size_t body_bytes;
  uint64_t tag; /* the caller's                                                    */
};

struct server_reply {
  uint64_t tag;
  int status;       /* of HTTP; 0 where the program failed or gave no response     */
  uint64_t wall_ns; /* from before the process is made until it is gone            */
  int traced;       /* 1: the next three are known                                 */
  uint64_t open_ns, take_ns, close_ns;
};

typedef void server_on_reply(void *context, const struct server_reply *reply);

struct server;

/* environment: "NAME=VALUE" lines for every request besides those of CGI, ended by
 * NULL; log: file for the programs' standard error.  NULL after a message. */
struct server *server_open(const char *program, const char *const *environment, const char *log,
                           server_on_reply *on_reply, void *context);
void server_close(struct server *server); /* kills what still runs                 */

/* How many requests may be begun now. */
size_t server_free_processes(const struct server *server);
size_t server_busy_processes(const struct server *server);

/* Returns 0, or -1 after a message where no process can be made. */
int server_begin(struct server *server, const struct server_request *request);

/* Move bytes and collect replies for at most so long; returns after the first. */
void server_wait(struct server *server, uint64_t timeout_ns);

#endif
