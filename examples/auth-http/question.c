/* SPDX-License-Identifier: BSD-2-Clause */
#include "question.h"

#include <string.h>

static void begin(struct question *question, const char *policy)
{
  question->request = (struct weir_request){.size_bytes = sizeof(struct weir_request)};
  question->request.policy = policy;
  question->request.attributes = question->attributes;
  question->request.costs = question->costs;
}

static void add(struct question *question, const char *name, const char *bytes, size_t length)
{
  question->attributes[question->request.attribute_count++] =
      (struct weir_attribute){name, bytes, length};
}

static void add_ip(struct question *question, const char *ip)
{
  if (ip[0] != '\0')
    add(question, "ip", ip, strlen(ip));
}

static void charge(struct question *question, const char *unit, uint64_t count)
{
  question->costs[question->request.cost_count++] = (struct weir_cost){unit, count};
}

void question_sign_in(struct question *question, const char *policy, const struct value *user,
                      const char *ip, uint64_t attempts)
{
  begin(question, policy);
  add(question, "user", user->bytes, user->length);
  add_ip(question, ip);
  charge(question, "attempts", attempts);
  charge(question, "messages", attempts);
}

/* An empty sender is the null sender, a principal of its own. */
void question_session(struct question *question, const char *policy,
                      const struct request *request)
{
  begin(question, policy);
  add_ip(question, request->ip);
  add(question, "sender", request->sender.bytes, request->sender.length);
  add(question, "domain", request->domain.bytes, request->domain.length);
  add(question, "recipient", request->recipient.bytes, request->recipient.length);
  charge(question, "messages", 1);
  charge(question, "recipients", 1);
  charge(question, "bytes", 0);
}
