/* SPDX-License-Identifier: BSD-2-Clause
 * One process in the model of a distinct limit: each step is one access. */
#include "seen_model.h"

#include <string.h>

struct view {
  const struct scenario *scenario;
  unsigned changes;
  struct state *state;
  struct process *p;
  uint8_t script;
};

bool seen_runs(const void *setup, const void *state, unsigned process)
{
  const struct process *p = &((const struct state *)state)->process[process];

  return p->at != KILLED && seen_script(setup, p, process) != 0;
}

static uint8_t count_uses(const struct process *p, uint8_t script, bool moved_alone)
{
  uint8_t count = 0;

  for (unsigned i = 0; i < seen_count(script); i++) {
    enum use use = seen_use(p, i);
    count = (uint8_t)(count + (use == MOVED || (use == FRESH && !moved_alone)));
  }
  return count;
}

/* What D2 adds. */
uint8_t seen_units(const struct process *p, uint8_t script)
{
  return count_uses(p, script, false);
}

static void end_operation(struct view *v)
{
  struct process next = {.operation = (uint8_t)(v->p->operation + 1)};

  *v->p = next;
}

static void deny(struct view *v)
{
  v->state->denied++;
  end_operation(v);
}

/* With the clock as it was last read. */
static void begin_round(struct view *v)
{
  struct process next = {.operation = v->p->operation, .now = v->p->now, .at = READ};

  *v->p = next;
}

static uint8_t newest(const struct word words[WORDS], uint8_t now)
{
  for (unsigned i = 0; i < WORDS; i++)
    if (words[i].units > 0 && words[i].part > now)
      now = words[i].part;
  return now;
}

static unsigned total(const struct word words[WORDS], uint8_t now)
{
  unsigned sum = 0;

  for (unsigned i = 0; i < WORDS; i++)
    sum += seen_lives(words[i].part, now) ? words[i].units : 0;
  return sum;
}

static const char *allow(struct view *v)
{
  struct state *s = v->state;
  bool over = false;

  for (unsigned i = 0; i < seen_count(v->script); i++)
    s->log[v->p->part] = (uint8_t)(s->log[v->p->part] | 1 << seen_value(v->script, i));
  for (unsigned from = 1; from < PARTS; from++) {
    unsigned used = s->log[from] | (from + 1 < PARTS ? s->log[from + 1] : 0u);
    over = over || (used & 1) + (used >> 1 & 1) + (used >> 2 & 1) > v->scenario->limit;
  }
  end_operation(v);
  return over ? "more than N different values within D" : NULL;
}

/* ------------------------------------------------------------------- D1 and D2 -- */

static void judge(struct view *v)
{
  struct process *p = v->p;
  uint8_t units = seen_units(p, v->script);
  uint8_t fresh = (uint8_t)(units - count_uses(p, v->script, true));

  if (fresh != 0 && total(p->seen, p->part) + fresh > v->scenario->limit)
    deny(v);
  else
    p->at = units != 0 ? RESERVE : WRITE;
  p->i = 0;
  if (p->at == WRITE)
    memset(p->seen, 0, sizeof p->seen);
}

static void reserve(struct view *v)
{
  struct process *p = v->p;
  struct word *word = &v->state->word[p->part % WORDS], seen = p->seen[p->part % WORDS];

  if (memcmp(word, &seen, sizeof seen) != 0) {
    begin_round(v);
    return;
  }
  word->units = (uint8_t)((seen.part == p->part ? seen.units : 0) + seen_units(p, v->script));
  word->part = p->part;
  p->replaced = seen;
  p->written = *word;
  memset(p->seen, 0, sizeof p->seen);
  p->at = VERIFY;
}

/* The words are read again, and after them the clock. */
static void verified(struct view *v)
{
  struct process *p = v->p;
  uint8_t moved = v->changes & VERIFY_PLAIN ? 0 : count_uses(p, v->script, true);
  bool clock = !(v->changes & NO_CLOCK);
  bool later = newest(p->seen, p->part) != p->part || (clock && v->state->clock > p->part);
  bool over = !later && total(p->seen, p->part) > v->scenario->limit + moved;

  if (clock)
    p->now = v->state->clock;
  memset(p->seen, 0, sizeof p->seen);
  p->i = 0;
  p->again = later;
  p->at = later || over ? UNRESERVE : WRITE;
  if (p->at == WRITE) {
    memset(&p->replaced, 0, sizeof p->replaced);
    memset(&p->written, 0, sizeof p->written);
  }
}

