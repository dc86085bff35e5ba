/* SPDX-License-Identifier: BSD-2-Clause
 * The steps of the ring of events: each is one access to shared memory. */
#include "events_model.h"

#include <string.h>

/* A poll that would find nothing is no step. */
static bool reader_runs(const struct setup *setup, struct state *s)
{
  const struct reader *r = &s->reader;
  if (r->at != WAIT)
    return r->at != HEAD || r->next <= s->head;
  if (entry_of(setup, s, r->next)->sequence >= ready(r->next))
    return true;
  return r->next < s->head && !(setup->changes & NO_GIVE_UP) &&
         (r->next > r->waited_head || s->clock > r->waited_since);
}

bool events_runs(const void *setup_in, const void *state_in, unsigned process)
{
  const struct setup *setup = setup_in;
  struct state copy = *(const struct state *)state_in;
  if (process == READER)
    return reader_runs(setup, &copy);
  const struct writer *w = &copy.writer[process];
  return w->at != KILLED && w->done < setup->scenario->puts[process];
}

static void end_put(struct writer *w)
{
  struct writer next = {.done = (uint8_t)(w->done + 1)};
  *w = next;
}

static const char *give_up(struct state *s, struct writer *w)
{
  s->given_up = (uint8_t)(s->given_up | 1 << w->n);
  end_put(w);
  return NULL;
}

static const char *claimed(struct state *s, struct writer *w, uint8_t n)
{
  bool twice = (s->claimed >> n & 1) != 0;
  s->head = n;
  s->claimed = (uint8_t)(s->claimed | 1 << n);
  w->n = n;
  w->seen = 0;
  w->at = LOOK;
  return twice ? "two events of one number" : NULL;
}

static const char *look(const struct setup *setup, struct state *s, struct writer *w)
{
  w->seen = entry_of(setup, s, w->n)->sequence;
  bool later = w->seen >= writing(w->n), others = w->seen != 0 && w->seen % 2 == 0;
  if ((later && !(setup->changes & (MARK_STORE | MARK_ANY))) ||
      (others && (setup->changes & NO_TAKEOVER)))
    return give_up(s, w);
  w->at = setup->changes & NO_MARK ? FILL : MARK;
  return NULL;
}

static void mark(const struct setup *setup, struct state *s, struct writer *w)
{
  struct entry *e = entry_of(setup, s, w->n);
  w->at = LOOK;
  if (e->sequence != w->seen && !(setup->changes & MARK_STORE)) {
    w->seen = 0;
    return;
  }
  e->sequence = writing(w->n);
  w->in_time = e->marked < w->n;
  if (w->in_time) {
    e->marked = w->n;
    e->spoilt = 0;
  }
  w->seen = writing(w->n);
  w->at = setup->changes & PUBLISH_FIRST ? PUBLISH : FILL;
}

/* Stores over a later lap's event: nothing can prevent that where it had marked before. */
static void note_store(const struct setup *setup, struct state *s, const struct writer *w)
{
  struct entry *e = entry_of(setup, s, w->n);
  if (w->in_time && e->marked > w->n)
    e->spoilt = 1;
}

static const char *is_there(const struct setup *setup, struct state *s, struct writer *w)
{
  bool there = entry_of(setup, s, w->n)->sequence == ready(w->n);
  s->there = (uint8_t)(s->there | 1 << w->n);
  end_put(w);
  return there ? NULL : "told that it is there, and it is not";
}

static const char *publish(const struct setup *setup, struct state *s, struct writer *w)
{
  struct entry *e = entry_of(setup, s, w->n);
  bool published = e->sequence == w->seen || (setup->changes & PUBLISH_STORE);
  if (published)
    e->sequence = ready(w->n);
  else if (!(setup->changes & PUBLISH_UNASKED))
    return give_up(s, w);
  if (!(setup->changes & PUBLISH_FIRST))
    return is_there(setup, s, w);
  w->at = FILL;
  return NULL;
}

static const char *write_step(const struct setup *setup, struct state *s, struct writer *w)
{
  struct entry *e = entry_of(setup, s, w->n);
  switch ((enum at)w->at) {
  case CLAIM:
    if (!(setup->changes & CLAIM_LOADS))
      return claimed(s, w, (uint8_t)(s->head + 1));
    w->seen = s->head;
    w->at = CLAIM_STORE;
    return NULL;
  case CLAIM_STORE:
    return claimed(s, w, (uint8_t)(w->seen + 1));
  case LOOK:
    return look(setup, s, w);
  case MARK:
    mark(setup, s, w);
    return NULL;
  case FILL:
    note_store(setup, s, w);
    e->word[w->i] = w->n;
    if (++w->i == WORDS)
      w->at = SUM;
    return NULL;
  case SUM:
    note_store(setup, s, w);
    e->sum.n = w->n;
    memset(e->sum.word, w->n, WORDS);
    if (setup->changes & PUBLISH_FIRST)
      return is_there(setup, s, w);
    w->at = PUBLISH;
    return NULL;
  case PUBLISH:
    return publish(setup, s, w);
  case KILLED:
    break;
  }
  return NULL;
}

