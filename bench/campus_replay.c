/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A month through the library: each message is asked by the month's time (WEIR_NOW_GIVEN), what
 * programs see of it is told by weir_signal(), and who is denied tries again.
 */
#include "campus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/clock.h"
#include "support/fail.h"
#include "support/key.h"
#include "weir.h"

#define KEYS 100000u
#define MONTH_BEGINS_NS 1000000000000000000u /* any; the same each time                   */
#define TRIES 3u         /* a person's, of one message                                  */
#define AGAIN_MS 90000.0 /* median of the time to the next                              */
#define REPORT_MS 5000.0 /* median until a recipient's refusal is known                 */
#define LIST_FROM 20u    /* as in campus_people.c: a list is the same people each time   */
#define NAME_BYTES 16

/* What is due later: a message's next try, or what is told of its recipients. */
struct due {
  uint32_t ms;
  uint32_t event;
  uint8_t tries; /* 0: to be told                                                      */
};

struct run {
  const struct campus *campus;
  struct campus_outcome *outcome;
  struct weir_table *table;
  struct campus_random random;
  struct due *heap; /* the earliest first                                              */
  size_t due, room;
  uint32_t stolen_ms[CAMPUS_SENDERS]; /* UINT32_MAX: never                              */
  bool met_block[CAMPUS_SENDERS];
  struct bench_key keys[CAMPUS_RECIPIENTS_MAX];
  struct weir_value values[CAMPUS_RECIPIENTS_MAX];
};

static bool is_before(const struct due *one, const struct due *other)
{
  return one->ms < other->ms || (one->ms == other->ms && one->event < other->event);
}

static void heap_put(struct run *run, struct due due)
{
  size_t at = run->due++;

  if (run->due > run->room) {
    run->room = run->room ? 2 * run->room : 4096;
    run->heap = realloc(run->heap, run->room * sizeof *run->heap);
    if (run->heap == NULL)
      bench_fail("no memory for what is due");
  }
  for (; at > 0 && is_before(&due, &run->heap[(at - 1) / 2]); at = (at - 1) / 2)
    run->heap[at] = run->heap[(at - 1) / 2];
  run->heap[at] = due;
}

static struct due heap_take(struct run *run)
{
  struct due first = run->heap[0], last = run->heap[--run->due];
  size_t at = 0;

  for (size_t child = 1; child < run->due; child = 2 * at + 1) {
    child += child + 1 < run->due && is_before(&run->heap[child + 1], &run->heap[child]);
    if (!is_before(&run->heap[child], &last))
      break;
    run->heap[at] = run->heap[child];
    at = child;
  }
  run->heap[at] = last;
  return first;
}

static void put_later(struct run *run, uint32_t event, uint32_t ms, double median_ms, uint8_t tries)
{
  double later = campus_log_normal(&run->random, median_ms, 1);

  if (ms + later < CAMPUS_DAYS * CAMPUS_MS_A_DAY)
    heap_put(run, (struct due){ms + (uint32_t)later, event, tries});
}

/* Whom a message goes to: a thief's list has everybody once; a person's short message goes mostly
 * to a few of some hundred people, a long one to the first of them in order. */
static void name_recipients(struct run *run, const struct campus_event *event, uint32_t number)
{
  uint32_t base = (uint32_t)event->sender << 18;
  struct campus_random random = {number};

  for (uint32_t i = 0; i < event->recipients; i++) {
    uint32_t one = i;
    if (event->thief)
      one = (campus_draw(&random) & 0x1ffff) | 0x20000;
    else if (event->recipients <= LIST_FROM) {
      double unit = campus_unit(&random);
      one = (uint32_t)(unit * unit * 300);
    }
    bench_key_write(&run->keys[i], base | one);
  }
}

struct question {
  char user[NAME_BYTES], ip[NAME_BYTES];
  struct weir_attribute attributes[2];
  struct weir_cost cost;
  struct weir_list list;
  struct weir_request request;
};