static void taken_back(struct view *v)
{
  if (v->p->again)
    begin_round(v);
  else
    deny(v);
}

static void unreserve(struct view *v)
{
  struct process *p = v->p;
  struct word *word = &v->state->word[p->part % WORDS];

  if (memcmp(word, &p->written, sizeof *word) == 0) {
    *word = p->replaced;
    taken_back(v);
  } else if (v->changes & UNDO_EXACT) {
    taken_back(v);
  } else {
    p->at = UNITS;
  }
}

/* The next of the request's values to be written: by the number of the value, or as listed. */
static unsigned nth(const struct view *v, unsigned i)
{
  bool turned = seen_count(v->script) == 2 && !(v->changes & LIST_ORDER) &&
                seen_value(v->script, 0) > seen_value(v->script, 1);

  return turned ? 1 - i : i;
}

/* On to the next cell to be taken back; behind the last the units, where any are to go. */
static void next_cell(struct view *v)
{
  struct process *p = v->p;
  uint8_t units = seen_units(p, v->script);

  while (p->i < seen_count(v->script) && p->wrote[nth(v, p->i)].part == 0)
    p->i++;
  p->at = UNDO_CELL;
  if (p->i < seen_count(v->script))
    return;
  p->i = 0;
  p->at = UNITS;
  if ((v->changes & UNITS_FIRST) || units == p->stay)
    taken_back(v);
}

/* ------------------------------------------------------------------ D3 and D4 -- */

static void take_back(struct view *v, bool again)
{
  v->p->again = again;
  v->p->i = 0;
  if ((v->changes & UNITS_FIRST) && seen_units(v->p, v->script) != 0)
    v->p->at = UNITS;
  else
    next_cell(v);
}

/* All cells are written. */
static const char *reserved(struct view *v)
{
  struct process *p = v->p;
  bool settles = count_uses(p, v->script, true) != 0 && !(v->changes & NO_SETTLE);

  p->i = 0;
  if ((v->script & UNDONE) != 0 && !((v->changes & SETTLE_EARLY) && settles && !p->settled)) {
    take_back(v, false);
    return NULL;
  }
  if (!settles || p->settled)
    return allow(v);
  p->at = SETTLE;
  while (seen_use(p, p->i) != MOVED)
    p->i++;
  return NULL;
}

static const char *write_cell(struct view *v)
{
  struct process *p = v->p;
  unsigned i = nth(v, p->i);
  struct cell *cell = &v->state->cell[seen_value(v->script, i)], hit = p->hit[i];
  bool silent = seen_use(p, i) == SAME && (v->changes & SAME_SILENT);

  if (!silent) {
    struct cell word = {.part = p->part, .nonce = (uint8_t)(hit.part != 0 ? hit.nonce + 1 : 0)};
    bool gone = cell->part == 0 && (v->changes & EVICTED_KNOWN);

    if (memcmp(cell, &hit, sizeof hit) == 0 || gone) {
      *cell = word;
      p->wrote[i] = word;
    } else if (!(v->changes & NO_RELOOK)) {
      take_back(v, true);
      return NULL;
    }
  }
  if (++p->i < seen_count(v->script))
    return NULL;
  p->i = 0;
  if (seen_units(p, v->script) != 0 || (v->changes & NO_CLOCK_SAME))
    return reserved(v);
  p->at = CLOCK_AFTER; /* no window was verified */
  return NULL;
}

static const char *clock_after(struct view *v)
{
  v->p->now = v->state->clock;
  if (v->p->now <= v->p->part)
    return reserved(v);
  take_back(v, true);
  return NULL;
}

/* -------------------------------------------------------------- one unit less -- */

static void load_word(struct view *v, uint8_t part, enum at next)
{
  v->p->seen[0] = v->state->word[part % WORDS];
  v->p->at = (uint8_t)next;
}

