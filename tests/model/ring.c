/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Model of one principal's sliding window: a ring of k + 1 = 3 counters in three
 * self-describing words {newest epoch, its counter}.  The clock is given in parts of
 * the window, so a tick is a new epoch.  Reserve, verify, undo; and reclaim of a word
 * whose counter has left the window.
 *
 * After verifying, the clock is read once more: where its epoch is no longer the one
 * charged, words of that window may have been overwritten or reclaimed before they
 * were read, so the charge is undone and the request begins again.
 *
 * The bound: of any k + 1 epochs in a row at most N units are admitted.  A request
 * counts in the epoch that it was charged to, which lies between its invocation and
 * its answer.
 */
#include "suite.h"

#include <string.h>

enum { WORDS = 3, PARTS = 2, PROCESSES = 3, OPERATIONS = 3, CLOCKS = 6 };
enum change {
  NO_VERIFY = 1 << 0,      /* no second reading of all words                     */
  STALE_EPOCH = 1 << 1,    /* charges its clock's epoch, not the newest that it saw */
  UNDO_SUBTRACT = 1 << 2,  /* takes its units off whatever the word is by then   */
  NO_UNDO = 1 << 3,        /* denies and leaves the charge                        */
  STORE = 1 << 4,          /* writes the word without comparing                  */
  VERIFY_OLD = 1 << 5,     /* verifies by the words of the first reading         */
  NO_CLOCK_AFTER = 1 << 6, /* allows without a look at the clock after verifying */
  CLOCK_BEFORE = 1 << 7    /* looks at it before verifying instead               */
};

struct scenario {
  const char *name;
  uint8_t limit, clock_max, deaths_max;
  bool twins;
  uint8_t script[PROCESSES][OPERATIONS]; /* units; 0x80 + i: reclaim word i; 0: end */
};

struct setup {
  const struct scenario *scenario;
  unsigned changes;
};

enum at { BEGIN, READ, CHARGE, CLOCK_BEFORE_VERIFY, VERIFY, CLOCK_AFTER, UNDO, TAKE, KILLED };
static const char *const at_names[] = {"begin: clock", "read", "charge",  "clock early", "verify",
                                       "clock after",  "undo", "reclaim", "dead"};

struct word {
  uint8_t epoch, count;
};

struct process {
  uint8_t at, operation, now, i;
  uint8_t epoch; /* charged to                                    */
  uint8_t again; /* after an undo: ask again, do not deny         */
  struct word seen[WORDS];
  struct word replaced, written;
};

struct state {
  uint8_t clock, deaths;
  uint8_t left; /* units that may stay: of the dead, or moved on  */
  uint8_t log[CLOCKS];
  struct word word[WORDS];
  struct process process[PROCESSES];
};

static uint8_t units_of(const struct setup *setup, const struct state *s, unsigned process)
{
  return setup->scenario->script[process][s->process[process].operation];
}

static bool runs(const void *setup, const void *state, unsigned process)
{
  const struct process *p = &((const struct state *)state)->process[process];
  return p->at != KILLED && p->operation < OPERATIONS && units_of(setup, state, process) != 0;
}

static void end_operation(struct process *p)
{
  struct process next = {.operation = (uint8_t)(p->operation + 1)};
  *p = next;
}

static void restart(struct process *p)
{
  struct process next = {.operation = p->operation, .now = p->now, .at = READ};
  *p = next;
}

static uint8_t newest(const struct word words[WORDS], uint8_t epoch)
{
  for (unsigned i = 0; i < WORDS; i++)
    if (words[i].count > 0 && words[i].epoch > epoch)
      epoch = words[i].epoch;
  return epoch;
}

static unsigned total(const struct word words[WORDS], uint8_t epoch)
{
  unsigned sum = 0;
  for (unsigned i = 0; i < WORDS; i++)
    if (words[i].epoch <= epoch && words[i].epoch + PARTS >= epoch)
      sum += words[i].count;
  return sum;
}

static bool swap(struct word *word, struct word expected, struct word desired)
{
  if (memcmp(word, &expected, sizeof expected) != 0)
    return false;
  *word = desired;
  return true;
}

static const char *allow(const struct setup *setup, struct state *s, struct process *p,
                         uint8_t units)
{
  bool over = false;
  s->log[p->epoch] = (uint8_t)(s->log[p->epoch] + units);
  for (unsigned from = 0; from < CLOCKS; from++) {
    unsigned sum = 0;
    for (unsigned e = from; e < CLOCKS && e <= from + PARTS; e++)
      sum += s->log[e];
    over = over || sum > setup->scenario->limit;
  }
  end_operation(p);
  return over ? "more than N admitted in one window" : NULL;
}

