/* SPDX-License-Identifier: BSD-2-Clause */
#include "recipients.h"

#include <stdlib.h>
#include <string.h>

#define ALPHANUMERIC "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* RFC 5321's Mailbox without its quoted and its literal forms: dot-atoms on both
 * sides of the '@', lengths as in 4.5.3.1. */
static int is_address(const char *text)
{
  const char *at = strchr(text, '@');
  size_t local = at ? (size_t)(at - text) : 0;
  const char *domain = at ? at + 1 : "";
  size_t length = strlen(domain);

  if (local == 0 || local > 64 || length == 0 || length > 255)
    return 0;
  if (strspn(text, ALPHANUMERIC "!#$%&'*+-/=?^_`{|}~.") != local)
    return 0;
  if (strspn(domain, ALPHANUMERIC "-.") != length)
    return 0;
  if (text[0] == '.' || at[-1] == '.' || domain[0] == '-' || domain[length - 1] == '-')
    return 0;
  return domain[0] != '.' && domain[length - 1] != '.' && !strstr(text, "..");
}

static char *trimmed(char *text)
{
  char *end = text + strlen(text);

  while (*text == ' ')
    text++;
  while (end > text && end[-1] == ' ')
    *--end = '\0';
  return text;
}

enum recipients_result recipients_read(struct recipients *recipients, const char *line)
{
  char *next;

  memset(recipients, 0, sizeof *recipients);
  recipients->text = strdup(line);
  recipients->address = calloc(RECIPIENTS_MAX, sizeof *recipients->address);
  if (!recipients->text || !recipients->address)
    return RECIPIENTS_NO_MEMORY;
  next = recipients->text;
  while (next) {
    char *address = strsep(&next, ",");

    address = trimmed(address);
    if (*address == '\0')
      continue;
    if (!is_address(address)) {
      recipients->wrong = address;
      return RECIPIENTS_WRONG;
    }
    if (recipients->count == RECIPIENTS_MAX)
      return RECIPIENTS_TOO_MANY;
    recipients->address[recipients->count++] = address;
  }
  return recipients->count ? RECIPIENTS_OK : RECIPIENTS_NONE;
}

void recipients_free(struct recipients *recipients)
{
  free(recipients->text);
  free(recipients->address);
  memset(recipients, 0, sizeof *recipients);
}
