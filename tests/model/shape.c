/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Model of a block by attributes that no policy counts by (lib/respond/shape.c, B2 of
 * lib/guard/block.h): the sort of attributes, a shape of two words, is made ready, then its bit set
 * in the hot line, then the principal's bit in the filter, then its cell.  A decision compares the
 * hot line's bits with those that its plan knows; where they differ it reads the shapes anew.  Two
 * sorts, of one principal each.
 */
#include "suite.h"

#include <string.h>

enum { SHAPES = 2, WORDS = 2, PROCESSES = 4, OPERATIONS = 2 };
enum { FREE, CLAIMED, READY };

enum change {
  BIT_FIRST = 1 << 0,    /* the bit is set before the shape is ready                      */
  BIT_LAST = 1 << 1,     /* after the cell                                                */
  CLAIM_STORES = 1 << 2, /* an entry is claimed without comparing                         */
  NOT_COMPARED = 1 << 3, /* a ready entry is taken for the own sort                       */
  NOT_AWAITED = 1 << 4,  /* one that is claimed and looks the same is, too                */
  OLD_PLAN = 1 << 5,     /* a decision does not compare the bits with its plan's          */
  FILTER_LAST = 1 << 6   /* the filter's bit follows the cell                             */
};

struct scenario {
  const char *name;
  uint8_t deaths_max;
  uint8_t script[PROCESSES][OPERATIONS]; /* 1, 2: blocks by that sort; TAKE + sort; 0: end  */
};

enum { TAKE = 0x10 };

struct setup {
  const struct scenario *scenario;
  unsigned changes;
};

enum at {
  BEGIN,
  CLAIM,
  CLAIM_STORE,
  FILL,
  PUBLISH,
  LOOK,
  COMPARE,
  BIT,
  FILTER,
  CELL,
  BIT_AFTER,
  FILTER_AFTER,
  PLAN_BITS,
  PLAN,
  SUSPECT,
  BARRED,
  KILLED
};
static const char *const at_names[] = {
    "begin",      "claim",       "claim: store", "fill",  "ready",    "is it ready",
    "compare",    "bit",         "filter",       "cell",  "bit late", "filter late",
    "plan: bits", "plan: shape", "filter?",      "cell?", "dead"};

struct process {
  uint8_t at, operation, i, word;
  uint8_t bits;                /* of the plan                                             */
  uint8_t plan[SHAPES][WORDS]; /* its shapes; 0: none                                     */
  uint8_t must;                /* a decision: it began after the block had returned       */
};