/* All words are read: deny, or choose the word to charge. */
static void after_read(const struct setup *setup, struct process *p, uint8_t units)
{
  p->epoch = setup->changes & STALE_EPOCH ? p->now : newest(p->seen, p->now);
  if (total(p->seen, p->epoch) + units > setup->scenario->limit) {
    end_operation(p);
    return;
  }
  struct word seen = p->seen[p->epoch % WORDS];
  p->replaced = seen;
  p->written.epoch = p->epoch;
  p->written.count = (uint8_t)((seen.epoch == p->epoch ? seen.count : 0) + units);
  p->at = CHARGE;
  if (setup->changes & VERIFY_OLD)
    p->seen[p->epoch % WORDS] = p->written;
  else
    memset(p->seen, 0, sizeof p->seen);
}

/* A cell's way through reclaim and insertion is one step here: cells.c has it. */
static void reclaim(struct state *s, struct process *p, unsigned i)
{
  static const struct word absent = {0, 0};
  if (p->at == BEGIN) {
    p->now = s->clock;
    p->at = READ;
  } else if (p->at == READ) {
    p->seen[0] = s->word[i];
    p->at = TAKE;
    if (p->seen[0].epoch + PARTS >= p->now)
      end_operation(p);
  } else {
    swap(&s->word[i], p->seen[0], absent);
    end_operation(p);
  }
}

static void undo(const struct setup *setup, struct state *s, struct process *p, uint8_t units)
{
  struct word *word = &s->word[p->epoch % WORDS];
  bool again = p->again != 0;
  if (setup->changes & UNDO_SUBTRACT)
    word->count = word->count > units ? (uint8_t)(word->count - units) : 0;
  else if (!swap(word, p->written, p->replaced)) {
    s->left = (uint8_t)(s->left + units);
    again = false;
  }
  if (!again) {
    end_operation(p);
    return;
  }
  p->now = 0;
  restart(p);
  p->at = BEGIN;
}

static void begin_undo(const struct setup *setup, struct process *p, uint8_t again)
{
  memset(p->seen, 0, sizeof p->seen);
  p->i = 0;
  p->at = UNDO;
  p->again = again;
  if (setup->changes & NO_UNDO)
    end_operation(p);
}

