/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Model of what a lift clears (N1 and N2 of lib/guard/block.h): the cells that a principal's former
 * generations have left.  Of a generation at most a burst is ever admitted, however late a decision
 * is that began under it; and where nobody died, nothing of a former one is left when all have
 * ended.  A bucket, whose newcomer is published, looked for and committed as in table/group.h; and
 * a window of two words, both there, of which a decision reserves one and then reads both.
 */
#include "suite.h"

#include <string.h>

enum { CELLS = 2, PROCESSES = 3, OPERATIONS = 2, GENERATIONS = 4, BURST = 1 };
enum { NEVER, DEAD, TENTATIVE, LIVE };

enum change {
  NOT_LOOKED = 1 << 0,     /* nobody looks at the generation before a commit                */
  LOOKED_EARLY = 1 << 1,   /* before publishing, or before the words are read               */
  KILLED_EARLY = 1 << 2,   /* cells are killed before the generation has moved on           */
  TENTATIVE_LEFT = 1 << 3, /* only live cells are killed                                  */
  KILLED_ONCE = 1 << 4     /* one that is charged meanwhile is not tried again              */
};

struct scenario {
  const char *name;
  bool window;
  uint8_t deaths_max;
  char script[PROCESSES][OPERATIONS + 1]; /* t: take, l: lift                             */
};

struct setup {
  const struct scenario *scenario;
  unsigned changes;
};

enum at {
  BEGIN,
  SEARCH,
  CHARGE,
  LOOK_EARLY,
  PUBLISH,
  SCAN,
  LOOK,
  COMMIT,
  TAKE_BACK,
  SWAP,
  CLEAR,
  KILL,
  ENDED
};
static const char *const at_names[] = {"begin",     "search", "charge",     "generation early",
                                       "publish",   "look",   "generation", "commit",
                                       "take back", "lift",   "clear",      "kill",
                                       "dead"};

struct cell {
  uint8_t kind, generation, word; /* word: charges; of a TENTATIVE: its nonce             */
};

struct process {
  uint8_t at, operation, i;
  uint8_t generation;
  uint8_t found;     /* index of a cell                                                   */
  struct cell known; /* what it held                                                      */
  uint8_t sum;       /* of a window's words                                               */
};

struct state {
  uint8_t deaths, generation;
  uint8_t nonces; /* used: no two publications have the same                              */
  struct cell cell[CELLS];
  uint8_t admitted[GENERATIONS];
  struct process process[PROCESSES];
};

static char script_of(const struct setup *setup, const struct process *p, unsigned process)
{
  return p->operation < OPERATIONS ? setup->scenario->script[process][p->operation] : '\0';
}

static bool runs(const void *setup, const void *state, unsigned process)
{
  const struct process *p = &((const struct state *)state)->process[process];

  return p->at != ENDED && script_of(setup, p, process) != '\0';
}

static void end_operation(struct process *p)
{
  uint8_t operation = (uint8_t)(p->operation + 1);

  memset(p, 0, sizeof *p);
  p->operation = operation;
}

static bool is_same(const struct cell *cell, const struct cell *other)
{
  return cell->kind == other->kind && cell->generation == other->generation &&
         cell->word == other->word;
}

static bool swap(struct state *s, const struct process *p, struct cell cell)
{
  if (!is_same(&s->cell[p->found], &p->known))
    return false;
  s->cell[p->found] = cell;
  return true;
}

static void go(struct process *p, enum at at)
{
  p->at = (uint8_t)at;
  p->i = 0;
  p->sum = 0;
}

static const char *admit(struct state *s, struct process *p)
{
  uint8_t generation = p->generation;

  end_operation(p);
  return ++s->admitted[generation] > BURST ? "more than a burst of one generation" : NULL;
}

/* The kill keeps the word. */
static struct cell dead(const struct cell *cell)
{
  return (struct cell){.kind = DEAD, .word = cell->word};
}

/* ----------------------------------------------------------------------- bucket -- */

/* One cell a step; a never-used one ends the search. */
static void search(const struct setup *setup, struct state *s, struct process *p)
{
  const struct cell *cell = &s->cell[p->i];

  if (cell->kind == LIVE && cell->generation == p->generation) {
    p->found = p->i;
    p->known = *cell;
    go(p, CHARGE);
  } else if (cell->kind == NEVER || p->i + 1 == CELLS) {
    go(p, setup->changes & LOOKED_EARLY ? LOOK_EARLY : PUBLISH);
  } else {
    p->i++;
  }
}

static const char *charge(struct state *s, struct process *p)
{
  struct cell next = p->known;

  if (p->known.word >= BURST) {
    end_operation(p); /* denied */
    return NULL;
  }
  next.word++;
  if (swap(s, p, next))
    return admit(s, p);
  go(p, SEARCH);
  return NULL;
}

