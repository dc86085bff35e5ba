/* SPDX-License-Identifier: BSD-2-Clause */
#include "decide.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/log.h"
#include "question.h"
#include "secret.h"

#define LOGGED_BYTES 128 /* of one value in a log line */
#define NS_PER_S UINT64_C(1000000000)

enum admission { ADMITTED, REFUSED, UNDECIDED };

int decider_start(struct decider *decider)
{
  if (!decider->checks_passwords)
    return 0;
  return users_refresh(&decider->users) == 0 ? checker_start(&decider->checker, decider->threads)
                                             : -1;
}

/* Nobody waits for an answer now.  What was not checked was no attempt, and is given back. */
void decider_stop(struct decider *decider)
{
  struct check *check = decider->checker.thread_count > 0 ? checker_stop(&decider->checker) : NULL;
  while (check != NULL) {
    struct check *next = check->next;
    decide_checked(decider, (struct sign_in *)(void *)check, NULL);
    check = next;
  }
  users_free(&decider->users);
  table_close(&decider->table);
}

/* The words of weir's reply are the same for SMTP and others; its code is not. */
static const char *words_of(const struct weir_verdict *verdict, char text[WEIR_WORDS_BYTES])
{
  (void)weir_smtp_reply(verdict, 0, text, WEIR_WORDS_BYTES);
  const char *space = strchr(text, ' ');
  space = space == NULL ? NULL : strchr(space + 1, ' ');
  return space == NULL ? "not now" : space + 1;
}

/* A wait that is short the client spends connected, else it is told and nginx closes. */
static uint64_t wait_s(const struct decider *decider, const struct request *request,
                       const struct weir_verdict *verdict)
{
  uint64_t seconds = verdict->retry_after_ns / NS_PER_S + (verdict->retry_after_ns % NS_PER_S > 0);
  bool is_short = seconds <= decider->wait_s && request->attempt < ATTEMPTS_MAX;
  return request->method == METHOD_PLAIN && is_short ? seconds : 0;
}

static void log_refused(const struct request *request, const char *words)
{
  bool is_session = request->method == METHOD_NONE;
  const struct value *who = is_session ? &request->sender : &request->user;
  char name[LOGGED_BYTES];
  log_line(LOG_INFO, "refused %s%s ip=%s protocol=%s: %s",
           is_session ? "session: sender=" : "sign-in: user=",
           log_escape(name, sizeof(name), who->bytes, who->length), request->ip,
           protocol_name(request->protocol), words);
}

/* Where it is not ADMITTED the reply is written.  UNDECIDED is left to -f. */
static enum admission ask(struct decider *decider, const struct request *request,
                          const struct question *question, char reply[REPLY_BYTES],
                          size_t *reply_bytes)
{
  struct weir_verdict verdict;
  const char *why;
  if (table_take(&decider->table, &question->request, &verdict, &why) != WEIR_OK) {
    fault_log(&decider->fault, &decider->table, question->request.policy, why,
              decider->fails_open ? "by the password alone" : "later");
    *reply_bytes = reply_refuse(reply, request, REFUSED_LATER,
                                "limits cannot be checked, try again later", 0);
    return UNDECIDED;
  }
  if (verdict.outcome == WEIR_ALLOW)
    return ADMITTED;
  char text[WEIR_WORDS_BYTES];
  bool is_blocked = verdict.outcome == WEIR_BLOCK;
  const char *words = is_blocked && request->method == METHOD_PLAIN ? "sign-in is blocked"
                                                                    : words_of(&verdict, text);
  log_refused(request, words);
  *reply_bytes =
      reply_refuse(reply, request, is_blocked ? REFUSED_BLOCKED : REFUSED_LATER, words,
                   is_blocked ? 0 : wait_s(decider, request, &verdict));
  return REFUSED;
}

/* The name that was asked about is the one that the backend has to count. */
static size_t pass(const struct decider *decider, const struct request *request,
                   char reply[REPLY_BYTES])
{
  bool is_renamed = decider->folds_case && request->method == METHOD_PLAIN;
  return reply_pass(reply, &decider->backends[request->protocol],
                    is_renamed ? &request->user : NULL);
}

