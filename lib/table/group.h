/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The table: groups of 64 cells of 16 bytes, sixteen cache lines, aligned.  All that is
 * known of a principal lies in one group, chosen by its hash; the search begins in
 * the line that the hash names and goes on around the group.
 *
 * A cell is {tag, state}, and changes by a 16-byte compare-and-swap alone.
 *
 *   tag    bits 0..6   id: which limit's word, or which other kind of cell
 *          bits 7..63  mark: of the principal's keyed hash, never 0; 0: nobody's
 *   tag 0                         never used (state 0)
 *   mark 0, id WI_ID_DEAD         dead: was used, is free; its state means nothing
 *   mark 0, id of a limit's word  FLOOR: see below
 *   state  bit 63      TENTATIVE: bits 31..62 are when, bits 0..30 a nonce; counts nothing
 *          else        bits 0..62 are the limit's word, which this folder never looks
 *                      into: it asks a struct wi_judge
 *
 * OWNERS  Nobody owns a cell.  Any process may do any of the steps below at any time.
 *
 * INVARIANTS
 *  G1 In every group at most one live (not TENTATIVE) cell has a given tag with a mark.
 *  G2 A principal without a live cell for a word has at most the debt of that word's
 *     FLOOR cells in its group (of several, the largest; without one, none); but for a mark that
 *     guard/block.h has ended (N1).
 *  G3 A tag never becomes 0 again, and an inserter takes a never-used cell only where
 *     no cell before it, in its principal's search order, is free: a search ends at
 *     the first never-used cell.
 *
 * INSERT of a tag that the group does not hold
 *  1 Scan.  Live: use it.  TENTATIVE with this tag: note it as the known one, go to 3.
 *  2 Publish: compare-and-swap the first free cell (never used, dead, idle, idle FLOOR, a
 *    TENTATIVE older than WI_TENTATIVE_REST) to {tag, TENTATIVE | when | nonce}; it is the
 *    known one.  On failure go to 1.
 *  3 Look again: scan the group, up to its first never-used cell (G3).  Live elsewhere: kill every
 *    TENTATIVE of this tag and use the live one.  Of several TENTATIVE the first in search order
 *    survives; kill the others.  None left, or a kill failed: go to 1.  The survivor is not the
 *    known one, cell and word: it is now; look again.
 *  4 Read the policy's version and the principal's generation (guard/block.h, N2); then the
 *    clock and the FLOOR cells, whose largest debt is where the newcomer starts.  Over its limit:
 *    kill, deny.
 *  5 Commit with the charge: compare-and-swap the survivor to {tag, start + cost}.  That is
 *    the allow.  On failure go to 1.
 *  To kill is to compare-and-swap the exact TENTATIVE word to dead, word kept: a 0 would look
 *  like an idle live cell to who read the tag before.  Anybody may kill or commit anybody's
 *  TENTATIVE of its own tag, so that a dead inserter is in nobody's way.
 *  Why with the charge: a live cell that is still idle may be taken by the next newcomer, in
 *  turns for ever; and a charge after it, by an older clock, may meet a later cell that looks
 *  the same.  Why known before the look: a TENTATIVE first seen during a look may have been
 *  published after that look had passed another.
 *
 * EVICT where nothing in the group is free.  The victim is the cell of the same word with
 * the least debt that is not over its limit, and not the newcomer's own.
 *  1 No FLOOR of that word, and another victim would remain: compare-and-swap the victim to
 *    {FLOOR, its state}; begin anew.
 *  2 Raise FLOOR to the victim's state by a compare-and-swap, also where it is as large
 *    already (the pair that was read may be torn; failure: begin anew), and only then
 *    compare-and-swap the victim to {tag, TENTATIVE | when | nonce}; go on at INSERT 3.
 *  3 Without a victim, the same among other words' cells; without one there, no room.
 *  A cell that is disposable (one that says that a value was seen: lost, the value counts again) is
 *  taken before all of these, the one next to be idle first, by INSERT 2 as if it were free.
 *  A FLOOR is never lowered and never charged.  Why FLOOR: a cell of another, shorter limit
 *  gets idle first; an evicted principal that came back on it would find a full bucket.
 *
 * ORDER
 *  O1 INSERT 2 before INSERT 3, and EVICT 2's raise before its eviction: compare-and-swaps
 *     are full barriers, scans are acquire loads.  Of two inserters of one tag the later
 *     publisher sees the earlier one's cell.
 *  O2 INSERT 3 before INSERT 4: who no longer sees a live cell because it was evicted sees
 *     the FLOOR that was raised before.  Acquire loads, in this order.
 *  O3 A cell is read tag, then state.  The pair may be torn; every use of it is either a
 *     compare-and-swap of both or, for a denial and for a FLOOR's debt, followed by reading the
 *     tag again.
 *
 * PROGRESS  Lock-free: a failed compare-and-swap means that another one succeeded.  A claim
 *  gives up after WI_CLAIM_ROUNDS rounds and reports WI_CLAIM_FULL, the safe side.
 *
 * KILLED AT ANY STEP  A TENTATIVE left behind is committed or killed by the next request
 *  of its principal; it counts nothing, and other principals take its place when nothing
 *  else is free.  A FLOOR raised without an eviction is a debt that time heals.
 */
