/* SPDX-License-Identifier: BSD-2-Clause */
#include "filter.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libmilter/mfapi.h>

#include "daemon/log.h"

/* One connection: libmilter calls for it from one thread at a time. */
struct session {
  char ip_text[INET6_ADDRSTRLEN];
  struct value ip; /* points there                                            */
  struct message message;
};

static struct decider *decider; /* libmilter has no place for it                       */

/* IPv4 within IPv6 is written as IPv4, as the other programs on the table do. */
static void read_ip(struct session *session, const struct sockaddr *address)
{
  const void *bytes = NULL;
  int family = AF_INET;
  if (address != NULL && address->sa_family == AF_INET) {
    bytes = &((const struct sockaddr_in *)(const void *)address)->sin_addr;
  } else if (address != NULL && address->sa_family == AF_INET6) {
    const struct in6_addr *v6 = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    family = IN6_IS_ADDR_V4MAPPED(v6) ? AF_INET : AF_INET6;
    bytes = family == AF_INET ? &v6->s6_addr[12] : v6->s6_addr;
  }
  if (bytes == NULL || inet_ntop(family, bytes, session->ip_text, INET6_ADDRSTRLEN) == NULL)
    session->ip_text[0] = '\0';
  session->ip = (struct value){session->ip_text, strlen(session->ip_text)};
}

/* A client of the socket that breaks the protocol may begin anywhere: the session is made by
 * whatever comes first.  NULL: no memory. */
static struct session *session_of(SMFICTX *context)
{
  struct session *session = smfi_getpriv(context);
  if (session == NULL && (session = calloc(1, sizeof(*session))) != NULL) {
    session->ip.bytes = session->ip_text;
    smfi_setpriv(context, session);
  }
  return session;
}

/* "450 4.7.1 …" in its three parts. */
static sfsistat refuse(SMFICTX *context, char *reply)
{
  char *code = strtok_r(reply, " ", &reply), *enhanced = strtok_r(NULL, " ", &reply);
  if (smfi_setreply(context, code, enhanced, reply) != MI_SUCCESS)
    log_line(LOG_ERR, "libmilter does not take the reply %s %s %s", code, enhanced, reply);
  return code[0] == '5' ? SMFIS_REJECT : SMFIS_TEMPFAIL;
}

static sfsistat without_memory(void)
{
  return decider->fails_open ? SMFIS_ACCEPT : SMFIS_TEMPFAIL;
}

/* What the server shall send along is asked for here, so that a list of macros in its settings
 * cannot leave the user out. */
static sfsistat on_negotiate(SMFICTX *context, unsigned long actions, unsigned long steps,
                             unsigned long unused2, unsigned long unused3,
                             unsigned long *wanted_actions, unsigned long *wanted_steps,
                             unsigned long *wanted2, unsigned long *wanted3)
{
  static char macros[] = "{auth_authen}";
  (void)unused2;
  (void)unused3;
  *wanted_actions = actions & SMFIF_SETSYMLIST;
  *wanted_steps &= steps; /* libmilter has put in those that there is no function for */
  *wanted2 = *wanted3 = 0;
  if (*wanted_actions != 0)
    (void)smfi_setsymlist(context, SMFIM_ENVFROM, macros);
  return SMFIS_CONTINUE;
}

static sfsistat on_connect(SMFICTX *context, char *host, _SOCK_ADDR *address)
{
  struct session *session = session_of(context);
  (void)host;
  if (session == NULL)
    return without_memory();
  message_give_up(&session->message, decider);
  read_ip(session, address);
  return SMFIS_CONTINUE;
}

static sfsistat on_mail(SMFICTX *context, char **arguments)
{
  static char user_macro[] = "{auth_authen}";
  char reply[REPLY_BYTES];
  struct session *session = session_of(context);
  if (session == NULL)
    return without_memory();
  switch (message_begin(&session->message, decider, &session->ip,
                        smfi_getsymval(context, user_macro), arguments[0], reply)) {
  case MESSAGE_REFUSED:
    return refuse(context, reply);
  case MESSAGE_UNASKED:
    return SMFIS_ACCEPT;
  default:
    return SMFIS_CONTINUE;
  }
}

static sfsistat on_recipient(SMFICTX *context, char **arguments)
{
  char reply[REPLY_BYTES];
  struct session *session = session_of(context);
  if (session == NULL)
    return without_memory();
  if (message_recipient(&session->message, decider, arguments[0], reply) == MESSAGE_REFUSED)
    return refuse(context, reply);
  return SMFIS_CONTINUE;
}

static sfsistat on_end(SMFICTX *context)
{
  char reply[REPLY_BYTES];
  struct session *session = session_of(context);
  if (session == NULL)
    return without_memory();
  if (message_end(&session->message, decider, reply) == MESSAGE_REFUSED)
    return refuse(context, reply);
  return SMFIS_CONTINUE;
}

static sfsistat on_abort(SMFICTX *context)
{
  struct session *session = smfi_getpriv(context);
  if (session != NULL)
    message_give_up(&session->message, decider);
  return SMFIS_CONTINUE;
}

/* libmilter does not always call for an abort before: not where a connection was idle too long. */
static sfsistat on_close(SMFICTX *context)
{
  struct session *session = smfi_getpriv(context);
  if (session != NULL)
    message_give_up(&session->message, decider);
  free(session);
  smfi_setpriv(context, NULL);
  return SMFIS_CONTINUE;
}

int filter_register(const char *name, struct decider *of, unsigned idle_s)
{
  struct smfiDesc filter = {.xxfi_name = (char *)(uintptr_t)name, /* libmilter copies it */
                            .xxfi_version = SMFI_VERSION,
                            .xxfi_flags = SMFIF_SETSYMLIST,
                            .xxfi_connect = on_connect,
                            .xxfi_envfrom = on_mail,
                            .xxfi_envrcpt = on_recipient,
                            .xxfi_eom = on_end,
                            .xxfi_abort = on_abort,
                            .xxfi_close = on_close,
                            .xxfi_negotiate = on_negotiate};
  decider = of;
  if (smfi_register(filter) == MI_SUCCESS && smfi_settimeout((int)idle_s) == MI_SUCCESS)
    return 0;
  log_line(LOG_ERR, "libmilter does not take the filter");
  return -1;
}
