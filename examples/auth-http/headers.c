/* SPDX-License-Identifier: BSD-2-Clause */
#include "headers.h"

#include <string.h>
#include <strings.h>

/* Between what is read and what comes behind it. */
struct span {
  char *at, *end;
};

/* The next line without its CRLF.  Returns false: it ends in another way. */
static bool next_line(struct span *rest, struct span *line)
{
  char *newline = memchr(rest->at, '\n', (size_t)(rest->end - rest->at));
  if (newline == NULL || newline == rest->at || newline[-1] != '\r')
    return false;
  *line = (struct span){rest->at, newline - 1};
  rest->at = newline + 1;
  return memchr(line->at, '\r', (size_t)(line->end - line->at)) == NULL;
}

static bool is_blank(char c)
{
  return c == ' ' || c == '\t';
}

/* tchar of RFC 9110. */
static bool is_token(const char *at, const char *end)
{
  if (at == end)
    return false;
  for (; at < end; at++)
    if (!(*at >= 'a' && *at <= 'z') && !(*at >= 'A' && *at <= 'Z') &&
        !(*at >= '0' && *at <= '9') && strchr("!#$%&'*+-.^_`|~", *at) == NULL)
      return false;
  return true;
}

static bool begins(const struct span *line, const char *text)
{
  size_t length = strlen(text);
  return (size_t)(line->end - line->at) >= length && memcmp(line->at, text, length) == 0;
}

/* GET /PATH HTTP/1.0 or 1.1; the path is of no importance. */
static const char *read_request_line(const struct span *line)
{
  if (!begins(line, "GET /"))
    return "not a GET of a path";
  const char *space = memchr(line->at + 5, ' ', (size_t)(line->end - line->at - 5));
  if (space == NULL || line->end - space != 9 ||
      (memcmp(space, " HTTP/1.0", 9) != 0 && memcmp(space, " HTTP/1.1", 9) != 0))
    return "not HTTP/1.0 or HTTP/1.1";
  return NULL;
}

static bool name_is(const struct span *line, const char *colon, const char *name)
{
  size_t length = (size_t)(colon - line->at);
  return length == strlen(name) && strncasecmp(line->at, name, length) == 0;
}

static const char *read_field(const struct span *line, const char *const *names,
                              struct value *values, size_t count)
{
  char *colon = memchr(line->at, ':', (size_t)(line->end - line->at));
  if (colon == NULL || !is_token(line->at, colon))
    return "a line that is no field";
  if (name_is(line, colon, "Content-Length") || name_is(line, colon, "Transfer-Encoding"))
    return "a body";
  struct span value = {colon + 1, line->end};
  while (value.at < value.end && is_blank(*value.at))
    value.at++;
  while (value.at < value.end && is_blank(value.end[-1]))
    value.end--;
  for (size_t i = 0; i < count; i++) {
    if (!name_is(line, colon, names[i]))
      continue;
    if (values[i].bytes != NULL)
      return "a field given twice";
    values[i] = (struct value){value.at, (size_t)(value.end - value.at)};
  }
  return NULL;
}

const char *headers_read(char *bytes, size_t length, const char *const *names,
                         struct value *values, size_t count)
{
  struct span rest = {bytes, bytes + length}, line;
  if (memchr(bytes, '\0', length) != NULL)
    return "a NUL byte";
  if (!next_line(&rest, &line))
    return "a line end that is not CRLF";
  const char *wrong = read_request_line(&line);
  while (wrong == NULL) {
    if (!next_line(&rest, &line))
      return "a line end that is not CRLF";
    if (line.at == line.end)
      return NULL;
    wrong = read_field(&line, names, values, count);
  }
  return wrong;
}

static int hex_digit(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool headers_unescape(struct value *value)
{
  if (value->length == 0)
    return true;
  char *out = (char *)(uintptr_t)value->bytes; /* into the bytes of headers_read()  */
  size_t used = 0;
  for (size_t i = 0; i < value->length; i++) {
    char c = value->bytes[i];
    if (c == '%') {
      int high = value->length - i > 2 ? hex_digit(value->bytes[i + 1]) : -1;
      int low = high >= 0 ? hex_digit(value->bytes[i + 2]) : -1;
      if (low < 0)
        return false;
      c = (char)(high * 16 + low);
      i += 2;
    }
    out[used++] = c;
  }
  value->length = used;
  return true;
}
