/* SPDX-License-Identifier: BSD-2-Clause */
#include "form.h"
#include "text.h"

#include <string.h>

static const struct refusal ACCEPTED = {0, NULL};
static const struct refusal NOT_UNDERSTOOD = {400, "The form could not be understood."};

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

static struct refusal read_field(struct field *fields, size_t count, const char *name, char *value)
{
  struct field *field = NULL;

  for (size_t i = 0; i < count && !field; i++) {
    if (strcmp(name, fields[i].name) == 0)
      field = &fields[i];
  }
  if (!field)
    return ACCEPTED;
  if (*field->value || decode(value) != 0)
    return NOT_UNDERSTOOD;
  if (!text_is_clean(value, field->kind == FIELD_LINE)) {
    if (field->kind == FIELD_TEXT)
      return NOT_UNDERSTOOD;
    /* A line end in an address or a subject would be a header of its own. */
    return (struct refusal){400, "What is one line, as addresses and the subject are, must be one "
                                 "line of plain text."};
  }
  field->value = value;
  return ACCEPTED;
}

struct refusal form_read(struct request *request, struct field *fields, size_t count)
{
  struct refusal first = ACCEPTED;
  char *next = request->content;

  for (size_t i = 0; i < count; i++)
    fields[i].value = "";
  if (strlen(request->content) != request->content_bytes)
    return NOT_UNDERSTOOD;
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
    struct refusal refusal = read_field(fields, count, name, value);
    if (refusal.status && !first.status)
      first = refusal;
  }
  return first;
}