/* The first free one. */
static void publish(struct state *s, struct process *p)
{
  struct cell next = {.kind = TENTATIVE, .generation = p->generation, .word = s->nonces};

  for (uint8_t i = 0; i < CELLS; i++)
    if (s->cell[i].kind == NEVER || s->cell[i].kind == DEAD) {
      p->found = i;
      p->known = s->cell[i] = next;
      s->nonces++;
      go(p, SCAN);
      return;
    }
  end_operation(p); /* full: denied */
}

/* Live elsewhere: the own one is killed.  Of two TENTATIVE the first survives. */
static void scan(const struct setup *setup, struct state *s, struct process *p)
{
  struct cell *cell = &s->cell[p->i];
  bool mine = cell->generation == p->generation;

  if (mine && cell->kind == LIVE) {
    (void)swap(s, p, dead(&p->known));
    go(p, SEARCH);
  } else if (mine && cell->kind == TENTATIVE && p->i < p->found) {
    (void)swap(s, p, dead(&p->known));
    p->found = p->i;
    p->known = *cell;
    go(p, SCAN);
  } else if (mine && cell->kind == TENTATIVE && p->i > p->found) {
    *cell = dead(cell);
    p->i++;
  } else {
    p->i++;
  }
  if (p->at == SCAN && p->i == CELLS)
    go(p, setup->changes & (NOT_LOOKED | LOOKED_EARLY) ? COMMIT : LOOK);
}

static const char *commit(struct state *s, struct process *p)
{
  struct cell next = {.kind = LIVE, .generation = p->generation, .word = 1};

  if (swap(s, p, next))
    return admit(s, p);
  go(p, SEARCH);
  return NULL;
}

/* ----------------------------------------------------------------------- window -- */

/* Reserved in the first word, which is there, of whichever generation; else it begins anew. */
static void reserve(const struct setup *setup, struct state *s, struct process *p)
{
  if (s->cell[0].kind != LIVE || s->cell[0].generation != p->generation) {
    end_operation(p); /* a newcomer, as in a bucket */
    return;
  }
  s->cell[0].word++;
  go(p, setup->changes & LOOKED_EARLY ? LOOK_EARLY : SCAN);
}

static void read_word(const struct setup *setup, const struct state *s, struct process *p)
{
  if (s->cell[p->i].kind == LIVE && s->cell[p->i].generation == p->generation)
    p->sum = (uint8_t)(p->sum + s->cell[p->i].word);
  if (++p->i < CELLS)
    return;
  p->i = 0;
  p->at = p->sum > BURST ? TAKE_BACK : setup->changes & (NOT_LOOKED | LOOKED_EARLY) ? COMMIT : LOOK;
}

static void take_back(struct state *s, struct process *p)
{
  if (s->cell[0].kind == LIVE && s->cell[0].generation == p->generation && s->cell[0].word > 0)
    s->cell[0].word--;
  end_operation(p);
}

/* ------------------------------------------------------------------------- steps -- */

static const char *take(const struct setup *setup, struct state *s, struct process *p)
{
  bool window = setup->scenario->window;

  switch ((enum at)p->at) {
  case BEGIN:
    p->generation = s->generation;
    go(p, SEARCH);
    return NULL;
  case SEARCH:
    (window ? reserve : search)(setup, s, p);
    return NULL;
  case CHARGE:
    return charge(s, p);
  case LOOK_EARLY:
    go(p, s->generation != p->generation ? (window ? TAKE_BACK : BEGIN) : window ? SCAN : PUBLISH);
    return NULL;
  case PUBLISH:
    publish(s, p);
    return NULL;
  case SCAN:
    if (window)
      read_word(setup, s, p);
    else
      scan(setup, s, p);
    return NULL;
  case LOOK:
    if (s->generation == p->generation) {
      go(p, COMMIT);
      return NULL;
    }
    if (!window)
      (void)swap(s, p, dead(&p->known));
    go(p, window ? TAKE_BACK : BEGIN);
    return NULL;
  case TAKE_BACK:
    take_back(s, p);
    return NULL;
  default: /* COMMIT */
    return window ? admit(s, p) : commit(s, p);
  }
}

static void next_cell(const struct setup *setup, struct process *p)
{
  p->at = CLEAR;
  if (++p->i < CELLS)
    return;
  if (setup->changes & KILLED_EARLY)
    go(p, SWAP);
  else
    end_operation(p);
}

