/* SPDX-License-Identifier: BSD-2-Clause */
#include "preferences.h"
#include "recipients.h"
#include "state.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char layout[] = "name %s\nreply-to %s\nsignature\n%s";

/* The rest of a line that begins so; NULL where it does not, or does not fit. */
static char *take_line(char *text, const char *begins, char *value, size_t value_bytes)
{
  size_t length = strlen(begins);
  size_t bytes = strcspn(text, "\n");

  if (strncmp(text, begins, length) != 0 || text[bytes] != '\n' || bytes - length >= value_bytes)
    return NULL;
  memcpy(value, text + length, bytes - length);
  value[bytes - length] = '\0';
  return text_is_clean(value, 1) ? text + bytes + 1 : NULL;
}

static int parse(char *text, struct preferences *preferences)
{
  char none[1];

  text = take_line(text, "name ", preferences->name, sizeof preferences->name);
  if (text)
    text = take_line(text, "reply-to ", preferences->reply_to, sizeof preferences->reply_to);
  if (text)
    text = take_line(text, "signature", none, sizeof none);
  if (!text || strlen(text) >= sizeof preferences->signature || !text_is_clean(text, 0))
    return -1;
  memcpy(preferences->signature, text, strlen(text) + 1);
  return 0;
}

int preferences_read(const char *user, struct preferences *preferences)
{
  char text[STATE_FILE_MAX_BYTES + 1], name[STATE_NAME_BYTES];
  int folder = state_folder("preferences");
  long bytes;
  int error;

  memset(preferences, 0, sizeof *preferences);
  if (folder < 0)
    return -1;
  state_name(user, name);
  bytes = state_read(folder, name, text);
  error = errno;
  (void)close(folder);
  if (bytes < 0) {
    errno = error;
    return error == ENOENT ? 0 : -1;
  }
  if (strlen(text) == (size_t)bytes && parse(text, preferences) == 0)
    return 0;
  memset(preferences, 0, sizeof *preferences);
  errno = EINVAL;
  return -1;
}

/* Lines ended by LF, without blanks at the end of it all.  -1 where it is too much. */
static int take_signature(char *signature, const char *typed)
{
  size_t length = 0, lines = 1;

  for (; *typed; typed++) {
    if (*typed == '\r' && typed[1] == '\n')
      continue;
    if (length + 1 >= PREFERENCES_SIGNATURE_BYTES)
      return -1;
    signature[length++] = *typed == '\r' ? '\n' : *typed;
  }
  while (length > 0 && strchr(" \t\n", signature[length - 1]))
    length--;
  signature[length] = '\0';
  for (size_t i = 0; i < length; i++)
    lines += signature[i] == '\n';
  return lines > PREFERENCES_SIGNATURE_LINES ? -1 : 0;
}

static int is_one_address(const char *text)
{
  struct recipients recipients;
  int is_one = recipients_read(&recipients, text) == RECIPIENTS_OK && recipients.count == 1 &&
               strcmp(recipients.address[0], text) == 0;

  recipients_free(&recipients);
  return is_one;
}

const char *preferences_take(struct preferences *preferences, const struct identity *typed,
                             const char **words)
{
  memset(preferences, 0, sizeof *preferences);
  if (strlen(typed->name) >= sizeof preferences->name) {
    *words = "This name is too long: 120 letters at most, fewer with accents.";
    return "name";
  }
  memcpy(preferences->name, typed->name, strlen(typed->name) + 1);
  if (*typed->reply_to && (strlen(typed->reply_to) >= sizeof preferences->reply_to ||
                           !is_one_address(typed->reply_to))) {
    *words = "Please type one address: it looks like alice@example.edu.";
    return "reply-to";
  }
  memcpy(preferences->reply_to, typed->reply_to, strlen(typed->reply_to) + 1);
  if (take_signature(preferences->signature, typed->signature) != 0) {
    *words = "This signature is too long: 12 lines and 1000 letters at most.";
    return "signature";
  }
  return NULL;
}

int preferences_write(const char *user, const struct preferences *preferences)
{
  char text[STATE_FILE_MAX_BYTES], name[STATE_NAME_BYTES];
  int folder = state_folder("preferences");
  int length, failed, error;

  if (folder < 0)
    return -1;
  state_name(user, name);
  length = snprintf(text, sizeof text, layout, preferences->name, preferences->reply_to,
                    preferences->signature);
  failed = state_write(folder, name, text, (size_t)length);
  error = errno;
  (void)close(folder);
  errno = error;
  return failed;
}

struct identity preferences_identity(const struct preferences *preferences)
{
  return (struct identity){preferences->name, preferences->reply_to, preferences->signature};
}
