/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One decision: the limits of a policy, over the principals of a request, all or nothing.
 *
 *   subject   which policy, and where each of its keys' principals lie     subject.c
 *   ask       one limit in this decision: its units, its standing          standing.c
 *   charge    reserve one limit by compare-and-swap, take it back          charge.c
 *   decide    read all; any denial: write nothing.  Then reserve in the policy's
 *             charge order; a denial on the way takes back what was reserved  decide.c
 *   quick     the same for what nearly every decision is                    quick.c
 *   barred    whether a principal of the request is blocked: asked first     barred.c
 *
 * PROTOCOL of several limits
 *  S1 Nothing is written while any limit is seen to deny.
 *  S2 A bucket is reserved by one compare-and-swap from the exact word that was judged.
 *  S3 A window is reserved by a compare-and-swap of the current part's word, then all its
 *     words are read again, and after them the clock: more than N in all, or a newer part
 *     begun, and the reservation is taken back.  Of two who overdraw together the later to
 *     write sees both (both are full barriers, the reading comes after).
 *  S4 To take back is to compare-and-swap from exactly the word written to exactly the word
 *     replaced.  Where it has moved on the debt stays, and time heals it.  Never by
 *     subtraction: where another request found the word in the past and began from its
 *     own now, that would take away its charge.  A cell that came with its charge
 *     becomes dead, word kept.
 *  S5 After a publication, and after a reservation, be it by a commit too, the policy's version
 *     is read again; changed, what was written is taken back and the decision begins anew:
 *     whoever uses the new policy has seen everything charged under the old one.
 *  Meanwhile others may be denied by a reservation that is then taken back; never admitted
 *  by one that is not there.
 *
 * KILLED AT ANY STEP: what this request had reserved stays charged, nothing else.
 */
#ifndef WI_ADMIT_ADMIT_H
#define WI_ADMIT_ADMIT_H

#include "admit/memo.h"
#include "guard/block.h"
#include "plan/plan.h"
#include "table/group.h"

struct weir_table {
  struct wi_region region;
  struct wi_plans plans;
  _Alignas(WI_LINE_BYTES) struct wi_memo memos[WI_MEMOS]; /* by processor                  */
};

#define WI_ATTRIBUTES_MAX 32
#define WI_COSTS_MAX 32
#define WI_LISTS_MAX 8
#define WI_LIST_VALUES_MAX 1024

/* A request resolved against a plan. Places are by the policy's list of keys. */
struct wi_subject {
  const struct wi_plan_policy *policy;
  uint32_t present; /* bit i: the request has all attributes of policy->keys[i]          */
  struct wi_place places[WI_KEYS_MAX];
};

/* What a limit's cells say at a moment. */
struct wi_standing {
  uint64_t debt;                /* bucket: ticks                                        */
  struct wi_window_view view;   /* sliding                                              */
  uint64_t extra;               /* units that formers of the other kind, and former windows,
                                 * still count                                          */
  uint64_t extra_wait_ns;       /* until former windows have forgotten enough of them    */
  uint64_t words[WI_WINDOW_WORDS];
  struct wi_hit own[WI_WINDOW_WORDS]; /* cell NULL: not there                            */
  struct wi_hit former;         /* bucket to be converted; cell NULL: none              */
  uint64_t former_debt;         /* as ticks of the new bucket                            */
};

struct wi_seen;

struct wi_ask {
  const struct wi_plan_limit *limit;
  const struct wi_place *place;
  uint32_t key_at;     /* in the policy's keys                                           */
  bool skipped;        /* optional and not applicable, or untracked in a full group      */
  bool full;           /* decided by when-full                                           */
  uint64_t units;
  uint64_t cost;       /* bucket: units in ticks                                         */
  uint64_t wait_ns;    /* 0: passes                                                      */
  uint64_t remaining;  /* units left, this request charged or not                        */
  struct wi_hit wrote; /* reservation: cell, tag, word written; cell NULL: none          */
  uint64_t replaced;   /* the word before                                                */
  bool made;           /* the cell came with the reservation: dead when taken back       */
  uint64_t epoch;      /* window: that the reservation counts in                         */
  struct wi_seen *seen; /* of a distinct limit: the request's values (seen.h)             */
  uint32_t seen_count;
  bool reserved;       /* its values' cells are being written, or are                     */
  uint64_t moved;      /* of them, last used in an earlier part                           */
};

struct wi_decision {
  const struct weir_table *table;
  const struct wi_plan *plan;
  uint64_t version;    /* of plan when the decision began                                */
  uint64_t now_ns;
  bool given;          /* by the caller: cannot be read again                            */
  bool reading;        /* peek: nothing may be written                                   */
  const struct wi_subject *subject;
  uint32_t ask_count;
  struct wi_ask asks[WI_LIMITS_MAX];
  struct wi_ask *current; /* for the judge                                               */
  uint32_t classes;  /* bit i: the request is of a member of set.classes[i]              */
  uint32_t exempt;   /* bit i: of a principal by word i alone that is exempt             */
  struct wi_subject apart; /* of wi_reachable(): its asks are told of afterwards, too     */
};

