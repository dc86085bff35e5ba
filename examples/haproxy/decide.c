/* SPDX-License-Identifier: BSD-2-Clause */
#include "decide.h"

#include <stdlib.h>

#include "question.h"

enum { ACTION_SET_VAR = 1, ACTION_SET_VAR_ARGUMENTS = 3, SCOPE_TRANSACTION = 2 };

static void write_variable(struct writer *ack, const char *name)
{
  write_byte(ack, ACTION_SET_VAR);
  write_byte(ack, ACTION_SET_VAR_ARGUMENTS);
  write_byte(ack, SCOPE_TRANSACTION);
  write_string(ack, name);
}

static void set_text(struct writer *ack, const char *name, const char *text)
{
  write_variable(ack, name);
  write_string_value(ack, text);
}

/* HAProxy's integers are signed. */
static void set_number(struct writer *ack, const char *name, uint64_t number)
{
  write_variable(ack, name);
  write_number_value(ack, VALUE_INT64, number < INT64_MAX ? number : INT64_MAX);
}

static void set_verdict(struct writer *ack, const struct weir_verdict *verdict)
{
  static const char *const outcomes[] = {
      [WEIR_ALLOW] = "allow", [WEIR_DENY] = "deny", [WEIR_BLOCK] = "block"};
  char seconds[WEIR_WORDS_BYTES];
  set_text(ack, "verdict", outcomes[verdict->outcome]);
  if (verdict->limit[0] != '\0')
    set_text(ack, "limit", verdict->limit);
  if (verdict->remaining != UINT64_MAX)
    set_number(ack, "remaining", verdict->remaining);
  if (weir_http_retry_after(verdict, seconds, sizeof(seconds)) > 0)
    set_number(ack, "retry_after", strtoull(seconds, NULL, 10));
}

bool decide(struct decider *decider, const struct frame *notify, struct writer *ack)
{
  struct question question;
  struct weir_verdict verdict;
  const char *why;
  enum question_state state =
      question_read(notify->payload, decider->policy, &question, &why);
  if (state == QUESTION_INVALID)
    return false;
  unsigned char *begin = frame_begin(ack, FRAME_ACK, notify->stream, notify->id);
  if (state == QUESTION_ASKED &&
      table_take(&decider->table, &question.request, &verdict, &why) == WEIR_OK) {
    set_verdict(ack, &verdict);
  } else {
    const char *answer = decider->fails_open ? "allow" : "error";
    fault_log(&decider->fault, &decider->table, decider->policy, why, answer);
    set_text(ack, "verdict", answer);
  }
  frame_end(ack, begin);
  return true;
}