#ifndef WI_TABLE_GROUP_H
#define WI_TABLE_GROUP_H

#include "base/atomic.h"
#include "hash/siphash.h"

#define WI_LINE_CELLS 4u
#define WI_GROUP_CELLS 64u
#define WI_GROUP_BYTES (WI_GROUP_CELLS * sizeof(struct wi_cell))

#define WI_ID_BITS 7
#define WI_IDS (1u << WI_ID_BITS)
#define WI_ID_MASK ((uint64_t)WI_IDS - 1)
#define WI_ID_DEAD 1u
#define WI_ID_FIRST_WORD 16u /* ids below are kinds of cell that no limit owns     */

#define WI_TAG_NEVER 0u
#define WI_TAG_DEAD ((uint64_t)WI_ID_DEAD)
#define WI_TENTATIVE ((uint64_t)1 << 63)
#define WI_TENTATIVE_REST 1024u /* of 2^20 ns: about a second                          */

/* Where a principal's cells are. */
struct wi_place {
  struct wi_cell *group; /* WI_GROUP_CELLS cells                                     */
  uint32_t first;        /* index of the home line's first cell                      */
  uint64_t mark;         /* a tag with id 0: of its limits' cells                    */
  uint64_t own;          /* likewise: of its block's (guard/block.h), from which mark may differ */
  uint64_t block;        /* word of its block's cell when the place was found; 0: none        */
};

struct wi_hit {
  struct wi_cell *cell;
  uint64_t tag;
  uint64_t state;
};

/* Where one scan found a principal's cells, of any id; they are read again for what they say. */
struct wi_hits {
  uint64_t mine; /* bit i: cell i of the group                                          */
  bool room;     /* the scan met a never-used cell, so there is no FLOOR either          */
};
_Static_assert(WI_GROUP_CELLS <= 64, "one bit a cell");

static inline struct wi_place wi_place_of(struct wi_cell *cells, uint64_t groups,
                                          struct wi_hash hash)
{
  struct wi_place place;

  place.group = cells + (uint64_t)(((wi_u128)hash.place * groups) >> 64) * WI_GROUP_CELLS;
  place.first = (uint32_t)(hash.place % (WI_GROUP_CELLS / WI_LINE_CELLS)) * WI_LINE_CELLS;
  place.mark = hash.mark & ~WI_ID_MASK;
  if (place.mark == 0)
    place.mark = WI_IDS;
  place.own = place.mark;
  place.block = 0;
  return place;
}

static inline struct wi_cell *wi_place_cell(const struct wi_place *place, uint32_t step)
{
  return place->group + (place->first + step) % WI_GROUP_CELLS;
}

static inline uint32_t wi_tag_id(uint64_t tag)
{
  return (uint32_t)(tag & WI_ID_MASK);
}

static inline uint64_t wi_tag_mark(uint64_t tag)
{
  return tag & ~WI_ID_MASK;
}

/* Ids that a search is for, and how many cells of them end it (WI_GROUP_CELLS + 1: none). */
struct wi_wanted {
  uint64_t ids[WI_IDS / 64];
  uint32_t enough;
};

/* Replace a cell that is still exactly as it was hit.  Partner: every other one on the cell. */
static inline bool wi_hit_replace(const struct wi_hit *hit, uint64_t tag, uint64_t state)
{
  return wi_cell_cas_seq_cst(hit->cell, (struct wi_cell){.tag = hit->tag, .state = hit->state},
                             (struct wi_cell){.tag = tag, .state = state});
}

/* 1 where both are equal, as a number that the compiler must not turn into a branch: which cell of
 * a line matches is chance, and a branch that guesses wrong after a cache miss throws away the
 * misses of the decisions behind it. */
