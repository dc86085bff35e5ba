/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail.h"

static void add_attribute(struct mail_question *question, const char *name,
                          const struct value *value)
{
  struct weir_attribute *attribute = &question->attributes[question->request.attribute_count++];
  *attribute = (struct weir_attribute){name, value->bytes, value->length};
}

void mail_ask(struct mail_question *question, const char *policy, const struct mail *mail)
{
  question->request = (struct weir_request){.size_bytes = sizeof(struct weir_request)};
  question->request.policy = policy;
  question->request.attributes = question->attributes;
  question->request.costs = question->costs;
  question->request.cost_count = COSTS;
  if (mail->user.length > 0)
    add_attribute(question, "user", &mail->user);
  if (mail->ip.length > 0)
    add_attribute(question, "ip", &mail->ip);
  if (mail->recipient.length > 0)
    add_attribute(question, "recipient", &mail->recipient);
  if (mail->sender.bytes != NULL) {
    add_attribute(question, "sender", &mail->sender);
    add_attribute(question, "domain", &mail->domain);
  }
  mail_cost(question, 0, 0, 0);
}

void mail_cost(struct mail_question *question, uint64_t messages, uint64_t recipients,
               uint64_t bytes)
{
  question->costs[COST_MESSAGES] = (struct weir_cost){"messages", messages};
  question->costs[COST_RECIPIENTS] = (struct weir_cost){"recipients", recipients};
  question->costs[COST_BYTES] = (struct weir_cost){"bytes", bytes};
}
