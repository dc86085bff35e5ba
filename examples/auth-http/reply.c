/* SPDX-License-Identifier: BSD-2-Clause */
#include "reply.h"

#include <inttypes.h>
#include <stdio.h>

#define HEAD "HTTP/1.0 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n"

struct refusal_words {
  const char *sign_in; /* SMTP's code after AUTH                                 */
  const char *session; /* … without, after which nginx closes                    */
  const char *imap;
  const char *pop3;
};

static const struct refusal_words refusals[REFUSALS] = {
    [REFUSED_BLOCKED] = {"535 5.7.1", "550 5.7.1", "[CONTACTADMIN] ", "[AUTH] "},
    [REFUSED_WRONG] = {"535 5.7.8", "550 5.7.1", "[AUTHENTICATIONFAILED] ", "[AUTH] "},
    [REFUSED_LATER] = {"454 4.7.0", "421 4.7.0", "[UNAVAILABLE] ", "[SYS/TEMP] "},
    [REFUSED_METHOD] = {"504 5.5.4", "504 5.5.4", "[CANNOT] ", ""},
    [REFUSED_SENDER] = {"501 5.1.7", "501 5.1.7", "", ""},
    [REFUSED_UNSIGNED] = {"530 5.7.0", "530 5.7.0", "", ""},
};

/* Both callers' longest answer is far below REPLY_BYTES. */
static size_t written(int length)
{
  return length < 0 ? 0 : length < REPLY_BYTES ? (size_t)length : REPLY_BYTES - 1;
}

size_t reply_pass(char reply[REPLY_BYTES], const struct backend *backend,
                  const struct value *user)
{
  char name[REPLY_USER_BYTES_MAX + 20] = "";
  if (user != NULL)
    snprintf(name, sizeof(name), "Auth-User: %.*s\r\n", (int)user->length, user->bytes);
  return written(snprintf(reply, REPLY_BYTES,
                          HEAD "Auth-Status: OK\r\nAuth-Server: %s\r\nAuth-Port: %u\r\n%s\r\n",
                          backend->ip, backend->port, name));
}

size_t reply_refuse(char reply[REPLY_BYTES], const struct request *request, enum refusal refusal,
                    const char *words, uint64_t wait_s)
{
  const struct refusal_words *refused = &refusals[refusal];
  const char *code = request->method == METHOD_NONE ? refused->session : refused->sign_in;
  const char *word = request->protocol == PROTOCOL_IMAP   ? refused->imap
                     : request->protocol == PROTOCOL_POP3 ? refused->pop3
                                                          : "";
  char wait[40] = "";
  if (wait_s > 0)
    snprintf(wait, sizeof(wait), "Auth-Wait: %" PRIu64 "\r\n", wait_s);
  return written(snprintf(reply, REPLY_BYTES,
                          HEAD "Auth-Status: %s%.300s\r\nAuth-Error-Code: %s\r\n%s\r\n", word,
                          words, code, wait));
}

size_t reply_status(char reply[REPLY_BYTES], const char *status)
{
  return written(snprintf(reply, REPLY_BYTES,
                          "HTTP/1.0 %s\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", status));
}
