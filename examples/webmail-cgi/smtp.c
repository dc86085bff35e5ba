/* SPDX-License-Identifier: BSD-2-Clause */
#include "smtp.h"
#include "link.h"
#include "text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LINE_BYTES 1024 /* twice what RFC 5321 allows a reply's line              */
#define LINES_MAX 100   /* of one reply                                           */
#define COMMAND_BYTES 1024

struct dialogue {
  struct link link;
  struct smtp_delivery *delivery;
  int offers_xclient; /* by the last EHLO                                          */
};

/* Without the code, and the enhanced code (RFC 3463) that programs read. */
static void take_words(struct smtp_reply *reply, const char *line)
{
  size_t code = strspn(line, "0123456789.");

  if (code >= 5 && line[code] == ' ')
    line += code + 1;
  (void)snprintf(reply->words, sizeof reply->words, "%.*s",
                 (int)text_cut(line, SMTP_WORDS_BYTES - 1), line);
  if (!text_is_clean(reply->words, 1))
    (void)snprintf(reply->words, sizeof reply->words, "(a reply that is no text)");
}

static int fail(struct dialogue *dialogue, const char *what)
{
  (void)snprintf(dialogue->delivery->fault, sizeof dialogue->delivery->fault, "%s: %s", what,
                 strerror(errno));
  return -1;
}

/* Returns 0, or -1 where no reply came that is one. */
static int read_reply(struct dialogue *dialogue, const char *to_what)
{
  struct smtp_reply *reply = &dialogue->delivery->reply;
  char line[LINE_BYTES];

  *reply = (struct smtp_reply){0, ""};
  for (int i = 0; i < LINES_MAX; i++) {
    if (link_line(&dialogue->link, line, sizeof line) != 0)
      return fail(dialogue, to_what);
    if (strspn(line, "0123456789") != 3 || !strchr(" -", line[3]))
      break;
    if (line[3] && strncasecmp(line + 4, "XCLIENT ", 8) == 0)
      dialogue->offers_xclient = 1;
    if (line[3] == '-')
      continue;
    reply->code = atoi(line);
    take_words(reply, line[3] ? line + 4 : "");
    return 0;
  }
  errno = EPROTO;
  return fail(dialogue, to_what);
}

/* One command, and its reply.  Everything in it was checked before: that nothing in it ends the
 * line is looked at once more, where it would do harm. */
static __attribute__((format(printf, 2, 3))) int command(struct dialogue *dialogue,
                                                         const char *format, ...)
{
  char line[COMMAND_BYTES];
  va_list arguments;
  int length;

  va_start(arguments, format);
  length = vsnprintf(line, sizeof line - 2, format, arguments);
  va_end(arguments);
  if (length < 0 || (size_t)length >= sizeof line - 2 || !text_is_clean(line, 1)) {
    dialogue->delivery->reply.code = 0;
    errno = EINVAL;
    return fail(dialogue, "a command that cannot be one");
  }
  memcpy(line + length, "\r\n", 2);
  if (link_write(&dialogue->link, line, (size_t)length + 2) != 0) {
    dialogue->delivery->reply.code = 0;
    return fail(dialogue, "write");
  }
  line[strcspn(line, " \r")] = '\0';
  return read_reply(dialogue, line);
}

static int code_class(const struct dialogue *dialogue)
{
  return dialogue->delivery->reply.code / 100;
}

static int expect(struct dialogue *dialogue, int class, const char *what)
{
  struct smtp_delivery *delivery = dialogue->delivery;

  if (code_class(dialogue) == class)
    return 0;
  (void)snprintf(delivery->fault, sizeof delivery->fault, "%s: %d %.200s", what,
                 delivery->reply.code, delivery->reply.words);
  return -1;
}

static int greet(struct dialogue *dialogue, const struct smtp_server *server)
{
  if (read_reply(dialogue, "greeting") != 0 || expect(dialogue, 2, "greeting") != 0)
    return -1;
  dialogue->offers_xclient = 0;
  if (command(dialogue, "EHLO %s", server->name) != 0)
    return -1;
  return expect(dialogue, 2, "EHLO");
}

/* Of a user's letters only '+' stands for something in xtext (RFC 3461, 4). */
static int tell_client(struct dialogue *dialogue, const struct smtp_server *server)
{
  const char *kind = strchr(server->address, ':') ? "IPV6:" : "";
  char login[512];
  size_t length = 0;

  if (!dialogue->offers_xclient) {
    dialogue->delivery->reply.code = 0;
    errno = EPERM;
    return fail(dialogue, "the server does not offer XCLIENT to this host");
  }
  for (const char *next = server->login; *next && length < sizeof login - 4; next++) {
    if (*next == '+')
      length += (size_t)sprintf(login + length, "+2B");
    else
      login[length++] = *next;
  }
  login[length] = '\0';
  return command(dialogue, "XCLIENT LOGIN=%s ADDR=%s%s", login, kind, server->address);
}

