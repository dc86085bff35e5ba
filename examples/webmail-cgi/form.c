/* SPDX-License-Identifier: BSD-2-Clause */
#include "form.h"

#include <string.h>

static int digit(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

/* In place: the decoded text is never longer.  Returns -1 for a bad escape or a NUL. */
static int decode(char *text)
{
  char *out = text;

  for (; *text; text++) {
    if (*text == '+') {
      *out++ = ' ';
    } else if (*text == '%') {
      int high = digit(text[1]);
      int low = high < 0 ? -1 : digit(text[2]);
      if (low < 0 || high * 16 + low == 0)
        return -1;
      *out++ = (char)(high * 16 + low);
      text += 2;
    } else {
      *out++ = *text;
    }
  }
  *out = '\0';
  return 0;
}

size_t form_character_bytes(const char *text)
{
  const unsigned char *c = (const unsigned char *)text;
  static const unsigned smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  unsigned value = c[0];
  size_t length = 1;

  if (value < 0x80)
    return 1;
  if (value >= 0xc2 && value <= 0xdf)
    length = 2;
  else if (value >= 0xe0 && value <= 0xef)
    length = 3;
  else if (value >= 0xf0 && value <= 0xf4)
    length = 4;
  else
    return 0;
  value &= 0x7fu >> length;
  for (size_t i = 1; i < length; i++) {
    if ((c[i] & 0xc0) != 0x80)
      return 0;
    value = value << 6 | (c[i] & 0x3fu);
  }
  if (value < smallest[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
    return 0;
  return length;
}

static int is_text(const char *text, int one_line)
{
  while (*text) {
    size_t length = form_character_bytes(text);
    if (length == 0)
      return 0;
    if ((unsigned char)*text < 0x20 && (one_line || !strchr("\t\r\n", *text)))
      return 0;
    if (*text == 0x7f)
      return 0;
    text += length;
  }
  return 1;
}

static struct refusal read_field(struct form *form, const char *name, char *value)
{
  static const struct refusal bad = {400, "The form could not be understood."};
  const char **field;

  if (strcmp(name, "to") == 0)
    field = &form->to;
  else if (strcmp(name, "subject") == 0)
    field = &form->subject;
  else if (strcmp(name, "body") == 0)
    field = &form->body;
  else
    return (struct refusal){0, NULL};
  if (**field || decode(value) != 0)
    return bad;
  if (!is_text(value, field != &form->body)) {
    if (field == &form->body)
      return bad;
    /* A line end in an address or a subject would be a header of its own. */
    return (struct refusal){400, "Addresses and the subject must be one line of plain text."};
  }
  *field = value;
  return (struct refusal){0, NULL};
}

struct refusal form_read(struct request *request, struct form *form)
{
  struct refusal first = {0, NULL};
  char *next = request->content;

  *form = (struct form){"", "", ""};
  if (strlen(request->content) != request->content_bytes)
    return (struct refusal){400, "The form could not be understood."};
  while (next && *next) {
    char *name = next;
    char *end = strchr(name, '&');
    char *value;

    next = end ? end + 1 : NULL;
    if (end)
      *end = '\0';
    value = strchr(name, '=');
    if (!value)
      continue;
    *value++ = '\0';
    struct refusal refusal = read_field(form, name, value);
    if (refusal.status && !first.status)
      first = refusal;
  }
  return first;
}
