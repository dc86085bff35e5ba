/* SPDX-License-Identifier: BSD-2-Clause
 *
 * 4 processes of 4 threads take with lists, block, unblock, signal and make members, of the same few
 * principals, under a policy that blocks by itself, while processes are killed at random and one
 * is stopped in the middle.  Fails where somebody blocked was allowed, where more was admitted than
 * limits allow, where a call failed, where the table is not sound or a block cannot be set or
 * lifted afterwards, or where the others came to a halt.
 *
 * storm_guard [SECONDS [KILLS]]   default 25 and 300; seeds from WEIR_SEED
 */
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/table.h"

#define PROCESSES 4
#define THREADS 4
#define VALUES 64u
#define DISTINCT 20
#define BURST 15u

/* By number: who is ruled by the parent alone, who by nobody, the others by everybody. */
#define FIRM 4
#define PLAIN 8
#define KEYS 40

/* Who is never lifted is held to what a long time allows.  A lift leaves what was counted before
 * until it is idle, so whoever is lifted often is counted over short times. */
static const char policy[] =
    "policy plain\n"
    " limit a 30 messages / 1s per user burst 15\n"
    " limit f 20 distinct recipient / 10h per user\n"
    " on a denied 3 in 10s block user for 100ms doubling to 1s\n"
    "policy ruled\n"
    " limit a 30 messages / 1s per user burst 15\n"
    " limit f 20 distinct recipient / 1s per user\n"
    " on a denied 3 in 1s block user for 20ms doubling to 100ms\n"
    " on f denied block ip for 1ms\n"
    " score s 100 / 1s per user block user for 20ms\n"
    "  signal odd 5\n"
    "class c\n"
    " limit f 20\n";

static const char *policy_of(uint64_t key)
{
  return key >= FIRM && key < FIRM + PLAIN ? "plain" : "ruled";
}

/* Shared by all processes.  What is admitted is counted after the answer, so that a killed thread
 * may have had one more than is counted here, never one less. */
struct board {
  uint64_t firm_since_ns[FIRM]; /* CLOCK_MONOTONIC, after the return; 0: not blocked      */
  uint64_t admitted[KEYS];
  uint64_t values[KEYS]; /* of those, a bit each                                         */
  uint64_t decisions[PROCESSES];
  uint64_t passed, errors, first_error;
  uint32_t finish;
};

static struct board *board;
static const char *path;

struct worker {
  struct weir_table *table;
  int place;
  uint64_t seed;
};

