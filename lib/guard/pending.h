/* SPDX-License-Identifier: BSD-2-Clause
 * Denials that processors have counted in their notes (guard/note.h) and not yet put on record.
 * own: a principal's mark, of no generation. */
#ifndef WI_GUARD_PENDING_H
#define WI_GUARD_PENDING_H

#include "guard/note.h"

/* To be asked after the record was read: what goes there in between is then missed, not counted
 * twice. */
uint64_t wi_pending_denied(const struct wi_region *region, uint64_t own);

/* Forget them; what is counted just then may stay. */
void wi_pending_clear(const struct wi_region *region, uint64_t own);

#endif
