/* SPDX-License-Identifier: BSD-2-Clause */
#include "connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/log.h"

static void give_time(struct connection *connection, uint64_t time_ms)
{
  connection->client.deadline_ms = clock_ms() + time_ms;
}

static struct client *begin_client(int in, int out, uint64_t idle_ms)
{
  struct connection *connection = malloc(sizeof(*connection));
  if (connection == NULL)
    return NULL;
  memset(connection, 0, offsetof(struct connection, output));
  connection->client.in = in;
  connection->client.out = out;
  connection->client.in_request = true;
  connection->idle_ms = idle_ms;
  give_time(connection, idle_ms);
  return &connection->client;
}

static struct connection *of(struct client *client)
{
  return (struct connection *)(void *)client; /* its first member                  */
}

/* A sign-in whose client has gone is checked all the same: a wrong password counts. */
static void end_client(struct client *client)
{
  struct connection *connection = of(client);
  if (connection->sign_in != NULL)
    connection->sign_in->reader = NULL;
  explicit_bzero(connection->input, sizeof(connection->input));
  close(connection->client.in);
  free(connection);
}

static size_t refuse(struct connection *connection, const char *wrong)
{
  log_line(LOG_WARNING, "request refused: %s", wrong);
  return reply_status(connection->output, "400 Bad Request");
}

/* A complete request, or as much as there may be of one. */
static void answer(struct connection *connection, size_t length, struct decider *decider)
{
  struct request request;
  const char *wrong = length == 0 ? "longer than 8 KiB"
                                  : request_parse(connection->input, length, &request);
  connection->output_end =
      wrong != NULL ? refuse(connection, wrong)
                    : decide(decider, &request, connection->output, &connection->sign_in);
  connection->client.waits_apart = connection->sign_in != NULL;
  connection->client.wants_output = connection->sign_in == NULL;
  if (connection->sign_in != NULL)
    connection->sign_in->reader = connection;
  give_time(connection, connection->sign_in != NULL ? CHECK_MS_MAX : connection->idle_ms);
}

/* Returns false where the client has gone. */
static bool receive(struct connection *connection, struct decider *decider)
{
  ssize_t received;
  do
    received = recv(connection->client.in, connection->input + connection->input_bytes,
                    sizeof(connection->input) - connection->input_bytes, 0);
  while (received < 0 && errno == EINTR);
  if (received < 0)
    return errno == EAGAIN || errno == EWOULDBLOCK;
  if (received == 0) {
    if (connection->input_bytes > 0)
      log_line(LOG_WARNING, "connection dropped: it ended within a request");
    return false;
  }
  size_t seen = connection->input_bytes;
  connection->input_bytes += (size_t)received;
  size_t length = request_length(connection->input, connection->input_bytes, seen);
  if (length > 0 || connection->input_bytes == sizeof(connection->input))
    answer(connection, length, decider);
  return true;
}

/* What is unread at the close would take the answer with it. */
static void discard_rest(struct connection *connection)
{
  for (int i = 0; i < 16; i++)
    if (recv(connection->client.in, connection->input, sizeof(connection->input), 0) <= 0)
      return;
}

/* Returns false where all is sent, or the client has gone. */
static bool send_output(struct connection *connection)
{
  while (connection->output_begin < connection->output_end) {
    ssize_t sent = send(connection->client.out, connection->output + connection->output_begin,
                        connection->output_end - connection->output_begin, MSG_NOSIGNAL);
    if (sent > 0)
      connection->output_begin += (size_t)sent;
    else if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
      return true;
    else if (sent == 0 || errno != EINTR)
      return false;
  }
  discard_rest(connection);
  return false;
}

static bool work_on(struct client *client, void *decider)
{
  struct connection *connection = of(client);
  if (connection->client.waits_apart)
    return false; /* nothing is waited for on the descriptor: the client has gone      */
  if (!connection->client.wants_output && !receive(connection, decider))
    return false;
  return !connection->client.wants_output || send_output(connection);
}

static int wake_in(void *context)
{
  const struct decider *decider = context;
  return decider->checks_passwords ? decider->checker.wake : -1;
}

static struct client *finished(void *context)
{
  struct decider *decider = context;
  struct sign_in *sign_in;
  while ((sign_in = decide_next(decider)) != NULL) {
    struct connection *connection = sign_in->reader;
    size_t reply_bytes =
        decide_checked(decider, sign_in, connection == NULL ? NULL : connection->output);
    if (connection == NULL)
      continue;
    connection->sign_in = NULL;
    connection->output_end = reply_bytes;
    connection->client.waits_apart = false;
    connection->client.wants_output = true;
    give_time(connection, connection->idle_ms);
    return &connection->client;
  }
  return NULL;
}

const struct client_kind connections = {.begin = begin_client,
                                        .work = work_on,
                                        .end = end_client,
                                        .wake_in = wake_in,
                                        .finished = finished};
