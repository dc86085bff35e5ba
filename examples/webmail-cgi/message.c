/* SPDX-License-Identifier: BSD-2-Clause */
#include "message.h"

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
 * text.  45 bytes make 60 digits. */
static void write_subject(FILE *out, const char *subject)
{
  const char *separator = "";

  fputs("Subject: ", out);
  while (*subject) {
    size_t length = 0;

    while (subject[length]) {
      size_t character = form_character_bytes(subject + length);
      if (length + character > 45)
        break;
      length += character;
    }
    fprintf(out, "%s=?utf-8?B?", separator);
    write_base64(out, (const unsigned char *)subject, length);
    fputs("?=", out);
    separator = "\r\n ";
    subject += length;
  }
  fputs("\r\n", out);
}

/* Base64 of the text with its lines ended by CRLF: any charset, any length of line,
 * and no line that is a dot. */
static int write_body(FILE *out, const char *body)
{
  size_t length = strlen(body);
  unsigned char *canonical = malloc(2 * length + 1);
  size_t count = 0;

  if (!canonical)
    return -1;
  for (size_t i = 0; i < length; i++) {
    if (body[i] == '\r' && body[i + 1] == '\n')
      continue;
    if (body[i] == '\r' || body[i] == '\n') {
      canonical[count++] = '\r';
      canonical[count++] = '\n';
    } else {
      canonical[count++] = (unsigned char)body[i];
    }
  }
  for (size_t i = 0; i < count; i += 57) {
    write_base64(out, canonical + i, count - i < 57 ? count - i : 57);
    fputs("\r\n", out);
  }
  free(canonical);
  return 0;
}

static void write_header(FILE *out, const char *sender, const struct recipients *recipients)
{
  struct timespec now;
  struct tm utc;
  char date[64];

  (void)clock_gettime(CLOCK_REALTIME, &now);
  (void)gmtime_r(&now.tv_sec, &utc);
  (void)strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", &utc);
  fprintf(out, "Date: %s\r\nFrom: <%s>\r\nMessage-ID: <%lld.%09ld.%ld.%s>\r\nTo: ", date, sender,
          (long long)now.tv_sec, now.tv_nsec, (long)getpid(), sender);
  for (size_t i = 0; i < recipients->count; i++)
    fprintf(out, "%s<%s>", i ? ",\r\n " : "", recipients->address[i]);
  fputs("\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: base64\r\n",
        out);
}

char *message_write(const char *sender, const struct form *form,
                    const struct recipients *recipients, size_t *bytes)
{
  char *text = NULL;
  FILE *out = open_memstream(&text, bytes);
  int failed;

  if (!out)
    return NULL;
  fprintf(out, "HELO webmail\r\nMAIL FROM:<%s>\r\n", sender);
  for (size_t i = 0; i < recipients->count; i++)
    fprintf(out, "RCPT TO:<%s>\r\n", recipients->address[i]);
  fputs("DATA\r\n", out);
  write_header(out, sender, recipients);
  write_subject(out, form->subject);
  fputs("\r\n", out);
  failed = write_body(out, form->body) != 0;
  fputs(".\r\n", out);
  failed |= ferror(out);
  failed |= fclose(out) != 0;
  if (failed) {
    free(text);
    return NULL;
  }
  return text;
}
