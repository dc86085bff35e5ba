/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Model of one request against two limits: read all words, charge them in a fixed
 * order, and where a later one denies after all undo the earlier by exact value.
 * A word is a theoretical arrival time, one unit costs one tick; the cells are
 * there and stay there (cells.c has how they come and go).
 */
#include "suite.h"

#include <string.h>

enum { LIMITS = 2, PROCESSES = 3, OPERATIONS = 3, CLOCKS = 5 };

enum change {
  UNDO_SUBTRACT = 1 << 0,   /* takes its units off whatever the word is by then      */
  UNDO_STORE = 1 << 1,      /* writes the replaced value back without comparing      */
  NO_UNDO = 1 << 2,         /* denies and leaves the charge                           */
  STORE = 1 << 3,           /* charges without comparing                             */
  NO_ASKING_AGAIN = 1 << 4, /* after a failed compare it charges the new word unasked */
  NO_ASKING_FIRST = 1 << 5, /* charges the first limit before reading the second   */
  OWN_ORDER = 1 << 6        /* process 2 charges in the other order                   */
};

struct scenario {
  const char *name;
  uint8_t tau[LIMITS], clock_max, deaths_max;
  bool twins;
  bool one_passes; /* check that not all are denied                        */
  uint8_t script[PROCESSES][OPERATIONS][LIMITS]; /* units of each limit; {0, 0}: end */
};

struct setup {
  const struct scenario *scenario;
  unsigned changes;
};

enum at { BEGIN, READ, CHARGE, READ_AGAIN, UNDO, UNDO_READ, KILLED };
static const char *const at_names[] = {"begin: clock", "read",       "charge", "read again",
                                       "undo",         "undo: read", "dead"};

struct process {
  uint8_t at, operation, now, i;
  uint8_t seen[LIMITS]; /* before its charge                                  */
  uint8_t written;      /* to the first limit                                  */
};

struct state {
  uint8_t clock, deaths;
  uint8_t left; /* charges that may stay: of the dead, or moved on     */
  uint8_t word[LIMITS];
  uint8_t log[LIMITS][CLOCKS];
  struct process process[PROCESSES];
};

static const uint8_t *units_of(const struct setup *setup, const struct state *s, unsigned process)
{
  return setup->scenario->script[process][s->process[process].operation];
}

static bool runs(const void *setup, const void *state, unsigned process)
{
  const struct process *p = &((const struct state *)state)->process[process];
  if (p->at == KILLED || p->operation >= OPERATIONS)
    return false;
  const uint8_t *units = units_of(setup, state, process);
  return units[0] != 0 || units[1] != 0;
}

static uint8_t later(uint8_t a, uint8_t b)
{
  return a > b ? a : b;
}

static void end_operation(struct process *p)
{
  struct process next = {.operation = (uint8_t)(p->operation + 1)};
  *p = next;
}

static const char *allow(const struct setup *setup, struct state *s, struct process *p,
                         const uint8_t *units)
{
  bool over = false;
  for (unsigned l = 0; l < LIMITS; l++) {
    s->log[l][p->now] = (uint8_t)(s->log[l][p->now] + units[l]);
    for (unsigned from = 0; from < CLOCKS; from++)
      for (unsigned to = from, sum = 0; to < CLOCKS; to++) {
        sum += s->log[l][to];
        over = over || sum > setup->scenario->tau[l] + to - from;
      }
  }
  end_operation(p);
  return over ? "more admitted than burst + rate x time" : NULL;
}

/* Which limit is charged as number i. */
static unsigned limit_at(const struct setup *setup, unsigned process, unsigned i)
{
  return (setup->changes & OWN_ORDER) && process == 1 ? LIMITS - 1 - i : i;
}

static bool denies(const struct setup *setup, const struct process *p, const uint8_t *units,
                   unsigned limit)
{
  return later(p->seen[limit], p->now) + units[limit] - p->now > setup->scenario->tau[limit];
}

