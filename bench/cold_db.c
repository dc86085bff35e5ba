/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The fresh process of bench_cold that keeps its counts in a Berkeley DB, as Exim keeps its hints:
 * a lock on a file beside it, open, get, put, close.
 *
 * cold_db nothing
 * cold_db fill FILE COUNT    COUNT users, for the others to ask
 * cold_db take FILE KEY
 *
 * Ends with 0: allow, 1: deny, 2 and more: it went wrong.
 */
#include <db.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cold_stage.h"

static DB *open_db(const char *path, u_int32_t flags)
{
  DB *db;

  if (db_create(&db, NULL, 0) != 0)
    return NULL;
  return db->open(db, NULL, path, NULL, DB_HASH, flags, 0600) == 0 ? db : NULL;
}

/* GCRA on a theoretical arrival time, ns of the wall clock. */
static int decide(DB *db, const char *user)
{
  DBT key = {.data = NULL}, word = {.data = NULL};
  struct timespec clock;
  uint64_t now_ns, arrival_ns = 0;
  char name[64];
  int length = snprintf(name, sizeof name, "%s", user), found;

  key.data = name;
  key.size = (u_int32_t)length;
  found = db->get(db, NULL, &key, &word, 0);
  if (found == 0 && word.size == sizeof arrival_ns)
    memcpy(&arrival_ns, word.data, sizeof arrival_ns);
  else if (found != DB_NOTFOUND)
    return 4;
  (void)clock_gettime(CLOCK_REALTIME, &clock);
  now_ns = (uint64_t)clock.tv_sec * 1000000000 + (uint64_t)clock.tv_nsec;
  if (arrival_ns < now_ns)
    arrival_ns = now_ns;
  arrival_ns += COLD_INTERVAL_NS;
  if (arrival_ns - now_ns > COLD_BURST * COLD_INTERVAL_NS)
    return 1;
  word.data = &arrival_ns;
  word.size = sizeof arrival_ns;
  return db->put(db, NULL, &key, &word, 0) == 0 ? 0 : 5;
}

static int take(const char *path, const char *user)
{
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  char beside[128];
  int file, outcome;
  DB *db;

  snprintf(beside, sizeof beside, "%s" COLD_LOCK_SUFFIX, path);
  file = open(beside, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0 || fcntl(file, F_SETLKW, &lock) != 0)
    return 2;
  db = open_db(path, 0);
  if (db == NULL)
    return 3;
  outcome = decide(db, user);
  if (db->close(db, 0) != 0)
    outcome = 6;
  (void)close(file); /* and unlock */
  return outcome;
}

static int fill(const char *path, long count)
{
  DB *db = open_db(path, DB_CREATE);
  int outcome = db != NULL ? 0 : 3;

  for (long i = 0; outcome == 0 && i < count; i++) {
    char user[32];

    snprintf(user, sizeof user, "other%ld", i);
    outcome = decide(db, user);
  }
  return db != NULL && db->close(db, 0) != 0 ? 6 : outcome;
}

int main(int count, char **arguments)
{
  if (count == 2 && strcmp(arguments[1], "nothing") == 0)
    return 0;
  if (count == 4 && strcmp(arguments[1], "take") == 0)
    return take(arguments[2], arguments[3]);
  if (count == 4 && strcmp(arguments[1], "fill") == 0)
    return fill(arguments[2], atol(arguments[3]));
  return 9;
}
