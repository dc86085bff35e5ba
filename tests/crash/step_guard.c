/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A block, an unblock and a denial that blocks, killed after instruction i, for every i, while
 * another process goes on with others.  After each: the table is sound; all that can be asked
 * about the principal is as it was before or as it is when nobody is killed, never between; the
 * same call again succeeds and leads to the latter.  x86-64.
 *
 * step_guard [STRIDE [SCENARIO]]   default 11: every 11th instruction, beginning elsewhere in
 *                                  each scenario; 1 takes minutes
 */
#include <time.h>

#include "admit/admit.h"
#include "guard/name.h"
#include "support/stepping.h"
#include "support/table.h"

#define HOUR_NS (60 * MINUTE_NS)
#define STEPPED "stepped"
#define BURST "policy p\n limit a 3 messages / 1000d per user\n"

static const struct weir_attribute who = {"user", STEPPED, sizeof STEPPED - 1};

/* All that can be asked about the principal. */
struct view {
  uint32_t outcome; /* of a peek                                                        */
  uint64_t remaining;
  int listed; /* how often weir_blocks() has it                                          */
  uint32_t level, lifted;
  uint64_t used; /* of its limit, as weir_why() says                                      */
  int session; /* whether one issued an hour ago is valid                                */
  int for_ever;
  char reason[72], by[32];
};

/* What a scenario begins with, and what is killed. */
struct scenario {
  const char *name;
  const char *policy;
  void (*prepare)(struct weir_table *table);
  void (*act)(void *table);
  struct view after; /* expected, where nobody is killed                                   */
  void (*end)(struct weir_table *table, long step); /* more to be seen then               */
  int first; /* of its sort in the table: each time in a fresh one                        */
};

static int failures;

static void expect(int holds, const char *what, long step)
{
  if (holds)
    return;
  printf("FAILED at instruction %ld: %s\n", step, what);
  failures++;
}

/* ---------------------------------------------------------------------- what is done -- */

static struct weir_block order_of(uint64_t duration_ns, const char *reason, const char *by)
{
  return (struct weir_block){.size_bytes = sizeof(struct weir_block),
                             .attributes = &who,
                             .attribute_count = 1,
                             .duration_ns = duration_ns,
                             .reason = reason,
                             .by = by};
}

/* 0: now, by the table's own clock, as all that looks afterwards. */
static uint32_t take_before(struct weir_table *table, uint64_t ago_ns)
{
  struct weir_verdict verdict = {.outcome = UINT32_MAX};
  struct asking asking;

  ask_for(&asking, STEPPED, NULL);
  if (ago_ns != 0)
    ask_at(&asking, weir_now_ns(table) - ago_ns);
  (void)weir_take(table, &asking.request, &verdict);
  return verdict.outcome;
}

static void act_block(void *table)
{
  struct weir_block order = order_of(0, "new reason", "new by");

  expect(weir_block(table, &order) == WEIR_OK, "a block failed", -1);
}

static void act_unblock(void *table)
{
  struct weir_block order = order_of(0, NULL, "new by");

  expect(weir_unblock(table, &order) >= 0, "an unblock failed", -1);
}

static void act_take(void *table)
{
  (void)take_before(table, 0);
}

static void prepare_nothing(struct weir_table *table)
{
  (void)table;
}

static void prepare_counted(struct weir_table *table)
{
  (void)take_before(table, 0);
  (void)take_before(table, 0);
}

static void prepare_blocked(struct weir_table *table)
{
  struct weir_block order = order_of(4 * HOUR_NS, "old reason", "old by");

  prepare_counted(table);
  (void)weir_block(table, &order);
}

static void prepare_lifted(struct weir_table *table)
{
  prepare_blocked(table);
  act_unblock(table);
  (void)take_before(table, 0);
}

/* No message is left. */
static void prepare_spent(struct weir_table *table)
{
  prepare_counted(table);
  (void)take_before(table, 0);
}

/* Blocked three hours ago, for one. */
static void prepare_blocked_once(struct weir_table *table)
{
  for (int i = 0; i < 4; i++)
    (void)take_before(table, 3 * HOUR_NS);
}

/* One strike of two. */
static void prepare_struck(struct weir_table *table)
{
  prepare_spent(table);
  (void)take_before(table, 0);
}

static void prepare_struck_and_blocked(struct weir_table *table)
{
  struct weir_block order = order_of(0, "old reason", "old by");

  prepare_struck(table);
  (void)weir_block(table, &order);
}

/* Half of the group is never evicted, so that blocks go to the spill group. */
static void prepare_crowded(struct weir_table *table)
{
  struct wi_principal principal;

  (void)wi_principal_of(&table->region, &who, 1, &principal);
  for (uint64_t i = 0; i < WI_GROUP_CELLS / 2; i++)
    principal.place.group[i] =
        (struct wi_cell){.tag = (1000 + i) << WI_ID_BITS | WI_ID_CLASS, .state = 1};
  prepare_counted(table);
}