static const char *step(const void *setup_in, void *state_in, unsigned process)
{
  const struct setup *setup = setup_in;
  struct state *s = state_in;
  struct process *p = &s->process[process];
  const uint8_t *units = units_of(setup, s, process);
  unsigned limit = limit_at(setup, process, p->i < LIMITS ? p->i : 0);
  unsigned first = limit_at(setup, process, 0);
  uint8_t value;
  switch ((enum at)p->at) {
  case BEGIN:
    p->now = s->clock;
    p->at = READ;
    return NULL;
  case READ:
    p->seen[limit] = s->word[limit];
    if (denies(setup, p, units, limit)) {
      if ((setup->changes & NO_ASKING_FIRST) && p->i > 0)
        p->at = UNDO;
      else
        end_operation(p);
      return NULL;
    }
    if (setup->changes & NO_ASKING_FIRST) {
      p->at = CHARGE;
    } else if (++p->i == LIMITS) {
      p->i = 0;
      p->at = CHARGE;
    }
    return NULL;
  case CHARGE:
    value = (uint8_t)(later(p->seen[limit], p->now) + units[limit]);
    if (!(setup->changes & STORE) && s->word[limit] != p->seen[limit]) {
      p->at = READ_AGAIN;
      return NULL;
    }
    s->word[limit] = value;
    if (p->i == LIMITS - 1)
      return allow(setup, s, p, units);
    p->written = value;
    p->i++;
    if (setup->changes & NO_ASKING_FIRST)
      p->at = READ;
    return NULL;
  case READ_AGAIN:
    p->seen[limit] = s->word[limit];
    p->at = CHARGE;
    if ((setup->changes & NO_ASKING_AGAIN) || !denies(setup, p, units, limit))
      return NULL;
    if (p->i == 0 || (setup->changes & NO_UNDO))
      end_operation(p);
    else
      p->at = setup->changes & UNDO_SUBTRACT ? UNDO_READ : UNDO;
    return NULL;
  case UNDO_READ:
    p->written = s->word[first];
    p->seen[first] = (uint8_t)(p->written - units[first]);
    p->at = UNDO;
    return NULL;
  case UNDO:
    if (s->word[first] == p->written || (setup->changes & UNDO_STORE)) {
      s->word[first] = p->seen[first];
    } else if (setup->changes & UNDO_SUBTRACT) {
      p->at = UNDO_READ;
      return NULL;
    } else {
      s->left++;
    }
    end_operation(p);
    return NULL;
  case KILLED:
    break;
  }
  return NULL;
}

static void start(const void *setup, void *state)
{
  (void)setup;
  memset(state, 0, sizeof(struct state));
}

static bool kill(const void *setup_in, void *state_in, unsigned process)
{
  struct state *s = state_in;
  struct process *p = &s->process[process];
  if (s->deaths == ((const struct setup *)setup_in)->scenario->deaths_max)
    return false;
  s->deaths++;
  if (p->written != 0)
    s->left++;
  memset(p, 0, sizeof *p);
  p->at = KILLED;
  return true;
}

static bool tick(const void *setup_in, void *state_in)
{
  struct state *s = state_in;
  if (s->clock == ((const struct setup *)setup_in)->scenario->clock_max)
    return false;
  s->clock++;
  return true;
}

/* Without the passing of time a word is the sum of what was charged. */
static const char *check(const void *setup_in, const void *state_in, bool ended)
{
  const struct setup *setup = setup_in;
  const struct state *s = state_in;
  if (!ended || setup->scenario->clock_max > 0)
    return NULL;
  for (unsigned l = 0; l < LIMITS; l++)
    if (s->word[l] > s->log[l][0] + s->left)
      return "a denied request stays charged";
  if (setup->scenario->one_passes && s->deaths == 0 && s->log[0][0] == 0)
    return "all denied though there was room for one";
  return NULL;
}

