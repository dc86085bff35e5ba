/* SPDX-License-Identifier: BSD-2-Clause
 *
 * 4 processes of 8 threads ask for the same principals as fast as they can, while processes are
 * killed at random and one is stopped in the middle.  Fails where more was admitted than
 * the limits allow, where the table is not sound afterwards, or where the others came to a halt.
 *
 * storm [SECONDS] [KILLS]   default 10 and 60; seeds from WEIR_SEED
 */
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/table.h"

#define PROCESSES 4
#define THREADS 8
#define KEYS 1000

struct scenario {
  const char *name;
  const char *policy;
  int keys;
  uint64_t burst, count, period_ns;
  int sliding;
};

static const struct scenario scenarios[] = {
    {"bucket, one key", "policy p\n limit m 1000 messages / 1s per user burst 100\n", 1, 100, 1000,
     SECOND_NS, 0},
    {"bucket, 1000 keys", "policy p\n limit m 20 messages / 1s per user burst 5\n", KEYS, 5, 20,
     SECOND_NS, 0},
    {"sliding, one key", "policy p\n limit m 500 messages / 1s per user sliding\n", 1, 500, 500,
     SECOND_NS, 1},
    {"two limits, 1000 keys",
     "policy p\n limit m 20 messages / 1s per user burst 5\n limit all 3000 messages / 1s overall\n",
     KEYS, 5, 20, SECOND_NS, 0},
};

/* Shared by all processes. Admissions are counted after the answer, so that a killed thread
 * may have had one more than is counted here, never one less. */
struct board {
  uint64_t admitted[KEYS];
  uint64_t decisions[PROCESSES]; /* of a place, whoever holds it                         */
  uint64_t errors;
  uint32_t finish;
};

static struct board *board;
static const struct scenario *scenario;
static const char *path;

struct worker {
  struct weir_table *table;
  int place;
  uint64_t seed;
};

static void *work(void *argument)
{
  struct worker *worker = argument;
  uint64_t random = worker->seed;

  while (__atomic_load_n(&board->finish, __ATOMIC_RELAXED) == 0) {
    uint64_t key = test_random(&random) % (uint64_t)scenario->keys;
    struct weir_verdict verdict;
    struct asking asking;
    char name[32];

    snprintf(name, sizeof name, "user%llu", (unsigned long long)key);
    ask_for(&asking, name, NULL);
    if (weir_take(worker->table, &asking.request, &verdict) != WEIR_OK)
      __atomic_fetch_add(&board->errors, 1, __ATOMIC_RELAXED);
    else if (verdict.outcome == WEIR_ALLOW)
      __atomic_fetch_add(&board->admitted[key], 1, __ATOMIC_RELAXED);
    __atomic_fetch_add(&board->decisions[worker->place], 1, __ATOMIC_RELAXED);
  }
  return NULL;
}

static pid_t start_process(int place, uint64_t seed)
{
  pid_t process = fork();
  struct worker workers[THREADS];
  pthread_t threads[THREADS];
  struct weir_table *table;

  if (process != 0)
    return process;
  if (weir_open(path, &table, NULL) != WEIR_OK)
    _exit(1);
  for (int i = 0; i < THREADS; i++) {
    workers[i] = (struct worker){table, place, seed + (uint64_t)i * 7919};
    if (pthread_create(&threads[i], NULL, work, &workers[i]) != 0)
      _exit(1);
  }
  for (int i = 0; i < THREADS; i++)
    (void)pthread_join(threads[i], NULL);
  weir_close(table);
  _exit(0);
}

static uint64_t decisions_of_others(int place)
{
  uint64_t sum = 0;

  for (int i = 0; i < PROCESSES; i++)
    if (i != place)
      sum += __atomic_load_n(&board->decisions[i], __ATOMIC_RELAXED);
  return sum;
}

static void nap_ms(long ms)
{
  struct timespec nap = {ms / 1000, ms % 1000 * 1000000};

  (void)nanosleep(&nap, NULL);
}

/* Units that one key may have had in elapsed_ns. */
static uint64_t bound(uint64_t elapsed_ns)
{
  if (!scenario->sliding)
    return scenario->burst + elapsed_ns * scenario->count / scenario->period_ns + 1;
  return (elapsed_ns / scenario->period_ns + 1) * scenario->count;
}

static int run(double seconds, int kills, uint64_t *random)
{
  struct weir_table *table = make_table(path, KEYS, scenario->policy);
  pid_t processes[PROCESSES];
  uint64_t begin_ns, end_ns, total = 0, most = 0, before, during = 0, normal = 0;
  uint64_t slices = (uint64_t)kills + 2, stop_at = slices / 2;
  long slice_ms = (long)(seconds * 1000 / (double)slices);
  int over = 0, findings;

  memset(board, 0, sizeof *board);
  begin_ns = weir_now_ns(table);
  for (int i = 0; i < PROCESSES; i++)
    processes[i] = start_process(i, test_random(random));
  for (uint64_t slice = 0; slice < slices; slice++) {
    int victim = 1 + (int)(test_random(random) % (PROCESSES - 1));

    before = decisions_of_others(0);
    if (slice == stop_at)
      kill(processes[0], SIGSTOP);
    nap_ms(slice_ms);
    if (slice == stop_at + 1) {
      during = decisions_of_others(0) - before; /* process 0 stopped all the time */
      kill(processes[0], SIGCONT);
    } else if (slice == stop_at - 1) {
      normal = decisions_of_others(0) - before;
    }
    if (slice == stop_at || slice == stop_at + 1)
      continue;
    kill(processes[victim], SIGKILL);
    (void)waitpid(processes[victim], NULL, 0);
    processes[victim] = start_process(victim, test_random(random));
  }
  __atomic_store_n(&board->finish, 1, __ATOMIC_RELAXED);
  for (int i = 0; i < PROCESSES; i++)
    (void)waitpid(processes[i], NULL, 0);
  end_ns = weir_now_ns(table) + 20000000; /* a tick of the coarse clock, generously */
  for (int i = 0; i < scenario->keys; i++) {
    total += board->admitted[i];
    most = board->admitted[i] > most ? board->admitted[i] : most;
    over += board->admitted[i] > bound(end_ns - begin_ns);
  }
  findings = weir_verify(table, NULL, NULL);
  printf("%-22s decisions %llu, killed %d, admitted %llu, most of one key %llu of %llu; "
         "others while one is stopped / before: %.2f; errors %llu, findings %d\n",
         scenario->name, (unsigned long long)(decisions_of_others(-1)), kills,
         (unsigned long long)total, (unsigned long long)most,
         (unsigned long long)bound(end_ns - begin_ns),
         normal != 0 ? (double)during / (double)normal : 0.0, (unsigned long long)board->errors,
         findings);
  weir_close(table);
  (void)unlink(path);
  if (over != 0)
    printf("FAILED: %d keys over their bound\n", over);
  return over != 0 || findings != 0 || during == 0 || board->errors != 0;
}

int main(int count, char **arguments)
{
  double seconds = count > 1 ? atof(arguments[1]) : 10;
  int kills = count > 2 ? atoi(arguments[2]) : 60;
  const char *folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
  char name[64];
  uint64_t random = test_seed();
  int failed = 0, ran = 0;

  snprintf(name, sizeof name, "%s/weir-storm-%ld", folder, (long)getpid());
  path = name;
  board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (board == MAP_FAILED)
    return 1;
  for (size_t i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++) {
    scenario = &scenarios[i];
    failed += run(seconds, kills, &random);
    ran++;
  }
  printf("%d passed, %d failed\n", ran - failed, failed);
  return failed != 0;
}
