/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The library itself under a scheduler: coroutines in the place of processes, which may be switched,
 * stalled for long or killed at every access to shared memory (WI_SCHEDULED, base/atomic.h).
 * One crowded group, time standing still, so that every bound is exact: nobody may ever have
 * more than the burst, no tag may be live twice, nobody may be kept busy for nothing.
 *
 * explore [RUNS [FIRST [MODE]]]   default 1500 runs of each mode, from run 1; a run replays by
 *                                 its number: explore 1 RUN MODE
 */
#include <ucontext.h>

#include "admit/subject.h"
#include "explore/modes.h"
#include "respond/response.h"
#include "support/table.h"

#define ACTORS_MAX 5
#define STACK_BYTES (512 * 1024)
#define NAMES 12   /* principals of the one group                                         */
#define WATCHED 2  /* of these, whose admissions are never given back                     */
#define NOW_NS ((uint64_t)1 << 50)
#define STEPS_ALONE_MAX 20000 /* of one decision with nobody else about                   */

struct actor {
  ucontext_t context;
  char *stack;
  bool finished, killed;
  uint64_t asleep_until; /* in steps                                                      */
};

static struct actor actors[ACTORS_MAX];
static ucontext_t scheduler;
static int current = -1; /* index of the actor that runs; -1: none, no switching            */
static int actor_count;
static uint64_t steps, steps_alone, random_state;
static unsigned switch_share, stall_share; /* of 256, of 65536                             */
static struct weir_table *table;
static const struct mode *mode;
static char names[NAMES][16];
static uint64_t admitted[NAMES];
static uint64_t values_admitted[NAMES]; /* bit i: value i, in the modes of distinct values   */
#define VALUES 10
#define PART_NS (8 * MINUTE_NS) /* of the window over an hour, or a little more              */

/* Of each who is watched.  firm: a block has returned that began when no lift was under way, and
 * none has begun since. */
static struct {
  uint64_t lifts; /* begun                                                                */
  bool firm;
} guard[WATCHED];
static int lifting[ACTORS_MAX]; /* whom an actor lifts just now; -1: nobody                */
static uint64_t broken_blocks;
static uint64_t unsaid; /* takes that returned and wrote no verdict                        */
static uint64_t strikes; /* denials that block, by the mode's policy; 0: none do           */
#define GENERATIONS 64
static uint64_t denials[WATCHED][GENERATIONS]; /* decided under each, where they block     */

static uint64_t draw(uint64_t below)
{
  return test_random(&random_state) % below;
}

/* Every access to shared memory comes by here. */
void wi_scheduled_step(void)
{
  struct actor *self;

  steps++;
  if (current < 0) {
    steps_alone++;
    return;
  }
  self = &actors[current];
  if (draw(65536) < stall_share)
    self->asleep_until = steps + 200 + draw(6000);
  else if (draw(256) >= switch_share)
    return;
  (void)swapcontext(&self->context, &scheduler);
}

/* Takes are of one message, now: by the quickest way.  Time goes on then, by less than it takes for
 * a unit to come back; a run that is replayed may differ in a tick. */
static bool is_plain(void)
{
  return strstr(mode->name, "plain") != NULL;
}

static void ask(struct asking *asking, const char *name, uint64_t units)
{
  ask_for(asking, name, NULL);
  if (is_plain())
    return;
  ask_units(asking, "messages", units);
  ask_at(asking, NOW_NS);
}

static bool is_distinct(void)
{
  return strstr(mode->name, "distinct") != NULL;
}

/* Some values, at one of two times within the hour. */
static bool take_values(int who, uint64_t count)
{
  static const char letters[VALUES + 1] = "abcdefghij";
  struct weir_value values[VALUES];
  struct weir_list list = {"value", values, 0};
  struct weir_verdict verdict;
  struct asking asking;
  uint64_t chosen = 0;

  ask(&asking, names[who], 1);
  ask_at(&asking, NOW_NS + draw(2) * PART_NS);
  for (uint64_t i = 0; i < count; i++) {
    uint64_t value = draw(VALUES);

    if ((chosen >> value & 1) == 0)
      values[list.value_count++] = (struct weir_value){&letters[value], 1};
    chosen |= (uint64_t)1 << value;
  }
  asking.request.lists = &list;
  asking.request.list_count = 1;
  if (weir_take(table, &asking.request, &verdict) != WEIR_OK || verdict.outcome != WEIR_ALLOW)
    return false;
  values_admitted[who] |= chosen;
  admitted[who] = (uint64_t)__builtin_popcountll(values_admitted[who]);
  return true;
}

