/* SPDX-License-Identifier: BSD-2-Clause */
#include "users.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/log.h"

#define FILE_BYTES_MAX (256L << 20)

static int by_name(const void *a, const void *b)
{
  return strcmp(((const struct user *)a)->name, ((const struct user *)b)->name);
}

static bool is_unchanged(const struct stat *a, const struct stat *b)
{
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
         a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
         a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* The whole file, NUL-terminated.  Returns NULL with the reason in *why. */
static char *read_text(const char *path, struct stat *file, const char **why)
{
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0 || fstat(fd, file) != 0) {
    *why = strerror(errno);
    if (fd >= 0)
      close(fd);
    return NULL;
  }
  *why = "not a regular file of at most 256 MB";
  char *text = NULL;
  if (S_ISREG(file->st_mode) && file->st_size <= FILE_BYTES_MAX &&
      (text = malloc((size_t)file->st_size + 1)) == NULL)
    *why = "no memory";
  size_t used = 0;
  ssize_t there = 0;
  while (text != NULL && used < (size_t)file->st_size &&
         (there = read(fd, text + used, (size_t)file->st_size - used)) > 0)
    used += (size_t)there;
  close(fd);
  if (text == NULL)
    return NULL;
  text[used] = '\0';
  if (used == (size_t)file->st_size && strlen(text) == used)
    return text;
  *why = "it changes while it is read, or has a NUL byte";
  free(text);
  return NULL;
}

/* Splits the line in place.  Returns false: it is no NAME:HASH. */
static bool read_line(char *line, struct user *user)
{
  char *colon = strchr(line, ':');
  if (colon == NULL || colon == line)
    return false;
  *colon = '\0';
  char *hash = colon + 1;
  hash[strcspn(hash, ":\r")] = '\0';
  *user = (struct user){line, hash};
  return *hash != '\0';
}

/* Returns the number of the line that is wrong, from 1; 0: none is. */
static size_t read_lines(struct users *users)
{
  size_t number = 1;
  for (char *line = users->text; *line != '\0'; number++) {
    char *end = line + strcspn(line, "\n");
    char *next = *end == '\0' ? end : end + 1;
    *end = '\0';
    if (*line != '\0' && *line != '#' && !read_line(line, &users->sorted[users->count++]))
      return number;
    line = next;
  }
  return 0;
}

static const char *name_twice(const struct users *users)
{
  for (size_t i = 1; i < users->count; i++)
    if (by_name(&users->sorted[i - 1], &users->sorted[i]) == 0)
      return users->sorted[i].name;
  return NULL;
}

/* An account is locked by a '!' or '*' in front of its hash, which is then none. */
static bool is_locked(const struct user *user)
{
  return user->hash[0] == '!' || user->hash[0] == '*';
}

static const char *find_decoy(const struct users *users)
{
  for (size_t i = 0; i < users->count; i++)
    if (!is_locked(&users->sorted[i]))
      return users->sorted[i].hash;
  return "*";
}

static int complain(struct users *users, const char *what)
{
  log_line(LOG_ERR, "%s: %s", users->path, what);
  users_free(users);
  return -1;
}

static int read_users(struct users *users)
{
  const char *why;
  users->text = read_text(users->path, &users->file, &why);
  if (users->text == NULL)
    return complain(users, why);
  size_t lines = 1;
  for (const char *c = users->text; *c != '\0'; c++)
    lines += *c == '\n';
  users->sorted = calloc(lines, sizeof(*users->sorted));
  if (users->sorted == NULL)
    return complain(users, "no memory");
  size_t wrong = read_lines(users);
  if (wrong != 0) {
    log_line(LOG_ERR, "%s:%zu: expected NAME:HASH", users->path, wrong);
    users_free(users);
    return -1;
  }
  qsort(users->sorted, users->count, sizeof(*users->sorted), by_name);
  users->decoy = find_decoy(users);
  return name_twice(users) == NULL ? 0 : complain(users, "a name given twice");
}

/* A file in the middle of a change is no reason to let nobody in: what was read stays, and it
 * is tried again when the file has changed once more. */
int users_refresh(struct users *users)
{
  struct stat now;
  bool is_there = stat(users->path, &now) == 0;
  if (users->text != NULL && (is_there ? is_unchanged(&now, &users->file) : users->is_missed))
    return is_there ? 0 : -1;
  struct users fresh = {.path = users->path};
  users->is_missed = !is_there;
  if (read_users(&fresh) != 0) {
    if (is_there)
      users->file = now;
    return -1;
  }
  users_free(users);
  *users = fresh;
  log_line(LOG_INFO, "%s: %zu users", users->path, users->count);
  return 0;
}

const char *users_find(const struct users *users, const char *name, size_t name_bytes)
{
  size_t low = 0, high = users->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    const struct user *user = &users->sorted[middle];
    int order = strncmp(name, user->name, name_bytes);
    if (order == 0 && strlen(user->name) == name_bytes)
      return is_locked(user) ? NULL : user->hash;
    if (order > 0)
      low = middle + 1;
    else
      high = middle;
  }
  return NULL;
}

void users_free(struct users *users)
{
  if (users->text != NULL)
    explicit_bzero(users->text, strlen(users->text));
  free(users->text);
  free(users->sorted);
  users->text = NULL;
  users->sorted = NULL;
  users->decoy = NULL;
  users->count = 0;
}
