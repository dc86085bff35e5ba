/* SPDX-License-Identifier: BSD-2-Clause */
#include "place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[PLACE_BYTES / 2];
static char table_folder[PLACE_BYTES / 2];
static struct place place;

static void empty_folder(const char *path)
{
  DIR *entries = opendir(path);
  struct dirent *entry;

  while (entries && (entry = readdir(entries)) != NULL) {
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
      (void)unlinkat(dirfd(entries), entry->d_name, 0);
  }
  if (entries)
    (void)closedir(entries);
}

void place_empty(void)
{
  empty_folder(place.last);
  (void)unlink(place.spool);
  (void)unlink(place.log);
  (void)unlink(place.table);
}

static void remove_all(void)
{
  place_empty();
  (void)rmdir(place.last);
  (void)rmdir(folder);
  if (*table_folder)
    (void)rmdir(table_folder);
}

static int make_folder(char name[PLACE_BYTES / 2], const char *parent)
{
  int length = snprintf(name, PLACE_BYTES / 2, "%s/weir-demo.XXXXXX", parent);

  if (length >= PLACE_BYTES / 2) {
    errno = ENAMETOOLONG;
    return -1;
  }
  return mkdtemp(name) ? 0 : -1;
}

const struct place *place_make(void)
{
  const char *parent = getenv("TMPDIR");

  if (!parent || !*parent)
    parent = "/tmp";
  if (make_folder(folder, parent) != 0) {
    fprintf(stderr, "incident: no folder can be made in %s: %s\n", parent, strerror(errno));
    return NULL;
  }
  if (make_folder(table_folder, "/dev/shm") != 0)
    *table_folder = '\0';
  (void)snprintf(place.spool, PLACE_BYTES, "%s/spool", folder);
  (void)snprintf(place.log, PLACE_BYTES, "%s/log", folder);
  (void)snprintf(place.table, PLACE_BYTES, "%s/table", *table_folder ? table_folder : folder);
  (void)snprintf(place.last, PLACE_BYTES, "%s/last", folder);
  if (mkdir(place.last, 0700) != 0) {
    fprintf(stderr, "incident: no folder can be made in %s: %s\n", folder, strerror(errno));
    remove_all();
    return NULL;
  }
  if (atexit(remove_all) != 0) {
    remove_all();
    return NULL;
  }
  return &place;
}
