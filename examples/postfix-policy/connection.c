/* SPDX-License-Identifier: BSD-2-Clause */
#include "connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/log.h"

#define INPUT_ROOM_MIN 4096 /* a request of smtpd is about 1 KB                  */

enum progress { DONE, AGAIN, OVER };

static void start_idling(struct connection *connection)
{
  connection->client.in_request = false;
  connection->client.deadline_ms = clock_ms() + connection->idle_ms;
}

static struct client *begin_client(int in, int out, uint64_t idle_ms)
{
  struct connection *connection = calloc(1, sizeof(*connection));
  char *input = malloc(INPUT_ROOM_MIN);
  if (connection == NULL || input == NULL) {
    free(connection);
    free(input);
    return NULL;
  }
  connection->client.in = in;
  connection->client.out = out;
  connection->input = input;
  connection->input_room = INPUT_ROOM_MIN;
  connection->idle_ms = idle_ms;
  start_idling(connection);
  return &connection->client;
}

static struct connection *of(struct client *client)
{
  return (struct connection *)(void *)client; /* its first member                  */
}

static void end_client(struct client *client)
{
  struct connection *connection = of(client);
  close(connection->client.in);
  if (connection->client.out != connection->client.in)
    close(connection->client.out);
  free(connection->input);
  free(connection);
}

static enum progress send_output(struct connection *connection)
{
  while (connection->output_begin < connection->output_end) {
    ssize_t sent = write(connection->client.out, connection->output + connection->output_begin,
                         connection->output_end - connection->output_begin);
    if (sent > 0)
      connection->output_begin += (size_t)sent;
    else if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
      return AGAIN;
    else if (sent == 0 || errno != EINTR)
      return OVER; /* the client has gone */
  }
  return DONE;
}

/* AGAIN: no complete request is there. */
static enum progress answer(struct connection *connection, struct decider *decider)
{
  char *begin = connection->input + connection->input_begin;
  size_t there = connection->input_end - connection->input_begin;
  size_t length = request_length(begin, there, connection->input_seen);
  if (length == 0 && there < REQUEST_BYTES_MAX) {
    connection->input_seen = there;
    return AGAIN;
  }
  struct request request;
  const char *wrong =
      length == 0 ? "a request over 64 KiB" : request_parse(begin, length, &request);
  if (wrong != NULL) {
    log_line(LOG_WARNING, "connection dropped: %s", wrong);
    return OVER;
  }
  connection->output_begin = 0;
  connection->output_end = decide(decider, &connection->paid, &request, connection->output);
  connection->input_begin += length;
  connection->input_seen = 0;
  start_idling(connection);
  return DONE;
}

/* What is unanswered goes to the front; what a long request needed goes back. */
static bool make_room(struct connection *connection)
{
  size_t there = connection->input_end - connection->input_begin;
  memmove(connection->input, connection->input + connection->input_begin, there);
  connection->input_begin = 0;
  connection->input_end = there;
  size_t room = connection->input_room;
  if (there == room)
    room *= 2;
  else if (there == 0)
    room = INPUT_ROOM_MIN;
  if (room == connection->input_room)
    return true;
  char *input = realloc(connection->input, room);
  if (input == NULL)
    return false;
  connection->input = input;
  connection->input_room = room;
  return true;
}

static enum progress receive(struct connection *connection)
{
  if (!make_room(connection)) {
    log_line(LOG_ERR, "connection dropped: no memory");
    return OVER;
  }
  ssize_t received;
  do
    received = read(connection->client.in, connection->input + connection->input_end,
                    connection->input_room - connection->input_end);
  while (received < 0 && errno == EINTR);
  if (received < 0)
    return errno == EAGAIN || errno == EWOULDBLOCK ? AGAIN : OVER;
  connection->ended = received == 0;
  connection->input_end += (size_t)received;
  return DONE;
}

/* Send, answer, read once; then answer what was read.  Returns AGAIN where the next
 * step would have to wait. */
static enum progress work(struct connection *connection, struct decider *decider)
{
  bool has_read = false;
  for (;;) {
    enum progress progress = send_output(connection);
    connection->client.wants_output = progress == AGAIN;
    if (progress != DONE)
      return progress;
    progress = answer(connection, decider);
    if (progress == OVER)
      return OVER;
    if (progress == DONE)
      continue;
    if (connection->ended)
      return OVER;
    if (has_read)
      return AGAIN;
    has_read = true;
    progress = receive(connection);
    if (progress != DONE)
      return progress;
  }
}

static bool work_on(struct client *client, void *decider)
{
  struct connection *connection = of(client);
  if (work(connection, decider) == OVER)
    return false;
  bool unfinished =
      connection->client.wants_output || connection->input_end > connection->input_begin;
  if (unfinished && !connection->client.in_request) {
    uint64_t limit_ms = connection->idle_ms < REQUEST_MS_MAX ? connection->idle_ms : REQUEST_MS_MAX;
    connection->client.in_request = true;
    connection->client.deadline_ms = clock_ms() + limit_ms;
  }
  return true;
}

const struct client_kind connections = {
    .begin = begin_client, .work = work_on, .end = end_client};