/* Messages again, and the first of two denials is the first again. */
static void end_forgotten(struct weir_table *table, long step)
{
  for (int i = 0; i < 3; i++)
    expect(take_before(table, 0) == WEIR_ALLOW, "what limits had counted is not forgotten", step);
  expect(take_before(table, 0) == WEIR_DENY, "a limit does not count any more", step);
  expect(take_before(table, 0) == WEIR_DENY, "a strike is not forgotten", step);
  expect(take_before(table, 0) == WEIR_BLOCK, "strikes do not count any more", step);
}

static const struct scenario scenarios[] = {
    {"block, nobody known", BURST, prepare_nothing, act_block,
     {.outcome = WEIR_BLOCK, .listed = 1, .for_ever = 1, .reason = "new reason", .by = "new by"},
     NULL, 0},
    {"block, who has sent", BURST, prepare_counted, act_block,
     {.outcome = WEIR_BLOCK, .listed = 1, .used = 2, .for_ever = 1, .reason = "new reason",
      .by = "new by"},
     NULL, 0},
    {"block, for longer", BURST, prepare_blocked, act_block,
     {.outcome = WEIR_BLOCK, .listed = 1, .used = 2, .for_ever = 1, .reason = "new reason",
      .by = "new by"},
     NULL, 0},
    {"block, who was lifted", BURST, prepare_lifted, act_block,
     {.outcome = WEIR_BLOCK, .listed = 1, .used = 1, .for_ever = 1, .reason = "new reason",
      .by = "new by"},
     NULL, 0},
    {"block, in the spill group", BURST, prepare_crowded, act_block,
     {.outcome = WEIR_BLOCK, .listed = 1, .used = 2, .for_ever = 1, .reason = "new reason",
      .by = "new by"},
     NULL, 0},
    {"block, first of its sort", BURST, prepare_counted, act_block,
     {.outcome = WEIR_BLOCK, .listed = 1, .used = 2, .for_ever = 1, .reason = "new reason",
      .by = "new by"},
     NULL, 1},
    {"unblock", BURST " on a denied 2 in 1h block user for 1h doubling to 8h\n",
     prepare_struck_and_blocked, act_unblock,
     {.outcome = WEIR_ALLOW, .remaining = 3, .lifted = 1}, end_forgotten, 0},
    {"unblock, who is not blocked", BURST " on a denied 2 in 1h block user for 1h doubling to 8h\n",
     prepare_struck, act_unblock,
     {.outcome = WEIR_ALLOW, .remaining = 3, .session = 1}, end_forgotten, 0},
    {"denial that blocks", BURST " on a denied block user for 1h doubling to 8h\n",
     prepare_spent, act_take,
     {.outcome = WEIR_BLOCK, .listed = 1, .level = 1, .used = 3, .reason = "a denied",
      .by = "policy"},
     NULL, 0},
    {"denial, the last of two", BURST " on a denied 2 in 1h block user for 1h doubling to 8h\n",
     prepare_struck, act_take,
     {.outcome = WEIR_BLOCK, .listed = 1, .level = 1, .used = 3, .reason = "a denied",
      .by = "policy"},
     NULL, 0},
    {"denial that doubles a block", BURST " on a denied block user for 1h doubling to 8h\n",
     prepare_blocked_once, act_take,
     {.outcome = WEIR_BLOCK, .listed = 1, .level = 2, .used = 3, .reason = "a denied",
      .by = "policy"},
     NULL, 0},
};

/* ---------------------------------------------------------------------- what is seen -- */

static int look_at_block(void *context, const struct weir_block_info *block)
{
  struct view *view = context;

  if (strcmp(block->principal, "user=" STEPPED) != 0 &&
      strcmp(block->principal, "(name not kept)") != 0)
    return 0; /* another's */
  view->listed++;
  view->level = block->level;
  view->for_ever = block->remaining_ns == WEIR_NEVER;
  (void)snprintf(view->reason, sizeof view->reason, "%s", block->reason);
  (void)snprintf(view->by, sizeof view->by, "%s", block->by);
  return 0;
}

static int look_at_limit(void *context, const struct weir_why_limit *limit)
{
  if ((limit->flags & WEIR_WHY_STRIKES) == 0)
    ((struct view *)context)->used = limit->used;
  return 0;
}

static struct view look(struct weir_table *table, long step)
{
  struct weir_why why = {.size_bytes = sizeof why};
  struct weir_verdict verdict = {.outcome = UINT32_MAX};
  struct asking asking;
  struct timespec wall;
  struct view view;