static void ask_of(struct run *run, const struct campus_event *event, uint32_t number, uint32_t ms,
                   struct question *question)
{
  unsigned place = event->source ? event->source : event->sender / 4u; /* four behind one   */
  int user = snprintf(question->user, NAME_BYTES, "user%u", (unsigned)event->sender);
  int ip = snprintf(question->ip, NAME_BYTES, "%c%u", event->source ? 'x' : 'i', place);

  question->attributes[0] = (struct weir_attribute){"user", question->user, (size_t)user};
  question->attributes[1] = (struct weir_attribute){"ip", question->ip, (size_t)ip};
  question->cost = (struct weir_cost){"recipients", event->recipients};
  question->list = (struct weir_list){"recipient", run->values, event->recipients};
  question->request = (struct weir_request){.size_bytes = sizeof question->request,
                                            .attributes = question->attributes,
                                            .attribute_count = 2,
                                            .costs = &question->cost,
                                            .cost_count = 1,
                                            .lists = &question->list,
                                            .list_count = 1,
                                            .now_ns = MONTH_BEGINS_NS + ms * UINT64_C(1000000),
                                            .flags = WEIR_NOW_GIVEN};
  if (event->sender < run->campus->bulk) /* not asked for `user-fanout`                      */
    question->request.list_count = 0;
  else
    name_recipients(run, event, number);
}

static void tell(struct run *run, const struct question *question, const char *name,
                 uint64_t weight)
{
  int told = weight ? weir_signal(run->table, &question->request, name, weight) : 0;

  if (told < 0 && told != WEIR_E_SIGNAL)
    bench_fail("%s: %s", name, weir_strerror(told));
}

static void note_thief(struct campus_caught *caught, const struct campus_event *event,
                       const struct weir_verdict *verdict)
{
  caught->tried++;
  if (verdict->outcome == WEIR_ALLOW) {
    caught->passed++;
    caught->recipients += event->recipients;
    caught->first_refused_ms = UINT32_MAX;
  } else if (caught->first_refused_ms == UINT32_MAX) {
    caught->first_refused_ms = event->ms;
  }
  if (verdict->outcome == WEIR_BLOCK && caught->first_blocked_ms == UINT32_MAX)
    caught->first_blocked_ms = event->ms;
}

static void note_own(struct run *run, const struct campus_event *event, uint32_t number,
                     uint32_t ms, uint8_t tries, const struct weir_verdict *verdict)
{
  struct campus_outcome *outcome = run->outcome;
  bool refused = verdict->outcome != WEIR_ALLOW;
  bool is_bulk = event->sender < run->campus->bulk;
  bool again = refused && tries < TRIES &&
               !(verdict->outcome == WEIR_DENY && verdict->retry_after_ns == WEIR_NEVER);

  if (run->stolen_ms[event->sender] <= ms) {
    outcome->owners += tries == 1;
    outcome->owners_refused += refused && tries == 1;
  } else {
    *(is_bulk ? &outcome->bulk : &outcome->people) += tries == 1;
    *(is_bulk ? &outcome->bulk_denied : &outcome->denied) += refused && tries == 1;
    outcome->lost += refused && !again;
    if (verdict->outcome == WEIR_BLOCK && !run->met_block[event->sender]) {
      run->met_block[event->sender] = true;
      outcome->blocked++;
    }
  }
  if (again)
    put_later(run, number, ms, AGAIN_MS, (uint8_t)(tries + 1));
}

