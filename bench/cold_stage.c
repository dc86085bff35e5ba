/* SPDX-License-Identifier: BSD-2-Clause */
#include "cold_stage.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cold_server.h"
#include "weir.h"

/* For the handlers: what is to be cleared away. */
static const struct cold_stage *standing;

_Noreturn void cold_fail(const char *what)
{
  fprintf(stderr, "bench_cold: %s\n", what);
  exit(1);
}

static void clear(void)
{
  if (standing == NULL)
    return;
  cold_server_stop();
  (void)unlink(standing->one_limit);
  (void)unlink(standing->two_limits);
  (void)unlink(standing->locked);
  (void)unlink(standing->db);
  (void)unlink(standing->db_lock);
  (void)unlink(standing->socket);
  (void)rmdir(standing->folder);
  standing = NULL;
}

/* Nothing but system calls that a handler may make. */
static void clear_on_signal(int signal_number)
{
  clear();
  _exit(128 + signal_number);
}

static void take_known(struct weir_table *table, int known)
{
  for (int i = 0; i < known; i++) {
    char user[32];
    int length = snprintf(user, sizeof user, "known%d", i);
    struct weir_attribute who = {"user", user, (size_t)length};
    struct weir_request request = {
        .size_bytes = sizeof request, .attributes = &who, .attribute_count = 1};
    struct weir_verdict verdict;

    if (weir_take(table, &request, &verdict) != WEIR_OK)
      cold_fail("a user could not be made known");
  }
}

static void make_table(const char *path, const char *policy, uint64_t keys, int known)
{
  struct weir_create_options options = {.size_bytes = sizeof options,
                                        .keys = keys,
                                        .policy_text = policy,
                                        .policy_bytes = strlen(policy)};
  struct weir_fault fault;
  struct weir_table *table;

  if (weir_create(path, &options, &table, &fault) != WEIR_OK)
    cold_fail(fault.text);
  take_known(table, known);
  weir_close(table);
}

static void make_locked_file(const char *path)
{
  int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

  if (file < 0 || posix_fallocate(file, 0, (off_t)COLD_RECORDS * COLD_RECORD_BYTES) != 0)
    cold_fail("no room for the locked file");
  (void)close(file);
}

static void name(char path[COLD_PATH_BYTES], const struct cold_stage *stage, const char *last)
{
  snprintf(path, COLD_PATH_BYTES, "%s/%s", stage->folder, last);
}

void cold_stage_set(struct cold_stage *stage, uint64_t keys, int known)
{
  struct sigaction action = {.sa_handler = clear_on_signal};

  snprintf(stage->folder, sizeof stage->folder, "%s/weir-cold-XXXXXX",
           access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
  if (mkdtemp(stage->folder) == NULL)
    cold_fail("no temporary folder");
  name(stage->one_limit, stage, "one-limit");
  name(stage->two_limits, stage, "two-limits");
  name(stage->locked, stage, "locked");
  name(stage->db, stage, "db");
  name(stage->db_lock, stage, "db" COLD_LOCK_SUFFIX);
  name(stage->socket, stage, "redis.sock");
  standing = stage;
  (void)atexit(clear);
  (void)sigaction(SIGHUP, &action, NULL);
  (void)sigaction(SIGINT, &action, NULL);
  (void)sigaction(SIGTERM, &action, NULL);
  make_table(stage->one_limit, "policy p\n  limit m 30 messages / 1m per user burst 60\n", keys,
             known);
  make_table(stage->two_limits,
             "policy p\n  limit m 30 messages / 1m per user burst 60\n"
             "  limit d 500 messages / 1d per user sliding\n",
             keys, known);
  make_locked_file(stage->locked);
  stage->has_server = cold_server_start(stage->folder, stage->socket, stage->script);
}
