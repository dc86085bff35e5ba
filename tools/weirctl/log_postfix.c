/* SPDX-License-Identifier: BSD-2-Clause
 * Lines of Postfix.  A message is handed in by smtpd (client=, sasl_username=) or pickup,
 * queued by qmgr (from=, size=, nrcpt=), again at each retry, each recipient tried by smtp, lmtp,
 * local and others (to=, relay=, dsn=, status=), and in the end removed. */
#include "log.h"

static bool is_id(struct log_slice id)
{
  if (id.bytes < 5 || id.bytes > 24)
    return false;
  for (size_t i = 0; i < id.bytes; i++) {
    char c = id.text[i];

    if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')))
      return false;
  }
  return !log_slice_is(id, "NOQUEUE");
}

/* What stands behind a word, up to `end` or the end of the line. */
static struct log_slice value_behind(struct log_slice line, const char *word, const char *end,
                                      size_t skip)
{
  size_t at = log_slice_find(line, word, false), stop;
  struct log_slice value = {line.text, 0};

  if (at == SIZE_MAX)
    return value;
  value = log_slice_from(line, at + skip);
  stop = log_slice_find(value, end, false);
  if (stop != SIZE_MAX)
    value.bytes = stop;
  return value;
}

/* client=mail.example.edu[192.0.2.1]:1234, sasl_method=PLAIN, sasl_username=alice */
static void read_client(struct log_slice line, struct log_fact *fact)
{
  struct log_slice client = log_slice_from(line, sizeof "client=" - 1);
  size_t open = log_slice_find(client, "[", false), close = log_slice_find(client, "]", false);

  if (open == SIZE_MAX || close == SIZE_MAX || close < open) {
    fact->kind = LOG_MISTAKEN;
    return;
  }
  fact->ip = (struct log_slice){client.text + open + 1, close - open - 1};
  client = log_slice_from(client, close);
  fact->origin = value_behind(client, ", orig_queue_id=", ",", sizeof ", orig_queue_id=" - 1);
  fact->kind = fact->origin.bytes > 0 ? LOG_PASSED_ON : LOG_CLIENT;
  fact->user = value_behind(client, ", sasl_username=", ", sasl_sender=",
                            sizeof ", sasl_username=" - 1);
}

/* from=<alice@example.edu>, size=1234, nrcpt=3 (queue active); a quoted sender may hold
 * anything, so the numbers are looked for from the end. */
static void read_queued(struct log_slice line, struct log_fact *fact)
{
  size_t at = log_slice_find(line, ">, size=", true);
  struct log_slice numbers, bytes;
  size_t comma, blank;

  fact->kind = LOG_MISTAKEN;
  if (at == SIZE_MAX) {
    if (log_slice_find(line, ">, status=", true) != SIZE_MAX) /* expired */
      fact->kind = LOG_NOTHING;
    return;
  }
  fact->sender = (struct log_slice){line.text + 6, at < 6 ? 0 : at - 6};
  numbers = log_slice_from(line, at + sizeof ">, size=" - 1);
  comma = log_slice_find(numbers, ", nrcpt=", false);
  if (comma == SIZE_MAX)
    return;
  bytes = (struct log_slice){numbers.text, comma};
  numbers = log_slice_from(numbers, comma + sizeof ", nrcpt=" - 1);
  blank = log_slice_find(numbers, " ", false);
  if (blank != SIZE_MAX)
    numbers.bytes = blank;
  if (log_slice_number(bytes, &fact->bytes) && log_slice_number(numbers, &fact->recipients))
    fact->kind = LOG_QUEUED;
}

/* to=<b@example.org>, orig_to=<c>, relay=mx[192.0.2.1]:25, delay=1, dsn=5.1.1, status=bounced (…)
 * Whom the sender named is orig_to.  What is read stands before what a server has written; an
 * address that holds it too tells lies about itself only. */
static void read_delivery(struct log_slice line, struct log_fact *fact)
{
  struct log_slice relay = value_behind(line, ">, relay=", ",", sizeof ">, relay=" - 1);
  struct log_slice rest = log_slice_from(line, (size_t)(relay.text - line.text));
  struct log_slice status = value_behind(rest, ", status=", " ", sizeof ", status=" - 1);
  bool deferred = log_slice_is(status, "deferred"), remote;

  fact->recipient = value_behind(line, ">, orig_to=<", ">, relay=", sizeof ">, orig_to=<" - 1);
  if (fact->recipient.bytes == 0)
    fact->recipient = value_behind(line, "to=<", ">, relay=", sizeof "to=<" - 1);
  fact->kind = relay.bytes == 0 || status.bytes == 0 ? LOG_MISTAKEN
               : deferred                            ? LOG_DEFERRED
                                                     : LOG_DELIVERED;
  /* "none", "local", a transport's name: no server answered. */
  remote = log_slice_find(relay, "[", false) != SIZE_MAX;
  if (deferred || log_slice_is(status, "bounced"))
    fact->signal =
        log_answer_status(value_behind(rest, ", dsn=", ",", sizeof ", dsn=" - 1), remote);
}

void log_postfix_read(struct log_slice daemon, struct log_slice line, struct log_fact *fact)
{
  size_t colon = log_slice_find(line, ": ", false);

  if (colon == SIZE_MAX)
    return;
  fact->id = (struct log_slice){line.text, colon};
  line = log_slice_from(line, colon + 2);
  if (!is_id(fact->id))
    return;
  if (log_slice_is(daemon, "smtpd") && log_slice_begins(line, "client="))
    read_client(line, fact);
  else if (log_slice_is(daemon, "pickup") && log_slice_begins(line, "uid="))
    fact->kind = LOG_CLIENT;
  else if ((log_slice_is(daemon, "qmgr") || log_slice_is(daemon, "oqmgr") ||
            log_slice_is(daemon, "nqmgr"))) {
    if (log_slice_begins(line, "from=<"))
      read_queued(line, fact);
    else if (log_slice_is(line, "removed"))
      fact->kind = LOG_GONE;
  } else if (log_slice_begins(line, "to=<"))
    read_delivery(line, fact);
  else if (log_slice_begins(line, "milter-reject: END-OF-MESSAGE") ||
             log_slice_begins(line, "reject: END-OF-MESSAGE"))
    fact->kind = LOG_GONE;
}