static uint64_t monotonic_ns(void)
{
  struct timespec now;

  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

static void expect(int error, int at)
{
  if (error >= 0)
    return;
  __atomic_fetch_add(&board->errors, 1, __ATOMIC_RELAXED);
  __atomic_store_n(&board->first_error, (uint64_t)(-error * 100 + at), __ATOMIC_RELAXED);
}

/* A request of one of the keys, with a few values. */
struct sending {
  struct asking asking;
  struct weir_list list;
  struct weir_value values[3];
  uint64_t chosen;
  char name[16], ip[16];
};

static void send(struct sending *sending, uint64_t key, uint64_t drawn)
{
  static const char letters[VALUES + 1] =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

  snprintf(sending->name, sizeof sending->name, "user%u", (unsigned)key);
  snprintf(sending->ip, sizeof sending->ip, "ip%u", (unsigned)(drawn >> 60));
  ask_for(&sending->asking, sending->name, sending->ip);
  sending->asking.request.policy = policy_of(key);
  sending->list = (struct weir_list){.name = "recipient", .values = sending->values};
  sending->chosen = 0;
  for (uint64_t left = 1 + drawn % 3; left > 0; left--, drawn >>= 6) {
    uint64_t value = (drawn >> 8) % VALUES;

    sending->values[sending->list.value_count++] = (struct weir_value){&letters[value], 1};
    sending->chosen |= (uint64_t)1 << value;
  }
  sending->asking.request.lists = &sending->list;
  sending->asking.request.list_count = 1;
}

static void take(struct worker *worker, uint64_t key, uint64_t drawn)
{
  uint64_t begin_ns = monotonic_ns(), since_ns;
  struct weir_verdict verdict;
  struct sending sending;
  int error;

  send(&sending, key, drawn);
  error = weir_take(worker->table, &sending.asking.request, &verdict);
  expect(error, 1);
  if (error == WEIR_OK && verdict.outcome == WEIR_ALLOW) {
    __atomic_fetch_add(&board->admitted[key], 1, __ATOMIC_RELAXED);
    __atomic_fetch_or(&board->values[key], sending.chosen, __ATOMIC_RELAXED);
    since_ns = key < FIRM ? __atomic_load_n(&board->firm_since_ns[key], __ATOMIC_ACQUIRE) : 0;
    if (since_ns != 0 && begin_ns > since_ns)
      __atomic_fetch_add(&board->passed, 1, __ATOMIC_RELAXED);
  }
  __atomic_fetch_add(&board->decisions[worker->place], 1, __ATOMIC_RELAXED);
}

static struct weir_block order_of(const struct weir_attribute *who, uint64_t duration_ns)
{
  return (struct weir_block){.size_bytes = sizeof(struct weir_block),
                             .attributes = who,
                             .attribute_count = 1,
                             .duration_ns = duration_ns,
                             .reason = "storm",
                             .by = "storm_guard"};
}

static void rule(struct worker *worker, uint64_t key, uint64_t drawn)
{
  struct weir_block order;
  struct sending sending;

  send(&sending, key, drawn);
  order = order_of(sending.asking.attributes, (1 + drawn % 200) * 1000000);
  switch (drawn >> 32 & 7) {
  case 0:
  case 1:
    expect(weir_block(worker->table, &order), 2);
    break;
  case 2:
  case 3:
    expect(weir_unblock(worker->table, &order), 3);
    break;
  case 4:
    expect(weir_member(worker->table, &order, drawn >> 40 & 1 ? "c" : NULL), 4);
    break;
  default:
    expect(weir_signal(worker->table, &sending.asking.request, "odd", 1), 5);
  }
}

static void *work(void *argument)
{
  struct worker *worker = argument;
  uint64_t random = worker->seed;

  while (__atomic_load_n(&board->finish, __ATOMIC_RELAXED) == 0) {
    uint64_t drawn = test_random(&random), key = test_random(&random) % KEYS;

    if ((drawn >> 36) % 4096 != 0 || key < FIRM + PLAIN)
      take(worker, key, drawn);
    else
      rule(worker, key, drawn);
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

static uint64_t decisions_without(int place)
{
  uint64_t sum = 0;

  for (int i = 0; i < PROCESSES; i++)
    if (i != place)
      sum += __atomic_load_n(&board->decisions[i], __ATOMIC_RELAXED);
  return sum;
}

/* The parent blocks and lifts the firm ones in turn. */
static void rule_firmly(struct weir_table *table, uint64_t key)
{
  char name[16];
  struct weir_attribute who = {"user", name, 0};
  struct weir_block order = order_of(&who, 0);

  snprintf(name, sizeof name, "user%u", (unsigned)key);
  who.value_bytes = strlen(name);
  if (__atomic_load_n(&board->firm_since_ns[key], __ATOMIC_RELAXED) == 0) {
    expect(weir_block(table, &order), 6);
    __atomic_store_n(&board->firm_since_ns[key], monotonic_ns(), __ATOMIC_RELEASE);
  } else {
    __atomic_store_n(&board->firm_since_ns[key], 0, __ATOMIC_SEQ_CST);
    expect(weir_unblock(table, &order) == 1 ? 0 : WEIR_E_SYSTEM, 7);
  }
}

static int count_nameless(void *context, const struct weir_block_info *block)
{
  *(int *)context += strcmp(block->principal, "(name not kept)") == 0;
  return 0;
}

/* What was left behind is in nobody's way. */
static int is_obstructed(struct weir_table *table)
{
  int obstructed = 0;

  for (unsigned key = 0; key < KEYS; key++) {
    char name[16];
    struct weir_attribute who = {"user", name, 0};
    struct weir_block order = order_of(&who, 0);
    struct weir_verdict verdict = {.outcome = WEIR_ALLOW};
    struct asking asking;

    snprintf(name, sizeof name, "user%u", key);
    who.value_bytes = strlen(name);
    ask_for(&asking, name, "elsewhere");
    asking.request.policy = policy_of(key);
    asking.request.lists = &(struct weir_list){.name = "recipient"};
    asking.request.list_count = 1;
    obstructed += weir_block(table, &order) != WEIR_OK ||
                  weir_take(table, &asking.request, &verdict) != WEIR_OK ||
                  verdict.outcome != WEIR_BLOCK || weir_unblock(table, &order) != 1 ||
                  weir_take(table, &asking.request, &verdict) != WEIR_OK ||
                  verdict.outcome != WEIR_ALLOW;
  }
  return obstructed;
}

static void nap_ms(long ms)
{
  (void)nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

/* Keys that had more than they may have had, of those that nobody lifts. */
static int count_over(uint64_t elapsed_ns)
{
  uint64_t bound = BURST + elapsed_ns * 30 / SECOND_NS + 1;
  int over = 0;

  for (int key = FIRM; key < FIRM + PLAIN; key++)
    over += board->admitted[key] > bound || __builtin_popcountll(board->values[key]) > DISTINCT;
  return over;
}

int main(int count, char **arguments)
{
  double seconds = count > 1 ? atof(arguments[1]) : 25;
  int kills = count > 2 ? atoi(arguments[2]) : 300, stop_at = kills / 2, nameless = 0;
  long slice_ms = (long)(seconds * 1000 / (kills + 1));
  const char *folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
  uint64_t random = test_seed(), begin_ns, end_ns, during = 0;
  int over, findings, obstructed, failed;
  struct weir_table *table;
  pid_t processes[PROCESSES];
  char name[64];

  snprintf(name, sizeof name, "%s/weir-storm-guard-%ld", folder, (long)getpid());
  path = name;
  board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (board == MAP_FAILED)
    return 1;
  table = make_table(path, 4000, policy);
  begin_ns = weir_now_ns(table);
  for (int i = 0; i < PROCESSES; i++)
    processes[i] = start_process(i, test_random(&random));
  for (int slice = 0; slice < kills; slice++) {
    int victim = 1 + (int)(test_random(&random) % (PROCESSES - 1));
    uint64_t before = decisions_without(0);

    nap_ms(slice_ms);
    if (slice == stop_at)
      kill(processes[0], SIGSTOP); /* for 20 slices */
    else if (slice == stop_at + 20)
      kill(processes[0], SIGCONT);
    else if (slice > stop_at && slice < stop_at + 20)
      during += decisions_without(0) - before;
    rule_firmly(table, test_random(&random) % FIRM);
    kill(processes[victim], SIGKILL);
    (void)waitpid(processes[victim], NULL, 0);
    processes[victim] = start_process(victim, test_random(&random));
  }
  __atomic_store_n(&board->finish, 1, __ATOMIC_RELAXED);
  for (int i = 0; i < PROCESSES; i++) {
    (void)kill(processes[i], SIGCONT);
    (void)waitpid(processes[i], NULL, 0);
  }
  end_ns = weir_now_ns(table) + 20000000; /* a tick of the coarse clock, generously */
  findings = weir_verify(table, NULL, NULL);
  (void)weir_blocks(table, count_nameless, &nameless);
  over = count_over(end_ns - begin_ns);
  obstructed = is_obstructed(table);
  printf("decisions %llu, killed %d; passed a block %llu, keys over their bound %d, errors %llu "
         "(%llu), findings %d, obstructed %d, blocks without a name %d\n",
         (unsigned long long)decisions_without(-1), kills, (unsigned long long)board->passed, over,
         (unsigned long long)board->errors, (unsigned long long)board->first_error, findings,
         obstructed, nameless);
  weir_close(table);
  (void)unlink(path);
  failed = board->passed != 0 || over != 0 || board->errors != 0 || findings != 0 ||
           obstructed != 0 || during == 0;
  printf("%d passed, %d failed\n", !failed, failed);
  return failed;
}