static void send(struct run *run, uint32_t number, uint32_t ms, uint8_t tries)
{
  const struct campus_event *event = &run->campus->events[number];
  struct question question;
  struct weir_verdict verdict;
  int error;

  ask_of(run, event, number, ms, &question);
  if (tries == 1 && (event->signs & CAMPUS_COUNTRY) != 0)
    tell(run, &question, "new-country", 1);
  error = weir_take(run->table, &question.request, &verdict);
  if (error != WEIR_OK)
    bench_fail("take: %s", weir_strerror(error));
  run->outcome->decisions++;
  if (event->thief)
    note_thief(&run->outcome->caught[event->thief - 1], event, &verdict);
  else
    note_own(run, event, number, ms, tries, &verdict);
  if (verdict.outcome != WEIR_ALLOW)
    return;
  tell(run, &question, "identity-changed", (event->signs & CAMPUS_IDENTITY) != 0);
  tell(run, &question, "same-size", (event->signs & CAMPUS_SAME_SIZE) != 0);
  if (event->unknown || event->refused)
    put_later(run, number, ms, REPORT_MS, 0);
}

static void do_due(struct run *run, uint32_t until_ms)
{
  while (run->due && run->heap[0].ms <= until_ms) {
    struct due due = heap_take(run);
    const struct campus_event *event = &run->campus->events[due.event];
    struct question question;

    if (due.tries) {
      send(run, due.event, due.ms, due.tries);
      continue;
    }
    ask_of(run, event, due.event, due.ms, &question);
    tell(run, &question, "unknown-recipient", event->unknown);
    tell(run, &question, "remote-refusal", event->refused);
  }
}

static void make_members(struct run *run)
{
  for (uint32_t sender = 0; sender < run->campus->bulk; sender++) {
    char name[NAME_BYTES];
    int length = snprintf(name, sizeof name, "user%u", (unsigned)sender);
    struct weir_attribute who = {"user", name, (size_t)length};
    struct weir_block member = {.size_bytes = sizeof member,
                                .attributes = &who,
                                .attribute_count = 1,
                                .now_ns = MONTH_BEGINS_NS,
                                .flags = WEIR_NOW_GIVEN};
    int error = weir_member(run->table, &member, "bulk");

    if (error != WEIR_OK)
      bench_fail("member: %s", weir_strerror(error));
  }
}

static void begin(struct run *run, const char *policy)
{
  struct weir_create_options options = {.size_bytes = sizeof options,
                                        .keys = KEYS,
                                        .policy_text = policy,
                                        .policy_bytes = strlen(policy)};
  struct weir_fault fault;

  if (weir_create(NULL, &options, &run->table, &fault) != WEIR_OK)
    bench_fail("%s", fault.text);
  for (uint32_t i = 0; i < CAMPUS_RECIPIENTS_MAX; i++)
    run->values[i] = (struct weir_value){&run->keys[i], BENCH_KEY_BYTES};
  for (uint32_t i = 0; i < CAMPUS_SENDERS; i++)
    run->stolen_ms[i] = UINT32_MAX;
  for (uint32_t i = 0; i < CAMPUS_THEFTS; i++) {
    const struct campus_theft *theft = &run->campus->thefts[i];
    if (run->stolen_ms[theft->sender] > theft->begin_ms)
      run->stolen_ms[theft->sender] = theft->begin_ms;
    run->outcome->caught[i].first_refused_ms = UINT32_MAX;
    run->outcome->caught[i].first_blocked_ms = UINT32_MAX;
  }
  make_members(run);
}

void campus_replay(const struct campus *campus, const char *policy, uint64_t seed,
                   struct campus_outcome *outcome)
{
  struct run *run = bench_allocate(sizeof *run);
  struct weir_stats stats = {.size_bytes = sizeof stats};
  uint64_t began_ns = bench_now_ns();

  memset(outcome, 0, sizeof *outcome);
  run->campus = campus;
  run->outcome = outcome;
  run->random.state = seed;
  begin(run, policy);
  for (uint32_t number = 0; number < campus->count; number++) {
    do_due(run, campus->events[number].ms);
    send(run, number, campus->events[number].ms, 1);
  }
  do_due(run, UINT32_MAX);
  outcome->seconds = (double)(bench_now_ns() - began_ns) / 1e9;
  if (weir_stats(run->table, &stats) == WEIR_OK)
    outcome->evicted = stats.evicted;
  weir_close(run->table);
  free(run->heap);
  free(run);
}