/* p->generation: the one that the lift begins. */
static void lift(const struct setup *setup, struct state *s, struct process *p)
{
  switch ((enum at)p->at) {
  case BEGIN:
  case SWAP:
    if (p->at == BEGIN && (setup->changes & KILLED_EARLY)) {
      p->generation = (uint8_t)(s->generation + 1);
      go(p, CLEAR);
      return;
    }
    p->generation = ++s->generation;
    if (setup->changes & KILLED_EARLY)
      end_operation(p);
    else
      go(p, CLEAR);
    return;
  case CLEAR:
    p->known = s->cell[p->i];
    p->found = p->i;
    if ((p->known.kind == LIVE ||
         (p->known.kind == TENTATIVE && !(setup->changes & TENTATIVE_LEFT))) &&
        p->known.generation < p->generation)
      p->at = KILL;
    else
      next_cell(setup, p);
    return;
  default: /* KILL */
    if (swap(s, p, dead(&p->known)) || (setup->changes & KILLED_ONCE))
      next_cell(setup, p);
    else
      p->at = CLEAR;
  }
}

static const char *step(const void *setup_in, void *state_in, unsigned process)
{
  const struct setup *setup = setup_in;
  struct state *s = state_in;
  struct process *p = &s->process[process];

  if (script_of(setup, p, process) == 't')
    return take(setup, s, p);
  lift(setup, s, p);
  return NULL;
}

/* The window's words: the first of nothing, the second of a burst. */
static void start(const void *setup_in, void *state)
{
  const struct setup *setup = setup_in;
  struct state *s = state;

  memset(s, 0, sizeof *s);
  if (setup->scenario->window) {
    s->cell[0].kind = s->cell[1].kind = LIVE;
    s->cell[1].word = BURST;
    s->admitted[0] = BURST;
  }
}

static bool kill(const void *setup_in, void *state_in, unsigned process)
{
  struct state *s = state_in;
  struct process *p = &s->process[process];

  if (s->deaths == ((const struct setup *)setup_in)->scenario->deaths_max)
    return false;
  s->deaths++;
  memset(p, 0, sizeof *p);
  p->at = ENDED;
  return true;
}

static const char *check(const void *setup, const void *state, bool ended)
{
  const struct state *s = state;

  (void)setup;
  if (!ended || s->deaths != 0)
    return NULL;
  for (unsigned i = 0; i < CELLS; i++)
    if ((s->cell[i].kind == LIVE || s->cell[i].kind == TENTATIVE) &&
        s->cell[i].generation != s->generation)
      return "a former generation has left a cell";
  return NULL;
}

static void show(const void *setup, const void *before_in, const void *after_in, int process,
                 char text[EXPLORE_TEXT_MAX])
{
  static const char *const kinds[] = {"never", "dead", "tentative", "live"};
  const struct state *before = before_in, *after = after_in;
  char name[48] = "";
  int used;

  if (process >= 0) {
    const struct process *p = &before->process[process], *q = &after->process[process];

    snprintf(name, sizeof name, "(%s %d) %s %d%s",
             script_of(setup, p, (unsigned)process) == 't' ? "take" : "lift", p->generation,
             at_names[p->at], p->i, p->operation != q->operation ? ": ends" : "");
  }
  used = snprintf(text, EXPLORE_TEXT_MAX, "%-32s generation %d", name, after->generation);
  for (unsigned i = 0; i < CELLS; i++)
    used += snprintf(text + used, EXPLORE_TEXT_MAX - (unsigned)used, " [%s %d: %d]",
                     kinds[after->cell[i].kind], after->cell[i].generation, after->cell[i].word);
}

static const struct scenario
    bucket = {.name = "take take, take take, lift", .script = {"tt", "tt", "l"}},
    death = {.name = "take take, take, lift, a death", .deaths_max = 1, .script = {"tt", "t", "l"}},
    lifts = {.name = "take take, lift, lift", .script = {"tt", "l", "l"}},
    window = {.name = "window: take, take, lift", .window = true, .script = {"t", "t", "l"}};

static const struct {
  const struct scenario *scenario;
  const char *change;
  unsigned changes;
  bool fails, quick;
} cases[] = {
    {&bucket, NULL, 0, false, true},
    {&death, NULL, 0, false, true},
    {&lifts, NULL, 0, false, true},
    {&window, NULL, 0, false, true},
    {&bucket, "nobody looks at the generation before a commit", NOT_LOOKED, true, true},
    {&window, "the same of a window", NOT_LOOKED, true, true},
    {&bucket, "it is looked at before publishing", LOOKED_EARLY, true, true},
    {&window, "it is looked at before the words are read", LOOKED_EARLY, true, true},
    {&bucket, "cells are killed before the generation has moved on", KILLED_EARLY, true, true},
    {&bucket, "a TENTATIVE is left", TENTATIVE_LEFT, true, true},
    {&bucket, "a cell that is charged meanwhile is not tried again", KILLED_ONCE, true, true},
};

SUITE(lift, .runs = runs, .step = step, .check = check);
