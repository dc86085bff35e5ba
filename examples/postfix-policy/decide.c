/* SPDX-License-Identifier: BSD-2-Clause */
#include "decide.h"

#include <stdio.h>
#include <string.h>

#include "daemon/log.h"

#define LOGGED_BYTES 128 /* of one value in a log line */

static const char *const stage_names[] = {"-", "RCPT", "DATA", "END-OF-MESSAGE"};

static void paid_begin(struct paid *paid, const struct value *instance)
{
  if (instance->length > 0 && instance->length == paid->instance_bytes &&
      memcmp(instance->bytes, paid->instance, instance->length) == 0)
    return;
  *paid = (struct paid){.instance_bytes = 0};
  if (instance->length <= sizeof(paid->instance)) {
    paid->instance_bytes = instance->length;
    memcpy(paid->instance, instance->bytes == NULL ? "" : instance->bytes, instance->length);
  }
}

static uint64_t still_due(uint64_t whole, uint64_t paid)
{
  return whole > paid ? whole - paid : 0;
}

/* What this stage owes beyond what earlier stages of the same message paid. */
static void owe(struct mail_question *question, const struct paid *paid,
                const struct request *request)
{
  uint64_t recipients =
      request->stage == STAGE_RCPT ? 1 : still_due(request->recipient_count, paid->recipients);
  uint64_t bytes =
      request->stage == STAGE_END_OF_MESSAGE ? still_due(request->size_bytes, paid->bytes) : 0;
  mail_cost(question, still_due(1, paid->messages), recipients, bytes);
}

static void pay(struct paid *paid, const struct mail_question *question)
{
  paid->messages += question->costs[COST_MESSAGES].count;
  paid->recipients += question->costs[COST_RECIPIENTS].count;
  paid->bytes += question->costs[COST_BYTES].count;
}

/* Refused at DATA or later the message is not sent at all: what its earlier stages
 * paid is given back.  A refused RCPT costs its recipient alone. */
static void give_back(struct decider *decider, struct paid *paid, struct mail_question *question)
{
  if (paid->messages == 0 && paid->recipients == 0 && paid->bytes == 0)
    return;
  mail_cost(question, paid->messages, paid->recipients, paid->bytes);
  table_refund(&decider->table, &question->request);
  paid->messages = paid->recipients = paid->bytes = 0;
}

static size_t reply_with(char reply[REPLY_BYTES], const char *action)
{
  return (size_t)snprintf(reply, REPLY_BYTES, "action=%s\n\n", action);
}

static size_t reply_refused(char reply[REPLY_BYTES], const struct weir_verdict *verdict,
                            const struct request *request)
{
  char action[WEIR_WORDS_BYTES];
  char user[LOGGED_BYTES], ip[LOGGED_BYTES];
  (void)weir_smtp_reply(verdict, 0, action, sizeof(action));
  log_line(LOG_INFO, "refused at %s: user=%s ip=%s recipients=%llu: %s",
           stage_names[request->stage],
           log_escape(user, sizeof(user), request->mail.user.bytes, request->mail.user.length),
           log_escape(ip, sizeof(ip), request->mail.ip.bytes, request->mail.ip.length),
           (unsigned long long)request->recipient_count, action);
  return reply_with(reply, action);
}

static size_t reply_fault(struct decider *decider, char reply[REPLY_BYTES], const char *why)
{
  fault_log(&decider->fault, &decider->table, decider->policy, why,
            decider->fails_open ? "DUNNO" : "451");
  return reply_with(reply, decider->fails_open
                               ? "DUNNO"
                               : "451 4.3.5 sending limits cannot be checked, try again later");
}

size_t decide(struct decider *decider, struct paid *paid, const struct request *request,
              char reply[REPLY_BYTES])
{
  if (request->stage == STAGE_OTHER || (request->mail.user.length == 0 && !decider->asks_for_all))
    return reply_with(reply, "DUNNO");
  struct mail_question question;
  struct weir_verdict verdict;
  const char *why;
  mail_ask(&question, decider->policy, &request->mail);
  paid_begin(paid, &request->instance);
  owe(&question, paid, request);
  if (table_take(&decider->table, &question.request, &verdict, &why) != WEIR_OK)
    return reply_fault(decider, reply, why);
  if (verdict.outcome == WEIR_ALLOW) {
    if (paid->instance_bytes > 0)
      pay(paid, &question);
    return reply_with(reply, "DUNNO");
  }
  if (request->stage != STAGE_RCPT)
    give_back(decider, paid, &question);
  return reply_refused(reply, &verdict, request);
}
