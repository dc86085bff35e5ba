/* SPDX-License-Identifier: BSD-2-Clause
 * The ring of events: what must hold, and the cases. */
#include "events_model.h"

#include <string.h>

static const char *const at_names[] = {"claim", "claim: store", "look",    "mark",
                                       "fill",  "checksum",     "publish", "dead"};
static const char *const reader_names[] = {"head",          "sequence", "copy",
                                           "copy checksum", "again",    "wait"};

static void start(const void *setup, void *state)
{
  (void)setup;
  memset(state, 0, sizeof(struct state));
  ((struct state *)state)->reader.next = 1;
}

static bool kill(const void *setup_in, void *state_in, unsigned process)
{
  struct state *s = state_in;
  if (process == READER ||
      s->deaths == ((const struct setup *)setup_in)->scenario->deaths_max)
    return false;
  s->deaths++;
  memset(&s->writer[process], 0, sizeof s->writer[process]);
  s->writer[process].at = KILLED;
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

static bool is_intact(const struct entry *e, unsigned n)
{
  bool intact = e->sequence == ready(n) && e->sum.n == n;
  for (unsigned i = 0; i < WORDS; i++)
    intact = intact && e->word[i] == n && e->sum.word[i] == n;
  return intact;
}

static const char *check(const void *setup_in, const void *state_in, bool ended)
{
  const struct setup *setup = setup_in;
  struct state copy = *(const struct state *)state_in, *s = &copy;
  const struct reader *r = &s->reader;
  for (unsigned n = 1; n <= s->head; n++) {
    const struct entry *e = entry_of(setup, s, n);
    if (n + setup->scenario->entries <= s->head)
      continue; /* a later lap has begun */
    if ((s->there >> n & 1) != 0 && !e->spoilt && !is_intact(e, n))
      return "an event that was there is destroyed";
    if (ended && (s->given_up >> n & 1) != 0)
      return "the last to come to an entry is turned away";
  }
  if (!ended)
    return NULL;
  if (r->got + r->lost != r->next - 1)
    return "an event is lost and not counted";
  if (r->next < s->head && r->next <= r->waited_head && s->clock > r->waited_since)
    return "the reader stands still";
  return NULL;
}

/* Writers of the same script are exchanged freely; nothing shared has their names. */
static void canon(const void *setup_in, void *state_in)
{
  const struct scenario *scenario = ((const struct setup *)setup_in)->scenario;
  struct state *s = state_in;
  for (unsigned i = 1; i < WRITERS; i++)
    for (unsigned j = i; j > 0 && scenario->puts[j] == scenario->puts[j - 1]; j--) {
      struct writer *low = &s->writer[j - 1], *high = &s->writer[j], kept;
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
  const struct reader *r = &after->reader;
  char name[48] = "";
  int used;
  if (process == READER)
    snprintf(name, sizeof name, "reads %d: %s", before->reader.next,
             reader_names[before->reader.at]);
  else if (process >= 0)
    snprintf(name, sizeof name, "writes %d: %s", before->writer[process].n,
             at_names[before->writer[process].at]);
  used = snprintf(text, EXPLORE_TEXT_MAX, "%-24s head %d clock %d got %d lost %d ", name,
                  after->head, after->clock, r->got, r->lost);
  for (unsigned i = 0; i < ((const struct setup *)setup)->scenario->entries; i++) {
    const struct entry *e = &after->entry[i];
    used += snprintf(text + used, EXPLORE_TEXT_MAX - (unsigned)used, " [%s %d: %d %d | %d]",
                     e->sequence % 2 != 0 ? "ready" : "writing", e->sequence / 2, e->word[0],
                     e->word[1], e->sum.n);
  }
}

static const struct scenario
    small = {.name = "1 entry; 1, 1, 1 puts", .entries = 1, .deaths_max = 1, .clock_max = 1,
             .puts = {1, 1, 1}},
    narrow = {.name = "1 entry; 2, 1, 1 puts", .entries = 1, .deaths_max = 1, .clock_max = 1,
              .puts = {2, 1, 1}},
    wide = {.name = "2 entries; 2, 1, 1 puts", .entries = 2, .deaths_max = 1, .clock_max = 1,
            .puts = {2, 1, 1}},
    deadly = {.name = "2 entries; 1, 1, 1 puts; two die", .entries = 2, .deaths_max = 2,
              .clock_max = 2, .puts = {1, 1, 1}},
    alone = {.name = "1 entry; 4 puts of one writer", .entries = 1, .deaths_max = 1,
             .clock_max = 1, .puts = {4}};

static const struct {
  const struct scenario *scenario;
  const char *change;
  unsigned changes;
  bool fails, quick;
} cases[] = {
    {&small, NULL, 0, false, true},
    {&narrow, NULL, 0, false, false},
    {&wide, NULL, 0, false, false},
    {&deadly, NULL, 0, false, true},
    {&alone, NULL, 0, false, true},
    {&wide, "the head is read, then written", CLAIM_LOADS, true, true},
    {&narrow, "no mark: published from the sequence that was met", NO_MARK, true, true},
    {&narrow, "a mark is a plain store", MARK_STORE, true, true},
    {&narrow, "a mark is compared, but not with its own number", MARK_ANY, true, true},
    {&narrow, "gives up where another is writing", NO_TAKEOVER, true, true},
    {&narrow, "published by a plain store", PUBLISH_STORE, true, true},
    {&narrow, "told to be there although the last comparison failed", PUBLISH_UNASKED, true, true},
    {&alone, "published before it is filled", PUBLISH_FIRST, true, true},
    {&small, "the reader does not verify the checksum", NO_CHECKSUM, true, true},
    {&small, "the checksum does not cover the number", NUMBERLESS, true, true},
    {&small, "the reader does not look at the sequence again", NO_AGAIN, false, true},
    {&alone, "nobody late: no checksum", NO_CHECKSUM, false, true},
    {&alone, "nobody late: no checksum and no second look", NO_CHECKSUM | NO_AGAIN, true, true},
    {&narrow, "the reader takes whatever is ready", ANY_READY, true, true},
    {&narrow, "the overtaken reader does not count", NO_JUMP_COUNT, true, true},
    {&wide, "the reader waits for the dead", NO_GIVE_UP, true, true},
    {&wide, "the reader goes past the dead and does not count", SILENT_GIVE_UP, true, true},
    {&small, "a copy that does not verify is not counted", SILENT_LOSS, true, true},
};

SUITE(events, .runs = events_runs, .step = events_step, .tick = tick, .check = check,
      .canon = canon, .exchanges = true);