static int begin(struct dialogue *dialogue, const struct smtp_server *server)
{
  if (link_open(&dialogue->link, server->place, server->patience_s) != 0)
    return fail(dialogue, "connect");
  if (greet(dialogue, server) != 0)
    return -1;
  if (!server->login)
    return 0;
  if (tell_client(dialogue, server) != 0 || expect(dialogue, 2, "XCLIENT") != 0)
    return -1;
  dialogue->offers_xclient = 0; /* the reply was the greeting of a new session         */
  if (command(dialogue, "EHLO %s", server->name) != 0)
    return -1;
  return expect(dialogue, 2, "EHLO after XCLIENT");
}

static int name_recipients(struct dialogue *dialogue, const struct recipients *recipients)
{
  struct smtp_delivery *delivery = dialogue->delivery;

  delivery->refused = calloc(recipients->count, sizeof *delivery->refused);
  if (!delivery->refused)
    return fail(dialogue, "recipients");
  for (size_t i = 0; i < recipients->count; i++) {
    if (command(dialogue, "RCPT TO:<%s>", recipients->address[i]) != 0)
      return -1;
    if (code_class(dialogue) != 2)
      delivery->refused[delivery->refused_count++] = (struct smtp_refused){i, delivery->reply};
  }
  return 0;
}

/* The lines, with a dot before each that begins with one (RFC 5321, 4.5.2), and the end. */
static int write_text(struct dialogue *dialogue, const struct mail *mail)
{
  const char *from = mail->text;
  const char *end = mail->text + mail->text_bytes;

  for (const char *line = from; line < end;) {
    const char *line_end = memchr(line, '\n', (size_t)(end - line));
    if (*line == '.') {
      if (link_write(&dialogue->link, from, (size_t)(line - from)) != 0 ||
          link_write(&dialogue->link, ".", 1) != 0)
        return -1;
      from = line;
    }
    line = line_end ? line_end + 1 : end;
  }
  if (link_write(&dialogue->link, from, (size_t)(end - from)) != 0)
    return -1;
  return link_write(&dialogue->link, ".\r\n", 3);
}

static enum smtp_outcome outcome_of(const struct dialogue *dialogue)
{
  return code_class(dialogue) == 5 ? SMTP_REFUSED : SMTP_LATER;
}

/* Of recipients that are all refused, one that may come later is worth another attempt. */
static enum smtp_outcome all_refused(struct dialogue *dialogue)
{
  struct smtp_delivery *delivery = dialogue->delivery;

  delivery->reply = delivery->refused[0].reply;
  for (size_t i = 0; i < delivery->refused_count; i++) {
    if (delivery->refused[i].reply.code / 100 != 5)
      delivery->reply = delivery->refused[i].reply;
  }
  return outcome_of(dialogue);
}

static enum smtp_outcome speak(struct dialogue *dialogue, const struct smtp_server *server,
                               const struct mail *mail)
{
  if (begin(dialogue, server) != 0)
    return SMTP_LATER; /* a server that turns this host away is the administrator's affair */
  if (command(dialogue, "MAIL FROM:<%s>", mail->sender) != 0 || code_class(dialogue) != 2)
    return outcome_of(dialogue);
  if (name_recipients(dialogue, mail->recipients) != 0)
    return SMTP_LATER;
  if (dialogue->delivery->refused_count == mail->recipients->count)
    return all_refused(dialogue);
  if (command(dialogue, "DATA") != 0 || code_class(dialogue) != 3)
    return outcome_of(dialogue);
  if (write_text(dialogue, mail) != 0) {
    dialogue->delivery->reply.code = 0;
    (void)fail(dialogue, "text");
    return SMTP_LATER; /* its end was not sent                                          */
  }
  if (read_reply(dialogue, "end of text") != 0)
    return SMTP_UNKNOWN;
  return code_class(dialogue) == 2 ? SMTP_TAKEN : outcome_of(dialogue);
}

enum smtp_outcome smtp_send(const struct smtp_server *server, const struct mail *mail,
                            struct smtp_delivery *delivery)
{
  struct dialogue dialogue = {.delivery = delivery};
  enum smtp_outcome outcome;

  memset(delivery, 0, sizeof *delivery);
  outcome = speak(&dialogue, server, mail);
  if (dialogue.link.file >= 0) {
    (void)link_write(&dialogue.link, "QUIT\r\n", 6); /* its reply changes nothing       */
    link_close(&dialogue.link);
  }
  return outcome;
}

void smtp_free(struct smtp_delivery *delivery)
{
  free(delivery->refused);
  memset(delivery, 0, sizeof *delivery);
}