enum wi_charge { WI_CHARGED, WI_CHARGE_DENIED, WI_CHARGE_STALE };

/* subject.c.  Errors as weir_take().  `lenient`: a limit's missing attribute or unit is no
 * error (reset). */
int wi_asks_resolve(struct wi_decision *decision, const struct weir_request *request, bool lenient);

/* special.c.  Set classes and exempt.  Before wi_asks_resolve(). */
void wi_special_find(struct wi_decision *decision, const struct weir_request *request);
/* The limit that stands for one of the policy's in this request; NULL: none, it is lifted. */
const struct wi_plan_limit *wi_special_limit(const struct wi_decision *decision,
                                             const struct wi_plan_limit *limit);

/* standing.c */
void wi_standing_read(const struct wi_decision *decision, const struct wi_ask *ask,
                      const struct wi_hits *hits, struct wi_standing *standing);
/* Set ask's wait_ns and remaining from a standing; remaining as if charged where it passes. */
void wi_standing_judge(const struct wi_decision *decision, struct wi_ask *ask,
                       const struct wi_standing *standing);
/* Whether the tags that a denial rests on are still there (O3). */
bool wi_standing_holds(const struct wi_standing *standing, uint32_t words);
/* A word so far ahead that only a forged or torn clock explains it: set it to the debt of
 * a full burst from now.  true: something was written, read again. */
bool wi_standing_heal(struct wi_decision *decision, const struct wi_ask *ask,
                      const struct wi_standing *standing);
void wi_decision_refresh(struct wi_decision *decision);

/* Whether the policy has been replaced since the decision began.  S5. */
static inline bool wi_decision_is_stale(const struct wi_decision *decision)
{
  /* Partner: the CAS in plan/publish.c; the plan's own version: plan/plan.h, WI_PLANS. */
  return wi_load_seq_cst(&decision->table->region.live->hot.policy_version) != decision->version ||
         wi_load_relaxed(&decision->plan->version) != decision->version;
}

/* The same of what an ask counts: the policy, or its principal's generation (guard/block.h, N2). */
bool wi_ask_is_stale(const struct wi_decision *decision, const struct wi_ask *ask);

/* judge.c */
void wi_judge_of(struct wi_decision *decision, struct wi_judge *judge);

/* A claim of a cell whose word is no limit's: the table's judge, but for what is put there.  From
 * decision its table, plan (may be NULL), version and time are taken. */
struct wi_placing {
  struct wi_decision decision; /* first: the judge's context                           */
  uint64_t word;
};
void wi_judge_placing(struct wi_placing *placing, const struct wi_decision *decision,
                      uint64_t word, struct wi_judge *judge);

/* charge.c */
enum wi_charge wi_charge(struct wi_decision *decision, struct wi_ask *ask, struct wi_hits *hits);
void wi_charge_undo(struct wi_decision *decision, struct wi_ask *ask);
bool wi_charge_carry_over(const struct wi_decision *decision, const struct wi_ask *ask,
                          const struct wi_standing *standing);

/* decide.c.  errors as weir_take(); WI_DECISION_STALE: the policy has changed. */
#define WI_DECISION_STALE 1
int wi_decide(struct wi_decision *decision, struct weir_verdict *verdict);

/* guarded.c.  The whole of a take or peek: the table's switch, blocks, then the limits.  Returns
 * as wi_decide(), and what wi_asks_resolve() does. */
int wi_decide_guarded(struct wi_decision *decision, const struct weir_request *request,
                      struct weir_verdict *verdict);
/* reachable.c.  Whether a blocked principal's request goes only where it may (`reachable`); then
 * it is decided by what that is limited to, of which the asks then are.  WI_NOT_REACHABLE, or as wi_decide(). */
#define WI_NOT_REACHABLE 2
int wi_reachable(struct wi_decision *decision, const struct weir_request *request,
                 struct weir_verdict *verdict);

extern const struct weir_verdict wi_blocked; /* guarded.c: elsewhere, lest gcc knows its bytes */
static inline void wi_verdict_block(struct weir_verdict *verdict, uint64_t end_ns, uint64_t now_ns)
{
  *verdict = wi_blocked; /* copied: gcc clears so many bytes by an instruction slow to begin */
  verdict->retry_after_ns = end_ns == UINT64_MAX ? WEIR_NEVER
                            : end_ns > now_ns    ? end_ns - now_ns
                                                 : 1;
}

/* give_back.c */
void wi_give_back(struct wi_decision *decision);
void wi_forget(struct wi_decision *decision);

/* barred.c.  Whether a principal of the request is blocked; *end_ns: until when, the latest of
 * them, UINT64_MAX: until lifted. */
bool wi_barred(const struct wi_decision *decision, const struct weir_request *request, uint64_t *end_ns);

/* The same, asked of attributes beside the policy's keys alone, and without a look at cells. */
bool wi_barred_suspects(const struct wi_region *region, const struct wi_plan *plan, uint32_t extra,
                        const struct weir_request *request);

#endif
