/* SPDX-License-Identifier: BSD-2-Clause */
#include "intake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void intake_open(struct intake *intake, const char *path)
{
  memset(intake, 0, sizeof *intake);
  intake->path = path;
  intake->file = -1;
}

static void take_line(struct intake *intake, intake_on_message *on_message, void *context)
{
  const char *line = intake->line;
  struct intake_message *message = &intake->message;

  if (intake->in_data) {
    if (strcmp(line, ".") == 0) {
      on_message(context, message);
      intake->in_data = 0;
      *message = (struct intake_message){{0}, 0};
    }
  } else if (strncmp(line, "MAIL FROM:<", 11) == 0) {
    (void)snprintf(message->sender, sizeof message->sender, "%.*s", (int)strcspn(line + 11, ">"),
                   line + 11);
  } else if (strncmp(line, "RCPT TO:<", 9) == 0) {
    message->recipients++;
  } else if (strcmp(line, "DATA") == 0) {
    intake->in_data = 1;
  }
}

static void take_bytes(struct intake *intake, const char *bytes, size_t count,
                       intake_on_message *on_message, void *context)
{
  for (size_t i = 0; i < count; i++) {
    if (bytes[i] == '\n') {
      if (intake->line_bytes && intake->line[intake->line_bytes - 1] == '\r')
        intake->line_bytes--;
      intake->line[intake->line_bytes] = '\0';
      take_line(intake, on_message, context);
      intake->line_bytes = 0;
    } else if (intake->line_bytes < sizeof intake->line - 1) {
      intake->line[intake->line_bytes++] = bytes[i];
    }
  }
}

int intake_read(struct intake *intake, intake_on_message *on_message, void *context)
{
  char bytes[65536];
  ssize_t got;

  if (intake->file < 0) {
    intake->file = open(intake->path, O_RDONLY | O_CLOEXEC);
    if (intake->file < 0 && errno == ENOENT)
      return 0;
    if (intake->file < 0) {
      fprintf(stderr, "incident: %s: %s\n", intake->path, strerror(errno));
      return -1;
    }
  }
  while ((got = pread(intake->file, bytes, sizeof bytes, intake->at)) > 0) {
    take_bytes(intake, bytes, (size_t)got, on_message, context);
    intake->at += got;
  }
  if (got < 0) {
    fprintf(stderr, "incident: %s: %s\n", intake->path, strerror(errno));
    return -1;
  }
  return 0;
}

int intake_close(struct intake *intake)
{
  if (intake->file >= 0)
    (void)close(intake->file);
  return intake->line_bytes || intake->in_data || intake->message.recipients ? -1 : 0;
}
