/* SPDX-License-Identifier: BSD-2-Clause
 * What an answer of a server says of a sender: that a recipient does not exist, or that the
 * server would not have the message.  Enhanced status codes are those of RFC 3463. */
#include "log.h"

const char *const log_signal_names[LOG_SIGNALS] = {"", "unknown-recipient", "remote-refusal"};

static bool is_digit(char c)
{
  return c >= '0' && c <= '9';
}

/* Up to three digits.  Returns how many. */
static size_t read_part(struct log_slice text, size_t at, unsigned *part)
{
  size_t digits = 0;

  *part = 0;
  for (; digits < 3 && at + digits < text.bytes && is_digit(text.text[at + digits]); digits++)
    *part = *part * 10 + (unsigned)(text.text[at + digits] - '0');
  return digits;
}

/* X.1.x is about an address, 5.4.4 that its domain has no host; X.3.x and X.4.x are trouble of a
 * host and of the network, and nobody's word on the sender. */
enum log_signal log_answer_status(struct log_slice status, bool remote)
{
  unsigned subject, detail;
  size_t digits;

  if (status.bytes < 5 || (status.text[0] != '4' && status.text[0] != '5') || status.text[1] != '.')
    return LOG_NO_SIGNAL;
  digits = read_part(status, 2, &subject);
  if (digits == 0 || 2 + digits >= status.bytes || status.text[2 + digits] != '.' ||
      read_part(status, 3 + digits, &detail) == 0)
    return LOG_NO_SIGNAL;
  if (status.text[0] == '5' && (subject == 1 || (subject == 4 && detail == 4)))
    return LOG_UNKNOWN_RECIPIENT;
  return remote && subject != 3 && subject != 4 ? LOG_REMOTE_REFUSAL : LOG_NO_SIGNAL;
}

enum log_signal log_answer_reply(struct log_slice reply, bool to_recipient)
{
  struct log_slice status;
  unsigned code;

  if (read_part(reply, 0, &code) != 3 || code < 400 || code > 599)
    return LOG_NO_SIGNAL;
  status = log_slice_from(reply, reply.bytes > 4 ? 4 : reply.bytes);
  if (status.bytes > 1 && status.text[0] == reply.text[0] && status.text[1] == '.')
    return log_answer_status(status, true);
  return to_recipient && (code == 550 || code == 551 || code == 553) ? LOG_UNKNOWN_RECIPIENT
                                                                     : LOG_REMOTE_REFUSAL;
}