static inline uint32_t wi_tag_equal(uint64_t a, uint64_t b)
{
  uint32_t equal = a == b;

  __asm__("" : "+r"(equal));
  return equal;
}

/* The cells of a line that hold a tag, a bit each. */
static inline uint32_t wi_line_match(const uint64_t tags[WI_LINE_CELLS], uint64_t tag)
{
  return wi_tag_equal(tags[0], tag) | wi_tag_equal(tags[1], tag) << 1 |
         wi_tag_equal(tags[2], tag) << 2 | wi_tag_equal(tags[3], tag) << 3;
}
_Static_assert(WI_LINE_CELLS == 4, "a line's tags are compared one by one");

static inline void wi_line_tags(const struct wi_cell *line, uint64_t tags[WI_LINE_CELLS])
{
  tags[0] = wi_load_acquire(&line[0].tag); /* partner: the CAS that wrote the cell */
  tags[1] = wi_load_acquire(&line[1].tag);
  tags[2] = wi_load_acquire(&line[2].tag);
  tags[3] = wi_load_acquire(&line[3].tag);
}

/* The cells of a line that have a mark, whatever their id, a bit each. */
static inline uint32_t wi_line_mine(const uint64_t tags[WI_LINE_CELLS], uint64_t mark)
{
  return wi_tag_equal(wi_tag_mark(tags[0]), mark) | wi_tag_equal(wi_tag_mark(tags[1]), mark) << 1 |
         wi_tag_equal(wi_tag_mark(tags[2]), mark) << 2 |
         wi_tag_equal(wi_tag_mark(tags[3]), mark) << 3;
}

/* The first cell of a tag in search order beyond the home line, live or not; NULL: there is
 * none. */
struct wi_cell *wi_find_beyond(struct wi_cell *group, uint32_t first, uint64_t tag);

/* The cell of a tag in the home line, or NULL. */
WI_INLINE struct wi_cell *wi_find_home(const struct wi_place *place, uint64_t tag)
{
  struct wi_cell *line = place->group + place->first;
  uint64_t tags[WI_LINE_CELLS];
  uint32_t match;

  wi_line_tags(line, tags);
  match = wi_line_match(tags, tag);
  return WI_LIKELY(match != 0) ? line + __builtin_ctz(match) : NULL;
}

/* The first cell of a tag in search order, live or not, and its state.  false: there is none. */
WI_INLINE bool wi_find_tag(const struct wi_place *place, uint64_t tag, struct wi_hit *hit)
{
  hit->cell = wi_find_home(place, tag);
  if (WI_UNLIKELY(hit->cell == NULL))
    hit->cell = wi_find_beyond(place->group, place->first, tag);
  if (WI_UNLIKELY(hit->cell == NULL))
    return false;
  hit->tag = tag;
  hit->state = wi_load_acquire(&hit->cell->state); /* may be torn from the tag: O3 */
  return true;
}

/* The same of a principal of whom another cell has just been found: cells that were claimed one
 * after another mostly lie so. */
WI_INLINE bool wi_find_after(const struct wi_place *place, const struct wi_cell *last, uint64_t tag,
                             struct wi_hit *hit)
{
  hit->cell = place->group + (size_t)(last - place->group + 1) % WI_GROUP_CELLS;
  hit->tag = tag;
  if (WI_UNLIKELY(wi_load_acquire(&hit->cell->tag) != tag)) /* partner: every CAS on the cell */
    return wi_find_tag(place, tag, hit);
  hit->state = wi_load_acquire(&hit->cell->state); /* may be torn from the tag: O3 */
  return true;
}

/* Whether a guess is of the place's group. */
WI_INLINE bool wi_guess_is_near(const struct wi_cell *cells, uint64_t guess_bytes,
                                const struct wi_place *place)
{
  return ((uint64_t)((char *)place->group - (const char *)cells) ^ guess_bytes) < WI_GROUP_BYTES;
}

/* Whether a guess is right: a cell that may be the place's, as bytes from `cells`.  false: *hit says
 * nothing.
 *
 * Where guesses are right time after time, a processor goes on with the cell that was guessed
 * before it knows the hash, which then is no part of the chain of what waits for what: it holds
 * the tag and the state as they were read there, not as they were computed. */
