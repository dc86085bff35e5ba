/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Model of the ring of events (lib/guard/ring.h): writers that claim, mark, fill and publish,
 * also a lap late or dead, and a reader that follows.  A body is two words, each of which says
 * whose it is; a checksum is what it covers, so that no two ever agree by chance.  Patience is
 * one tick of the clock.
 */
#ifndef TESTS_MODEL_EVENTS_MODEL_H
#define TESTS_MODEL_EVENTS_MODEL_H

#include "suite.h"

enum { ENTRIES_MAX = 2, WORDS = 2, WRITERS = 3, READER = WRITERS, PROCESSES = WRITERS + 1 };

enum change {
  CLAIM_LOADS = 1 << 0,     /* the head is read, then written                          */
  NO_MARK = 1 << 1,         /* publishes from the sequence that it met                 */
  MARK_STORE = 1 << 2,      /* marks without comparing                                 */
  MARK_ANY = 1 << 3,        /* compares, but marks a later lap's entry too             */
  NO_TAKEOVER = 1 << 4,     /* gives up where it meets another's WRITING               */
  PUBLISH_STORE = 1 << 5,   /* publishes without comparing                             */
  PUBLISH_UNASKED = 1 << 6, /* says that it is there whatever the comparison says      */
  PUBLISH_FIRST = 1 << 7,   /* before it fills                                         */
  NO_CHECKSUM = 1 << 8,     /* the reader does not verify                              */
  NUMBERLESS = 1 << 9,      /* the checksum covers the body alone                      */
  NO_AGAIN = 1 << 10,       /* the reader does not look at the sequence again          */
  ANY_READY = 1 << 11,      /* the reader takes what is READY, whose ever it is        */
  NO_JUMP_COUNT = 1 << 12,  /* goes to the oldest and does not count                   */
  NO_GIVE_UP = 1 << 13,     /* waits for the dead                                      */
  SILENT_GIVE_UP = 1 << 14, /* goes past them and does not count                       */
  SILENT_LOSS = 1 << 15     /* a copy that does not verify is not counted              */
};

struct scenario {
  const char *name;
  uint8_t entries, deaths_max, clock_max;
  uint8_t puts[WRITERS];
};

struct setup {
  const struct scenario *scenario;
  unsigned changes;
};

enum at { CLAIM, CLAIM_STORE, LOOK, MARK, FILL, SUM, PUBLISH, KILLED };
enum reader_at { HEAD, READ_SEQUENCE, COPY, COPY_SUM, AGAIN, WAIT };

/* What a checksum covers. */
struct sum {
  uint8_t n, word[WORDS];
};

struct entry {
  uint8_t sequence, word[WORDS];
  struct sum sum;
  uint8_t marked; /* the latest lap that has marked it                           */
  uint8_t spoilt; /* since then one that had marked it before has stored          */
};

struct writer {
  uint8_t at, done, n, seen, i;
  uint8_t in_time; /* marked before any later lap                                 */
};

struct reader {
  uint8_t at, next, head, i, n, word[WORDS];
  struct sum sum;
  uint8_t got, lost, waited_head, waited_since;
};

struct state {
  uint8_t head, clock, deaths;
  uint8_t claimed, there, given_up; /* a bit a number                             */
  struct entry entry[ENTRIES_MAX];
  struct writer writer[WRITERS];
  struct reader reader;
};

static inline uint8_t writing(unsigned n)
{
  return (uint8_t)(2 * n);
}

static inline uint8_t ready(unsigned n)
{
  return (uint8_t)(2 * n + 1);
}

static inline struct entry *entry_of(const struct setup *setup, struct state *s, unsigned n)
{
  return &s->entry[n % setup->scenario->entries];
}

bool events_runs(const void *setup, const void *state, unsigned process);
const char *events_step(const void *setup, void *state, unsigned process);

#endif
