/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What follows a denial or a signal: the principal is put on record by name, its strikes are
 * counted, and where a policy says so it is blocked.  All state lies in limits of the set that no
 * request is asked for (policy/policy.h, enum wi_limit_kind), charged as any limit is, and in the
 * block's cell, which holds the level of escalation: so a block and its level are one step.
 *
 * Escalation.  A block by a policy is  min(duration x 2^level, longest)  long, where level is the
 * number of such blocks before it that are not forgotten: one is for each `longest` that has
 * passed since the last ended.  While a principal is blocked another response can only make that
 * block longer, at its level.
 *
 * LIFTED between a denial and what follows it: nothing follows.  The denial is of the generation
 * that its place had (guard/block.h); a strike is counted under that of now, and a block is put by
 * compare-and-swap on a cell of the same one.
 *
 * KILLED between a strike and a block: the strike is counted, and the next denial blocks.
 */
#ifndef WI_RESPOND_RESPONSE_H
#define WI_RESPOND_RESPONSE_H

#include "respond/block.h"

/* A first denial after so long without one begins an episode, and is an event. */
#define WI_EPISODE_NS 300000000000u

/* After a take that was denied: its asks still say by what. */
void wi_respond_denied(const struct wi_decision *decision, const struct weir_request *request);

/* A signal about the request's principals: WEIR_OK, WEIR_E_SIGNAL where no score of the policy
 * listens to it, WEIR_E_ATTRIBUTE where one that does lacks its principal (nothing is added), or
 * WI_DECISION_STALE.  *blocked: it blocked somebody. */
int wi_respond_signal(const struct wi_decision *decision, const struct weir_request *request,
                      const char *name, uint64_t weight, bool *blocked);

/* note.c.  Put the principal of a denial on record. */
void wi_note_denied(const struct wi_decision *decision, const struct weir_request *request,
                    const struct wi_ask *ask);

/* The principal of a key in a request.  false: it lacks an attribute. */
bool wi_respond_principal(const struct wi_decision *decision, uint32_t key,
                          const struct weir_request *request, struct wi_principal *principal);

#endif
