/* SPDX-License-Identifier: BSD-2-Clause
 * Lines of an Exim main log.  <= is a message with all there is to know of it, but that its
 * recipients stand there, behind "for", only with +received_recipients; else they are counted
 * by the lines of its deliveries. */
#include <string.h>

#include "log.h"

static bool is_id_byte(char c)
{
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* 6-6-2 characters, since 4.97 6-11-4. */
static bool is_id(struct log_slice id)
{
  size_t second = id.bytes == 16 ? 13 : 18;

  if (id.bytes != 16 && id.bytes != 23)
    return false;
  for (size_t i = 0; i < id.bytes; i++)
    if ((i == 6 || i == second) ? id.text[i] != '-' : !is_id_byte(id.text[i]))
      return false;
  return true;
}

/* A word up to a blank that is not between quotes: T="a subject for you", "a b"@example.org.
 * A quote opens at the start of a value only, and where another closes it: a client chooses
 * its HELO. */
struct log_slice log_exim_word(struct log_slice *rest)
{
  bool quoted = false;
  size_t at = 0;

  for (; at < rest->bytes; at++) {
    char c = rest->text[at];

    if (c == '\\' && quoted && at + 1 < rest->bytes)
      at++;
    else if (c == '"' && (quoted || at == 0 || rest->text[at - 1] == '='))
      quoted = !quoted;
    else if (c == ' ' && !quoted)
      break;
  }
  if (quoted) /* never closed: it is an ordinary byte */
    return log_slice_token(rest);
  {
    struct log_slice word = {rest->text, at};

    *rest = log_slice_from(*rest, at < rest->bytes ? at + 1 : at);
    return word;
  }
}

/* "[192.0.2.1]" or "[192.0.2.1]:25". */
static bool read_ip(struct log_slice word, struct log_fact *fact)
{
  size_t close = log_slice_find(word, "]", true);

  if (word.bytes < 3 || word.text[0] != '[' || close == SIZE_MAX)
    return false;
  fact->ip = (struct log_slice){word.text + 1, close - 1};
  return true;
}

/* Behind H= come names, then the address in brackets; A=METHOD:USER stands once, before
 * what the sender of the message may write. */
static void read_words(struct log_slice rest, struct log_fact *fact)
{
  bool in_host = false, has_user = false, counting = false;

  while (rest.bytes > 0) {
    struct log_slice word = log_exim_word(&rest);

    if (word.bytes == 0)
      continue;
    if (log_slice_is(word, "for")) {
      counting = true;
      fact->recipients = 0;
      fact->names = rest;
    } else if (counting) {
      fact->recipients++;
    } else if (log_slice_begins(word, "H=") && fact->ip.bytes == 0) {
      in_host = !read_ip(log_slice_from(word, 2), fact);
    } else if (in_host && read_ip(word, fact)) {
      in_host = false;
    } else if (log_slice_begins(word, "A=") && !has_user) {
      size_t colon = log_slice_find(word, ":", false);

      has_user = true;
      if (colon != SIZE_MAX)
        fact->user = log_slice_from(word, colon + 1);
    } else if (log_slice_begins(word, "S=")) {
      uint64_t bytes;

      if (fact->bytes == 0 && log_slice_number(log_slice_from(word, 2), &bytes))
        fact->bytes = bytes;
    }
  }
}

static void read_received(struct log_slice rest, struct log_fact *fact)
{
  struct log_slice sender = log_exim_word(&rest);

  fact->kind = sender.bytes > 0 ? LOG_RECEIVED : LOG_MISTAKEN;
  fact->sender = log_slice_is(sender, "<>") ? (struct log_slice){sender.text, 0} : sender;
  read_words(rest, fact);
}

/* ADDRESS, or LAST <ADDRESS>: the one that the sender named. */
static void read_recipient(struct log_slice *rest, struct log_fact *fact)
{
  struct log_slice ahead, original;

  fact->recipient = log_exim_word(rest);
  ahead = *rest;
  original = log_exim_word(&ahead);
  if (original.bytes > 2 && original.text[0] == '<' && original.text[original.bytes - 1] == '>') {
    fact->recipient = (struct log_slice){original.text + 1, original.bytes - 2};
    *rest = ahead;
  }
}

static bool is_reply(struct log_slice text)
{
  for (size_t i = 0; i < 3; i++)
    if (i >= text.bytes || text.text[i] < '0' || text.text[i] > '9')
      return false;
  return text.bytes > 3 && (text.text[3] == ' ' || text.text[3] == '-');
}

/* …: SMTP error from remote mail server after RCPT TO:<a@example.org>: 550 5.1.1 no such user
 * The first reply behind it is the server's; in what an own router says, only that. */
static enum log_signal read_answer(struct log_slice rest, bool failed)
{
  size_t at = log_slice_find(rest, " error from remote mail server after ", false);
  bool to_recipient;

  if (at == SIZE_MAX)
    return failed && (log_slice_find(rest, "Unrouteable address", false) != SIZE_MAX ||
                      log_slice_find(rest, "nknown user", false) != SIZE_MAX)
               ? LOG_UNKNOWN_RECIPIENT
               : LOG_NO_SIGNAL;
  rest = log_slice_from(rest, at + sizeof " error from remote mail server after " - 1);
  to_recipient = log_slice_begins(rest, "RCPT TO:");
  while ((at = log_slice_find(rest, ": ", false)) != SIZE_MAX) {
    rest = log_slice_from(rest, at + 2);
    if (is_reply(rest))
      return log_answer_reply(rest, to_recipient);
  }
  return LOG_NO_SIGNAL;
}

static void read_delivery(struct log_slice rest, enum log_fact_kind kind, bool answered,
                          bool failed, struct log_fact *fact)
{
  fact->kind = kind;
  read_recipient(&rest, fact);
  if (answered)
    fact->signal = read_answer(rest, failed);
}

/* Returns false where it is no line of a main log. */
bool log_exim_read(struct log_slice line, struct log_fact *fact)
{
  struct log_slice rest = line, id = log_slice_token(&rest), flag;

  if (id.bytes > 2 && id.text[0] == '[') /* +pid */
    id = log_slice_token(&rest);
  if (!is_id(id))
    return false;
  fact->id = id;
  fact->host = (struct log_slice){id.text, 0};
  flag = log_slice_token(&rest);
  if (log_slice_is(flag, "<="))
    read_received(rest, fact);
  else if (log_slice_is(flag, "=>") || log_slice_is(flag, "->") || log_slice_is(flag, ">>"))
    read_delivery(rest, LOG_DELIVERED, false, false, fact);
  else if (log_slice_is(flag, "**"))
    read_delivery(rest, LOG_DELIVERED, true, true, fact);
  else if (log_slice_is(flag, "=="))
    read_delivery(rest, LOG_DEFERRED, true, false, fact);
  else if (log_slice_is(flag, "Completed"))
    fact->kind = LOG_GONE;
  return true;
}