static void canon(const void *setup_in, void *state_in)
{
  const struct setup *setup = setup_in;
  struct state *s = state_in;
  for (unsigned i = 1; setup->scenario->twins && i < PROCESSES; i++)
    for (unsigned j = i; j > 0; j--) {
      struct process *low = &s->process[j - 1], *high = &s->process[j], kept;
      if (memcmp(low, high, sizeof *low) <= 0)
        break;
      kept = *low;
      *low = *high;
      *high = kept;
    }
}

static void show(const void *setup, const void *before_in, const void *after_in, int process,
                 char text[EXPLORE_TEXT_MAX])
{
  const struct state *before = before_in, *after = after_in;
  char name[48] = "";
  if (process >= 0) {
    const struct process *p = &before->process[process], *q = &after->process[process];
    static const uint8_t none[LIMITS] = {0, 0};
    const uint8_t *units =
        p->operation < OPERATIONS ? units_of(setup, before, (unsigned)process) : none;
    const char *end = "";
    if (p->operation != q->operation)
      end = memcmp(before->log, after->log, sizeof after->log) != 0 ? ": ALLOW" : ": DENY";
    snprintf(name, sizeof name, "(+%d +%d) %s %d%s", units[0], units[1], at_names[p->at], p->i,
             end);
  }
  snprintf(text, EXPLORE_TEXT_MAX, "%-32s clock %d  [%d] [%d]", name, after->clock, after->word[0],
           after->word[1]);
}

static const struct scenario
    still = {.name = "3 x 2 of (1, 1), bursts 3 and 2, no time",
             .tau = {3, 2},
             .deaths_max = 1,
             .twins = true,
             .script = {{{1, 1}, {1, 1}}, {{1, 1}, {1, 1}}, {{1, 1}, {1, 1}}}},
    moving = {.name = "3 x 2 of (1, 1), bursts 2 and 1",
              .tau = {2, 1},
              .clock_max = 3,
              .deaths_max = 1,
              .twins = true,
              .script = {{{1, 1}, {1, 1}}, {{1, 1}, {1, 1}}, {{1, 1}, {1, 1}}}},
    lone = {.name = "(1,1); (0,1) (1,0); (1,0) (1,0), bursts 2 and 1",
            .tau = {2, 1},
            .clock_max = 2,
            .deaths_max = 1,
            .script = {{{1, 1}}, {{0, 1}, {1, 0}}, {{1, 0}, {1, 0}}}},
    mixed = {.name = "(2,1) (1,1); (1,2) (1,0); (1,1) (0,1), bursts 3 and 2",
             .tau = {3, 2},
             .clock_max = 2,
             .deaths_max = 1,
             .script = {{{2, 1}, {1, 1}}, {{1, 2}, {1, 0}}, {{1, 1}, {0, 1}}}},
    orders = {.name = "(1,1); (1,1); (1,1), bursts 1 and 1",
              .tau = {1, 1},
              .deaths_max = 1,
              .one_passes = true,
              .script = {{{1, 1}}, {{1, 1}}, {{1, 1}}}};

static const struct {
  const struct scenario *scenario;
  const char *change;
  unsigned changes;
  bool fails, quick;
} cases[] = {
    {&still, NULL, 0, false, true},
    {&moving, NULL, 0, false, true},
    {&lone, NULL, 0, false, false},
    {&mixed, NULL, 0, false, false},
    {&orders, NULL, 0, false, true},
    {&lone, "undo by subtraction from the present value", UNDO_SUBTRACT, true, false},
    {&lone, "undo by writing the old value, not compared", UNDO_STORE, true, false},
    {&still, "no undo: the denied stays charged", NO_UNDO, true, true},
    {&still, "a charge is a plain store", STORE, true, true},
    {&still, "after a failed compare the new word is not asked", NO_ASKING_AGAIN, true, true},
    {&lone, "first limit charged before the second is read", NO_ASKING_FIRST, false, false},
    {&orders, "no fixed order of the limits", OWN_ORDER, true, true},
};

SUITE(several, .runs = runs, .step = step, .tick = tick, .check = check, .canon = canon,
      .exchanges = setup.scenario->twins);