static bool may_go_on(const struct decider *decider, enum admission admission)
{
  return admission == ADMITTED || (admission == UNDECIDED && decider->fails_open);
}

static size_t decide_session(struct decider *decider, const struct request *request,
                             char reply[REPLY_BYTES])
{
  if (decider->session_policy == NULL)
    return reply_refuse(reply, request, REFUSED_UNSIGNED, "sign in first", 0);
  if (request->sender.bytes == NULL || request->recipient.bytes == NULL)
    return reply_refuse(reply, request, REFUSED_SENDER, "expected an address in <>", 0);
  struct question question;
  size_t reply_bytes;
  question_session(&question, decider->session_policy, request);
  if (!may_go_on(decider, ask(decider, request, &question, reply, &reply_bytes)))
    return reply_bytes;
  return pass(decider, request, reply);
}

static bool has_control(const struct value *value)
{
  for (size_t i = 0; i < value->length; i++)
    if ((unsigned char)value->bytes[i] < ' ' || value->bytes[i] == 0x7f)
      return true;
  return false;
}

/* Not every nginx encodes a name for XCLIENT, whose receiver would take +69 for an i. */
static bool has_xtext(const struct value *value)
{
  for (size_t i = 0; i + 2 < value->length; i++)
    if (value->bytes[i] == '+' && isxdigit((unsigned char)value->bytes[i + 1]) &&
        isxdigit((unsigned char)value->bytes[i + 2]))
      return true;
  return false;
}

/* nginx hands both on to the backend as they are, where a line end would begin a command of the
 * client's own; a blank would end a name in XCLIENT.  And for crypt(3) a NUL ends a password. */
static bool is_usable(const struct request *request)
{
  return request->user.length > 0 && request->user.length <= REPLY_USER_BYTES_MAX &&
         !has_control(&request->user) &&
         memchr(request->user.bytes, ' ', request->user.length) == NULL &&
         !(request->protocol == PROTOCOL_SMTP && has_xtext(&request->user)) &&
         !has_control(&request->password);
}

static void fold_case(struct value *value)
{
  char *bytes = (char *)(uintptr_t)value->bytes; /* of the connection's input       */
  for (size_t i = 0; i < value->length; i++)
    if (bytes[i] >= 'A' && bytes[i] <= 'Z')
      bytes[i] = (char)(bytes[i] - 'A' + 'a');
}

static size_t refuse_wrong(const struct decider *decider, const struct request *request,
                           char reply[REPLY_BYTES])
{
  const char *words = "wrong name or password";
  log_refused(request, words);
  return reply_refuse(reply, request, REFUSED_WRONG, words,
                      request->attempt < ATTEMPTS_MAX ? decider->wait_s : 0);
}

static struct sign_in *begin_sign_in(const struct decider *decider, const struct request *request,
                                     bool is_charged)
{
  const char *hash = users_find(&decider->users, request->user.bytes, request->user.length);
  bool is_known = hash != NULL;
  if (!is_known)
    hash = decider->users.decoy;
  size_t hash_bytes = strlen(hash) + 1;
  struct sign_in *sign_in =
      malloc(sizeof(*sign_in) + request->user.length + request->password.length + 1 + hash_bytes);
  if (sign_in == NULL)
    return NULL;
  *sign_in = (struct sign_in){.protocol = request->protocol,
                              .attempt = request->attempt,
                              .is_charged = is_charged,
                              .is_known = is_known,
                              .user_bytes = request->user.length};
  memcpy(sign_in->ip, request->ip, sizeof(sign_in->ip));
  memcpy(sign_in->text, request->user.bytes, request->user.length);
  sign_in->check.password = sign_in->text + request->user.length;
  if (request->password.length > 0)
    memcpy(sign_in->check.password, request->password.bytes, request->password.length);
  sign_in->check.password[request->password.length] = '\0';
  sign_in->check.hash = sign_in->check.password + request->password.length + 1;
  memcpy(sign_in->check.hash, hash, hash_bytes);
  return sign_in;
}

static void end_sign_in(struct sign_in *sign_in)
{
  explicit_bzero(sign_in->check.password, strlen(sign_in->check.password));
  free(sign_in);
}

