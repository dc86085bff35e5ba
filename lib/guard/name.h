/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Names of principals that were blocked or denied: what the cells cannot say.  Records of a
 * bounded table, 8 to a set; a principal's denials lie in the first set that its hash names, its
 * block in the emptier of two: so names are lost when seven in ten are taken, not when three are.
 *
 * A block's record tells of one word of its cell: it is written before the cell is changed
 * to that word, and means nothing while the cell says another.  So a process killed between
 * the two leaves the old block with its old record, or the new with its new.
 *
 * WRITE  1 Compare-and-swap claim from what was found to WRITING, when, nonce.
 *        2 Store the body, word by word.
 *        3 Compare-and-swap claim from the exact WRITING to the body's checksum.
 * READ   Load claim, copy the body, compute its checksum; equal: sound.  Torn bytes and those of a
 *        writer that was given up fail it.  It is no secret: who may write the file may forge.
 * GIVE UP  A WRITING older than a second may be taken from its writer, by one that writes a
 *        denied name, and by a block's where there is nothing else.  Where it wakes and stores
 *        on, that record is lost: never wrong.
 * PLACE  The principal's own record; one never used; a block's that tells of no block in
 *        force; the denied one with the fewest denials of late.  Never a block in force: claimed
 *        from what was judged, so that only one that comes into force between the judgement and the
 *        claim, in a set without a better place, can lose its record (the block holds).
 *
 * KILLED in 1 to 3: the record is WRITING, and may be taken a second later.
 */
#ifndef WI_GUARD_NAME_H
#define WI_GUARD_NAME_H

#include "guard/principal.h"

enum wi_name_kind { WI_NAME_NONE = 0, WI_NAME_DENIED = 1, WI_NAME_BLOCK = 2 };

#define WI_NAME_SET 8u
#define WI_NAME_CHOICES 2u /* sets for a block's record                                    */

/* The sets of a hash's mark: which is below WI_NAME_CHOICES; they differ. */
struct wi_name *wi_name_set(const struct wi_region *region, uint64_t mark, uint32_t which);

/* Bytes that the checksum covers. */
#define WI_NAME_BODY_OFFSET offsetof(struct wi_name, kind)
#define WI_NAME_BODY_BYTES (offsetof(struct wi_name, denied) - WI_NAME_BODY_OFFSET)

/* Write body (claim and tallies of it are not looked at).  false: no record is to be had. */
bool wi_name_put(const struct wi_region *region, const struct wi_name *body, uint64_t now_ns);

/* The newest record that tells of the block whose cell has this tag and word.  false: there is
 * none.  Texts in *copy end with a NUL. */
bool wi_name_find_block(const struct wi_region *region, uint64_t tag, uint64_t word,
                        struct wi_name *copy);

/* The record of a principal's denials. */
bool wi_name_find_denied(const struct wi_region *region, struct wi_hash hash, struct wi_name *copy);

/* Sound records one after another: from index *at, which moves on.  false: no more. */
bool wi_name_next(const struct wi_region *region, uint32_t *at, struct wi_name *copy);

/* Blocks in force that have a record. */
uint64_t wi_name_count_blocks(const struct wi_region *region, uint64_t now_ns);

/* Add denials to a principal's record, by a limit's slot.  When it was last denied before, on the
 * table's clock, 0: never; false: it has no record. */
bool wi_name_add_denied(const struct wi_region *region, uint64_t mark, uint64_t count,
                        uint32_t slot, uint64_t now_ns, uint64_t *before_ns);

/* Denials so far are forgotten. */
void wi_name_clear_denied(const struct wi_region *region, struct wi_hash hash);

#endif
