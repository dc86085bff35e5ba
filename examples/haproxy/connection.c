/* SPDX-License-Identifier: BSD-2-Clause */
#include "connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/log.h"

#define LOGGED_BYTES 128

enum progress { DONE, AGAIN, OVER };

static void start_frame(struct connection *connection)
{
  connection->client.in_request = true;
  connection->client.deadline_ms =
      clock_ms() + (connection->idle_ms < FRAME_MS_MAX ? connection->idle_ms : FRAME_MS_MAX);
}

static void start_idling(struct connection *connection)
{
  connection->client.in_request = false;
  connection->client.deadline_ms = clock_ms() + connection->idle_ms;
}

static struct client *begin_client(int in, int out, uint64_t idle_ms)
{
  struct connection *connection = malloc(sizeof(*connection));
  if (connection == NULL)
    return NULL;
  memset(connection, 0, offsetof(struct connection, input));
  connection->client.in = in;
  connection->client.out = out;
  connection->idle_ms = idle_ms;
  connection->frame_bytes = FRAME_BYTES_MAX;
  start_frame(connection);
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
  free(connection);
}

static enum progress send_output(struct connection *connection)
{
  while (connection->output_begin < connection->output_end) {
    ssize_t sent = send(connection->client.out, connection->output + connection->output_begin,
                        connection->output_end - connection->output_begin, MSG_NOSIGNAL);
    if (sent > 0)
      connection->output_begin += (size_t)sent;
    else if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
      return AGAIN;
    else if (sent == 0 || errno != EINTR)
      return OVER; /* the client has gone */
  }
  connection->output_begin = connection->output_end = 0;
  return DONE;
}

static struct writer output_writer(struct connection *connection)
{
  return (struct writer){.at = connection->output + connection->output_end,
                         .end = connection->output + sizeof(connection->output)};
}

static void output_written(struct connection *connection, const struct writer *writer)
{
  connection->output_end = (size_t)(writer->at - connection->output);
}

/* The protocol's way: say why, then close. */
static void say_goodbye(struct connection *connection, enum status status)
{
  struct writer writer = output_writer(connection);
  if (status != STATUS_NORMAL)
    log_line(LOG_WARNING, "connection dropped: %s", status_words(status));
  write_disconnect(&writer, status);
  output_written(connection, &writer);
  connection->state = CONNECTION_CLOSING;
}

static enum status greet(struct connection *connection, const struct frame *frame)
{
  struct hello hello;
  if (connection->state != CONNECTION_NEW)
    return STATUS_INVALID;
  enum status status = hello_read(frame->payload, &hello);
  if (status != STATUS_NORMAL)
    return status;
  struct writer writer = output_writer(connection);
  write_hello(&writer, &hello);
  output_written(connection, &writer);
  connection->frame_bytes = hello.frame_bytes;
  connection->state = hello.healthcheck ? CONNECTION_CLOSING : CONNECTION_OPEN;
  return STATUS_NORMAL;
}

static enum status notified(struct connection *connection, const struct frame *frame,
                            struct decider *decider)
{
  if (connection->state != CONNECTION_OPEN)
    return STATUS_INVALID;
  struct writer writer = output_writer(connection);
  if (!decide(decider, frame, &writer))
    return STATUS_INVALID;
  output_written(connection, &writer);
  return STATUS_NORMAL;
}

static void left_by(struct connection *connection, const struct frame *frame)
{
  uint64_t status;
  struct string message;
  char shown[LOGGED_BYTES];
  if (disconnect_read(frame->payload, &status, &message) && status != STATUS_NORMAL)
    log_line(LOG_WARNING, "HAProxy disconnects: %llu %s", (unsigned long long)status,
             log_escape(shown, sizeof(shown), message.bytes, message.length));
  say_goodbye(connection, STATUS_NORMAL);
}

static enum status handle(struct connection *connection, const struct frame *frame,
                          struct decider *decider)
{
  if (frame->type == FRAME_UNSET || (frame->flags & FRAME_FIN) == 0)
    return STATUS_FRAGMENTED;
  switch (frame->type) {
  case FRAME_HAPROXY_HELLO:
    return greet(connection, frame);
  case FRAME_NOTIFY:
    return notified(connection, frame, decider);
  case FRAME_HAPROXY_DISCONNECT:
    left_by(connection, frame);
    return STATUS_NORMAL;
  default:
    return STATUS_INVALID;
  }
}

/* AGAIN: no complete frame is there, or no room for its answer. */
static enum progress answer(struct connection *connection, struct decider *decider)
{
  const unsigned char *begin = connection->input + connection->input_begin;
  struct reader bytes = {begin, connection->input + connection->input_end};
  uint32_t length;
  if (connection->state == CONNECTION_CLOSING ||
      sizeof(connection->output) - connection->output_end < ACK_BYTES_MAX ||
      !read_u32(&bytes, &length))
    return AGAIN;
  if (length > connection->frame_bytes) {
    say_goodbye(connection, STATUS_TOO_BIG);
    return DONE;
  }
  if ((size_t)(bytes.end - bytes.at) < length)
    return AGAIN;
  bytes.end = bytes.at + length;
  struct frame frame;
  enum status status =
      frame_read(bytes, &frame) ? handle(connection, &frame, decider) : STATUS_INVALID;
  if (status != STATUS_NORMAL)
    say_goodbye(connection, status);
  connection->input_begin += 4 + (size_t)length;
  start_idling(connection);
  return DONE;
}

static enum progress receive(struct connection *connection)
{
  size_t there = connection->input_end - connection->input_begin;
  memmove(connection->input, connection->input + connection->input_begin, there);
  connection->input_begin = 0;
  connection->input_end = there;
  ssize_t received;
  do
    received = recv(connection->client.in, connection->input + there,
                    sizeof(connection->input) - there, 0);
  while (received < 0 && errno == EINTR);
  if (received < 0)
    return errno == EAGAIN || errno == EWOULDBLOCK ? AGAIN : OVER;
  connection->ended = received == 0;
  connection->input_end += (size_t)received;
  return DONE;
}

static enum progress end(const struct connection *connection)
{
  if (connection->input_end > connection->input_begin)
    log_line(LOG_WARNING, "connection dropped: it ended within a frame");
  return OVER;
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
    if (connection->state == CONNECTION_CLOSING)
      return OVER;
    while (answer(connection, decider) == DONE)
      continue;
    if (connection->output_end > 0)
      continue;
    if (connection->ended)
      return end(connection);
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
  if (unfinished && !connection->client.in_request)
    start_frame(connection);
  return true;
}

const struct client_kind connections = {
    .begin = begin_client, .work = work_on, .end = end_client};
