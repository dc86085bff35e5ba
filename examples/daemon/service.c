/* SPDX-License-Identifier: BSD-2-Clause */
#include "service.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"
#include "table.h" /* clock_ms() */

#define EVENTS_AT_ONCE 256
#define TICK_MS 1000        /* how often deadlines are looked at                */
#define ACCEPT_PAUSE_MS 100 /* after running out of descriptors                 */
#define ACCEPTS_AT_ONCE 64
#define DESCRIPTORS_KEPT 16 /* for the table, the log, the listener: not for clients */

struct service {
  int epoll;
  const struct listener *listener;
  const struct client_kind *kind;
  void *context;
  struct client *first; /* of all                                              */
  uint64_t idle_ms;
  uint64_t next_tick_ms;
  rlim_t room;           /* connections there may still be                       */
  bool accepts;          /* the listener is watched                              */
  bool paused_before;    /* and it has been logged since all were accepted       */
  uint64_t accept_at_ms; /* when it is watched again at the latest               */
};

static volatile sig_atomic_t told_to_stop;
static sigset_t waiting_mask; /* the mask while waiting: the stopping signals open */

static void note_stop(int signal_number)
{
  (void)signal_number;
  told_to_stop = 1;
}

int service_signals(void)
{
  struct sigaction stop = {.sa_handler = note_stop}, ignore = {.sa_handler = SIG_IGN};
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  sigaddset(&blocked, SIGINT);
  if (sigprocmask(SIG_BLOCK, &blocked, &waiting_mask) != 0 ||
      sigaction(SIGTERM, &stop, NULL) != 0 || sigaction(SIGINT, &stop, NULL) != 0 ||
      sigaction(SIGPIPE, &ignore, NULL) != 0)
    return -1;
  sigdelset(&waiting_mask, SIGTERM);
  sigdelset(&waiting_mask, SIGINT);
  return 0;
}

/* Stop or go on taking newcomers; meanwhile they wait in the backlog.  Watching on
 * would only turn in circles. */
static void accept_while(struct service *service, bool accepts)
{
  struct epoll_event event = {.events = accepts ? EPOLLIN : 0, .data.ptr = NULL};
  if (service->accepts != accepts &&
      epoll_ctl(service->epoll, EPOLL_CTL_MOD, service->listener->fd, &event) == 0)
    service->accepts = accepts;
}

static void pause_accepting(struct service *service, const char *why)
{
  if (!service->paused_before)
    log_line(LOG_WARNING, "newcomers have to wait: %s", why);
  service->paused_before = true;
  service->accept_at_ms = clock_ms() + ACCEPT_PAUSE_MS;
  accept_while(service, false);
}

static void drop(struct service *service, struct client *client)
{
  if (client->previous != NULL)
    client->previous->next = client->next;
  else
    service->first = client->next;
  if (client->next != NULL)
    client->next->previous = client->previous;
  service->kind->end(client);
  service->room++;
  accept_while(service, true);
}