WI_INLINE bool wi_find_guessed(struct wi_cell *cells, uint64_t guess_bytes,
                               const struct wi_place *place, uint64_t tag, struct wi_hit *hit)
{
  uint64_t seen;

  if (!wi_guess_is_near(cells, guess_bytes, place))
    return false;
  /* Within the group now, whatever was guessed. */
  guess_bytes &= ~(uint64_t)(sizeof(struct wi_cell) - 1);
  hit->cell = (struct wi_cell *)(void *)((char *)cells + guess_bytes);
  seen = wi_load_acquire(&hit->cell->tag); /* partner: the CAS that wrote the cell */
  hit->tag = seen;
  __asm__("" : "+r"(hit->tag)); /* not to be replaced by what it is compared with */
  hit->state = wi_load_acquire(&hit->cell->state); /* may be torn from the tag: O3 */
  return seen == tag;
}

/* The live cell of an id among the hits, read anew.  false: there is none. */
static inline bool wi_hits_live(const struct wi_place *place, const struct wi_hits *hits,
                                uint32_t id, struct wi_hit *hit)
{
  for (uint64_t mine = hits->mine; mine != 0; mine &= mine - 1) {
    hit->cell = place->group + __builtin_ctzll(mine);
    hit->tag = wi_load_acquire(&hit->cell->tag); /* partner: every CAS on the cell */
    if (hit->tag != (place->mark | id))
      continue;
    hit->state = wi_load_acquire(&hit->cell->state); /* may be torn from the tag: O3 */
    if ((hit->state & WI_TENTATIVE) == 0)
      return true;
  }
  return false;
}

/* All cells of the place's principal, up to the line in which the search ends. */
void wi_find(const struct wi_place *place, const struct wi_wanted *wanted, struct wi_hits *hits);

/* FLOOR cells of an id in the place's group: how many. To
 * be called after the scan that did not find the principal (O2). */
#define WI_FLOORS WI_GROUP_CELLS
uint32_t wi_find_floors(const struct wi_place *place, uint32_t id, struct wi_hit floors[WI_FLOORS]);

/* What the table asks of whoever understands the words. */
struct wi_judge {
  void *context;
  /* ns until the word means nothing; 0: idle; UINT64_MAX: never, or not known.  Of every id but
   * that of dead cells.  *disposable: whether the cell may be lost without giving credit, evicted
   * without a FLOOR. */
  uint64_t (*idle_in_ns)(void *context, uint32_t id, uint64_t state, bool *disposable);
  /* Whether the cell may be evicted: neither pinned nor over its limit. */
  bool (*evictable)(void *context, const struct wi_cell *group, uint64_t tag, uint64_t state);
  /* A word with at least the debt of both. */
  uint64_t (*merge)(void *context, uint32_t id, uint64_t a, uint64_t b);
  /* Whether the request at hand would pass from this word. */
  bool (*admits)(void *context, uint32_t id, uint64_t state);
  /* INSERT 4, without the version: read the clock, then the FLOORs; the word that a new cell of
   * this id has after the request at hand is charged.  false: it does not pass, or not into
   * this id's cell. */
  bool (*commit_word)(void *context, uint32_t id, uint64_t *word);
  /* Whether the policy is no longer the one that this decision began with.  Asked after
   * publishing: who published under a replaced policy takes it back (lib/plan). */
  bool (*stale)(void *context);
  /* Whether another id's cell of the same principal has to be converted instead of
   * inserting this one. */
  bool (*precursor)(void *context, uint32_t id, uint32_t other);
};

enum wi_claim {
  WI_CLAIM_CHARGED, /* made, with the charge: claimed->made                         */
  WI_CLAIM_LIVE,    /* somebody else made it: find it again                         */
  WI_CLAIM_DENIED,  /* the debt that it starts with denies, or time has moved on    */
  WI_CLAIM_FULL,    /* no room, nothing evictable                                   */
  WI_CLAIM_STALE,   /* the policy has changed: begin the decision anew              */
  WI_CLAIM_CONVERT  /* a precursor is there: convert it                             */
};

struct wi_claimed {
  struct wi_hit made;         /* WI_CLAIM_CHARGED: the cell as written               */
  uint64_t room_in_ns;        /* WI_CLAIM_FULL: when a cell of the group gets idle  */
  uint32_t inserted, reclaimed, evicted; /* for the counters                        */
};

#define WI_CLAIM_ROUNDS 256u

/* Make a cell for the place's principal and an id, and charge it.  may_evict: `when-full
 * inherit`. */
enum wi_claim wi_claim(const struct wi_place *place, uint32_t id, bool may_evict,
                       const struct wi_judge *judge, struct wi_claimed *claimed);

#endif
