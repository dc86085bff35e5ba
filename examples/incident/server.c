/* SPDX-License-Identifier: BSD-2-Clause */
#include "server.h"
#include "stopwatch.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

#define HEAD_BYTES 2048 /* of a response: its header, and the page's beginning      */
#define ENVIRONMENT_MAX 32
#define ANSWER_WITHIN_NS 20000000000u

struct process {
  pid_t pid; /* 0: free                                                            */
  int input; /* -1 once the body is written                                        */
  int output;
  char *body;
  size_t body_bytes, body_written;
  char head[HEAD_BYTES];
  size_t head_bytes;
  uint64_t begun_ns;
  uint64_t tag;
};

struct server {
  const char *program;
  const char *environment[ENVIRONMENT_MAX];
  size_t environment_count;
  int log;
  server_on_reply *on_reply;
  void *context;
  posix_spawnattr_t attributes;
  struct process processes[SERVER_PROCESSES_MAX];
};

struct server *server_open(const char *program, const char *const *environment, const char *log,
                           server_on_reply *on_reply, void *context)
{
  static const char *const same[] = {"GATEWAY_INTERFACE=CGI/1.1",
                                     "SERVER_PROTOCOL=HTTP/1.1",
                                     "SERVER_SOFTWARE=weir-demo",
                                     "SERVER_NAME=mail.example.edu",
                                     "SERVER_PORT=443",
                                     "HTTP_HOST=mail.example.edu",
                                     "SCRIPT_NAME=/compose",
                                     "QUERY_STRING=",
                                     "REQUEST_METHOD=POST",
                                     "AUTH_TYPE=Basic",
                                     "CONTENT_TYPE=application/x-www-form-urlencoded"};
  struct server *server = calloc(1, sizeof *server);
  sigset_t defaults;

  if (!server)
    return NULL;
  server->program = program;
  server->on_reply = on_reply;
  server->context = context;
  for (size_t i = 0; i < sizeof same / sizeof *same; i++)
    server->environment[server->environment_count++] = same[i];
  while (*environment && server->environment_count < ENVIRONMENT_MAX - 4)
    server->environment[server->environment_count++] = *environment++;
  server->log = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (server->log < 0) {
    fprintf(stderr, "incident: %s: %s\n", log, strerror(errno));
    free(server);
    return NULL;
  }
  (void)sigemptyset(&defaults);
  (void)sigaddset(&defaults, SIGPIPE);
  (void)posix_spawnattr_init(&server->attributes);
  (void)posix_spawnattr_setsigdefault(&server->attributes, &defaults);
  (void)posix_spawnattr_setflags(&server->attributes, POSIX_SPAWN_SETSIGDEF);
  return server;
}

static void forget(struct process *process)
{
  if (process->input >= 0)
    (void)close(process->input);
  (void)close(process->output);
  free(process->body);
  process->body = NULL;
  process->pid = 0;
}

void server_close(struct server *server)
{
  if (!server)
    return;
  for (size_t i = 0; i < SERVER_PROCESSES_MAX; i++) {
    struct process *process = &server->processes[i];
    if (process->pid == 0)
      continue;
    (void)kill(process->pid, SIGKILL);
    (void)waitpid(process->pid, NULL, 0);
    forget(process);
  }
  (void)posix_spawnattr_destroy(&server->attributes);
  (void)close(server->log);
  free(server);
}

size_t server_busy_processes(const struct server *server)
{
  size_t busy = 0;

  for (size_t i = 0; i < SERVER_PROCESSES_MAX; i++)
    busy += server->processes[i].pid != 0;
  return busy;
}

size_t server_free_processes(const struct server *server)
{
  return SERVER_PROCESSES_MAX - server_busy_processes(server);
}

static int start(struct server *server, pid_t *pid, int input, int output, char **environment)
{
  char name[] = "compose";
  char *arguments[] = {name, NULL};
  posix_spawn_file_actions_t actions;
  int error = posix_spawn_file_actions_init(&actions);

  if (error)
    return error;
  error = posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  if (!error)
    error = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  if (!error)
    error = posix_spawn_file_actions_adddup2(&actions, server->log, STDERR_FILENO);
  if (!error)
    error =
        posix_spawn(pid, server->program, &actions, &server->attributes, arguments, environment);
  (void)posix_spawn_file_actions_destroy(&actions);
  return error;
}

/* The environment of one request: what all have in common, and its own. */
static int start_request(struct server *server, const struct server_request *request, pid_t *pid,
                         int input, int output)
{
  char own[3][160];
  char *environment[ENVIRONMENT_MAX];
  size_t count = server->environment_count;

  /* posix_spawn() takes pointers that are not const, and writes through none. */
  memcpy(environment, server->environment, count * sizeof *environment);
  (void)snprintf(own[0], sizeof own[0], "REMOTE_USER=%s", request->user);
  (void)snprintf(own[1], sizeof own[1], "REMOTE_ADDR=%s", request->address);
  (void)snprintf(own[2], sizeof own[2], "CONTENT_LENGTH=%zu", request->body_bytes);
  for (size_t i = 0; i < 3; i++)
    environment[count++] = own[i];
  environment[count] = NULL;
  return start(server, pid, input, output, environment);
}

