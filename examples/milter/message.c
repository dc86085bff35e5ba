/* SPDX-License-Identifier: BSD-2-Clause */
#include "message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/domain.h"
#include "daemon/log.h"

#define LOGGED_BYTES 128 /* of one value in a log line */

/* An address without its brackets. */
static struct value bare(const char *address)
{
  size_t length = strlen(address);
  if (length >= 2 && address[0] == '<' && address[length - 1] == '>')
    return (struct value){address + 1, length - 2};
  return (struct value){address, length};
}

static bool copy_value(struct value *copy, const struct value *value)
{
  copy->bytes = strndup(value->length == 0 ? "" : value->bytes, value->length);
  copy->length = copy->bytes == NULL ? 0 : value->length;
  return copy->bytes != NULL;
}

static void free_value(struct value *value)
{
  free((void *)(uintptr_t)value->bytes); /* not const: it was made above */
  *value = (struct value){NULL, 0};
}

static void forget(struct message *message)
{
  recipients_clear(&message->recipients);
  free_value(&message->mail.user);
  free_value(&message->mail.sender);
  *message = (struct message){.begun = false};
}

static enum message_result refuse(const struct message *message, const struct decider *decider,
                                  const char *stage, const struct value *recipient,
                                  const char *reply)
{
  const struct mail *mail = &message->mail;
  char user[LOGGED_BYTES], ip[LOGGED_BYTES], to[LOGGED_BYTES];
  log_line(LOG_INFO, "%s at %s: user=%s ip=%s recipient=%s: %s",
           decider->refuses_nobody ? "not refused in this dry run" : "refused", stage,
           log_escape(user, sizeof(user), mail->user.bytes, mail->user.length),
           log_escape(ip, sizeof(ip), mail->ip.bytes, mail->ip.length),
           log_escape(to, sizeof(to), recipient->bytes, recipient->length), reply);
  return decider->refuses_nobody ? MESSAGE_PASS : MESSAGE_REFUSED;
}

static enum message_result fail(struct decider *decider, const char *why, char *reply)
{
  bool passes = decider->fails_open || decider->refuses_nobody;
  fault_log(&decider->fault, &decider->table, decider->policy, why,
            passes ? "by accepting" : "451");
  snprintf(reply, REPLY_BYTES, "451 4.3.0 sending limits cannot be checked, try again later");
  return passes ? MESSAGE_PASS : MESSAGE_REFUSED;
}

/* A policy's `reachable`: what a blocked principal may still write to. */
static int look_for_reachable(void *found_of, const struct weir_why_limit *limit)
{
  const char **policy = found_of;
  if ((limit->flags & WEIR_WHY_APART) == 0 || strcmp(limit->policy, *policy) != 0)
    return 0;
  *policy = NULL;
  return 1;
}

/* weir_peek() before any recipient is known: who is blocked and may still reach somebody passes. */
static int peek_at_mail(struct weir_table *table, const struct weir_request *request,
                        struct weir_verdict *verdict)
{
  struct weir_why summary = {.size_bytes = sizeof(summary)};
  const char *policy = request->policy;
  int error = weir_peek(table, request, verdict);
  if (error != WEIR_OK || verdict->outcome != WEIR_BLOCK || request->attribute_count == 0)
    return error;
  error = weir_why(table, request->attributes, 1, &summary, look_for_reachable, &policy);
  if (error == WEIR_OK && policy == NULL && summary.switched != WEIR_SWITCH_DENY_ALL)
    verdict->outcome = WEIR_ALLOW;
  return error;
}

/* At no cost, with the recipients so far as a list, which `reachable` looks at.  What a limit
 * counts by and only RCPT names may be missing here: then weir has found no block before. */
static enum message_result ask_of_blocks(struct message *message, struct decider *decider,
                                         table_ask *ask, const char *stage, char *reply)
{
  static const struct value nobody = {"", 0};
  struct weir_list list = {"recipient", message->recipients.values, message->recipients.count};
  struct mail_question question;
  struct weir_verdict verdict;
  const char *why;
  mail_ask(&question, decider->policy, &message->mail);
  question.request.lists = &list;
  question.request.list_count = 1;
  int error = table_asked(&decider->table, ask, &question.request, &verdict, &why);
  if (error == WEIR_E_ATTRIBUTE || (error == WEIR_OK && verdict.outcome != WEIR_BLOCK))
    return MESSAGE_PASS;
  if (error != WEIR_OK)
    return fail(decider, why, reply);
  (void)weir_smtp_reply(&verdict, decider->reply_flags, reply, REPLY_BYTES);
  return refuse(message, decider, stage, &nobody, reply);
}