/* ------------------------------------------------------------------------ reading -- */

/* On to the next number, in the same call or, with an event, in another. */
static void advance(struct reader *r, bool got, bool counts)
{
  struct reader next = {.at = HEAD,
                        .next = (uint8_t)(r->next + 1),
                        .got = (uint8_t)(r->got + got),
                        .lost = (uint8_t)(r->lost + counts),
                        .waited_head = r->waited_head,
                        .waited_since = r->waited_since};
  if (!got && next.next <= r->head) {
    next.at = READ_SEQUENCE;
    next.head = r->head;
  }
  *r = next;
}

static void wait(const struct setup *setup, struct state *s)
{
  struct reader *r = &s->reader;
  bool last = r->next == r->head;
  if (!last && r->next > r->waited_head) {
    r->waited_head = r->head;
    r->waited_since = s->clock;
  }
  if (!last && s->clock > r->waited_since && !(setup->changes & NO_GIVE_UP)) {
    advance(r, false, !(setup->changes & SILENT_GIVE_UP));
    return;
  }
  r->head = 0;
  r->at = WAIT;
}

static void read_head(const struct setup *setup, struct state *s)
{
  struct reader *r = &s->reader;
  r->head = s->head;
  r->at = READ_SEQUENCE;
  if (r->head >= r->next + setup->scenario->entries) {
    uint8_t oldest = (uint8_t)(r->head - setup->scenario->entries + 1);
    if (!(setup->changes & NO_JUMP_COUNT))
      r->lost = (uint8_t)(r->lost + oldest - r->next);
    r->next = oldest;
  }
}

static void read_sequence(const struct setup *setup, struct state *s)
{
  struct reader *r = &s->reader;
  uint8_t sequence = entry_of(setup, s, r->next)->sequence;
  if (sequence != ready(r->next) && !((setup->changes & ANY_READY) && sequence % 2 == 1)) {
    if (sequence < ready(r->next))
      wait(setup, s);
    else
      advance(r, false, true);
    return;
  }
  r->n = sequence / 2;
  r->i = 0;
  r->at = COPY;
}

static const char *verify(const struct setup *setup, struct state *s, bool overtaken)
{
  struct reader *r = &s->reader;
  struct entry *e = entry_of(setup, s, r->next);
  bool right = true, agrees = r->sum.n == r->n || (setup->changes & NUMBERLESS);
  for (unsigned i = 0; i < WORDS; i++) {
    right = right && r->word[i] == r->next;
    agrees = agrees && r->sum.word[i] == r->word[i];
  }
  if (!overtaken && (agrees || (setup->changes & NO_CHECKSUM))) {
    advance(r, true, false);
    return right ? NULL : "an event is told that nobody wrote";
  }
  bool untouched = r->next + setup->scenario->entries > s->head && e->marked == r->next &&
                   !e->spoilt;
  advance(r, false, !(setup->changes & SILENT_LOSS));
  return untouched ? "lost, though nobody had touched it" : NULL;
}

static const char *read_step(const struct setup *setup, struct state *s)
{
  struct reader *r = &s->reader;
  const struct entry *e = entry_of(setup, s, r->next);
  switch ((enum reader_at)r->at) {
  case HEAD:
  case WAIT:
    read_head(setup, s);
    return NULL;
  case READ_SEQUENCE:
    read_sequence(setup, s);
    return NULL;
  case COPY:
    r->word[r->i] = e->word[r->i];
    if (++r->i == WORDS)
      r->at = COPY_SUM;
    return NULL;
  case COPY_SUM:
    r->sum = e->sum;
    r->at = AGAIN;
    return setup->changes & NO_AGAIN ? verify(setup, s, false) : NULL;
  case AGAIN:
    return verify(setup, s, e->sequence != ready(r->n));
  }
  return NULL;
}

const char *events_step(const void *setup, void *state, unsigned process)
{
  struct state *s = state;
  return process == READER ? read_step(setup, s) : write_step(setup, s, &s->writer[process]);
}
