/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Model of a handle's memo (lib/admit/memo.h): threads keep the hash of a name, two words of each,
 * and find it.  Nobody finds another name's hash, or half of one; and nobody waits.
 */
#include "suite.h"

#include <string.h>

enum { PROCESSES = 4, OPERATIONS = 2, WORDS = 2, ROUNDS = 16 };

enum change {
  NOT_CLAIMED = 1 << 0,     /* K1 without comparing: seq is stored                         */
  NOT_ODD = 1 << 1,         /* K1 left out: seq is even while it is written              */
  NOT_LOOKED_AGAIN = 1 << 2, /* F3 left out                                              */
  ODD_TAKEN = 1 << 3,       /* found though seq is odd                                   */
  SAME_AGAIN = 1 << 4       /* K3 goes back to the even number before                    */
};

struct scenario {
  const char *name;
  uint8_t deaths_max;
  uint8_t script[PROCESSES][OPERATIONS]; /* 1, 2: keep that name; FIND + name; 0: end       */
};

enum { FIND = 0x10 };

struct setup {
  const struct scenario *scenario;
  unsigned changes;
};

enum at { BEGIN, CLAIM, CLAIM_STORE, NAME, HASH, RELEASE, FIND_NAME, FIND_HASH, AGAIN, KILLED };
static const char *const at_names[] = {"seq",  "claim",   "claim: store", "store name", "store hash",
                                       "done", "name",    "hash",         "seq again",  "dead"};

struct process {
  uint8_t at, operation, word, seq;
  uint8_t differs, hash[WORDS];
};

struct state {
  uint8_t deaths, seq;
  uint8_t name[WORDS], hash[WORDS];
  struct process process[PROCESSES];
};

static uint8_t script_of(const struct setup *setup, const struct process *p, unsigned process)
{
  return p->operation < OPERATIONS ? setup->scenario->script[process][p->operation] : 0;
}

static bool runs(const void *setup, const void *state, unsigned process)
{
  const struct process *p = &((const struct state *)state)->process[process];

  return p->at != KILLED && script_of(setup, p, process) != 0;
}

static void end_operation(struct process *p)
{
  *p = (struct process){.operation = (uint8_t)(p->operation + 1)};
}

static void next_word(struct process *p, enum at next)
{
  if (++p->word < WORDS)
    return;
  p->word = 0;
  p->at = (uint8_t)next;
}

static void keep(const struct setup *setup, struct state *s, struct process *p, uint8_t name)
{
  switch ((enum at)p->at) {
  case BEGIN:
    p->seq = s->seq;
    p->at = setup->changes & NOT_ODD       ? NAME
            : setup->changes & NOT_CLAIMED ? CLAIM_STORE
                                           : CLAIM;
    if ((p->seq & 1) != 0)
      end_operation(p);
    return;
  case CLAIM:
    if (s->seq != p->seq) {
      end_operation(p);
      return;
    }
    /* fall through */
  case CLAIM_STORE:
    s->seq = (uint8_t)((p->seq + 1) % ROUNDS);
    p->at = NAME;
    return;
  case NAME:
    s->name[p->word] = name;
    next_word(p, HASH);
    return;
  case HASH:
    s->hash[p->word] = name;
    next_word(p, RELEASE);
    return;
  default: /* RELEASE */
    s->seq = (uint8_t)((p->seq + (setup->changes & SAME_AGAIN ? 0 : 2)) % ROUNDS);
    end_operation(p);
  }
}

static const char *find(const struct setup *setup, struct state *s, struct process *p, uint8_t name)
{
  bool found;

  switch ((enum at)p->at) {
  case BEGIN:
    p->seq = s->seq;
    p->at = FIND_NAME;
    return NULL;
  case FIND_NAME:
    p->differs |= s->name[p->word] != name;
    next_word(p, FIND_HASH);
    return NULL;
  case FIND_HASH:
    p->hash[p->word] = s->hash[p->word];
    next_word(p, AGAIN);
    return NULL;
  default: /* AGAIN */
    found = !p->differs && ((p->seq & 1) == 0 || (setup->changes & ODD_TAKEN)) &&
            (s->seq == p->seq || (setup->changes & NOT_LOOKED_AGAIN));
    found = found && (p->hash[0] != name || p->hash[1] != name);
    end_operation(p);
    return found ? "found another name's hash" : NULL;
  }
}

static const char *step(const void *setup, void *state, unsigned process)
{
  struct state *s = state;
  struct process *p = &s->process[process];
  uint8_t script = script_of(setup, p, process);

  if (script & FIND)
    return find(setup, s, p, script & 3);
  keep(setup, s, p, script);
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
  *p = (struct process){.at = KILLED};
  return true;
}

static void show(const void *setup, const void *before_in, const void *after_in, int process,
                 char text[EXPLORE_TEXT_MAX])
{
  const struct state *before = before_in, *after = after_in;
  char name[48] = "";

  if (process >= 0) {
    const struct process *p = &before->process[process], *q = &after->process[process];
    uint8_t script = script_of(setup, p, (unsigned)process);

    snprintf(name, sizeof name, "(%s %d) %s %d%s", script & FIND ? "find" : "keep", script & 3,
             at_names[p->at], p->word, p->operation != q->operation ? ": ends" : "");
  }
  snprintf(text, EXPLORE_TEXT_MAX, "%-30s seq %2d name %d %d hash %d %d", name, after->seq,
           after->name[0], after->name[1], after->hash[0], after->hash[1]);
}

static const struct scenario four = {.name = "keep 1 2, keep 2, find 1 2, find 2",
                                    .deaths_max = 1,
                                    .script = {{1, 2}, {2}, {FIND + 1, FIND + 2}, {FIND + 2}}},
                             three = {.name = "keep 1 2, keep 2, find 1 2",
                                      .deaths_max = 1,
                                      .script = {{1, 2}, {2}, {FIND + 1, FIND + 2}}};

static const struct {
  const struct scenario *scenario;
  const char *change;
  unsigned changes;
  bool fails, quick;
} cases[] = {
    {&four, NULL, 0, false, false},
    {&three, NULL, 0, false, true},
    {&three, "K1 stores without comparing", NOT_CLAIMED, true, true},
    {&three, "K1 is left out", NOT_ODD, true, true},
    {&three, "F3 is left out", NOT_LOOKED_AGAIN, true, true},
    {&three, "found though seq is odd", ODD_TAKEN, true, true},
    {&three, "K3 goes back to the number before", SAME_AGAIN, true, true},
};

SUITE(memo, .runs = runs, .step = step);
