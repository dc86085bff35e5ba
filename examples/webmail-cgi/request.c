/* SPDX-License-Identifier: BSD-2-Clause */
#include "request.h"
#include "environment.h"
#include "password.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#define CONTENT_WITHIN_MS 60000

static const struct refusal ACCEPTED = {0, NULL};

static struct refusal refuse(int status, const char *words)
{
  return (struct refusal){status, words};
}

static int read_method(enum request_method *method)
{
  const char *name = environment("REQUEST_METHOD");

  if (strcmp(name, "GET") == 0)
    *method = REQUEST_GET;
  else if (strcmp(name, "HEAD") == 0)
    *method = REQUEST_HEAD;
  else if (strcmp(name, "POST") == 0)
    *method = REQUEST_POST;
  else
    return -1;
  return 0;
}

/* The name goes into an envelope and into a log: a safe alphabet, one '@' at most. */
int request_is_user(const char *name)
{
  static const char alphabet[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "0123456789._+-@";
  size_t length = strlen(name);

  if (length == 0 || length >= REQUEST_USER_BYTES || strspn(name, alphabet) != length)
    return 0;
  return name[0] != '@' && name[length - 1] != '@' && strchr(name, '@') == strrchr(name, '@');
}

/* The web server's word, where it signs users in: no name at all is nobody.  Where users sign in
 * here it has no say: some web servers hand on what the client claims. */
static int read_user(char user[REQUEST_USER_BYTES])
{
  const char *name = password_is_set() ? "" : environment("REMOTE_USER");

  if (*name && !request_is_user(name))
    return -1;
  memcpy(user, name, strlen(name) + 1);
  return 0;
}

/* An IPv4 address counts as it is.  Of an IPv6 address the first 64 bits count: one
 * customer owns all addresses below them, and could use a new one each message. */
static int read_address(char address[REQUEST_ADDRESS_BYTES])
{
  const char *text = environment("REMOTE_ADDR");
  struct in_addr four;
  struct in6_addr six;

  if (inet_pton(AF_INET, text, &four) == 1)
    return inet_ntop(AF_INET, &four, address, REQUEST_ADDRESS_BYTES) ? 0 : -1;
  if (inet_pton(AF_INET6, text, &six) != 1)
    return -1;
  if (IN6_IS_ADDR_V4MAPPED(&six))
    return inet_ntop(AF_INET, &six.s6_addr[12], address, REQUEST_ADDRESS_BYTES) ? 0 : -1;
  memset(&six.s6_addr[8], 0, 8);
  return inet_ntop(AF_INET6, &six, address, REQUEST_ADDRESS_BYTES) ? 0 : -1;
}

/* Whether an origin is of this host.  Some web servers say its name without the port. */
static int is_this_host(const char *origin)
{
  const char *name = environment("HTTP_HOST");
  const char *from = strstr(origin, "://");
  size_t length = strlen(name);

  if (!from || strncasecmp(from + 3, name, length) != 0)
    return 0;
  from += 3 + length;
  return *from == '\0' ||
         (*from == ':' && !strchr(name, ':') && strcmp(from + 1, environment("SERVER_PORT")) == 0);
}

/* A page of another site must not send mail in the user's name, nor sign somebody in as another.
 * Browsers name the site that a POST comes from, and a page cannot forge it; programs send
 * neither field. */
static int comes_from_here(void)
{
  const char *origin = environment("HTTP_ORIGIN");
  const char *site = environment("HTTP_SEC_FETCH_SITE");

  if (*site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
    return 0;
  return *origin == '\0' || is_this_host(origin);
}

static int is_a_form(void)
{
  static const char type[] = "application/x-www-form-urlencoded";
  const char *given = environment("CONTENT_TYPE");
  size_t length = sizeof type - 1;

  return strncasecmp(given, type, length) == 0 && strchr("; \t", given[length]);
}

static struct refusal read_length(size_t *length)
{
  const char *text = environment("CONTENT_LENGTH");
  size_t digits = strspn(text, "0123456789");

  if (*text == '\0')
    return refuse(411, "The request does not say how long it is.");
  if (text[digits] != '\0')
    return refuse(400, "The length of the request is not a number.");
  while (*text == '0' && digits > 1) {
    text++;
    digits--;
  }
  if (digits > 9 || strtoul(text, NULL, 10) > REQUEST_CONTENT_MAX_BYTES)
    return refuse(413, "The message is too long: at most one megabyte can be sent from here.");
  *length = (size_t)strtoul(text, NULL, 10);
  return ACCEPTED;
}

static int64_t now_ms(void)
{
  struct timespec now;

  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A web server that hands a body on while it arrives is as slow as the client. */
static int arrives_until(int64_t until_ms)
{
  struct pollfd input = {STDIN_FILENO, POLLIN, 0};
  int64_t left_ms = until_ms - now_ms();

  return left_ms > 0 && (poll(&input, 1, (int)left_ms) > 0 || errno == EINTR);
}

static struct refusal read_content(struct request *request)
{
  int64_t until_ms = now_ms() + CONTENT_WITHIN_MS;
  size_t wanted = 0;
  struct refusal refusal = read_length(&wanted);

  if (refusal.status)
    return refusal;
  request->content = malloc(wanted + 1);
  if (!request->content)
    return refuse(503, "The server is out of memory.");
  while (request->content_bytes < wanted) {
    errno = 0;
    if (!arrives_until(until_ms))
      return refuse(408, "The request was too slow.");
    ssize_t got = read(STDIN_FILENO, request->content + request->content_bytes,
                       wanted - request->content_bytes);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return refuse(400, "The request ended before all of it had arrived.");
    request->content_bytes += (size_t)got;
  }
  request->content[wanted] = '\0';
  return ACCEPTED;
}

struct refusal request_read(struct request *request)
{
  memset(request, 0, sizeof *request);
  if (read_method(&request->method) != 0)
    return refuse(405, "This page can be read (GET) and posted to, and nothing else.");
  if (read_user(request->remote_user) != 0)
    return refuse(403, "Please sign in first.");
  if (read_address(request->address) != 0)
    return refuse(400, "The web server did not say where the request comes from.");
  if (request->method != REQUEST_POST)
    return ACCEPTED;
  if (!comes_from_here())
    return refuse(403, "The request was made by a page of another site.");
  if (!is_a_form())
    return refuse(415, "The request is not a form.");
  return read_content(request);
}

void request_free(struct request *request)
{
  free(request->content);
  request->content = NULL;
}
