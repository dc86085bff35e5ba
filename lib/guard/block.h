/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The kill switch.  A block is one cell of its principal (table/group.h), with the id
 * WI_ID_BLOCK, in the group where the principal's limits are, so that the look that finds
 * these finds it; it is made by INSERT and changed by a compare-and-swap alone.
 *
 *   word  bits 0..43   end, in 2^20 ns of the table's clock; all ones: until lifted
 *         bits 44..49  level: automatic blocks not yet forgotten (respond/response.h)
 *         bit  50      LIFTED: ended by hand, whatever a clock says
 *         bit  51      NO_CUT: it was not blocked when it was lifted; sessions stay valid
 *         bits 52..62  generation: how often it was lifted, modulo 2^11
 *
 * In force where neither LIFTED nor past its end.  When it is over the cell stays for
 * WI_BLOCK_REST_NS, since a session issued before its end is refused for so long, and is
 * reclaimed then as any idle cell; one that was lifted for WI_LIFTED_REST_NS, longer than
 * what was counted before can matter.  It is never evicted; but one that is over and was never
 * lifted gives way to another block for which its group has no room else (respond/pin.c).
 *
 * GENERATION  The cells of a principal's limits, strikes, scores and seen values have its mark
 *  turned by the generation (wi_place_turn()).  To lift is to compare-and-swap the block's cell
 *  to LIFTED and the next generation: with that one step nobody finds what was counted before,
 *  and no process, however late, can bring it back.  A decision reads the generation when it
 *  finds its place; one that began before the lift charges the generation before, and is
 *  bounded by that.
 *
 *  What is left of former generations would keep its cells until it is idle, so who lifts kills
 *  them: not G2 of table/group.h for a former mark from then on, since its debt is gone.
 *  N1 A cell of a mark is killed after the compare-and-swap that ends the mark's generation.
 *  N2 Who has published a TENTATIVE looks at the generation before the commit, as at the policy's
 *     version (INSERT 4), and who verifies a window after it has read all words (S5 of admit.h).
 *     It has moved on: taken back, and begun anew.  So nobody who missed a killed cell's debt
 *     charges as if there were none.
 *  Cells of seen values, whose marks only their values tell, stay until idle: they are disposable.
 *  Killed halfway, the rest gets idle and is reclaimed.
 *
 * FILTER  (region/filter.h) The principal's bit is set before the cell is made.  Clear: the
 *  principal has no such cell.  Set: look.
 *
 * ORDER
 *  B1 filter bit, then the cell's compare-and-swap, then the return of who blocks.  A decision
 *     that begins after that return loads the bit, then the cell: sees both.
 *  B2 A block with attributes that no policy counts by: its shape is ready, then the count of
 *     shapes in the hot line, then B1.  A decision that reads an older count read it before.
 *
 * KILLED AT ANY STEP  Before the compare-and-swap: nothing has changed but the filter's bit, a
 *  record of a name that tells of a word that no cell has, or a TENTATIVE.  After it: all has.
 */
#ifndef WI_GUARD_BLOCK_H
#define WI_GUARD_BLOCK_H

#include "region/filter.h"

#define WI_ID_BLOCK 2u
#define WI_ID_CLASS 3u /* a principal made a member at run time: word is of a class's name      */

#define WI_BLOCK_TICK_BITS 20
#define WI_BLOCK_END_MASK (((uint64_t)1 << 44) - 1)
#define WI_BLOCK_FOREVER WI_BLOCK_END_MASK
#define WI_BLOCK_LEVEL_SHIFT 44
#define WI_BLOCK_LEVEL_MAX 63u
#define WI_BLOCK_LIFTED ((uint64_t)1 << 50)
#define WI_BLOCK_NO_CUT ((uint64_t)1 << 51)
#define WI_BLOCK_GENERATION_SHIFT 52
#define WI_BLOCK_GENERATION_MASK (((uint64_t)1 << 11) - 1)
#define WI_BLOCK_REST_NS ((uint64_t)30 * 86400 * 1000000000)
#define WI_LIFTED_REST_NS ((uint64_t)400 * 86400 * 1000000000)

static inline uint64_t wi_block_end(uint64_t word)
{
  return word & WI_BLOCK_END_MASK;
}

static inline uint32_t wi_block_level(uint64_t word)
{
  return (uint32_t)(word >> WI_BLOCK_LEVEL_SHIFT) & WI_BLOCK_LEVEL_MAX;
}

static inline uint32_t wi_block_generation(uint64_t word)
{
  return (uint32_t)(word >> WI_BLOCK_GENERATION_SHIFT & WI_BLOCK_GENERATION_MASK);
}

static inline bool wi_block_is_in_force(uint64_t word, uint64_t now_ns)
{
  return (word & WI_BLOCK_LIFTED) == 0 && now_ns >> WI_BLOCK_TICK_BITS < wi_block_end(word);
}

/* On the table's clock; UINT64_MAX: until lifted. */
static inline uint64_t wi_block_end_ns(uint64_t word)
{
  uint64_t end = wi_block_end(word);

  return end == WI_BLOCK_FOREVER ? UINT64_MAX : end << WI_BLOCK_TICK_BITS;
}

/* 0: the cell may be reclaimed.  Partner of the judges in admit/judge.c. */
uint64_t wi_block_idle_in_ns(uint64_t word, uint64_t now_ns);

/* The live cell of one of the two ids above. */
bool wi_guard_cell(const struct wi_region *region, const struct wi_place *place, uint32_t id,
                   struct wi_hit *hit);

/* What the cell of a member says of its class. */
uint64_t wi_class_word(const char *name);

/* Whether anybody was ever marked. */
bool wi_guard_suspects_anybody(const struct wi_region *region);

/* The live block cell of a principal, in force or not.  false: there is none. */
bool wi_block_find(const struct wi_region *region, const struct wi_place *place,
                   struct wi_hit *hit);

/* The block's word of a place's principal (0: it has no such cell), and the mark under the
 * generation that it says. */
static inline void wi_place_turn_by(struct wi_place *place, uint64_t word)
{
  /* An odd multiple of the generation differs from that of every other one; 0: from none. */
  uint64_t turn = (uint64_t)wi_block_generation(word) * 0x9e3779b97f4a7c15u << WI_ID_BITS;

  place->block = word;
  place->mark = (place->own ^ turn) != 0 ? place->own ^ turn : place->own; /* never 0 */
}

/* Look for the block's cell of a place's principal, and turn the place by it. */
void wi_place_turn(const struct wi_region *region, struct wi_place *place);

/* Whether the principal was lifted since its place was turned.  N2. */
bool wi_place_is_former(const struct wi_region *region, const struct wi_place *place);

/* N1: kill what the generations before this one have left.  Only the last has left anything, but
 * where who lifted was killed halfway. */
#define WI_FORMER_GENERATIONS 32u
void wi_place_clear_former(const struct wi_place *place, uint32_t generation);

/* The place of a principal in the spill group. */
struct wi_place wi_block_spill_place(const struct wi_region *region, const struct wi_place *place);

#endif