enum message_result message_begin(struct message *message, struct decider *decider,
                                  const struct value *ip, const char *user, const char *sender,
                                  char *reply)
{
  message_give_up(message, decider);
  if ((user == NULL || *user == '\0') && !decider->asks_for_all)
    return MESSAGE_UNASKED;
  struct value given_user = {user, user == NULL ? 0 : strlen(user)}, given_sender = bare(sender);
  struct mail *mail = &message->mail;
  enum message_result result;
  mail->ip = *ip;
  if (!copy_value(&mail->user, &given_user) || !copy_value(&mail->sender, &given_sender)) {
    result = fail(decider, "no memory", reply);
  } else {
    mail->domain.bytes = domain_of((char *)(uintptr_t)mail->sender.bytes, mail->sender.length,
                                   &mail->domain.length);
    result = ask_of_blocks(message, decider, peek_at_mail, "MAIL", reply);
  }
  message->begun = result == MESSAGE_PASS;
  if (!message->begun)
    forget(message);
  return result;
}

/* A denial is counted against a user whom a policy blocks for going on.  One message is one
 * denial, however many of its recipients are too many: the others are asked of first. */
static int ask_for_recipient(struct message *message, struct decider *decider,
                             const struct weir_request *request, struct weir_verdict *verdict,
                             const char **why)
{
  if (message->denied) {
    int error = table_asked(&decider->table, weir_peek, request, verdict, why);
    if (error != WEIR_OK || verdict->outcome != WEIR_ALLOW)
      return error;
  }
  return table_take(&decider->table, request, verdict, why);
}

/* What a blocked user could still reach was charged apart, where a refund does not go. */
static bool was_charged(const struct weir_verdict *verdict)
{
  return strcmp(verdict->limit, "reachable") != 0;
}

/* About one of the recipients, with what it points to. */
struct single {
  struct mail mail;
  struct weir_list list;
  struct mail_question question;
};

static const struct weir_request *ask_about(struct single *single, const struct message *message,
                                            const struct decider *decider, size_t at,
                                            uint64_t messages)
{
  const struct weir_value *kept = &message->recipients.values[at];
  single->mail = message->mail;
  single->mail.recipient = (struct value){kept->value, kept->value_bytes};
  single->list = (struct weir_list){"recipient", kept, 1};
  mail_ask(&single->question, decider->policy, &single->mail);
  mail_cost(&single->question, messages, 1, 0);
  single->question.request.lists = &single->list;
  single->question.request.list_count = 1;
  return &single->question.request;
}

static enum message_result charge(struct message *message, struct decider *decider, size_t at,
                                  char *reply)
{
  struct single single;
  struct weir_verdict verdict;
  const char *why;
  const struct weir_request *request =
      ask_about(&single, message, decider, at, message->paid ? 0 : 1);
  if (ask_for_recipient(message, decider, request, &verdict, &why) != WEIR_OK)
    return fail(decider, why, reply);
  if (verdict.outcome != WEIR_ALLOW) {
    message->denied = true;
    (void)weir_smtp_reply(&verdict, decider->reply_flags, reply, REPLY_BYTES);
    return refuse(message, decider, "RCPT", &single.mail.recipient, reply);
  }
  message->recipients.charged[at] = was_charged(&verdict);
  if (!message->paid)
    message->paid_with = at;
  message->paid = true;
  return MESSAGE_PASS;
}

enum message_result message_recipient(struct message *message, struct decider *decider,
                                      const char *recipient, char *reply)
{
  if (!message->begun)
    return MESSAGE_UNASKED;
  struct value address = bare(recipient);
  size_t at = message->recipients.count;
  enum recipients_result added =
      recipients_add(&message->recipients, address.bytes, address.length);
  if (added == RECIPIENTS_NO_MEMORY)
    return fail(decider, "no memory", reply);
  if (added == RECIPIENTS_FULL) {
    snprintf(reply, REPLY_BYTES, "452 4.5.3 too many recipients, send to fewer at a time");
    return refuse(message, decider, "RCPT", &address, reply);
  }
  enum message_result result = charge(message, decider, at, reply);
  if (result != MESSAGE_PASS)
    recipients_drop(&message->recipients);
  return result;
}

enum message_result message_end(struct message *message, struct decider *decider, char *reply)
{
  if (!message->begun)
    return MESSAGE_UNASKED;
  enum message_result result = ask_of_blocks(message, decider, weir_peek, "end of message", reply);
  if (result == MESSAGE_PASS)
    forget(message);
  else
    message_give_up(message, decider);
  return result;
}

void message_give_up(struct message *message, struct decider *decider)
{
  for (size_t i = 0; i < message->recipients.count; i++) {
    struct single single;
    bool with_message = message->paid && message->paid_with == i;
    if (message->recipients.charged[i])
      table_refund(&decider->table, ask_about(&single, message, decider, i, with_message));
  }
  forget(message);
}
