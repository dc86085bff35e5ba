/* SPDX-License-Identifier: BSD-2-Clause
 *
 * 5 processes put events as fast as they can, while they are killed, stopped and continued after
 * more than a lap at random, and one reader follows.  Fails where an event is told that nobody
 * put, twice or out of order, where an event is neither told nor counted, or where the reader
 * comes to a halt.  All goes by what was read and put: no time is waited for.
 *
 * events [BLOWS]   default 400 kills and stops; seeds from WEIR_SEED
 */
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "admit/admit.h"
#include "guard/ring.h"
#include "support/table.h"

#define PROCESSES 5

struct follower {
  struct weir_table *table;
  struct weir_events_cursor cursor;
  uint64_t got, lost, wrong;
};

/* Each field follows from one number. */
static void make_event(struct weir_event *event, uint64_t number)
{
  memset(event, 0, sizeof *event);
  event->kind = 1 + (uint32_t)(number % WEIR_EVENT_APPLIED);
  event->level = (uint32_t)(number * 7);
  event->wall_ns = number | 1;
  event->until_wall_ns = number * 13;
  event->amount = number;
  snprintf(event->principal, sizeof event->principal, "user=%0*llu", (int)(20 + number % 160),
           (unsigned long long)number);
  snprintf(event->limit, sizeof event->limit, "limit-%llu", (unsigned long long)number);
  snprintf(event->reason, sizeof event->reason, "%llx", (unsigned long long)number);
  snprintf(event->by, sizeof event->by, "by %llu", (unsigned long long)number);
}

static bool is_whole(const struct weir_event *event)
{
  struct weir_event same;

  make_event(&same, event->amount);
  same.size_bytes = event->size_bytes;
  same.number = event->number;
  return memcmp(&same, event, sizeof same) == 0;
}

static pid_t start_writer(struct weir_table *table, uint64_t seed)
{
  pid_t process = fork();

  if (process != 0)
    return process;
  for (;;) {
    struct weir_event event;

    make_event(&event, test_random(&seed));
    (void)wi_ring_put(&table->region, &event);
  }
}

static uint64_t head_of(const struct weir_table *table)
{
  return wi_load_acquire(&table->region.side->ring_head);
}

/* Read until `until` was claimed; `drain`: and then all that is there. */
static void follow(struct follower *follower, uint64_t until, bool drain)
{
  struct weir_event event = {.size_bytes = sizeof event};
  uint64_t last = follower->cursor.next - 1, lost;

  for (;;) {
    int result = weir_events_next(follower->table, &follower->cursor, &event, &lost);

    follower->lost += lost;
    if (result == 1) {
      follower->got++;
      follower->wrong += event.number <= last || !is_whole(&event);
      last = event.number;
    } else if (result < 0) {
      follower->wrong++;
      return;
    } else {
      (void)sched_yield(); /* on one processor the writers want it */
    }
    if (head_of(follower->table) >= until && (result == 0 || !drain))
      return;
  }
}

int main(int count, char **arguments)
{
  int blows = count > 1 ? atoi(arguments[1]) : 400, kills = 0;
  uint64_t random = test_seed();
  struct follower follower = {.table = make_table(NULL, 100, NULL)};
  struct weir_event event;
  pid_t writers[PROCESSES];
  bool stopped[PROCESSES] = {false}, failed;
  uint64_t end;

  if (weir_events_begin(follower.table, &follower.cursor, WEIR_EVENTS_OLDEST) != WEIR_OK)
    return 1;
  follower.cursor.patience_ns = 20000; /* shorter than a scheduler's turn: losses of the living */
  for (int i = 0; i < PROCESSES; i++)
    writers[i] = start_writer(follower.table, test_random(&random));
  for (int blow = 0; blow < blows; blow++) {
    int victim = 1 + (int)(test_random(&random) % (PROCESSES - 1)); /* one always writes */

    follow(&follower, head_of(follower.table) + test_random(&random) % (2 * WI_RING_ENTRIES),
           false);
    if (stopped[victim]) {
      (void)kill(writers[victim], SIGCONT);
      stopped[victim] = false;
    } else if (test_random(&random) % 2 == 0) {
      (void)kill(writers[victim], SIGSTOP);
      stopped[victim] = true;
    } else {
      (void)kill(writers[victim], SIGKILL);
      (void)waitpid(writers[victim], NULL, 0);
      writers[victim] = start_writer(follower.table, test_random(&random));
      kills++;
    }
  }
  for (int i = 0; i < PROCESSES; i++) {
    (void)kill(writers[i], SIGKILL);
    (void)waitpid(writers[i], NULL, 0);
  }
  end = head_of(follower.table);
  follower.cursor.patience_ns = 0;
  make_event(&event, 1);
  (void)wi_ring_put(&follower.table->region, &event); /* behind the dead */
  follow(&follower, end + 1, true);
  failed = follower.wrong != 0 || follower.got + follower.lost != end + 1 || follower.got == 0;
  printf("%s: %llu events, %d kills: %llu told, %llu lost and counted, %llu wrong\n",
         failed ? "FAILED" : "passed", (unsigned long long)end + 1, kills,
         (unsigned long long)follower.got, (unsigned long long)follower.lost,
         (unsigned long long)follower.wrong);
  weir_close(follower.table);
  return failed;
}
