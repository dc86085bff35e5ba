/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "sim.h"

static const char *const outcomes[SIM_ERROR + 1] = {"allow", "deny", "block", "ok", "error"};

static void put(const char *text, size_t bytes)
{
  (void)fwrite_unlocked(text, 1, bytes, stdout);
}

static void put_text(const char *text)
{
  put(text, strlen(text));
}

static void put_number(uint64_t number)
{
  char digits[20];
  size_t at = sizeof digits;

  do
    digits[--at] = (char)('0' + number % 10);
  while ((number /= 10) != 0);
  put(digits + at, sizeof digits - at);
}

static bool has_verdict(const struct sim_verdict *verdict)
{
  return verdict->outcome != SIM_OK && verdict->outcome != SIM_ERROR;
}

static void print_tabs(const struct sim_event *event, const struct sim_verdict *verdict)
{
  if (event->time)
    put(event->time, event->time_bytes);
  else
    put_text("-");
  put_text("\t");
  put_text(event->op_name ? event->op_name : "-");
  put_text("\t");
  put_text(outcomes[verdict->outcome]);
  put_text("\t");
  put_text(verdict->limit ? verdict->limit : "-");
  put_text("\t");
  if (verdict->limit)
    put_number(verdict->remaining);
  else
    put_text("-");
  put_text("\t");
  if (!has_verdict(verdict))
    put_text("-");
  else if (verdict->retry_ns == UINT64_MAX)
    put_text("never");
  else
    put_number(verdict->retry_ns);
  put_text("\n");
}

/* Times and limits' names have no byte that JSON would want escaped. */
static void print_json(const struct sim_event *event, const struct sim_verdict *verdict)
{
  put_text("{\"time\":");
  if (event->time) {
    put_text("\"");
    put(event->time, event->time_bytes);
    put_text("\"");
  } else {
    put_text("null");
  }
  put_text(",\"op\":");
  put_text(event->op_name ? "\"" : "null");
  if (event->op_name) {
    put_text(event->op_name);
    put_text("\"");
  }
  put_text(",\"verdict\":\"");
  put_text(outcomes[verdict->outcome]);
  put_text("\"");
  if (verdict->limit) {
    put_text(",\"limit\":\"");
    put_text(verdict->limit);
    put_text("\",\"remaining\":");
    put_number(verdict->remaining);
  }
  if (has_verdict(verdict)) {
    put_text(",\"retry_ns\":");
    if (verdict->retry_ns == UINT64_MAX)
      put_text("null");
    else
      put_number(verdict->retry_ns);
  }
  put_text("}\n");
}

void sim_row_print(const struct sim_event *event, const struct sim_verdict *verdict, bool json)
{
  if (json)
    print_json(event, verdict);
  else
    print_tabs(event, verdict);
}
