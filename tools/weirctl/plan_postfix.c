/* SPDX-License-Identifier: BSD-2-Clause
 * Lines of Postfix.  A message is handed in by smtpd (client=, sasl_username=) or pickup,
 * queued by qmgr (from=, size=, nrcpt=), again at each retry, and in the end removed. */
#include "plan.h"

static bool is_id(struct plan_slice id)
{
  if (id.bytes < 5 || id.bytes > 24)
    return false;
  for (size_t i = 0; i < id.bytes; i++) {
    char c = id.text[i];

    if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')))
      return false;
  }
  return !plan_slice_is(id, "NOQUEUE");
}

/* What stands behind a word, up to `end` or the end of the line. */
static struct plan_slice value_behind(struct plan_slice line, const char *word, const char *end,
                                      size_t skip)
{
  size_t at = plan_slice_find(line, word, false), stop;
  struct plan_slice value = {line.text, 0};

  if (at == SIZE_MAX)
    return value;
  value = plan_slice_from(line, at + skip);
  stop = plan_slice_find(value, end, false);
  if (stop != SIZE_MAX)
    value.bytes = stop;
  return value;
}

/* client=mail.example.edu[192.0.2.1]:1234, sasl_method=PLAIN, sasl_username=alice */
static void read_client(struct plan_slice line, struct plan_fact *fact)
{
  struct plan_slice client = plan_slice_from(line, sizeof "client=" - 1);
  size_t open = plan_slice_find(client, "[", false), close = plan_slice_find(client, "]", false);

  if (open == SIZE_MAX || close == SIZE_MAX || close < open) {
    fact->kind = PLAN_MISTAKEN;
    return;
  }
  fact->ip = (struct plan_slice){client.text + open + 1, close - open - 1};
  client = plan_slice_from(client, close);
  fact->kind = plan_slice_find(client, ", orig_queue_id=", false) != SIZE_MAX ? PLAN_PASSED_ON
                                                                              : PLAN_CLIENT;
  fact->user = value_behind(client, ", sasl_username=", ", sasl_sender=",
                            sizeof ", sasl_username=" - 1);
}

/* from=<alice@example.edu>, size=1234, nrcpt=3 (queue active); a quoted sender may hold
 * anything, so the numbers are looked for from the end. */
static void read_queued(struct plan_slice line, struct plan_fact *fact)
{
  size_t at = plan_slice_find(line, ">, size=", true);
  struct plan_slice numbers, bytes;
  size_t comma, blank;

  fact->kind = PLAN_MISTAKEN;
  if (at == SIZE_MAX) {
    if (plan_slice_find(line, ">, status=", true) != SIZE_MAX) /* expired */
      fact->kind = PLAN_NOTHING;
    return;
  }
  fact->sender = (struct plan_slice){line.text + 6, at < 6 ? 0 : at - 6};
  numbers = plan_slice_from(line, at + sizeof ">, size=" - 1);
  comma = plan_slice_find(numbers, ", nrcpt=", false);
  if (comma == SIZE_MAX)
    return;
  bytes = (struct plan_slice){numbers.text, comma};
  numbers = plan_slice_from(numbers, comma + sizeof ", nrcpt=" - 1);
  blank = plan_slice_find(numbers, " ", false);
  if (blank != SIZE_MAX)
    numbers.bytes = blank;
  if (plan_slice_number(bytes, &fact->bytes) && plan_slice_number(numbers, &fact->recipients))
    fact->kind = PLAN_QUEUED;
}

void plan_postfix_read(struct plan_slice daemon, struct plan_slice line, struct plan_fact *fact)
{
  size_t colon = plan_slice_find(line, ": ", false);

  if (colon == SIZE_MAX)
    return;
  fact->id = (struct plan_slice){line.text, colon};
  line = plan_slice_from(line, colon + 2);
  if (!is_id(fact->id))
    return;
  if (plan_slice_is(daemon, "smtpd") && plan_slice_begins(line, "client="))
    read_client(line, fact);
  else if (plan_slice_is(daemon, "pickup") && plan_slice_begins(line, "uid="))
    fact->kind = PLAN_CLIENT;
  else if ((plan_slice_is(daemon, "qmgr") || plan_slice_is(daemon, "oqmgr") ||
            plan_slice_is(daemon, "nqmgr"))) {
    if (plan_slice_begins(line, "from=<"))
      read_queued(line, fact);
    else if (plan_slice_is(line, "removed"))
      fact->kind = PLAN_GONE;
  } else if (plan_slice_begins(line, "milter-reject: END-OF-MESSAGE") ||
             plan_slice_begins(line, "reject: END-OF-MESSAGE"))
    fact->kind = PLAN_GONE;
}