/* As weir_take(), but it is seen under which generation a denial was decided. */
static int take_in_steps(int who, const struct weir_request *request, struct weir_verdict *verdict)
{
  const struct wi_plan *plan = wi_plans_ready(&table->plans, &table->region, &(uint64_t){0});
  struct wi_decision decision = {.table = table, .plan = plan, .given = true, .now_ns = NOW_NS};
  struct wi_subject subject;
  int error;

  if (plan == NULL) { /* it changes just now: under which is not seen */
    for (int i = 0; i < GENERATIONS; i++)
      denials[who][i]++;
    return weir_take(table, request, verdict);
  }
  decision.version = plan->version;
  decision.subject = &subject;
  error = wi_subject_resolve(plan, &table->region, request, &subject);
  if (error == WEIR_OK)
    error = wi_decide_guarded(&decision, request, verdict);
  if (error != WEIR_OK || verdict->outcome != WEIR_DENY)
    return error;
  denials[who][wi_block_generation(subject.places[0].block) % GENERATIONS]++;
  wi_respond_denied(&decision, request);
  return WEIR_OK;
}

static bool take(int who, uint64_t units)
{
  struct weir_verdict verdict;
  struct asking asking;
  bool firm = who < WATCHED && guard[who].firm;
  uint64_t lifts = who < WATCHED ? guard[who].lifts : 0;
  int error;

  if (is_distinct())
    return take_values(who, units);
  if (is_plain())
    units = 1;
  memset(&verdict, 0x5a, sizeof verdict);
  ask(&asking, names[who], units);
  error = strikes != 0 && who < WATCHED ? take_in_steps(who, &asking.request, &verdict)
                                             : weir_take(table, &asking.request, &verdict);
  unsaid += error == WEIR_OK && verdict.outcome > WEIR_BLOCK;
  if (error != WEIR_OK || verdict.outcome != WEIR_ALLOW)
    return false;
  if (firm && guard[who].firm && guard[who].lifts == lifts)
    broken_blocks++; /* firm before and after, and no lift between: all the time */
  admitted[who] += units;
  return true;
}

static struct weir_block block_of(const struct weir_attribute *user)
{
  return (struct weir_block){.size_bytes = sizeof(struct weir_block),
                             .attributes = user,
                             .attribute_count = 1,
                             .now_ns = NOW_NS,
                             .flags = WEIR_NOW_GIVEN};
}

static bool is_lifted_by_any(int who)
{
  for (int i = 0; i < actor_count; i++)
    if (lifting[i] == who && !actors[i].killed && !actors[i].finished)
      return true;
  return false;
}

static void block(int who)
{
  struct weir_attribute user = {"user", names[who], strlen(names[who])};
  struct weir_block block = block_of(&user);
  uint64_t lifts = guard[who].lifts;
  bool alone = !is_lifted_by_any(who);

  if (weir_block(table, &block) == WEIR_OK && alone && lifts == guard[who].lifts)
    guard[who].firm = true;
}

static void lift(int who)
{
  struct weir_attribute user = {"user", names[who], strlen(names[who])};
  struct weir_block block = block_of(&user);
  int self = current;

  guard[who].firm = false;
  guard[who].lifts++;
  lifting[self] = who;
  (void)weir_unblock(table, &block);
  lifting[self] = -1;
}

/* Frees cells in the middle of everything. */
static void reset(int who)
{
  struct asking asking;

  ask(&asking, names[who], 1);
  (void)weir_reset(table, &asking.request);
}

/* Whether the watched are blocked and lifted, too. */
static bool is_guarded(void)
{
  return strstr(mode->name, "blocked") != NULL;
}

static void act(int index)
{
  int count = 1 + (int)draw(4);

  for (int i = 0; i < count; i++) {
    uint64_t choice = draw(100);
    bool may_apply = mode->policy_count > 1 && (index == 0 || index == actor_count - 1);

    if (strikes != 0 && choice < 12) {
      lift((int)draw(WATCHED));
    } else if (strikes != 0 && choice < 40) {
      (void)take((int)draw(WATCHED), 1 + draw(mode->burst));
    } else if (is_guarded() && choice < 30) {
      if (draw(2) == 0)
        block((int)draw(WATCHED));
      else
        lift((int)draw(WATCHED));
    } else if (may_apply && choice < 60) {
      const char *text = mode->policies[draw((uint64_t)mode->policy_count)];

      (void)weir_apply(table, text, strlen(text), "explore", NULL, NULL);
    } else if (choice < 65) {
      (void)take((int)draw(WATCHED), 1 + draw(mode->burst - 1));
    } else if (choice < 85) {
      (void)take(WATCHED + (int)draw(NAMES - WATCHED), 1 + draw(3));
    } else {
      reset(WATCHED + (int)draw(NAMES - WATCHED));
    }
  }
  actors[index].finished = true;
  for (;;)
    (void)swapcontext(&actors[index].context, &scheduler);
}

