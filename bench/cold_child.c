/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The fresh process of bench_cold: does one of these and ends.
 *
 * cold_child nothing
 * cold_child take TABLE USER       open, take, close
 * cold_child locked FILE RECORD    the least that a file under a lock can do: open, lock the
 *                                  record, read it, decide, write it, close
 *
 * Ends with 0: allow, 1: deny, 2 and more: it went wrong.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cold_stage.h"
#include "weir.h"

static int take(const char *path, const char *user)
{
  struct weir_attribute who = {"user", user, strlen(user)};
  struct weir_request request = {
      .size_bytes = sizeof request, .attributes = &who, .attribute_count = 1};
  struct weir_verdict verdict;
  struct weir_table *table;

  if (weir_open(path, &table, NULL) != WEIR_OK)
    return 2;
  if (weir_take(table, &request, &verdict) != WEIR_OK)
    return 3;
  weir_close(table);
  return (int)verdict.outcome;
}

/* GCRA on a record that is a theoretical arrival time, ns of the wall clock. */
static int decide(int file, off_t at)
{
  struct timespec clock;
  uint64_t now_ns, arrival_ns;

  (void)clock_gettime(CLOCK_REALTIME, &clock);
  now_ns = (uint64_t)clock.tv_sec * 1000000000 + (uint64_t)clock.tv_nsec;
  if (pread(file, &arrival_ns, sizeof arrival_ns, at) != sizeof arrival_ns)
    return 4;
  if (arrival_ns < now_ns)
    arrival_ns = now_ns;
  arrival_ns += COLD_INTERVAL_NS;
  if (arrival_ns - now_ns > COLD_BURST * COLD_INTERVAL_NS)
    return 1;
  return pwrite(file, &arrival_ns, sizeof arrival_ns, at) == sizeof arrival_ns ? 0 : 5;
}

static int locked(const char *path, uint64_t record)
{
  off_t at = (off_t)(record % COLD_RECORDS * COLD_RECORD_BYTES);
  struct flock lock = {
      .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = at, .l_len = COLD_RECORD_BYTES};
  int file = open(path, O_RDWR | O_CLOEXEC);
  int outcome;

  if (file < 0)
    return 2;
  if (fcntl(file, F_SETLKW, &lock) != 0)
    return 3;
  outcome = decide(file, at);
  (void)close(file); /* and unlock */
  return outcome;
}

int main(int count, char **arguments)
{
  if (count == 2 && strcmp(arguments[1], "nothing") == 0)
    return 0;
  if (count == 4 && strcmp(arguments[1], "take") == 0)
    return take(arguments[2], arguments[3]);
  if (count == 4 && strcmp(arguments[1], "locked") == 0)
    return locked(arguments[2], strtoull(arguments[3], NULL, 10));
  return 9;
}