struct state {
  uint8_t deaths, bits, filter, cell; /* a bit each, of an entry; of a principal            */
  uint8_t claim[SHAPES], shape[SHAPES][WORDS];
  uint8_t returned;
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

/* The plan stays. */
static void end_operation(struct process *p)
{
  p->operation++;
  p->at = p->i = p->word = p->must = 0;
}

static void next_entry(struct process *p)
{
  p->word = 0;
  p->at = CLAIM;
  if (++p->i == SHAPES)
    end_operation(p); /* WI_BLOCK_FULL: it does not return as set */
}

static void step_shape(const struct setup *setup, struct state *s, struct process *p, uint8_t sort)
{
  switch ((enum at)p->at) {
  case CLAIM:
    p->at = s->claim[p->i] != FREE          ? LOOK
            : setup->changes & CLAIM_STORES ? CLAIM_STORE
            : setup->changes & BIT_FIRST    ? BIT
                                            : FILL;
    if (p->at == FILL || p->at == BIT)
      s->claim[p->i] = CLAIMED;
    return;
  case CLAIM_STORE:
    s->claim[p->i] = CLAIMED;
    p->at = FILL;
    return;
  case FILL:
    s->shape[p->i][p->word] = sort;
    if (++p->word < WORDS)
      return;
    p->word = 0;
    p->at = PUBLISH;
    return;
  case PUBLISH:
    s->claim[p->i] = READY;
    p->at = setup->changes & BIT_FIRST ? FILTER : LOOK;
    return;
  case LOOK:
    if (s->claim[p->i] == READY || (setup->changes & NOT_AWAITED))
      p->at = setup->changes & NOT_COMPARED ? BIT : COMPARE;
    else
      next_entry(p);
    return;
  default: /* COMPARE */
    if (s->shape[p->i][p->word] != sort) {
      next_entry(p);
    } else if (++p->word == WORDS) {
      p->word = 0;
      p->at = setup->changes & BIT_LAST ? FILTER : BIT;
    }
  }
}

static void set_block(const struct setup *setup, struct state *s, struct process *p, uint8_t sort)
{
  switch ((enum at)p->at) {
  case BIT:
  case BIT_AFTER:
    s->bits = (uint8_t)(s->bits | 1 << p->i);
    if (p->at == BIT) {
      p->at = s->claim[p->i] == CLAIMED && (setup->changes & BIT_FIRST) ? FILL : FILTER;
      return;
    }
    break;
  case FILTER:
    p->at = CELL;
    if (!(setup->changes & FILTER_LAST))
      s->filter = (uint8_t)(s->filter | 1 << sort);
    return;
  case CELL:
    /* There already: the order is kept, and so is what comes after. */
    if (s->cell >> sort & 1)
      break;
    s->cell = (uint8_t)(s->cell | 1 << sort);
    if (setup->changes & (BIT_LAST | FILTER_LAST)) {
      p->at = setup->changes & BIT_LAST ? BIT_AFTER : FILTER_AFTER;
      return;
    }
    break;
  default: /* FILTER_AFTER */
    s->filter = (uint8_t)(s->filter | 1 << sort);
  }
  s->returned = (uint8_t)(s->returned | 1 << sort);
  end_operation(p);
}

static bool knows(const struct process *p, uint8_t sort)
{
  for (unsigned i = 0; i < SHAPES; i++)
    if ((p->bits >> i & 1) != 0 && p->plan[i][0] == sort && p->plan[i][1] == sort)
      return true;
  return false;
}

static const char *pass(struct process *p)
{
  bool wrong = p->must;

  end_operation(p);
  return wrong ? "not blocked though it began after the block had returned" : NULL;
}

static const char *decide(const struct setup *setup, struct state *s, struct process *p,
                          uint8_t sort)
{
  switch ((enum at)p->at) {
  case BEGIN: /* wi_plans_ready(): the hot line */
    p->must = s->returned >> sort & 1;
    if (p->bits == s->bits || (setup->changes & OLD_PLAN)) {
      if (!knows(p, sort))
        return pass(p);
      p->at = SUSPECT;
      return NULL;
    }
    p->at = PLAN_BITS;
    return NULL;
  case PLAN_BITS:
    p->bits = s->bits;
    memset(p->plan, 0, sizeof p->plan);
    p->at = PLAN;
    return NULL;
  case PLAN: /* each word of each shape that has its bit */
    if (p->bits >> p->i & 1)
      p->plan[p->i][p->word] = s->shape[p->i][p->word];
    if (++p->word < WORDS)
      return NULL;
    p->word = 0;
    if (++p->i < SHAPES)
      return NULL;
    p->i = 0;
    if (!knows(p, sort))
      return pass(p);
    p->at = SUSPECT;
    return NULL;
  case SUSPECT:
    if ((s->filter >> sort & 1) == 0)
      return pass(p);
    p->at = BARRED;
    return NULL;
  default:
    if ((s->cell >> sort & 1) == 0)
      return pass(p);
    end_operation(p);
    return NULL;
  }
}

static const char *step(const void *setup_in, void *state_in, unsigned process)
{
  const struct setup *setup = setup_in;
  struct state *s = state_in;
  struct process *p = &s->process[process];
  uint8_t script = script_of(setup, p, process);

  if (script & TAKE)
    return decide(setup, s, p, script & 3);
  if (p->at == BEGIN)
    p->at = CLAIM;
  if (p->at < BIT)
    step_shape(setup, s, p, script & 3);
  else
    set_block(setup, s, p, script & 3);
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
  memset(p, 0, sizeof *p);
  p->at = KILLED;
  return true;
}

static void show(const void *setup, const void *before_in, const void *after_in, int process,
                 char text[EXPLORE_TEXT_MAX])
{
  const struct state *before = before_in, *after = after_in;
  char name[48] = "";
  int used;

  if (process >= 0) {
    const struct process *p = &before->process[process], *q = &after->process[process];
    uint8_t script = script_of(setup, p, (unsigned)process);

    snprintf(name, sizeof name, "(%s %d) %s %d%s", script & TAKE ? "take" : "block", script & 3,
             at_names[p->at], p->i, p->operation != q->operation ? ": ends" : "");
  }
  used = snprintf(text, EXPLORE_TEXT_MAX, "%-30s bits %x filter %x cells %x ", name, after->bits,
                  after->filter, after->cell);
  for (unsigned i = 0; i < SHAPES; i++)
    used += snprintf(text + used, EXPLORE_TEXT_MAX - (unsigned)used, " [%s %d %d]",
                     after->claim[i] == FREE      ? "free"
                     : after->claim[i] == CLAIMED ? "claimed"
                                                  : "ready",
                     after->shape[i][0], after->shape[i][1]);
}

static const struct scenario sorts = {.name = "block 1, block 2, take 1 1, take 2",
                                      .deaths_max = 1,
                                      .script = {{1}, {2}, {TAKE + 1, TAKE + 1}, {TAKE + 2}}},
                             same = {.name = "block 1 1, block 1, take 1 1, take 1",
                                     .deaths_max = 1,
                                     .script = {{1, 1}, {1}, {TAKE + 1, TAKE + 1}, {TAKE + 1}}};

static const struct {
  const struct scenario *scenario;
  const char *change;
  unsigned changes;
  bool fails, quick;
} cases[] = {
    {&sorts, NULL, 0, false, true},
    {&same, NULL, 0, false, true},
    {&sorts, "the bit before the shape is ready", BIT_FIRST, true, true},
    {&same, "the bit follows the cell", BIT_LAST, true, true},
    {&same, "the filter's bit follows the cell", FILTER_LAST, true, true},
    {&sorts, "an entry is claimed without comparing", CLAIM_STORES, true, true},
    {&sorts, "a ready entry is taken for the own sort", NOT_COMPARED, true, true},
    {&same, "one that is claimed and looks the same is taken, too", NOT_AWAITED, false, true},
    {&sorts, "the same, two sorts", NOT_AWAITED, false, true},
    {&sorts, "a decision does not compare the bits with its plan's", OLD_PLAN, true, true},
};

SUITE(shape, .runs = runs, .step = step);