/* Names whose principals share the first group, under a fixed secret. */
static void find_names(void)
{
  int found = 0;

  for (int i = 0; found < NAMES; i++) {
    const struct wi_plan *plan = wi_plans_ready(&table->plans, &table->region, &(uint64_t){0});
    struct wi_subject subject;
    struct asking asking;

    snprintf(names[found], sizeof names[found], "user%d", i);
    ask(&asking, names[found], 1);
    if (wi_subject_resolve(plan, &table->region, &asking.request, &subject) == WEIR_OK &&
        subject.places[0].group == table->region.cells)
      found++;
  }
}

/* Strangers' cells of the first limit, so that few are free, or none. */
static void crowd(bool tight)
{
  const struct wi_meter *meter = &wi_plans_ready(&table->plans, &table->region, &(uint64_t){0})->limits[0].meter;
  uint64_t count = tight ? WI_GROUP_CELLS - 2 + draw(3) : draw(WI_GROUP_CELLS + 1);

  for (uint64_t i = 0; i < count; i++) {
    struct wi_cell *cell = &table->region.cells[i];
    uint64_t mark = (1000 + i) << WI_ID_BITS;

    if (draw(tight ? 20 : 4) == 0) {
      cell->tag = WI_TAG_DEAD;
    } else if (meter->sliding) {
      uint64_t epoch = NOW_NS / meter->as.window.part_ns - draw(4);

      cell->tag = mark | (meter->id + wi_window_word_of(&meter->as.window, epoch));
      cell->state = wi_window_charge(&meter->as.window, 0, epoch, 1 + draw(5));
    } else {
      cell->tag = mark | meter->id;
      cell->state = wi_bucket_word(meter->as.bucket.unit_ticks * draw(7) + draw(2),
                                   wi_bucket_ticks(&meter->as.bucket, NOW_NS));
    }
  }
}

static uint64_t count_strikes(const char *policy)
{
  const char *denied = strstr(policy, " denied ");
  uint64_t count = denied != NULL ? strtoull(denied + strlen(" denied "), NULL, 10) : 0;

  return denied == NULL ? 0 : count != 0 ? count : 1; /* `denied block`: the first          */
}

static void begin(void)
{
  static const unsigned switches[] = {256, 128, 40, 10}, stalls[] = {0, 100, 600, 2000};
  struct weir_verdict verdict;
  struct weir_attribute nobody = {"user", "nobody", 6};
  struct weir_block order = block_of(&nobody);
  struct asking asking;

  strikes = count_strikes(mode->policies[0]);
  table = make_table(NULL, 1, mode->policies[0]);
  table->region.secret[0] = 7;
  table->region.secret[1] = 9;
  if (is_plain())
    table->region.clock_offset_ns = NOW_NS - wi_clock_precise_ns();
  memset(admitted, 0, sizeof admitted);
  memset(guard, 0, sizeof guard);
  memset(denials, 0, sizeof denials);
  memset(values_admitted, 0, sizeof values_admitted);
  broken_blocks = unsaid = 0;
  if (strikes != 0)
    (void)weir_block(table, &order); /* the first of its sort makes plans anew */
  ask(&asking, "nobody", 0);
  (void)weir_peek(table, &asking.request, &verdict); /* the policy is read */
  if (names[0][0] == '\0')
    find_names();
  crowd(draw(2) == 0);
  for (uint64_t i = draw(20); i > 0; i--)
    (void)take((int)draw(NAMES), 1 + draw(2));
  for (uint64_t i = draw(3); i > 0; i--)
    reset(WATCHED + (int)draw(NAMES - WATCHED));
  switch_share = switches[draw(4)];
  stall_share = stalls[draw(4)];
}

static void start_actors(void)
{
  actor_count = 2 + (int)draw(ACTORS_MAX - 1);
  for (int i = 0; i < actor_count; i++) {
    struct actor *actor = &actors[i];

    (void)getcontext(&actor->context);
    actor->context.uc_stack.ss_sp = actor->stack;
    actor->context.uc_stack.ss_size = STACK_BYTES;
    actor->context.uc_link = &scheduler;
    makecontext(&actor->context, (void (*)(void))act, 1, i);
    actor->finished = actor->killed = false;
    lifting[i] = -1;
    actor->asleep_until = 0;
  }
}

