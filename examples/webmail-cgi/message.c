/* SPDX-License-Identifier: BSD-2-Clause */
#include "message.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void write_base64(FILE *out, const unsigned char *bytes, size_t count)
{
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

  for (size_t i = 0; i < count; i += 3) {
    unsigned group = (unsigned)bytes[i] << 16;
    if (i + 1 < count)
      group |= (unsigned)bytes[i + 1] << 8;
    if (i + 2 < count)
      group |= bytes[i + 2];
    fputc(digits[group >> 18], out);
    fputc(digits[group >> 12 & 63], out);
    fputc(i + 1 < count ? digits[group >> 6 & 63] : '=', out);
    fputc(i + 2 < count ? digits[group & 63] : '=', out);
  }
}

/* RFC 2047: words of at most 75 characters that end between two characters of the
 * text.  45 bytes make 60 digits.  Whatever the text is, it becomes digits. */
static void write_words(FILE *out, const char *text)
{
  const char *separator = "";

  while (*text) {
    size_t length = text_cut(text, 45);
    if (length == 0) /* no UTF-8, which was checked before */
      return;
    fprintf(out, "%s=?utf-8?B?", separator);
    write_base64(out, (const unsigned char *)text, length);
    fputs("?=", out);
    separator = "\r\n ";
    text += length;
  }
}

/* The text below it, ended as people end lines in mail (RFC 3676, 4.3). */
static void append_signature(FILE *out, const char *signature)
{
  if (*signature)
    fprintf(out, "\n-- \n%s", signature);
}

static size_t write_canonical(unsigned char *canonical, const char *text)
{
  size_t count = 0;

  for (size_t i = 0; text[i]; i++) {
    if (text[i] == '\r' && text[i + 1] == '\n')
      continue;
    if (text[i] == '\r' || text[i] == '\n') {
      canonical[count++] = '\r';
      canonical[count++] = '\n';
    } else {
      canonical[count++] = (unsigned char)text[i];
    }
  }
  return count;
}

/* Base64 of the text with its lines ended by CRLF: any charset, any length of line,
 * and no line that is a dot. */
static int write_body(FILE *out, const char *body, const char *signature)
{
  char *whole = NULL;
  size_t bytes = 0;
  FILE *text = open_memstream(&whole, &bytes);
  unsigned char *canonical;
  int failed;

  if (!text)
    return -1;
  fputs(body, text);
  append_signature(text, signature);
  failed = fclose(text) != 0;
  canonical = failed ? NULL : malloc(2 * bytes + 1);
  if (canonical) {
    size_t count = write_canonical(canonical, whole);
    for (size_t i = 0; i < count; i += 57) {
      write_base64(out, canonical + i, count - i < 57 ? count - i : 57);
      fputs("\r\n", out);
    }
  }
  free(whole);
  free(canonical);
  return canonical ? 0 : -1;
}

static void write_origin(FILE *out, const char *sender, const struct identity *identity)
{
  struct timespec now;
  struct tm utc;
  char date[64];

  (void)clock_gettime(CLOCK_REALTIME, &now);
  (void)gmtime_r(&now.tv_sec, &utc);
  (void)strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", &utc);
  fprintf(out, "Date: %s\r\nFrom: ", date);
  write_words(out, identity->name);
  fprintf(out, "%s<%s>\r\n", *identity->name ? "\r\n " : "", sender);
  if (*identity->reply_to)
    fprintf(out, "Reply-To: <%s>\r\n", identity->reply_to);
  fprintf(out, "Message-ID: <%lld.%09ld.%ld.%s>\r\n", (long long)now.tv_sec, now.tv_nsec,
          (long)getpid(), sender);
}

static void write_header(FILE *out, const struct mail *mail, const char *subject,
                         const struct identity *identity)
{
  const struct recipients *recipients = mail->recipients;

  write_origin(out, mail->sender, identity);
  fputs("To: ", out);
  for (size_t i = 0; i < recipients->count; i++)
    fprintf(out, "%s<%s>", i ? ",\r\n " : "", recipients->address[i]);
  fputs("\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: base64\r\nSubject: ",
        out);
  write_words(out, subject);
  fputs("\r\n", out);
}

int message_write(struct mail *mail, const struct draft *draft, const struct identity *identity)
{
  FILE *out = open_memstream(&mail->text, &mail->text_bytes);
  int failed;

  if (!out)
    return -1;
  write_header(out, mail, draft->subject, identity);
  fputs("\r\n", out);
  failed = write_body(out, draft->body, identity->signature) != 0;
  failed |= ferror(out);
  failed |= fclose(out) != 0;
  if (!failed)
    return 0;
  free(mail->text);
  mail->text = NULL;
  return -1;
}