  memset(&view, 0, sizeof view);
  ask_for(&asking, STEPPED, NULL);
  ask_units(&asking, "messages", 1);
  expect(weir_peek(table, &asking.request, &verdict) == WEIR_OK, "the principal cannot ask", step);
  view.outcome = verdict.outcome;
  view.remaining = verdict.remaining;
  expect(weir_blocks(table, look_at_block, &view) == WEIR_OK, "no list of blocks", step);
  expect(weir_why(table, &who, 1, &why, look_at_limit, &view) == WEIR_OK, "no why", step);
  expect(why.blocked == (verdict.outcome == WEIR_BLOCK) && view.listed == (int)why.blocked,
         "take, why and blocks say differently who is blocked", step);
  expect(!why.blocked || (strcmp(why.reason, view.reason) == 0 && strcmp(why.by, view.by) == 0 &&
                          why.level == view.level),
         "why and blocks say differently what the block is", step);
  view.level = why.level;
  view.lifted = why.lifted;
  (void)clock_gettime(CLOCK_REALTIME, &wall);
  view.session = weir_session_valid(
      table, &who, 1, (uint64_t)wall.tv_sec * SECOND_NS + (uint64_t)wall.tv_nsec - HOUR_NS);
  return view;
}

static void print_view(const char *what, const struct view *view)
{
  printf("  %-8s outcome %u, remaining %llu, listed %d, level %u, lifted %u, used %llu, session %d, "
         "for ever %d, reason '%s', by '%s'\n",
         what, view->outcome, (unsigned long long)view->remaining, view->listed, view->level,
         view->lifted, (unsigned long long)view->used, view->session, view->for_ever, view->reason,
         view->by);
}

static int is_same(const struct view *a, const struct view *b)
{
  return memcmp(a, b, sizeof *a) == 0; /* every byte is set by look(), or copied from there */
}

/* ------------------------------------------------------------------------- the others -- */

static void forget_names(const struct wi_region *region, const struct wi_principal *principal)
{
  for (uint32_t which = 0; which < WI_NAME_CHOICES; which++) {
    struct wi_name *set = wi_name_set(region, principal->hash.mark, which);

    for (uint32_t i = 0; i < WI_NAME_SET; i++) /* those given up, too */
      (void)wi_cas_seq_cst(&set[i].claim, set[i].claim, 0);
  }
}

static int has_set_of(const struct wi_region *region, const struct wi_principal *one,
                      const struct wi_principal *other)
{
  for (uint32_t i = 0; i < WI_NAME_CHOICES * WI_NAME_CHOICES; i++)
    if (wi_name_set(region, one->hash.mark, i / WI_NAME_CHOICES) ==
        wi_name_set(region, other->hash.mark, i % WI_NAME_CHOICES))
      return 1;
  return 0;
}

/* As if the principal had never been there, but for its bit in the filter: the next call takes
 * the same way.  Its group and records are its own, since the others' are chosen elsewhere. */
static void forget(struct weir_table *table)
{
  const struct wi_region *region = &table->region;
  struct wi_principal principal;

  (void)wi_principal_of(region, &who, 1, &principal);
  for (uint32_t i = 0; i < WI_GROUP_CELLS; i++) {
    struct wi_cell dead = {.tag = WI_TAG_DEAD};

    (void)wi_cell_cas_seq_cst(&principal.place.group[i], principal.place.group[i], dead);
    (void)wi_cell_cas_seq_cst(&region->side->spill[i], region->side->spill[i], dead);
  }
  forget_names(region, &principal);
  for (uint32_t stripe = 0; stripe < region->geometry.stripes; stripe++)
    for (uint32_t i = 0; i < WI_NOTES; i++)
      region->stripes[stripe].notes[i].tag = 0;
}

static int is_elsewhere(struct weir_table *table, const struct weir_attribute *user)
{
  struct wi_principal stepped, other;

  (void)wi_principal_of(&table->region, &who, 1, &stepped);
  (void)wi_principal_of(&table->region, user, 1, &other);
  return stepped.place.group != other.place.group &&
         !has_set_of(&table->region, &stepped, &other);
}

/* Take, block and unblock others until killed. */
static pid_t start_other(struct weir_table *table)
{
  pid_t process = fork();
  uint64_t random = 7;

  if (process != 0)
    return process;
  for (;;) {
    uint64_t drawn = test_random(&random);
    struct weir_verdict verdict;
    struct weir_block order = order_of(HOUR_NS, "another", "other");
    struct weir_attribute user;
    char name[32];

    snprintf(name, sizeof name, "other%llu", (unsigned long long)(drawn % 200));
    user = (struct weir_attribute){"user", name, strlen(name)};
    order.attributes = &user;
    if (!is_elsewhere(table, &user))
      continue;
    if (take_at(table, name, weir_now_ns(table), &verdict) < 0 ||
        (drawn % 200 < 4 && (drawn >> 32) % 64 == 0 && weir_block(table, &order) != WEIR_OK) ||
        (drawn % 200 < 4 && (drawn >> 32) % 64 == 1 && weir_unblock(table, &order) < 0))
      _exit(1);
  }
}