static bool anybody_left(void)
{
  for (int i = 0; i < actor_count; i++)
    if (!actors[i].finished && !actors[i].killed)
      return true;
  return false;
}

static void schedule(void)
{
  start_actors();
  while (anybody_left()) {
    int next = (int)draw((uint64_t)actor_count);
    struct actor *actor = &actors[next];

    if (actor->finished || actor->killed)
      continue;
    if (actor->asleep_until > steps) {
      steps += 20;
      continue;
    }
    actor->killed = draw(4000) == 0;
    if (actor->killed)
      continue;
    current = next;
    (void)swapcontext(&scheduler, &actor->context);
    current = -1;
  }
}

/* Who is blocked has denials enough since the last lift, and was blocked once for them: time
 * stands still.  Of several strikes a newcomer to a full group begins with those of whoever lost
 * its place. */
static bool is_blocked_for_nothing(int who)
{
  struct weir_attribute user = {"user", names[who], strlen(names[who])};
  struct weir_stats stats = {.size_bytes = sizeof stats};
  struct wi_principal principal;
  struct wi_hit hit;

  (void)weir_stats(table, &stats);
  return strikes != 0 && (strikes == 1 || stats.evicted == 0) && wi_principal_of(&table->region, &user, 1, &principal) &&
         wi_block_find(&table->region, &principal.place, &hit) &&
         wi_block_is_in_force(hit.state, NOW_NS) &&
         (denials[who][wi_block_generation(hit.state) % GENERATIONS] < strikes ||
          wi_block_level(hit.state) != 1);
}

/* Violations of one run: told, and counted. */
static int judge(uint64_t run)
{
  int findings = weir_verify(table, NULL, NULL), violations = findings;

  table->plans.loading = 0; /* of a thread that was killed, which no thread of a process is */
  if (findings != 0)
    printf("run %llu, %s: the table is not sound\n", (unsigned long long)run, mode->name);
  if (broken_blocks != 0) {
    printf("run %llu, %s: %llu passed a block\n", (unsigned long long)run, mode->name,
           (unsigned long long)broken_blocks);
    violations++;
  }
  if (unsaid != 0) {
    printf("run %llu, %s: %llu were told nothing\n", (unsigned long long)run, mode->name,
           (unsigned long long)unsaid);
    violations++;
  }
  for (int who = 0; who < WATCHED; who++) {
    uint64_t most = (is_distinct() ? 6 : mode->burst) * (1 + guard[who].lifts);
    bool passes = true;

    if (is_blocked_for_nothing(who)) {
      printf("run %llu, %s: blocked for nothing\n", (unsigned long long)run, mode->name);
      violations++;
    }
    for (uint64_t i = 0; passes && i < mode->burst + 3; i++) {
      steps_alone = 0;
      passes = take(who, 1);
      if (steps_alone > STEPS_ALONE_MAX) {
        printf("run %llu, %s: busy for nothing, %llu steps\n", (unsigned long long)run, mode->name,
               (unsigned long long)steps_alone);
        violations++;
      }
    }
    if (admitted[who] > most) {
      printf("run %llu, %s: %llu admitted, at most %llu expected\n", (unsigned long long)run,
             mode->name, (unsigned long long)admitted[who], (unsigned long long)most);
      violations++;
    }
  }
  return violations;
}

int main(int count, char **arguments)
{
  uint64_t runs = count > 1 ? strtoull(arguments[1], NULL, 0) : 1500;
  uint64_t first = count > 2 ? strtoull(arguments[2], NULL, 0) : 1;
  int only = count > 3 ? atoi(arguments[3]) : -1, passed = 0, failed = 0;

  for (int i = 0; i < ACTORS_MAX; i++)
    if ((actors[i].stack = malloc(STACK_BYTES)) == NULL)
      return 1;
  for (int i = 0; i < (int)(sizeof modes / sizeof modes[0]); i++) {
    int violations = 0;

    mode = &modes[i];
    if (only >= 0 && only != i)
      continue;
    for (uint64_t run = first; run < first + runs; run++) {
      random_state = run * 0x1234567u + (uint64_t)i;
      begin();
      schedule();
      violations += judge(run);
      weir_close(table);
    }
    printf("mode %d, %s: %llu runs, %d violations\n", i, mode->name, (unsigned long long)runs,
           violations);
    violations == 0 ? passed++ : failed++;
  }
  printf("%d passed, %d failed\n", passed, failed);
  return failed != 0;
}