/* false: the word has changed, load it again. */
static bool take_out(struct view *v, uint8_t part, uint8_t units, enum at load)
{
  struct process *p = v->p;
  struct word *word = &v->state->word[part % WORDS], seen = p->seen[0];

  memset(&p->seen[0], 0, sizeof p->seen[0]);
  if (memcmp(word, &seen, sizeof seen) != 0) {
    p->at = (uint8_t)load;
    return false;
  }
  if (seen.part == part) /* else it is forgotten */
    word->units = seen.units > units ? (uint8_t)(seen.units - units) : 0;
  if (word->units == 0)
    word->part = 0;
  return true;
}

static const char *settle(struct view *v)
{
  struct process *p = v->p;

  if (!take_out(v, p->hit[p->i].part, 1, SETTLE))
    return NULL;
  do
    p->i++;
  while (p->i < seen_count(v->script) && seen_use(p, p->i) != MOVED);
  p->at = SETTLE;
  if (p->i < seen_count(v->script))
    return NULL;
  p->settled = 1;
  return reserved(v);
}

/* ---------------------------------------------------------------- taking back -- */

static void undo_cell(struct view *v)
{
  struct process *p = v->p;
  unsigned i = nth(v, p->i);
  struct cell *cell = &v->state->cell[seen_value(v->script, i)], *wrote = &p->wrote[i];
  enum use use = seen_use(p, i);

  if (memcmp(cell, wrote, sizeof *cell) == 0) {
    *cell = p->hit[i];
  } else if (use != SAME && !(v->changes & (KILL_IGNORED | UNITS_FIRST))) {
    p->stay++;
    v->state->stay[p->part] = (uint8_t)(v->state->stay[p->part] | 1 << seen_value(v->script, i));
    if (use == MOVED && !(v->changes & OLD_PART_LEFT)) {
      p->at = OLD_PART;
      return;
    }
  }
  p->i++;
  next_cell(v);
}

static void units_gone(struct view *v)
{
  struct process *p = v->p;
  bool any = false;

  for (unsigned i = 0; i < EACH; i++)
    any = any || p->wrote[i].part != 0;
  if ((v->changes & UNITS_FIRST) && any) {
    p->i = 0;
    next_cell(v);
  } else {
    taken_back(v);
  }
}

const char *seen_step(const void *setup_in, void *state_in, unsigned process)
{
  const struct setup *setup = setup_in;
  struct state *s = state_in;
  struct process *p = &s->process[process];
  struct view view = {setup->scenario, setup->changes, s, p, seen_script(setup, p, process)};
  struct view *v = &view;

  if (view.script & EVICTS) {
    memset(&s->cell[seen_value(view.script, 0)], 0, sizeof(struct cell));
    end_operation(v);
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
      p->part = newest(p->seen, p->now);
      p->at = LOOK;
    }
    return NULL;
  case LOOK:
    p->hit[p->i] = s->cell[seen_value(view.script, p->i)];
    if (++p->i == seen_count(view.script))
      judge(v);
    return NULL;
  case RESERVE:
    reserve(v);
    return NULL;
  case VERIFY:
    p->seen[p->i] = s->word[p->i];
    if (++p->i == WORDS) {
      p->i = 0;
      p->at = CLOCK;
    }
    return NULL;
  case CLOCK:
    verified(v);
    return NULL;
  case UNRESERVE:
    unreserve(v);
    return NULL;
  case WRITE:
    return write_cell(v);
  case CLOCK_AFTER:
    return clock_after(v);
  case SETTLE:
    load_word(v, p->hit[p->i].part, SETTLE_SWAP);
    return NULL;
  case SETTLE_SWAP:
    return settle(v);
  case UNDO_CELL:
    undo_cell(v);
    return NULL;
  case OLD_PART:
    load_word(v, p->hit[nth(v, p->i)].part, OLD_PART_SWAP);
    return NULL;
  case OLD_PART_SWAP:
    if (take_out(v, p->hit[nth(v, p->i)].part, 1, OLD_PART)) {
      p->i++;
      next_cell(v);
    }
    return NULL;
  case UNITS:
    load_word(v, p->part, UNITS_SWAP);
    return NULL;
  case UNITS_SWAP:
    if (take_out(v, p->part, (uint8_t)(seen_units(p, view.script) - p->stay), UNITS))
      units_gone(v);
    return NULL;
  case KILLED:
    break;
  }
  return NULL;
}