int server_begin(struct server *server, const struct server_request *request)
{
  struct process *process = server->processes;
  int input[2] = {-1, -1};
  int output[2] = {-1, -1};
  int error = 0;

  while (process->pid != 0)
    process++;
  process->begun_ns = stopwatch_ns();
  if (pipe2(input, O_CLOEXEC) != 0 || pipe2(output, O_CLOEXEC) != 0 ||
      fcntl(input[1], F_SETFL, O_NONBLOCK) != 0 || fcntl(output[0], F_SETFL, O_NONBLOCK) != 0)
    error = errno;
  if (!error)
    error = start_request(server, request, &process->pid, input[0], output[1]);
  (void)close(input[0]);
  (void)close(output[1]);
  if (error) {
    fprintf(stderr, "incident: %s cannot be started: %s\n", server->program, strerror(error));
    (void)close(input[1]);
    (void)close(output[0]);
    free(request->body);
    process->pid = 0;
    return -1;
  }
  process->input = input[1];
  process->output = output[0];
  process->body = request->body;
  process->body_bytes = request->body_bytes;
  process->body_written = 0;
  process->head_bytes = 0;
  process->tag = request->tag;
  return 0;
}

static void write_body(struct process *process)
{
  ssize_t written = write(process->input, process->body + process->body_written,
                          process->body_bytes - process->body_written);

  if (written > 0)
    process->body_written += (size_t)written;
  else if (errno == EAGAIN || errno == EINTR)
    return;
  if (written <= 0 || process->body_written == process->body_bytes) {
    (void)close(process->input);
    process->input = -1;
  }
}

/* Returns 1 once the program has said all. */
static int read_response(struct process *process)
{
  for (;;) {
    char rest[16384];
    size_t room = HEAD_BYTES - 1 - process->head_bytes;
    ssize_t got = room ? read(process->output, process->head + process->head_bytes, room)
                       : read(process->output, rest, sizeof rest);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return errno != EAGAIN;
    if (got == 0)
      return 1;
    if (room)
      process->head_bytes += (size_t)got;
  }
}

static const char *field(const char *head, const char *name)
{
  size_t length = strlen(name);

  while (head && *head && *head != '\r' && *head != '\n') {
    if (strncasecmp(head, name, length) == 0 && head[length] == ':')
      return head + length + 1;
    head = strchr(head, '\n');
    head = head ? head + 1 : NULL;
  }
  return NULL;
}

/* As a server does: the process is over when its output has ended and it is gone. */
static void finish(struct server *server, struct process *process)
{
  struct server_reply reply = {.tag = process->tag};
  const char *status, *trace;
  int ended = 0;

  while (waitpid(process->pid, &ended, 0) < 0 && errno == EINTR)
    ;
  reply.wall_ns = stopwatch_ns() - process->begun_ns;
  process->head[process->head_bytes] = '\0';
  status = field(process->head, "Status");
  if (status && WIFEXITED(ended) && WEXITSTATUS(ended) == 0)
    reply.status = atoi(status);
  trace = field(process->head, "X-Weir-Decision-Ns");
  reply.traced = trace && sscanf(trace, "%" SCNu64 "%" SCNu64 "%" SCNu64, &reply.open_ns,
                                 &reply.take_ns, &reply.close_ns) == 3;
  forget(process);
  server->on_reply(server->context, &reply);
}

void server_wait(struct server *server, uint64_t timeout_ns)
{
  struct pollfd polled[2 * SERVER_PROCESSES_MAX];
  struct process *owner[2 * SERVER_PROCESSES_MAX];
  struct timespec timeout = {(time_t)(timeout_ns / 1000000000u), (long)(timeout_ns % 1000000000u)};
  nfds_t count = 0;

  for (size_t i = 0; i < SERVER_PROCESSES_MAX; i++) {
    struct process *process = &server->processes[i];
    if (process->pid == 0)
      continue;
    if (process->input >= 0)
      write_body(process);
    if (process->input >= 0) {
      owner[count] = process;
      polled[count++] = (struct pollfd){process->input, POLLOUT, 0};
    }
    owner[count] = process;
    polled[count++] = (struct pollfd){process->output, POLLIN, 0};
    if (stopwatch_ns() - process->begun_ns > ANSWER_WITHIN_NS)
      (void)kill(process->pid, SIGKILL);
  }
  if (ppoll(polled, count, &timeout, NULL) <= 0)
    return;
  for (nfds_t i = 0; i < count; i++) {
    if (polled[i].revents == 0 || owner[i]->pid == 0)
      continue;
    if (polled[i].events == POLLOUT)
      write_body(owner[i]);
    else if (read_response(owner[i]))
      finish(server, owner[i]);
  }
}
