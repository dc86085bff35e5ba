/* SPDX-License-Identifier: BSD-2-Clause */
#include "cold_server.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cold_stage.h"

#define NOT_INSTALLED 127
#define TRIES 500 /* of 10 ms */

static volatile pid_t server; /* 0: none */

/* GCRA: KEYS[1]; ARGV: emission interval and its multiple by the burst, us.  1: allow. */
static const char gcra[] =
    "local t = redis.call('TIME') "
    "local now = t[1] * 1000000 + t[2] "
    "local tat = tonumber(redis.call('GET', KEYS[1]) or now) "
    "if tat < now then tat = now end "
    "tat = tat + tonumber(ARGV[1]) "
    "if tat - now > tonumber(ARGV[2]) then return 0 end "
    "redis.call('SET', KEYS[1], string.format('%d', tat), 'PX', "
    "math.ceil((tat - now) / 1000)) "
    "return 1";

static _Noreturn void become_server(pid_t bench, const char *folder, const char *socket_path)
{
  char *arguments[] = {(char[]){"redis-server"}, (char[]){"--port"}, (char[]){"0"},
                       (char[]){"--unixsocket"}, strdup(socket_path), (char[]){"--save"},
                       (char[]){""}, (char[]){"--appendonly"}, (char[]){"no"},
                       (char[]){"--daemonize"}, (char[]){"no"}, (char[]){"--dir"},
                       strdup(folder), (char[]){"--logfile"}, (char[]){"/dev/null"}, NULL};
  int nowhere = open("/dev/null", O_RDWR);

  (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* also where the bench is killed */
  if (getppid() != bench)
    _exit(0);
  (void)dup2(nowhere, 0);
  (void)dup2(nowhere, 1);
  (void)dup2(nowhere, 2);
  execvp(arguments[0], arguments);
  _exit(NOT_INSTALLED);
}

static int connect_to(const char *socket_path)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int wire = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (wire < 0 || strlen(socket_path) >= sizeof address.sun_path)
    cold_fail("no socket");
  memcpy(address.sun_path, socket_path, strlen(socket_path) + 1);
  if (connect(wire, (struct sockaddr *)&address, sizeof address) == 0)
    return wire;
  (void)close(wire);
  return -1;
}

/* false: it ended, not being installed. */
static bool await_server(const char *socket_path, int *wire)
{
  for (int i = 0; i < TRIES; i++) {
    int status;

    *wire = connect_to(socket_path);
    if (*wire >= 0)
      return true;
    if (waitpid(server, &status, WNOHANG) == server) {
      server = 0;
      if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_INSTALLED)
        return false;
      break;
    }
    (void)nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
  }
  cold_fail("redis-server does not start");
}

/* By hand: the bench itself does not need hiredis. */
static void load_script(int wire, char *script)
{
  char text[1024];
  int length = snprintf(text, sizeof text, "*3\r\n$6\r\nSCRIPT\r\n$4\r\nLOAD\r\n$%zu\r\n%s\r\n",
                        strlen(gcra), gcra);
  size_t got = 0;

  if (write(wire, text, (size_t)length) != length)
    cold_fail("redis-server does not listen");
  while (got < 5 + 40) { /* "$40\r\n" and the SHA */
    ssize_t more = read(wire, text + got, sizeof text - 1 - got);

    if (more <= 0)
      cold_fail("redis-server does not answer");
    got += (size_t)more;
    text[got] = '\0';
    if (strncmp(text, "$40\r\n", got < 5 ? got : 5) != 0)
      cold_fail(text);
  }
  memcpy(script, text + 5, 40);
  script[40] = '\0';
}

bool cold_server_start(const char *folder, const char *socket_path, char *script)
{
  pid_t bench = getpid();
  int wire;

  server = fork();
  if (server < 0)
    cold_fail("no process for redis-server");
  if (server == 0)
    become_server(bench, folder, socket_path);
  if (!await_server(socket_path, &wire))
    return false;
  load_script(wire, script);
  (void)close(wire);
  return true;
}

void cold_server_stop(void)
{
  pid_t child = server;

  if (child <= 0)
    return;
  server = 0;
  (void)kill(child, SIGKILL); /* it has nothing to save */
  (void)waitpid(child, NULL, 0);
}
