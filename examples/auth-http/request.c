/* SPDX-License-Identifier: BSD-2-Clause */
#include "request.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "daemon/domain.h"
#include "headers.h"

enum {
  A_METHOD,
  A_PROTOCOL,
  A_USER,
  A_PASSWORD,
  A_ATTEMPT,
  A_IP,
  A_SENDER,
  A_RECIPIENT,
  A_KEY,
  A_ALL
};

static const char *const field_names[A_ALL] = {
    "Auth-Method", "Auth-Protocol",  "Auth-User",    "Auth-Pass", "Auth-Login-Attempt",
    "Client-IP",   "Auth-SMTP-From", "Auth-SMTP-To", "X-Auth-Key"};

static const char *const protocol_names[PROTOCOLS] = {"smtp", "imap", "pop3"};

const char *protocol_name(enum protocol protocol)
{
  return protocol_names[protocol];
}

size_t request_length(const char *bytes, size_t length, size_t from)
{
  /* The line end before the empty line may be among the last bytes of what was seen.  One
   * without CR ends the request too, so that it is refused at once. */
  for (size_t i = from > 2 ? from - 2 : 0; i + 1 < length; i++) {
    if (bytes[i] != '\n')
      continue;
    if (bytes[i + 1] == '\n')
      return i + 2;
    if (i + 2 < length && bytes[i + 1] == '\r' && bytes[i + 2] == '\n')
      return i + 3;
  }
  return 0;
}

static bool value_is(const struct value *value, const char *text)
{
  return value->bytes != NULL && value->length == strlen(text) &&
         strncasecmp(value->bytes, text, value->length) == 0;
}

static bool read_protocol(const struct value *value, enum protocol *protocol)
{
  for (int i = 0; i < PROTOCOLS; i++) {
    *protocol = (enum protocol)i;
    if (value_is(value, protocol_names[i]))
      return true;
  }
  return false;
}

static bool read_attempt(const struct value *value, uint64_t *attempt)
{
  *attempt = 0;
  if (value->bytes != NULL && (value->length == 0 || value->length > 18))
    return false;
  for (size_t i = 0; i < value->length; i++) {
    if (value->bytes[i] < '0' || value->bytes[i] > '9')
      return false;
    *attempt = *attempt * 10 + (uint64_t)(value->bytes[i] - '0');
  }
  return true;
}

/* As people write it; an IPv4 client of an IPv6 socket is the same client.  Absent, or
 * "unix:", is an address that there is none of. */
static bool read_ip(const struct value *value, char ip[INET6_ADDRSTRLEN])
{
  struct in6_addr six;
  struct in_addr four;
  ip[0] = '\0';
  if (value->bytes == NULL || value_is(value, "unix:"))
    return true;
  char text[INET6_ADDRSTRLEN];
  if (value->length >= sizeof(text))
    return false;
  memcpy(text, value->bytes, value->length);
  text[value->length] = '\0';
  if (inet_pton(AF_INET, text, &four) == 1)
    return inet_ntop(AF_INET, &four, ip, INET6_ADDRSTRLEN) != NULL;
  if (inet_pton(AF_INET6, text, &six) != 1)
    return false;
  if (IN6_IS_ADDR_V4MAPPED(&six))
    return inet_ntop(AF_INET, &six.s6_addr[12], ip, INET6_ADDRSTRLEN) != NULL;
  return inet_ntop(AF_INET6, &six, ip, INET6_ADDRSTRLEN) != NULL;
}

/* Where the path ends: a '>' within quotes does not.  NULL: nowhere. */
static const char *path_end(const char *at, const char *end)
{
  for (bool quoted = false; at < end; at++) {
    if (*at == '\\')
      at++;
    else if (*at == '"')
      quoted = !quoted;
    else if (*at == '>' && !quoted)
      return at;
  }
  return NULL;
}

/* The address of a command "MAIL FROM:<a@b> SIZE=1"; a source route is no part of it
 * (RFC 5321, appendix C).  Absent bytes: there is none. */
static struct value path_of(const struct value *command, const char *verb)
{
  struct value none = {NULL, 0};
  const char *at = command->bytes, *end = at + command->length;
  size_t verb_bytes = strlen(verb);
  if (command->length > verb_bytes && strncasecmp(at, verb, verb_bytes) == 0)
    at += verb_bytes;
  while (at < end && *at == ' ')
    at++;
  if (at == end || *at != '<')
    return none;
  const char *close = path_end(++at, end);
  if (close == NULL)
    return none;
  const char *route_end = *at == '@' ? memchr(at, ':', (size_t)(close - at)) : NULL;
  if (route_end != NULL)
    at = route_end + 1;
  return (struct value){at, (size_t)(close - at)};
}

static const char *read_session(char *bytes, const struct value values[A_ALL],
                                struct request *request)
{
  if (request->protocol != PROTOCOL_SMTP)
    return "method none of another protocol than smtp";
  if (values[A_SENDER].bytes == NULL || values[A_RECIPIENT].bytes == NULL)
    return "no Auth-SMTP-From or Auth-SMTP-To";
  request->sender = path_of(&values[A_SENDER], "MAIL FROM:");
  request->recipient = path_of(&values[A_RECIPIENT], "RCPT TO:");
  if (request->sender.bytes != NULL)
    request->domain.bytes = domain_of(bytes + (request->sender.bytes - bytes),
                                      request->sender.length, &request->domain.length);
  return NULL;
}

static const char *read_sign_in(struct value values[A_ALL], struct request *request)
{
  if (values[A_USER].bytes == NULL || values[A_PASSWORD].bytes == NULL)
    return "no Auth-User or Auth-Pass";
  if (!headers_unescape(&values[A_USER]) || !headers_unescape(&values[A_PASSWORD]))
    return "a %-escape that is none";
  request->user = values[A_USER];
  request->password = values[A_PASSWORD];
  return NULL;
}

const char *request_parse(char *bytes, size_t length, struct request *request)
{
  struct value values[A_ALL] = {{NULL, 0}};
  *request = (struct request){.method = METHOD_OTHER};
  const char *wrong = headers_read(bytes, length, field_names, values, A_ALL);
  if (wrong != NULL)
    return wrong;
  request->key = values[A_KEY];
  if (values[A_METHOD].bytes == NULL || !read_protocol(&values[A_PROTOCOL], &request->protocol))
    return "no Auth-Method, or an Auth-Protocol that is not smtp, imap or pop3";
  if (!read_attempt(&values[A_ATTEMPT], &request->attempt))
    return "an Auth-Login-Attempt that is no number";
  if (!read_ip(&values[A_IP], request->ip))
    return "a Client-IP that is no address";
  if (value_is(&values[A_METHOD], "none")) {
    request->method = METHOD_NONE;
    return read_session(bytes, values, request);
  }
  if (!value_is(&values[A_METHOD], "plain"))
    return NULL;
  request->method = METHOD_PLAIN;
  return read_sign_in(values, request);
}