/* -------------------------------------------------------------------------- the steps -- */

struct run {
  const struct scenario *scenario;
  struct weir_table *table;
  pid_t other;
  struct view before, after;
  long killed, begun; /* of these, in how many the old state stood                          */
};

static struct weir_table *open_table(const struct scenario *scenario)
{
  struct weir_table *table = make_table(NULL, 400, scenario->policy);

  (void)take_before(table, 0); /* the policy is read once, not in what is stepped */
  forget(table);
  return table;
}

static void prepare(struct run *run)
{
  if (run->scenario->first) {
    weir_close(run->table);
    run->table = open_table(run->scenario);
  }
  forget(run->table);
  run->scenario->prepare(run->table);
}

static void check_after(struct run *run, long step)
{
  struct view view = look(run->table, step);
  int is_old = is_same(&view, &run->before);

  expect(weir_verify(run->table, NULL, NULL) == 0, "the table is not sound", step);
  if (!is_old && !is_same(&view, &run->after)) {
    expect(0, "neither as before nor as it should be", step);
    print_view("is", &view);
  }
  run->begun += is_old;
  run->scenario->act(run->table);
  view = look(run->table, step);
  if (!is_same(&view, &run->after)) {
    expect(0, "the same call again does not lead there", step);
    print_view("is", &view);
  }
  if (run->scenario->end != NULL)
    run->scenario->end(run->table, step);
}

/* Both states, and the way between them. */
static void rehearse(struct run *run, struct stepping *stepping)
{
  const struct view *wanted = &run->scenario->after;
  long previous;

  prepare(run);
  run->before = look(run->table, -1);
  run->scenario->act(run->table);
  run->after = look(run->table, -1);
  expect(run->after.outcome == wanted->outcome && run->after.listed == wanted->listed &&
             run->after.level == wanted->level && run->after.lifted == wanted->lifted &&
             run->after.used == wanted->used && run->after.session == wanted->session &&
             run->after.for_ever == wanted->for_ever &&
             (wanted->outcome == WEIR_BLOCK || run->after.remaining == wanted->remaining) &&
             strcmp(run->after.reason, wanted->reason) == 0 &&
             strcmp(run->after.by, wanted->by) == 0 && !is_same(&run->before, &run->after),
         "it does not do what it should, whole", -1);
  stepping->length = 0;
  do { /* until it is the usual way */
    previous = stepping->length;
    prepare(run);
    stepping->context = run->table;
    stepping_list(stepping);
  } while (stepping->length != previous);
}

static void step_through(const struct scenario *scenario, long stride, long first)
{
  static struct stepping stepping;
  struct run run = {.scenario = scenario, .table = open_table(scenario)};

  stepping.call = scenario->act;
  rehearse(&run, &stepping);
  run.other = scenario->first ? 0 : start_other(run.table);
  for (long step = first % stride; step < stepping.length && failures < 10; step += stride) {
    prepare(&run);
    stepping.context = run.table;
    run.killed += stepping_kill_at(&stepping, step);
    check_after(&run, step);
  }
  if (run.other != 0) {
    expect(waitpid(run.other, NULL, WNOHANG) == 0, "the other process failed", -1);
    (void)kill(run.other, SIGKILL);
    (void)waitpid(run.other, NULL, 0);
  }
  if (failures != 0) {
    print_view("before", &run.before);
    print_view("after", &run.after);
  }
  expect(stepping.length > 100 && run.killed * stride * 10 > stepping.length * 8,
         "too few were killed on their way", -1);
  printf("%-28s %ld instructions, killed after each %ld: %ld; nothing had changed in %ld\n",
         scenario->name, stepping.length, stride, run.killed, run.begun);
  weir_close(run.table);
}

int main(int count, char **arguments)
{
  long stride = count > 1 ? atol(arguments[1]) : 11;
  long only = count > 2 ? atol(arguments[2]) : -1;
  int ran = 0, failed = 0;

  for (long i = 0; i < (long)(sizeof scenarios / sizeof scenarios[0]); i++) {
    if (only >= 0 && only != i)
      continue;
    failures = 0;
    step_through(&scenarios[i], stride, i);
    ran++;
    failed += failures != 0;
  }
  printf("%d passed, %d failed\n", ran - failed, failed);
  return failed != 0;
}