static const char *step(const void *setup_in, void *state_in, unsigned process)
{
  const struct setup *setup = setup_in;
  struct state *s = state_in;
  struct process *p = &s->process[process];
  uint8_t units = units_of(setup, s, process);
  if (units & 0x80) {
    reclaim(s, p, units & 3);
    return NULL;
  }
  switch ((enum at)p->at) {
  case BEGIN:
    p->now = s->clock;
    p->at = READ;
    return NULL;
  case READ:
    p->seen[p->i] = s->word[p->i];
    if (++p->i == WORDS) {
      p->i = 0;
      after_read(setup, p, units);
    }
    return NULL;
  case CHARGE:
    if (setup->changes & STORE)
      s->word[p->epoch % WORDS] = p->written;
    else if (!swap(&s->word[p->epoch % WORDS], p->replaced, p->written)) {
      restart(p);
      return NULL;
    }
    p->at = setup->changes & CLOCK_BEFORE ? CLOCK_BEFORE_VERIFY
            : setup->changes & NO_VERIFY  ? CLOCK_AFTER
                                          : VERIFY;
    return NULL;
  case VERIFY:
    if (!(setup->changes & VERIFY_OLD))
      p->seen[p->i] = s->word[p->i];
    if (++p->i < WORDS)
      return NULL;
    if (total(p->seen, newest(p->seen, p->epoch)) > setup->scenario->limit) {
      begin_undo(setup, p, 0);
      return NULL;
    }
    if (setup->changes & (NO_CLOCK_AFTER | CLOCK_BEFORE))
      return allow(setup, s, p, units);
    memset(p->seen, 0, sizeof p->seen);
    p->i = 0;
    p->at = CLOCK_AFTER;
    return NULL;
  case CLOCK_BEFORE_VERIFY:
  case CLOCK_AFTER:
    if (s->clock != p->epoch) {
      begin_undo(setup, p, 1);
      return NULL;
    }
    if (p->at == CLOCK_AFTER)
      return allow(setup, s, p, units);
    p->at = VERIFY;
    return NULL;
  case UNDO:
    undo(setup, s, p, units);
    return NULL;
  case TAKE:
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
  const struct setup *setup = setup_in;
  struct state *s = state_in;
  struct process *p = &s->process[process];
  if (s->deaths == setup->scenario->deaths_max)
    return false;
  s->deaths++;
  if (p->at > CHARGE && p->at <= UNDO)
    s->left = (uint8_t)(s->left + units_of(setup, s, process));
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

static const char *check(const void *setup, const void *state_in, bool ended)
{
  const struct state *s = state_in;
  unsigned surplus = 0;
  (void)setup;
  if (!ended)
    return NULL;
  for (unsigned i = 0; i < WORDS; i++)
    if (s->word[i].count > s->log[s->word[i].epoch])
      surplus += s->word[i].count - s->log[s->word[i].epoch];
  return surplus > s->left ? "a denied request stays charged" : NULL;
}

static void canon(const void *setup_in, void *state_in)
{
  struct state *s = state_in;
  if (!((const struct setup *)setup_in)->scenario->twins)
    return;
  for (unsigned i = 1; i < PROCESSES; i++)
    for (unsigned j = i; j > 0; j--) {
      struct process *low = &s->process[j - 1], *high = &s->process[j], kept;
      if (memcmp(low, high, sizeof *low) <= 0)
        break;
      kept = *low;
      *low = *high;
      *high = kept;
    }
}

static void show(const void *setup_in, const void *before_in, const void *after_in, int process,
                 char text[EXPLORE_TEXT_MAX])
{
  const struct state *before = before_in, *after = after_in;
  char words[80] = "", name[40] = "";
  for (unsigned i = 0; i < WORDS; i++) {
    char word[24];
    snprintf(word, sizeof word, " [e%d: %d]", after->word[i].epoch, after->word[i].count);
    strncat(words, word, sizeof words - strlen(words) - 1);
  }
  if (process >= 0) {
    const struct process *p = &before->process[process], *q = &after->process[process];
    const char *end = "";
    uint8_t units = p->operation < OPERATIONS ? units_of(setup_in, before, (unsigned)process) : 0;
    if (p->operation != q->operation && !(units & 0x80))
      end = memcmp(before->log, after->log, sizeof after->log) != 0 ? ": ALLOW" : ": DENY";
    snprintf(name, sizeof name, "(%s%d) %s%s", units & 0x80 ? "reclaim " : "+", units & 0x7f,
             at_names[p->at], end);
  }
  snprintf(text, EXPLORE_TEXT_MAX, "%-30s epoch %d %s", name, after->clock, words);
}

static const struct scenario plain = {.name = "N 2; 1 1, 1 1, 1 1; 4 epochs",
                                      .limit = 2,
                                      .clock_max = 3,
                                      .deaths_max = 1,
                                      .twins = true,
                                      .script = {{1, 1}, {1, 1}, {1, 1}}},
                             reclaimed = {.name = "N 2; 2, 2 2, reclaim x 2; 5 epochs",
                                          .limit = 2,
                                          .clock_max = 4,
                                          .deaths_max = 1,
                                          .script = {{2}, {2, 2}, {0x80, 0x81}}},
                             reclaimed_one = {.name = "N 2; 1 1, 1 1, reclaim; 5 epochs",
                                              .limit = 2,
                                              .clock_max = 4,
                                              .script = {{1, 1}, {1, 1}, {0x80}}};

static const struct {
  const struct scenario *scenario;
  const char *change;
  unsigned changes;
  bool fails, quick;
} cases[] = {
    {&reclaimed, NULL, 0, false, true},
    {&reclaimed_one, NULL, 0, false, false},
    {&plain, NULL, 0, false, false},
    {&reclaimed, "as first described: no look at the clock after verifying", NO_CLOCK_AFTER, true,
     true},
    {&reclaimed_one, "the clock is looked at before verifying", CLOCK_BEFORE, true, false},
    {&plain, "no verifying after the write", NO_VERIFY, true, true},
    {&plain, "verified by the words of the first reading", VERIFY_OLD, true, false},
    {&reclaimed, "a late writer charges its clock's epoch, not the newest", STALE_EPOCH, true,
     false},
    {&reclaimed, "undo by subtraction from the present word", UNDO_SUBTRACT, true, false},
    {&reclaimed, "no undo: the denied stays charged", NO_UNDO, true, true},
    {&reclaimed, "the word is written without comparing", STORE, true, true},
};

SUITE(ring, .runs = runs, .step = step, .tick = tick, .check = check, .canon = canon,
      .exchanges = setup.scenario->twins);
