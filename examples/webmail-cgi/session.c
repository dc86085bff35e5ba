/* SPDX-License-Identifier: BSD-2-Clause */
#include "session.h"
#include "state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LIFETIME_S (12 * 3600)
#define IDLE_S (2 * 3600)
#define TOUCH_S 60  /* a session's file says when it was used, to a minute         */
#define SWEEP_S 600 /* what is over is removed as often                            */
#define SWEPT "swept"

uint64_t session_clock_ns(void)
{
  struct timespec now;

  (void)clock_gettime(CLOCK_REALTIME, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int parse(struct session *session, const char *text)
{
  const char *end = strchr(text, '\n');
  const char *user = end ? strrchr(text, ' ') : NULL;
  size_t length = user ? (size_t)(end - ++user) : 0;

  if (length == 0 || length >= REQUEST_USER_BYTES || end[1] != '\0' ||
      sscanf(text, "%" SCNu64 " %" SCNu64 " %32[0-9a-f] ", &session->begun_ns, &session->issued_ns,
             session->token) != 3)
    return -1;
  memcpy(session->user, user, length);
  session->user[length] = '\0';
  return strlen(session->token) == TOKEN_BYTES - 1 ? 0 : -1;
}

/* Seconds since the file was touched; of a clock that was set back none. */
static int64_t idle_s(const struct stat *status, uint64_t now_ns)
{
  return (int64_t)(now_ns / 1000000000u) - (int64_t)status->st_mtime;
}

static int find_in(int folder, struct session *session)
{
  char text[STATE_FILE_MAX_BYTES + 1];
  uint64_t now_ns = session_clock_ns();
  struct stat status;

  if (fstatat(folder, session->id, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
      state_read(folder, session->id, text) < 0)
    return errno == ENOENT ? 0 : -1;
  if (parse(session, text) != 0) {
    errno = EINVAL;
    return -1;
  }
  if (now_ns > session->begun_ns + LIFETIME_S * UINT64_C(1000000000) ||
      idle_s(&status, now_ns) > IDLE_S) {
    (void)unlinkat(folder, session->id, 0);
    return 0;
  }
  if (idle_s(&status, now_ns) >= TOUCH_S)
    (void)utimensat(folder, session->id, NULL, AT_SYMLINK_NOFOLLOW);
  return 1;
}

int session_find(struct session *session, const char *id)
{
  int folder, found;

  memset(session, 0, sizeof *session);
  if (!token_is(id, strlen(id)))
    return 0;
  folder = state_folder("sessions");
  if (folder < 0)
    return -1;
  memcpy(session->id, id, TOKEN_BYTES);
  found = find_in(folder, session);
  (void)close(folder);
  return found;
}

static int is_over(int folder, const char *name, uint64_t now_ns)
{
  struct stat status;

  return fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
         idle_s(&status, now_ns) > IDLE_S;
}

/* One of many requests does this, for all.  Of a session that was used lately the lifetime is
 * looked at when it is used again. */
static void sweep(int folder)
{
  uint64_t now_ns = session_clock_ns();
  struct stat status;
  struct dirent *entry;
  DIR *entries;
  int copy;

  if (fstatat(folder, SWEPT, &status, AT_SYMLINK_NOFOLLOW) == 0 && idle_s(&status, now_ns) >= 0 &&
      idle_s(&status, now_ns) < SWEEP_S)
    return;
  if (state_write(folder, SWEPT, "", 0) != 0)
    return;
  copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  entries = copy >= 0 ? fdopendir(copy) : NULL;
  if (!entries && copy >= 0)
    (void)close(copy);
  while (entries && (entry = readdir(entries)) != NULL) {
    if (entry->d_name[0] != '.' && is_over(folder, entry->d_name, now_ns))
      (void)unlinkat(folder, entry->d_name, 0);
  }
  if (entries)
    (void)closedir(entries);
}

int session_begin(struct session *session, const char *user, uint64_t issued_ns)
{
  char text[REQUEST_USER_BYTES + 128];
  int folder = state_folder("sessions");
  int length, failed;

  if (folder < 0)
    return -1;
  memset(session, 0, sizeof *session);
  session->begun_ns = session_clock_ns();
  session->issued_ns = issued_ns;
  (void)snprintf(session->user, sizeof session->user, "%s", user);
  failed = token_make(session->id) != 0 || token_make(session->token) != 0;
  length = snprintf(text, sizeof text, "%" PRIu64 " %" PRIu64 " %s %s\n", session->begun_ns,
                    session->issued_ns, session->token, user);
  if (!failed)
    failed = state_write(folder, session->id, text, (size_t)length) != 0;
  if (!failed)
    sweep(folder);
  (void)close(folder);
  return failed ? -1 : 0;
}

int session_end(const struct session *session)
{
  int folder = state_folder("sessions");
  int failed;

  if (folder < 0)
    return -1;
  failed = unlinkat(folder, session->id, 0) != 0 && errno != ENOENT;
  (void)close(folder);
  return failed ? -1 : 0;
}
