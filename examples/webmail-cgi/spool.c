/* SPDX-License-Identifier: BSD-2-Clause */
#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* No line of a mail's text begins with a dot: its body is base64, its header has names. */
static char *record_of(const struct mail *mail, size_t *bytes)
{
  char *record = NULL;
  FILE *out = open_memstream(&record, bytes);

  if (!out)
    return NULL;
  fprintf(out, "HELO webmail\r\nMAIL FROM:<%s>\r\n", mail->sender);
  for (size_t i = 0; i < mail->recipients->count; i++)
    fprintf(out, "RCPT TO:<%s>\r\n", mail->recipients->address[i]);
  fputs("DATA\r\n", out);
  (void)fwrite(mail->text, 1, mail->text_bytes, out);
  fputs(".\r\n", out);
  if (ferror(out) | (fclose(out) != 0)) {
    free(record);
    return NULL;
  }
  return record;
}

static int open_spool(const char *path)
{
  int file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
  struct stat status;

  if (file >= 0 && (fstat(file, &status) != 0 || !S_ISREG(status.st_mode))) {
    (void)close(file);
    errno = EINVAL;
    return -1;
  }
  return file;
}

static int append(int file, const char *record, size_t bytes)
{
  ssize_t written;

  do
    written = write(file, record, bytes);
  while (written < 0 && errno == EINTR);
  if (written >= 0 && (size_t)written != bytes) {
    errno = ENOSPC;
    written = -1;
  }
  return written < 0 ? -1 : 0;
}

int spool_append(const char *path, const struct mail *mail)
{
  size_t bytes = 0;
  char *record = record_of(mail, &bytes);
  int file = record ? open_spool(path) : -1;
  int failed, error;

  if (file < 0) {
    free(record);
    return -1;
  }
  failed = append(file, record, bytes);
  error = errno;
  free(record);
  if (close(file) != 0 && !failed)
    return -1;
  errno = error;
  return failed;
}