static void adopt(struct service *service, int fd)
{
  struct client *client = service->kind->begin(fd, fd, service->idle_ms);
  if (client == NULL) {
    log_line(LOG_ERR, "connection dropped: no memory");
    close(fd);
    return;
  }
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
  if (epoll_ctl(service->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
    log_line(LOG_ERR, "connection dropped: %s", strerror(errno));
    service->kind->end(client);
    return;
  }
  client->next = service->first;
  if (service->first != NULL)
    service->first->previous = client;
  service->first = client;
  service->room--;
}

static void accept_some(struct service *service)
{
  for (int i = 0; i < ACCEPTS_AT_ONCE; i++) {
    if (service->room == 0) {
      pause_accepting(service, "as many connections as descriptors allow");
      return;
    }
    int fd = accept4(service->listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      adopt(service, fd);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      service->paused_before = false;
      return;
    } else if (errno != EINTR && errno != ECONNABORTED) {
      pause_accepting(service, strerror(errno));
      return;
    }
  }
}

static uint32_t awaited(const struct client *client)
{
  return client->waits_apart ? 0 : client->wants_output ? EPOLLOUT : EPOLLIN;
}

static void serve(struct service *service, struct client *client)
{
  uint32_t before = awaited(client);
  if (!service->kind->work(client, service->context)) {
    drop(service, client);
    return;
  }
  if (awaited(client) == before)
    return;
  struct epoll_event event = {.events = awaited(client), .data.ptr = client};
  if (epoll_ctl(service->epoll, EPOLL_CTL_MOD, client->in, &event) != 0)
    drop(service, client);
}

static void drop_late(struct service *service, uint64_t now_ms)
{
  struct client *next;
  for (struct client *client = service->first; client != NULL; client = next) {
    next = client->next;
    if (now_ms < client->deadline_ms)
      continue;
    if (client->in_request || client->wants_output || client->waits_apart)
      log_line(LOG_WARNING, "connection dropped: too slow");
    drop(service, client);
  }
}

static void tick(struct service *service)
{
  uint64_t now_ms = clock_ms();
  if (now_ms >= service->accept_at_ms)
    accept_while(service, true);
  if (now_ms < service->next_tick_ms)
    return;
  service->next_tick_ms = now_ms + TICK_MS;
  drop_late(service, now_ms);
}

static void serve_finished(struct service *service)
{
  struct client *client;
  while ((client = service->kind->finished(service->context)) != NULL)
    serve(service, client);
}

/* Returns whether clients that wait apart may have finished. */
static bool serve_ready(struct service *service, const struct epoll_event *events, int ready)
{
  bool woken = false;
  for (int i = 0; i < ready; i++) {
    if (events[i].data.ptr == NULL)
      accept_some(service);
    else if (events[i].data.ptr == service)
      woken = true;
    else
      serve(service, events[i].data.ptr);
  }
  return woken;
}

static int serve_until_told(struct service *service)
{
  struct epoll_event events[EVENTS_AT_ONCE];
  while (!told_to_stop) {
    int timeout_ms = service->accepts ? TICK_MS : ACCEPT_PAUSE_MS;
    int ready = epoll_pwait(service->epoll, events, EVENTS_AT_ONCE, timeout_ms, &waiting_mask);
    if (ready < 0 && errno != EINTR) {
      log_line(LOG_ERR, "epoll_pwait: %s", strerror(errno));
      return -1;
    }
    /* A connection has one event at most, and only serve() for it ends one here: no event
     * of this round points to what is gone.  So those that have finished come behind. */
    if (serve_ready(service, events, ready))
      serve_finished(service);
    tick(service);
  }
  return 0;
}

/* A client too many must not keep the table from being opened anew. */
static rlim_t connections_max(void)
{
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur <= DESCRIPTORS_KEPT)
    return 1;
  return limit.rlim_cur - DESCRIPTORS_KEPT;
}

/* In the events NULL stands for the listener, the service itself for what wakes it. */
static int watch(struct service *service, int fd, void *what)
{
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = what};
  return epoll_ctl(service->epoll, EPOLL_CTL_ADD, fd, &event);
}

int service_listen(const struct listener *listener, const struct client_kind *kind, void *context,
                   uint64_t idle_ms)
{
  struct service service = {.listener = listener,
                            .kind = kind,
                            .context = context,
                            .idle_ms = idle_ms,
                            .room = connections_max(),
                            .accepts = true};
  int wake = kind->wake_in == NULL ? -1 : kind->wake_in(context);
  service.epoll = epoll_create1(EPOLL_CLOEXEC);
  if (service.epoll < 0 || watch(&service, listener->fd, NULL) != 0 ||
      (wake >= 0 && watch(&service, wake, &service) != 0)) {
    log_line(LOG_ERR, "epoll: %s", strerror(errno));
    return -1;
  }
  int rc = serve_until_told(&service);
  while (service.first != NULL)
    drop(&service, service.first);
  close(service.epoll);
  return rc;
}

int service_stdio(const struct client_kind *kind, void *context, uint64_t idle_ms)
{
  struct client *client = kind->begin(STDIN_FILENO, STDOUT_FILENO, idle_ms);
  if (client == NULL) {
    log_line(LOG_ERR, "no memory");
    return -1;
  }
  while (!told_to_stop) {
    uint64_t now_ms = clock_ms();
    if (now_ms >= client->deadline_ms)
      break;
    uint64_t left_ms = client->deadline_ms - now_ms;
    struct timespec left = {.tv_sec = (time_t)(left_ms / 1000),
                            .tv_nsec = (long)(left_ms % 1000) * 1000000};
    struct pollfd awaited = {.fd = client->in, .events = POLLIN};
    if (client->wants_output)
      awaited = (struct pollfd){.fd = client->out, .events = POLLOUT};
    int ready = ppoll(&awaited, 1, &left, &waiting_mask);
    if (ready < 0 && errno != EINTR)
      break;
    if (ready > 0 && !kind->work(client, context))
      break;
  }
  kind->end(client);
  return 0;
}
