/* SPDX-License-Identifier: BSD-2-Clause */
#include "decide.h"

#include <stdio.h>
#include <string.h>

#include "daemon/log.h"

#define LOGGED_BYTES 128 /* of one value in a log line */

static const char *const stage_names[] = {"-", "RCPT", "DATA", "END-OF-MESSAGE"};

enum { COST_MESSAGES, COST_RECIPIENTS, COST_BYTES, COSTS };
enum { ATTRIBUTES_MAX = 5 };

/* A request to weir with the storage that it points to. */
struct question {
  struct weir_request request;
  struct weir_attribute attributes[ATTRIBUTES_MAX];
  struct weir_cost costs[COSTS];
};

static void add_attribute(struct question *question, const char *name, const struct value *value)
{
  struct weir_attribute *attribute = &question->attributes[question->request.attribute_count++];
  *attribute = (struct weir_attribute){name, value->bytes, value->length};
}

static void set_costs(struct question *question, uint64_t messages, uint64_t recipients,
                      uint64_t bytes)
{
  question->costs[COST_MESSAGES] = (struct weir_cost){"messages", messages};
  question->costs[COST_RECIPIENTS] = (struct weir_cost){"recipients", recipients};
  question->costs[COST_BYTES] = (struct weir_cost){"bytes", bytes};
}

/* An empty sender is the null sender, a principal of its own; an empty user or
 * recipient means that there is none. */
static void ask(struct question *question, const char *policy, const struct request *request)
{
  question->request = (struct weir_request){.size_bytes = sizeof(struct weir_request)};
  question->request.policy = policy;
  question->request.attributes = question->attributes;
  question->request.costs = question->costs;
  question->request.cost_count = COSTS;
  if (request->user.length > 0)
    add_attribute(question, "user", &request->user);
  if (request->ip.length > 0)
    add_attribute(question, "ip", &request->ip);
  if (request->recipient.length > 0)
    add_attribute(question, "recipient", &request->recipient);
  if (request->sender.bytes != NULL) {
    add_attribute(question, "sender", &request->sender);
    add_attribute(question, "domain", &request->domain);
  }
}

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

/* What this stage owes beyond what earlier stages of the same message paid.  Each
 * unit is named at each stage, with 0 where it is not known yet: a policy may count
 * bytes and be asked at DATA. */
static void owe(struct question *question, const struct paid *paid, const struct request *request)
{
  uint64_t recipients =
      request->stage == STAGE_RCPT ? 1 : still_due(request->recipient_count, paid->recipients);
  uint64_t bytes =
      request->stage == STAGE_END_OF_MESSAGE ? still_due(request->size_bytes, paid->bytes) : 0;
  set_costs(question, still_due(1, paid->messages), recipients, bytes);
}

static void pay(struct paid *paid, const struct question *question)
{
  paid->messages += question->costs[COST_MESSAGES].count;
  paid->recipients += question->costs[COST_RECIPIENTS].count;
  paid->bytes += question->costs[COST_BYTES].count;
}

/* Refused at DATA or later the message is not sent at all: what its earlier stages
 * paid is given back.  A refused RCPT costs its recipient alone. */
static void give_back(struct decider *decider, struct paid *paid, struct question *question)
{
  if (paid->messages == 0 && paid->recipients == 0 && paid->bytes == 0)
    return;
  set_costs(question, paid->messages, paid->recipients, paid->bytes);
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
           log_escape(user, sizeof(user), request->user.bytes, request->user.length),
           log_escape(ip, sizeof(ip), request->ip.bytes, request->ip.length),
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
  if (request->stage == STAGE_OTHER || (request->user.length == 0 && !decider->asks_for_all))
    return reply_with(reply, "DUNNO");
  struct question question;
  struct weir_verdict verdict;
  const char *why;
  ask(&question, decider->policy, request);
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