static void give_back(struct decider *decider, const struct request *request)
{
  struct question question;
  question_sign_in(&question, decider->policy, &request->user, request->ip, 1);
  table_refund(&decider->table, &question.request);
}

static size_t check_password(struct decider *decider, const struct request *request,
                             bool is_charged, char reply[REPLY_BYTES], struct sign_in **sign_in)
{
  (void)users_refresh(&decider->users);
  *sign_in = begin_sign_in(decider, request, is_charged);
  if (*sign_in != NULL && checker_submit(&decider->checker, &(*sign_in)->check))
    return 0;
  if (*sign_in != NULL)
    end_sign_in(*sign_in);
  *sign_in = NULL;
  if (is_charged)
    give_back(decider, request);
  const char *words = "too many sign-ins at once, try again later";
  log_refused(request, words);
  return reply_refuse(reply, request, REFUSED_LATER, words, 0);
}

static size_t decide_sign_in(struct decider *decider, struct request *request,
                             char reply[REPLY_BYTES], struct sign_in **sign_in)
{
  struct question question;
  size_t reply_bytes;
  if (decider->folds_case)
    fold_case(&request->user);
  question_sign_in(&question, decider->policy, &request->user, request->ip, 1);
  enum admission admission = ask(decider, request, &question, reply, &reply_bytes);
  if (!may_go_on(decider, admission))
    return reply_bytes;
  if (!is_usable(request))
    return refuse_wrong(decider, request, reply);
  if (decider->checks_passwords)
    return check_password(decider, request, admission == ADMITTED, reply, sign_in);
  return pass(decider, request, reply);
}

size_t decide(struct decider *decider, struct request *request, char reply[REPLY_BYTES],
              struct sign_in **sign_in)
{
  *sign_in = NULL;
  if (decider->secret != NULL && !secret_is(decider->secret, strlen(decider->secret),
                                            request->key.bytes, request->key.length)) {
    log_line(LOG_WARNING, "request refused: no X-Auth-Key, or a wrong one");
    return reply_status(reply, "403 Forbidden");
  }
  if (decider->backends[request->protocol].ip[0] == '\0') {
    log_line(LOG_WARNING, "no --%s is given, and nginx asks for it",
             protocol_name(request->protocol));
    return reply_refuse(reply, request, REFUSED_LATER, "not served here", 0);
  }
  if (request->method == METHOD_NONE)
    return decide_session(decider, request, reply);
  if (request->method == METHOD_PLAIN)
    return decide_sign_in(decider, request, reply, sign_in);
  return reply_refuse(reply, request, REFUSED_METHOD, "expected a sign-in with a password", 0);
}

struct sign_in *decide_next(struct decider *decider)
{
  return (struct sign_in *)(void *)checker_next(&decider->checker); /* its first member */
}

/* A block that began while the password was checked ends the sign-in as well. */
static size_t answer_right(struct decider *decider, const struct request *request,
                           char reply[REPLY_BYTES])
{
  struct question question;
  size_t reply_bytes;
  question_sign_in(&question, decider->policy, &request->user, request->ip, 0);
  if (!may_go_on(decider, ask(decider, request, &question, reply, &reply_bytes)))
    return reply_bytes;
  return pass(decider, request, reply);
}

size_t decide_checked(struct decider *decider, struct sign_in *sign_in, char *reply)
{
  struct request request = {.method = METHOD_PLAIN,
                            .protocol = sign_in->protocol,
                            .attempt = sign_in->attempt,
                            .user = {sign_in->text, sign_in->user_bytes}};
  memcpy(request.ip, sign_in->ip, sizeof(request.ip));
  bool is_right = sign_in->check.is_right && sign_in->is_known;
  if (sign_in->is_charged && (is_right || !sign_in->check.is_done))
    give_back(decider, &request);
  size_t reply_bytes = 0;
  if (reply != NULL)
    reply_bytes = is_right ? answer_right(decider, &request, reply)
                           : refuse_wrong(decider, &request, reply);
  end_sign_in(sign_in);
  return reply_bytes;
}
